import {
  type Change,
  type FieldChange,
  type History,
  isComplete,
  type Setting,
  settingsByPath,
} from '../query/configuration.ts';
import type { HistoryQuestion } from '../query/history.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { displayText } from './display.ts';
import { recordOmitted } from './event-facts.ts';
import { reasonOf, whoOf } from './event-words.ts';
import { cutToWidth, styled, textTable, wrapToWidth } from './table.ts';
import { timeDisplay } from './times.ts';
import type { Style, View } from './view.ts';

/** Histories for people: the events that changed a configuration or, if the question is about a time, set what it was. */
export function historyText(histories: readonly History[], question: HistoryQuestion, view: View): string {
  const blocks = histories.flatMap((history) => {
    const titles = titleOf(history, question, histories.length > 1, view);
    return [
      ...titles.map((title) => line(title, 'bold', view)),
      ...(question.at === undefined ? changeBlocks(history, view) : settingBlocks(history, view)),
    ];
  });
  return `${[...blocks, ACCEPTED].join('\n\n')}\n`;
}

const ACCEPTED = 'A request that MWAA accepted may still fail later; the trail does not say.';

/** `prod-etl in 111122223333, eu-west-1, at 2026-11-06 03:00:00 UTC`: what the question leaves open. */
function titleOf(
  history: History,
  { environment, at }: HistoryQuestion,
  isOneOfSeveral: boolean,
  view: View,
): string[] {
  const { accountId = 'no account', region = 'no Region', configuration } = history;
  const place = isOneOfSeveral ? ` in ${accountId}, ${region}${at === undefined ? '' : ','}` : '';
  if (at === undefined) return isOneOfSeveral ? [environment + place] : [];
  const state = configuration.deletedBy === undefined ? '' : ': deleted';
  return [`${environment}${place} at ${timeDisplay(view.times).full(at)}${state}`];
}

/** A line of a terminal: what does not fit is cut off. */
function line(text: string, style: Style, { width = Number.POSITIVE_INFINITY, colour }: View): string {
  const fitted = cutToWidth(displayText(text), width);
  return colour ? styled(style, fitted) : fitted;
}

function changeBlocks({ changes }: History, view: View): string[] {
  return changes.map((change) => {
    const { event, fields, isUnordered } = change;
    const rows = fields.map((field): Row => [field.path, changeText(field, event)]);
    const notes = [...noteOn(change), ...(isUnordered ? ['It has no valid time, so its place is not known.'] : [])];
    return block(event, whatHappened(event, view), [...notes.map(displayText), ...aligned(rows, view)], view);
  });
}

/** An event, and lines about it. */
function block(event: StoredEvent, what: string, lines: readonly string[], view: View): string {
  const style: Style = event.outcome === 'ok' ? 'bold' : ['bold', 'red'];
  const title = `${timeDisplay(view.times).full(event.eventTime)}  ${event.provisional ? '(provisional) ' : ''}${what}`;
  const indented = [`event ${displayText(event.eventId)}`, ...lines].map((text) => INDENT + text);
  return [line(title, style, view), ...indented].join('\n');
}

const INDENT = '  ';

const VERBS: Readonly<Record<string, [did: string, attempt: string]>> = {
  CreateEnvironment: ['created', 'create'],
  UpdateEnvironment: ['updated', 'update'],
  DeleteEnvironment: ['deleted', 'delete'],
};

/** `updated by mei.tanaka`; `update denied: mei.tanaka, AccessDenied: ...` with what may be cut off last. */
function whatHappened(event: StoredEvent, view: View): string {
  const { eventName = '', outcome } = event;
  const [did, attempt] = VERBS[eventName] ?? [eventName, eventName];
  const who = whoOf(event, view);
  if (outcome === 'ok') return `${did} by ${who}`;
  return `${attempt} ${outcome}: ${[who, reasonOf(event)].filter((part) => part !== '').join(', ')}`;
}

/** Why there are no fields. */
function noteOn({ event, fields, missing }: Change): string[] {
  if (missing === undefined) {
    return fields.length > 0 || event.eventName === 'DeleteEnvironment' ? [] : ['It names no field.'];
  }
  const why = missing === 'record' ? recordOmitted(event) : 'The record does not have the request.';
  return [`What was to be set is not known. ${why}`, ...(event.outcome === 'ok' ? [ALL_UNKNOWN] : [])];
}

const ALL_UNKNOWN = 'From here on, fields are unknown until they are set again.';

type Row = [path: string, value: string];

/** Fields below each other, their values aligned; what is too wide for the terminal wraps. */
function aligned(rows: readonly Row[], { width, colour }: View): string[] {
  if (rows.length === 0) return [];
  const columns = [24, 16].map((least) => ({ heading: '', widths: [least], narrow: wrapToWidth }));
  const inner = width === undefined ? {} : { width: width - INDENT.length };
  return textTable(columns, rows, { colour, ...inner }).split('\n');
}

/** `10 -> 25` */
function changeText({ before, json, masked }: FieldChange, { outcome }: StoredEvent): string {
  // It may be the value from before, but that cannot be seen.
  if (masked) return outcome === 'ok' ? 'changed (masked)' : 'masked';
  if (before.is === 'none') return valueText(json);
  if (before.is !== 'set') return `${STATES[before.is]} -> ${valueText(json)}`;
  return before.json === json ? `${valueText(json)} (as before)` : `${settingText(before)} -> ${valueText(json)}`;
}

const STATES = { 'not-set': 'not set', unknown: 'unknown' } as const;

const settingText = ({ json, masked }: Pick<Setting, 'json' | 'masked'>) => (masked ? 'masked' : valueText(json));

/** A string without its quotes, unless it is empty; other values as JSON. */
function valueText(json: string): string {
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : '';
  return typeof value === 'string' && value !== '' ? value : json;
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
  const others = blocks.length === 0 ? 'All fields' : 'All other fields';
  return [...blocks, `${others} are unknown: the trail does not have every change.`];
}
