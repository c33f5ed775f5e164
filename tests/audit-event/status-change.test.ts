import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readStatusChange } from '../../shared/audit-event/status-change.ts';
import { STATUS_CHANGE } from '../../shared/delivery/notifications.ts';
import { readDelivery } from '../../shared/delivery/read-delivery.ts';

const ENVELOPE = {
  id: '5d8a4c1e-0a3b-4a56-9a3e-2f5b1c0d9e8f',
  account: '111122223333',
  region: 'eu-west-1',
  time: '2026-11-06T02:41:03Z',
};
const read = (detail: unknown, more: object = {}) =>
  readStatusChange({ kind: 'status-change', ...ENVELOPE, text: JSON.stringify(detail), ...more });
const DETAIL = {
  name: 'prod-etl',
  status: 'UPDATE_FAILED',
  lastUpdate: {
    createdAt: '2026-11-06T02:17:41.5Z',
    source: 'customer',
    status: 'FAILED',
    error: { errorCode: 'INCORRECT_CONFIGURATION', errorMessage: 'You may need to check the execution role.' },
  },
  airflowConfigurationOptions: { 'core.fernet_key': 'hunter2hunter2' },
  kmsKey: 'secret-key',
};

test('what is kept of an announcement', () => {
  expect(read(DETAIL)).toEqual({
    ...{ id: ENVELOPE.id, time: '2026-11-06T02:41:03.000Z', environment: 'prod-etl' },
    ...{ accountId: '111122223333', region: 'eu-west-1', status: 'UPDATE_FAILED' },
    ...{ updateCreatedAt: '2026-11-06T02:17:41.500Z', updateSource: 'customer', updateStatus: 'FAILED' },
    errorCode: 'INCORRECT_CONFIGURATION',
    errorMessage: 'You may need to check the execution role.',
  });
});

describe('what is not text is as good as absent', () => {
  const least = { name: 'prod-etl', status: 'POLISHING' };
  const { id, account: accountId, region } = ENVELOPE;
  const expected = {
    id,
    accountId,
    region,
    time: '2026-11-06T02:41:03.000Z',
    environment: 'prod-etl',
    status: 'POLISHING',
  };

  test.each([
    ['no last update', {}],
    ['null', { lastUpdate: null }],
    ['a list', { lastUpdate: [] }],
    [
      'empty texts',
      { lastUpdate: { createdAt: '', source: '', status: '', error: { errorCode: '', errorMessage: '' } } },
    ],
    ['other types', { lastUpdate: { createdAt: 1793931381, source: {}, status: 5, error: 'no' } }],
    ['a day that does not exist', { lastUpdate: { createdAt: '2026-02-30T00:00:00Z' } }],
  ])('%s', (_, more) => {
    expect(read({ ...least, ...more })).toEqual(expected);
  });
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['no name', '{"status":"AVAILABLE"}'],
  ['an empty name', '{"name":"","status":"AVAILABLE"}'],
  ['a status that is no text', '{"name":"prod-etl","status":{}}'],
])('%s is refused, and not shown', (_, text) => {
  expect(() => read(undefined, { text })).toThrow(`${STATUS_CHANGE}: expected a time, detail.name and detail.status`);
});

test('a time that is none is refused', () => {
  expect(() => read(DETAIL, { time: 'soon' })).toThrow('expected a time');
});

test('secrets in the message are masked, long texts cut, and half characters replaced', () => {
  const url = 'postgres://airflow:hunter2hunter2@db.example.com/airflow';
  const {
    errorMessage = '',
    status,
    updateSource,
  } = read({
    ...{ ...DETAIL, status: 'S'.repeat(5_000) },
    lastUpdate: { source: '\ud800', error: { errorMessage: `cannot reach ${url} ${'x'.repeat(100_000)}` } },
  });
  expect(errorMessage).toContain('cannot reach postgres://airflow:***@');
  expect([errorMessage.length, status.length, updateSource]).toEqual([2_048, 300, '\ufffd']);
});

test('whatever a detail holds, it is read or refused, and what is kept is bounded text', () => {
  const detail = fc.oneof(
    fc.anything(),
    fc.record({
      name: fc.string({ minLength: 1 }),
      status: fc.string({ unit: 'binary', minLength: 1 }),
      lastUpdate: fc.anything(),
    }),
  );
  fc.assert(
    fc.property(detail, (value) => {
      const text = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member)) ?? '';
      try {
        const change = readStatusChange({ kind: 'status-change', ...ENVELOPE, text });
        for (const kept of Object.values(change)) expect([typeof kept, kept.isWellFormed()]).toEqual(['string', true]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'malformed-status-change' });
      }
    }),
  );
});

describe('a delivery', () => {
  const event = {
    version: '0',
    ...ENVELOPE,
    'detail-type': STATUS_CHANGE,
    source: 'aws.airflow',
    resources: [],
    detail: DETAIL,
  };

  test('carries it, through a queue as well', () => {
    const carried = { kind: 'status-change', ...ENVELOPE, text: JSON.stringify(DETAIL) };
    expect(readDelivery(event)).toMatchObject({ announcement: { events: [carried], malformed: [] } });
    const message = { eventSource: 'aws:sqs', messageId: 'm', body: JSON.stringify(event) };
    expect(readDelivery({ Records: [message] })).toMatchObject({ messages: [{ announcement: { events: [carried] } }] });
  });

  test.each([{ source: 'my.app' }, { detail: [] }, { account: '1' }, { 'detail-type': 'Another' }])(
    '%j is not understood',
    (more) => {
      expect(() => readDelivery({ ...event, ...more })).toThrow(/^(?!.*hunter2)/);
    },
  );
});
