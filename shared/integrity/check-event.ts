import { type AttributeName, attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import { canonicalAddress } from '../audit-event/ip-address.ts';
import { toAuditEvent } from '../audit-event/to-audit-event.ts';
import { type DeliveredEvent, storedText } from '../store/event-item.ts';

/** The record that CloudTrail delivered at the position that an event names. */
interface DeliveredRecord {
  /** The record's own JSON text. */
  text: string;
  /** The account in the key of its log file. */
  keyAccount: string | undefined;
}

/** The texts that follow from the record alone. */
const COMPARED = attributesWhere(({ type, shown, origin }) => type === undefined && shown !== 'ledger' && !origin);

/**
 * Compares an event with the record that it was made from.
 * @param record undefined if the log file has none at that position
 * @returns what is different, as a sentence without content; undefined if the event is what CloudTrail delivered
 */
export function checkEvent(event: DeliveredEvent, record: DeliveredRecord | undefined): string | undefined {
  const place = `Records[${event.recordIndex}]`;
  if (record === undefined)
    return `expected ${place} of its log file to be an event of ${event.eventSource ?? 'its source'}`;
  const { text, keyAccount } = record;
  const read = toAuditEvent(text, { logFile: event.logFile, recordIndex: event.recordIndex, keyAccount, now: 0 });
  if (read.kind !== 'event') return `expected ${place} of its log file to be an event`;
  const { event: delivered } = read;
  if (delivered.eventId !== event.eventId) return `expected ${place} of its log file to have its eventID`;
  if (delivered.contentHash !== event.contentHash) return `expected the content of ${place} of its log file`;
  const changed = COMPARED.find((name) => storedAs(name, delivered) !== comparable(name, event));
  if (changed !== undefined) return `attribute ${changed}: expected what ${place} of its log file says`;
  if (event.record !== undefined && !isMaskedFrom(event.record, text)) {
    return `attribute record: expected the text of ${place} of its log file, except for masked parts`;
  }
  return undefined;
}

function storedAs(name: AttributeName, delivered: object): unknown {
  const value = attributeOf(delivered, name);
  return typeof value === 'string' && value !== '' ? storedText(name, value) : undefined;
}

/** Older events have addresses as written. */
function comparable(name: AttributeName, event: object): unknown {
  const value = attributeOf(event, name);
  return name === 'sourceIp' && typeof value === 'string' ? canonicalAddress(value) : value;
}

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
