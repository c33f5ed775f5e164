import { attributesWhere } from '../../../shared/audit-event/attributes.ts';
import { type JsonNode, parseJsonText } from '../../../shared/audit-event/json-text.ts';
import type { ShownEvent } from '../../../shared/render/event-facts.ts';

/** An event as `/events/{eventId}` answers it. Records are texts, with digits and escapes as CloudTrail wrote them. */
export interface EventAnswer {
  event: ShownEvent;
  /** The records that addenda replaced, the newest first; undefined: it was not stored. */
  earlier: readonly (string | undefined)[];
}

/** Attributes that an answer leaves out when they are empty. */
const LISTS = Object.fromEntries(
  attributesWhere(({ type, always }) => type === 'texts' && always === true).map((name) => [name, []]),
);

const RECORDS: readonly string[] = ['record', 'previousRecord', 'earlierRecords'];

/** @param text JSON of the HTTP API; ingestion bounds the values and the nesting of records */
export function readEventAnswer(text: string): EventAnswer {
  const answer = parseJsonText(text);
  const members = answer.kind === 'object' ? answer.members : [];
  const written = ({ start, end }: JsonNode) => text.slice(start, end);
  const attributes = members.filter(({ key }) => !RECORDS.includes(key.value));
  const texts = attributes.map(({ key, value }) => `${written(key)}:${written(value)}`);
  const event: ShownEvent = { ...LISTS, ...JSON.parse(`{${texts.join(',')}}`) };
  const memberNamed = (name: string) => members.find(({ key }) => key.value === name)?.value;
  const [record, previous, others] = [
    memberNamed('record'),
    memberNamed('previousRecord'),
    memberNamed('earlierRecords'),
  ];
  const earlier = [...(previous ? [previous] : []), ...(others?.kind === 'array' ? others.elements : [])];
  return {
    event: record === undefined ? event : { ...event, record: written(record) },
    earlier: earlier.map((node) => (node.kind === 'literal' ? undefined : written(node))),
  };
}
