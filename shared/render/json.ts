import type { ListedEvent, StoredEvent } from '../store/event-item.ts';
import { attributeOf, LISTED_ATTRIBUTES, OTHER_ATTRIBUTES, VERIFICATION_ATTRIBUTES } from './attributes.ts';

/**
 * An event as one line of JSON. Its record, when it is there, stands as its own text: numbers and escapes as CloudTrail
 * wrote them.
 */
export function eventJson(event: ListedEvent | StoredEvent): string {
  const members = [...LISTED_ATTRIBUTES, ...OTHER_ATTRIBUTES, ...VERIFICATION_ATTRIBUTES].flatMap((name) => {
    const value = attributeOf(event, name);
    return value === undefined ? [] : [`${JSON.stringify(name)}:${JSON.stringify(value)}`];
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
