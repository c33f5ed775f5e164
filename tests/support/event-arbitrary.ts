import fc from 'fast-check';
import type { AuditEvent, EventAttributes, LogFileRecord, Provenance } from '../../shared/audit-event/audit-event.ts';
import { codePoint } from './code-point.ts';

const text = fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: codePoint, minLength: 1 }));
const OPTIONAL = [
  ...['eventTime', 'eventName', 'eventSource', 'userAgent', 'requestId', 'sharedEventId', 'eventType', 'environment'],
  ...['accountId', 'region', 'principal', 'principalType', 'principalArn', 'accessKeyId', 'sourceIp', 'eventCategory'],
  ...['errorCode', 'errorMessage', 'supersedes', 'user', 'role', 'username', 'target'],
] as const;

/** Events as the audit-event stage makes them, with texts of any kind. */
export const auditEvent: fc.Arbitrary<AuditEvent> = fc
  .tuple(
    fc.record(Object.fromEntries(OPTIONAL.map((name) => [name, text])), { requiredKeys: [] }),
    fc.record(
      {
        eventId: text,
        action: text,
        access: fc.constantFrom('read', 'write'),
        outcome: fc.constantFrom('ok', 'denied', 'failed'),
        statusCode: fc.nat(),
        parameters: fc.array(text, { maxLength: 3 }),
        mfa: fc.boolean(),
        readOnly: fc.boolean(),
        record: fc.oneof(
          text,
          fc.json().map((json) => json.repeat(20)),
        ),
        redacted: fc.array(text, { maxLength: 3 }),
        contentHash: fc.stringMatching(/^[0-9a-f]{64}$/),
        flags: fc.subarray<AuditEvent['flags'][number]>(['addendum', 'future-event-time', 'unknown-event-version']),
        provenance: fc.oneof<fc.Arbitrary<Provenance>[]>(
          fc.record({ logFile: text, recordIndex: fc.nat() }),
          fc.constant({ provisional: true }),
        ),
        time: fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      },
      {
        requiredKeys: [
          ...(['eventId', 'action', 'access', 'outcome', 'parameters', 'record', 'redacted', 'contentHash'] as const),
          ...(['flags', 'provenance', 'time'] as const),
        ],
      },
    ),
  )
  .map(([texts, { time, provenance, ...rest }]) => {
    const iso = time.toISOString();
    return { ...texts, ...rest, ...provenance, timeKey: `${iso}#${rest.eventId}`, day: iso.slice(0, 10) };
  });

/** A plain event, to be changed in a test. */
export const EVENT: EventAttributes & LogFileRecord = {
  eventId: 'event-1',
  eventTime: '2026-11-06T02:31:18Z',
  eventName: 'UpdateEnvironment',
  action: 'environment.update',
  access: 'write',
  outcome: 'ok',
  parameters: [],
  environment: 'prod-etl',
  record: '{"eventID":"event-1"}',
  redacted: [],
  contentHash: 'a'.repeat(64),
  timeKey: '2026-11-06T02:31:18.000Z#event-1',
  day: '2026-11-06',
  flags: [],
  logFile: 'logs/x.json.gz',
  recordIndex: 0,
};
