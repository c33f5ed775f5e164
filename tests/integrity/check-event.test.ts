import { expect, test } from '@jest/globals';
import { type AttributeName, attributeOf, EVENT_ATTRIBUTES } from '../../shared/audit-event/attributes.ts';
import { checkEvent, checkRecord } from '../../shared/integrity/check-event.ts';
import { type DeliveredEvent, fromEventItem, toEventItem } from '../../shared/store/event-item.ts';
import { CONTEXT, eventOf } from '../support/events.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';

/** A record from which every attribute follows. */
const RECORD = JSON.stringify(
  mwaaRecord('event-1', {
    eventName: 'InvokeRestApi',
    eventCategory: 'Data',
    readOnly: 'false',
    sharedEventID: 'shared',
    requestID: 'request',
    eventType: 'AwsApiCall',
    errorCode: 'AccessDenied',
    errorMessage: 'no',
    sourceIPAddress: '2001:DB8:0:0:0:0:0:1',
    userAgent: 'agent/1 '.repeat(40),
    requestParameters: {
      Name: 'prod-etl',
      Method: 'POST',
      Path: '/dags/orders/dagRuns',
      ['x'.repeat(300)]: 1,
      Body: '***',
    },
    responseElements: { RestApiStatusCode: 403 },
    addendum: { reason: 'UPDATED_DATA', originalEventID: 'event-0' },
    userIdentity: {
      type: 'AssumedRole',
      arn: 'arn:aws:sts::111122223333:assumed-role/Admin/mei',
      accessKeyId: 'ASIAEXAMPLE',
      sessionContext: {
        attributes: { mfaAuthenticated: 'true' },
        sessionIssuer: { type: 'Role', userName: 'Admin' },
      },
    },
  }),
);
const stored = fromEventItem(toEventItem(eventOf(RECORD), { ingestedAt: '2026-11-20T12:00:00.000Z' }));
const delivered = { text: RECORD, keyAccount: CONTEXT.keyAccount };

/** Those that do not follow from the record and the rules of this schema version alone. */
const OTHERS = [
  'expiresAt',
  'provisional',
  'logFile',
  'recordIndex',
  'ingestedAt',
  'backfilled',
  'flags',
  'redacted',
] as const;
const LEDGER = ['verification', 'verifiedBy', 'verifiedAt'];
const COMPARED = (Object.keys(EVENT_ATTRIBUTES) as AttributeName[]).filter(
  (name) => ![...OTHERS, ...LEDGER, 'previousVersions'].includes(name),
);

test('an event as it was made is what CloudTrail delivered', () => {
  expect(Object.keys(stored)).toEqual(expect.arrayContaining(COMPARED));
  expect(checkEvent(stored as DeliveredEvent, delivered)).toBeUndefined();
});

test.each(COMPARED)('%s that was changed, or removed, is found, and said without its content', (name) => {
  const value = attributeOf(stored, name);
  const others: Readonly<Record<string, unknown>> = { boolean: !value, number: 200, object: [] };
  for (const other of [others[typeof value] ?? `${value}!`, undefined]) {
    const event = { ...stored, [name]: other } as DeliveredEvent;
    // An event may lack its record: the log file has it.
    if (name === 'record' && other === undefined) continue;
    const problem = checkEvent(event, delivered);
    expect(problem).toMatch(/^(?:attribute \w+: )?expected .*of its log file/);
    if (!['eventId', 'contentHash'].includes(name)) expect(problem).toMatch(new RegExp(`^attribute ${name}: `));
  }
});

test('what depends on the reader is not compared', () => {
  expect(checkEvent({ ...stored, flags: [], redacted: [], ingestedAt: 'later' } as never, delivered)).toBeUndefined();
});

test('of an event of another schema version, only the record is compared', () => {
  const other = { ...stored, action: 'InvokeRestApi', target: undefined } as unknown as DeliveredEvent;
  expect(checkRecord(other, delivered)).toBeUndefined();
  expect(checkRecord({ ...other, record: '{}' }, delivered)).toMatch(/^attribute record: /);
  expect(checkRecord({ ...other, contentHash: 'x' }, delivered)).toMatch(/^expected the content/);
  expect(checkRecord(other, undefined)).toMatch(/^expected Records\[3\]/);
});
