import { attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import type { ListedEvent, StoredEvent } from '../store/event-item.ts';

const MEMBERS = attributesWhere(({ shown, type }) => shown !== 'store' && type !== 'record');

/**
 * An event as one line of JSON, without empty lists. Its record is the text itself, with numbers and escapes as CloudTrail
 * wrote them.
 */
export function eventJson(event: ListedEvent | StoredEvent): string {
  const members = MEMBERS.flatMap((name) => {
    const value = attributeOf(event, name);
    if (value === undefined || (typeof value === 'object' && value.length === 0)) return [];
    return [`${JSON.stringify(name)}:${JSON.stringify(value)}`];
  });
  const { record, previousVersions = [] } = event as Partial<StoredEvent>;
  const [previous, ...earlier] = previousVersions.map((version) => version.record);
  if (record !== undefined) members.push(`"record":${compact(record)}`);
  if (previous !== undefined) members.push(`"previousRecord":${compact(previous)}`);
  if (earlier.length > 0)
    members.push(`"earlierRecords":[${earlier.map((text) => compact(text ?? 'null')).join(',')}]`);
  return `{${members.join(',')}}`;
}

/** JSON text on one line: between tokens a line break is white space, and inside strings it is escaped. */
function compact(text: string): string {
  return text.replace(/[\r\n]+\s*/g, '');
}
