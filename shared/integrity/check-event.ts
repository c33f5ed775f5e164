import { isDeepStrictEqual } from 'node:util';
import { type AttributeName, attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import type { AuditEvent } from '../audit-event/audit-event.ts';
import { toAuditEvent } from '../audit-event/to-audit-event.ts';
import { type DeliveredEvent, storedValue } from '../store/event-item.ts';

/** The record that CloudTrail delivered at the position that an event names. */
interface DeliveredRecord {
  /** The record's own JSON text. */
  text: string;
  /** The account in the key of its log file. */
  keyAccount: string | undefined;
}

/** They tell of the reader's clock, and of the rules of masking, which may change without another schema version. */
const NOT_COMPARED: ReadonlySet<AttributeName> = new Set(['flags', 'redacted']);

/** What follows from the record alone, by the rules of the schema version. */
const COMPARED = attributesWhere(
  ({ type, shown, origin }) => shown !== 'ledger' && !origin && type !== 'record' && type !== 'versions',
).filter((name) => !NOT_COMPARED.has(name));

/**
 * Compares an event of this schema version with the record that it was made from.
 * @param record undefined if the log file has none at that position
 * @returns what is different, as a sentence without content; undefined if the event is what CloudTrail delivered
 */
export function checkEvent(event: DeliveredEvent, record: DeliveredRecord | undefined): string | undefined {
  return compare(event, record, (delivered) => {
    const changed = COMPARED.find(
      (name) => !isDeepStrictEqual(storedValue(name, attributeOf(delivered, name)), attributeOf(event, name)),
    );
    return changed && `attribute ${changed}: expected what ${placeOf(event)} of its log file says`;
  });
}

/** The same for an event of another schema version, whose attributes were made by other rules: compares only its record. */
export function checkRecord(event: DeliveredEvent, record: DeliveredRecord | undefined): string | undefined {
  return compare(event, record, () => undefined);
}

function compare(
  event: DeliveredEvent,
  record: DeliveredRecord | undefined,
  attributeProblem: (delivered: AuditEvent) => string | undefined,
): string | undefined {
  const place = placeOf(event);
  if (record === undefined)
    return `expected ${place} of its log file to be an event of ${event.eventSource ?? 'its source'}`;
  const { text, keyAccount } = record;
  const read = toAuditEvent(text, { logFile: event.logFile, recordIndex: event.recordIndex, keyAccount, now: 0 });
  if (read.kind !== 'event') return `expected ${place} of its log file to be an event`;
  const { event: delivered } = read;
  if (delivered.eventId !== event.eventId) return `expected ${place} of its log file to have its eventID`;
  if (delivered.contentHash !== event.contentHash) return `expected the content of ${place} of its log file`;
  if (event.record !== undefined && !isMaskedFrom(event.record, text)) {
    return `attribute record: expected the text of ${place} of its log file, except for masked parts`;
  }
  return attributeProblem(delivered);
}

const placeOf = ({ recordIndex }: DeliveredEvent) => `Records[${recordIndex}]`;

const MASK = '***';

/**
 * Whether a text is another one with parts replaced by `***`. Which parts does not matter: the rules may have changed since.
 */
function isMaskedFrom(masked: string, original: string): boolean {
  const [first = '', ...others] = masked.split(MASK);
  if (others.length === 0) return masked === original;
  const last = others.pop() ?? '';
  if (!original.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    const found = original.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return original.length - last.length >= at && original.endsWith(last);
}
