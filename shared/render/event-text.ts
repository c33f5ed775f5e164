import { indentedJson } from '../audit-event/json-text.ts';
import type { EventVersion, StoredEvent } from '../store/event-item.ts';
import { displayText } from './display.ts';
import { factsOf, recordOmitted, type ShownEvent, sourceOf, titleOf } from './event-facts.ts';
import { titleLines, WHOLE, wrapWords } from './table.ts';
import type { Style, View } from './view.ts';

/** One event for people: its attributes in a few lines, then its record. */
export function eventText(event: ShownEvent, view: View): string {
  const { width = WHOLE } = view;
  const style: Style = event.outcome === 'ok' ? 'bold' : ['bold', 'red'];
  const title = titleLines(wrapWords(titleOf(event), width - INDENT.length), INDENT, style, view);
  const facts = factsOf(event, view).flatMap(({ label, lines }) =>
    lines
      .flatMap((line) => wrapWords(line, width - LABEL_WIDTH))
      .map((line, i) => `${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}`),
  );
  return `${[...title, ...facts, '', ...recordLines(event)].join('\n')}\n`;
}

const INDENT = '  ';
const LABEL_WIDTH = 13;

function recordLines({ previousVersions = [], ...newest }: StoredEvent): string[] {
  return [
    ...recordOf(newest),
    ...previousVersions.flatMap((version) => [
      '',
      `The record before it was amended: ${displayText(sourceOf(version))}`,
      ...recordOf(version),
    ]),
  ];
}

function recordOf(version: EventVersion): string[] {
  return version.record === undefined ? [displayText(recordOmitted(version))] : jsonLines(version.record);
}

/** The escapes of `displayText` are those of JSON, so the JSON value stays the same. */
function jsonLines(record: string): string[] {
  return indentedJson(record).split('\n').map(displayText);
}
