import { canonicalJson, type JsonNode, parseJsonText } from '../audit-event/json-text.ts';
import type { StoredEvent } from '../store/event-item.ts';

/** One field of several events. */
export interface FieldComparison {
  /** Path in the record, such as `requestParameters.Tags[0]`; members with unusual names are written as `["a.b"]`. */
  path: string;
  /** The JSON text of each event's value, in the order of the events; undefined if an event has none. */
  values: (string | undefined)[];
  same: boolean;
}

/** Compares the records of events field by field, in the order of the first record that has a field. */
export function compareEvents(events: readonly StoredEvent[]): FieldComparison[] {
  const fields = events.map(({ record }) => new Map(record === undefined ? [] : fieldsOf(parseJsonText(record), '')));
  const paths = new Set(fields.flatMap((map) => [...map.keys()]));
  return [...paths].map((path) => {
    const values = fields.map((map) => map.get(path));
    return { path, values, same: values.every((value) => value === values[0]) };
  });
}

/** The eventIDs of those that no log file has brought yet. */
export function provisionalOf(events: readonly StoredEvent[]): string[] {
  return events.filter(({ provisional }) => provisional).map(({ eventId }) => eventId);
}

/** Every value that holds no others, and empty objects and lists, with its path. */
function* fieldsOf(node: JsonNode, path: string): Generator<[path: string, text: string]> {
  if (node.kind === 'object' && node.members.length > 0) {
    for (const { key, value } of node.members) yield* fieldsOf(value, memberPath(path, key.value));
  } else if (node.kind === 'array' && node.elements.length > 0) {
    for (const [i, element] of node.elements.entries()) yield* fieldsOf(element, `${path}[${i}]`);
  } else {
    yield [path, canonicalJson(node)];
  }
}

/** The path of a member of what is at a path; `''` is the whole. */
export function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}
