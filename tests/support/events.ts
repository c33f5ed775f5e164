import type { AuditEvent } from '../../shared/audit-event/audit-event.ts';
import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';

export const CONTEXT = {
  logFile: 'logs/AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/06/x.json.gz',
  recordIndex: 3,
  keyAccount: '123456789012',
  now: Date.parse('2026-11-20T12:00:00Z'),
};

/** The event of a record, given as its text or as what it holds besides an eventID and a time. */
export function eventOf(record: string | object): AuditEvent {
  const text =
    typeof record === 'string'
      ? record
      : JSON.stringify({ eventVersion: '1.11', eventID: 'event-1', eventTime: '2026-11-06T02:31:18Z', ...record });
  const result = toAuditEvent(text, CONTEXT);
  if (result.kind !== 'event') throw new Error(`expected an event, found ${result.kind}: ${result.reason}`);
  return result.event;
}
