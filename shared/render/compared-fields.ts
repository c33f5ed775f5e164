import type { FieldComparison } from '../query/compare.ts';

/** What people look at first comes first: what was requested, what came of it, who did it, from where. */
const PARTS = ['requestParameters', 'errorCode', 'errorMessage', 'responseElements', 'userIdentity', 'sourceIPAddress'];

/** The fields that differ, then those that are the same, each by the part of the record that they are in. */
export function forPeople(fields: readonly FieldComparison[]): FieldComparison[] {
  const partOf = ({ path }: FieldComparison) => {
    const part = PARTS.indexOf(/^[^.[]*/.exec(path)?.[0] ?? '');
    return part < 0 ? PARTS.length : part;
  };
  return fields.toSorted((a, b) => Number(a.same) - Number(b.same) || partOf(a) - partOf(b));
}

/** Names of fields that differ in any two events, and say nothing about what was done. */
const IDENTIFIERS =
  /(?:^|\.)(?:eventID|eventTime|requestID|requestId|sharedEventID|originalEventID|originalRequestID|principalId|accessKeyId|creationDate|x-amz-id-2)$/;

/** Whether a field only identifies the event, the credentials or the request; parameters of the request never do. */
export function isIdentifier({ path }: FieldComparison): boolean {
  return !path.startsWith('requestParameters') && IDENTIFIERS.test(path);
}
