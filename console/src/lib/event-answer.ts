import { attributesWhere } from '../../../shared/audit-event/attributes.ts';
import { exceeds, type JsonNode, parseJsonText } from '../../../shared/audit-event/json-text.ts';
import { recordOmitted, type ShownEvent } from '../../../shared/render/event-facts.ts';

/** An event as `/events/{eventId}` answers it. Records are texts, with digits and escapes as CloudTrail wrote them. */
export interface EventAnswer {
  event: ShownEvent;
  /** Why the event has no record here; undefined: it has one. */
  noRecord: string | undefined;
  /** The records that addenda replaced, the newest first; undefined: it was not stored. */
  earlier: readonly (string | undefined)[];
}

/** Larger answers would take most of a tab's memory as a tree. Nesting is bounded by ingestion. */
const MOST = { values: 1_000_000, depth: 5_000 };

/** Attributes that an answer leaves out when they are empty. */
const LISTS = Object.fromEntries(
  attributesWhere(({ type, always }) => type === 'texts' && always === true).map((name) => [name, []]),
);

const RECORDS: readonly string[] = ['record', 'previousRecord', 'earlierRecords'];

/** @param text JSON of the HTTP API */
export function readEventAnswer(text: string): EventAnswer {
  if (exceeds(MOST, text)) return tooLarge(text);
  const answer = parseJsonText(text);
  const members = answer.kind === 'object' ? answer.members : [];
  const written = ({ start, end }: JsonNode) => text.slice(start, end);
  const attributes = members.filter(({ key }) => !RECORDS.includes(key.value));
  const event = eventOf(`{${attributes.map(({ key, value }) => `${written(key)}:${written(value)}`).join(',')}}`);
  const memberNamed = (name: string) => members.find(({ key }) => key.value === name)?.value;
  const [record, previous, others] = [
    memberNamed('record'),
    memberNamed('previousRecord'),
    memberNamed('earlierRecords'),
  ];
  const earlier = [...(previous ? [previous] : []), ...(others?.kind === 'array' ? others.elements : [])];
  if (record === undefined) {
    return { event, noRecord: recordOmitted(event), earlier: earlier.map(recordText) };
  }
  return { event: { ...event, record: written(record) }, noRecord: undefined, earlier: earlier.map(recordText) };

  function recordText(node: JsonNode): string | undefined {
    return node.kind === 'literal' ? undefined : written(node);
  }
}

function eventOf(json: string): ShownEvent {
  return { ...LISTS, ...JSON.parse(json) };
}

function tooLarge(text: string): EventAnswer {
  const {
    record: _,
    previousRecord: _previous,
    earlierRecords: _earlier,
    ...event
  } = eventOf(text) as ShownEvent & Partial<Record<'previousRecord' | 'earlierRecords', unknown>>;
  const noRecord = `The record has too many values for this page: mwaa-trail show ${event.eventId} --raw prints it.`;
  return { event, noRecord, earlier: [] };
}
