/**
 * Reading members of parsed JSON of unknown shape. Only own members count, so that a record cannot reach a prototype, and
 * an empty string counts as absent: no index may hold one.
 */
export type JsonRecord = Readonly<Record<string, unknown>>;

function isJsonRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function memberAt(record: JsonRecord | undefined, name: string): unknown {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The first of some members that is a string and not empty. */
export function stringAt(record: JsonRecord | undefined, ...names: string[]): string | undefined {
  const values = names.map((name) => memberAt(record, name));
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

/** A boolean, also when written as the string "true" or "false" (MWAA Serverless does so). */
export function booleanAt(record: JsonRecord | undefined, name: string): boolean | undefined {
  const value = memberAt(record, name);
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  return undefined;
}

export function objectAt(record: JsonRecord | undefined, name: string): JsonRecord | undefined {
  const value = memberAt(record, name);
  return isJsonRecord(value) ? value : undefined;
}

/** The objects in a list; other elements are left out. */
export function listAt(record: JsonRecord | undefined, name: string): JsonRecord[] {
  const value = memberAt(record, name);
  return Array.isArray(value) ? value.filter(isJsonRecord) : [];
}
