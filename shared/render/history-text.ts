import type { StatusChange } from '../audit-event/status-change.ts';
import { type Change, type History, isComplete, settingsByPath } from '../query/configuration.ts';
import type { HistoryQuestion } from '../query/history.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { displayText } from './display.ts';
import { recordOmitted } from './event-facts.ts';
import { whoOf } from './event-words.ts';
import {
  ACCEPTED,
  ANNOUNCED,
  changeText,
  noteOn,
  othersUnknown,
  RESULT_UNKNOWN,
  resultText,
  settingText,
  statusNotes,
  statusText,
  UNORDERED,
  whatHappened,
} from './history-words.ts';
import { textTable, textWidth, titleLines, WHOLE, wrapToWidth } from './table.ts';
import { timeDisplay } from './times.ts';
import type { Style, View } from './view.ts';

/** Histories for people: the events that changed a configuration or, if the question is about a time, set what it was. */
export function historyText(histories: readonly History[], question: HistoryQuestion, view: View): string {
  const blocks = histories.flatMap((history) => {
    const titles = titleOf(history, question, histories.length > 1, view);
    return [
      ...(titles.length === 0 ? [] : [titles.map((title) => titleText(title, 'bold', view)).join('\n')]),
      ...(question.at === undefined ? changeBlocks(history, view) : settingBlocks(history, view)),
    ];
  });
  const isAnnounced = histories.some(({ status }) => status !== undefined);
  const remark = wrapToWidth(isAnnounced ? ANNOUNCED : ACCEPTED, view.width ?? WHOLE).join('\n');
  return `${[...blocks, remark].join('\n\n')}\n`;
}

/** `prod-etl in 111122223333, eu-west-1, at 2026-11-06 03:00:00 UTC`, and the status: what the question leaves open. */
function titleOf(
  history: History,
  { environment, at }: HistoryQuestion,
  isOneOfSeveral: boolean,
  view: View,
): string[] {
  const { accountId = 'no account', region = 'no Region', configuration, status } = history;
  const place = isOneOfSeveral ? ` in ${accountId}, ${region}${at === undefined ? '' : ','}` : '';
  if (at === undefined) return isOneOfSeveral ? [environment + place] : [];
  const times = timeDisplay(view.times);
  const state = configuration.deletedBy === undefined ? '' : ': deleted';
  const since = status === undefined ? [] : [`${status.status} since ${times.full(status.time)}`];
  return [`${environment}${place} at ${times.full(at)}${state}`, ...since];
}

/** A title in a style; what does not fit into a line of the terminal goes on below, indented more than what follows. */
function titleText(text: string, style: Style, view: View): string {
  const { width = WHOLE } = view;
  const shown = displayText(text);
  const lines = textWidth(shown) <= width ? [shown] : wrapToWidth(shown, width - 2 * INDENT.length);
  return titleLines(lines, INDENT + INDENT, style, view).join('\n');
}

/** Oldest first; changes without a valid time come before all others. */
function changeBlocks({ changes, statusChanges, status }: History, view: View): string[] {
  const blocks = [
    ...changes.map((change) => ({
      order: change.event.timeKey,
      text: changeBlock(change, status !== undefined, view),
    })),
    ...statusChanges.map((change) => ({ order: `${change.time}#${change.id}`, text: statusBlock(change, view) })),
  ];
  return blocks.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ text }) => text);
}

/** @param isAnnounced some status changes of the environment are known */
function changeBlock(change: Change, isAnnounced: boolean, view: View): string {
  const { event, fields, isUnordered, result } = change;
  const rows = fields.map((field): Row => [field.path, changeText(field, event)]);
  const isAccepted = event.outcome === 'ok' && !isUnordered;
  const became = result === undefined ? RESULT_UNKNOWN : resultText(result, timeDisplay(view.times).full);
  const notes = [...noteOn(change, recordOmitted(event)), ...(isUnordered ? [UNORDERED] : [])];
  const lines = [
    ...(isAnnounced && isAccepted ? wrapped(became, view) : []),
    ...notes.flatMap((note) => wrapped(note, view)),
    ...aligned(rows, view),
  ];
  return block(event, whatHappened(event, view, result), lines, view, isFailed(change) ? ['bold', 'red'] : 'bold');
}

const isFailed = ({ event, result }: Change) =>
  event.outcome !== 'ok' || result?.is === 'failed' || result?.is === 'broken';

/** A status change that belongs to no event. */
function statusBlock(change: StatusChange, view: View): string {
  const title = `${timeDisplay(view.times).full(change.time)}  ${statusText(change)}`;
  const notes = statusNotes(change).flatMap((note) => wrapped(note, view));
  return [titleText(title, 'bold', view), ...notes.map((note) => INDENT + note)].join('\n');
}

/** Lines that are as wide as the terminal, less the indentation. */
function wrapped(text: string, { width = WHOLE }: View): string[] {
  return wrapToWidth(displayText(text), width - INDENT.length);
}

/** An event, and lines about it. */
function block(event: StoredEvent, what: string, lines: readonly string[], view: View, style: Style = 'bold'): string {
  const title = `${timeDisplay(view.times).full(event.eventTime)}  ${event.provisional ? '(provisional) ' : ''}${what}`;
  const indented = [`event ${displayText(event.eventId)}`, ...lines].map((text) => INDENT + text);
  return [titleText(title, style, view), ...indented].join('\n');
}

const INDENT = '  ';

type Row = [path: string, value: string];

/** Fields below each other, their values aligned; what is too wide for the terminal wraps. */
function aligned(rows: readonly Row[], { width, colour }: View): string[] {
  if (rows.length === 0) return [];
  const columns = [24, 16].map((least) => ({ heading: '', widths: [least], narrow: wrapToWidth }));
  const inner = width === undefined ? {} : { width: width - INDENT.length };
  return textTable(columns, rows, { colour, ...inner }).split('\n');
}

/** The settings, below the events that set them, and whether there may be others. */
function settingBlocks(history: History, view: View): string[] {
  const { deletedBy } = history.configuration;
  if (deletedBy !== undefined) return [block(deletedBy, whatHappened(deletedBy, view), [], view)];
  const byEvent = Map.groupBy(settingsByPath(history.configuration), ([, { event }]) => event);
  const events = [...byEvent].sort(([a], [b]) => (a.timeKey < b.timeKey ? -1 : 1));
  const blocks = events.map(([event, settings]) => {
    const rows = settings.map(([path, setting]): Row => [path, settingText(setting)]);
    return block(event, `set by ${whoOf(event, view)}, ${event.eventName ?? '-'}`, aligned(rows, view), view);
  });
  if (isComplete(history)) return blocks;
  return [...blocks, wrapToWidth(othersUnknown(blocks.length > 0), view.width ?? WHOLE).join('\n')];
}
