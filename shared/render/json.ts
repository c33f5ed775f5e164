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
  for (const name of ['record', 'previousRecord'] as const) {
    const text = (event as Partial<StoredEvent>)[name];
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${compact(text)}`);
  }
  return `{${members.join(',')}}`;
}

/** JSON text on one line: between tokens a line break is white space, and inside strings it is escaped. */
function compact(text: string): string {
  return text.replace(/[\r\n]+\s*/g, '');
}
