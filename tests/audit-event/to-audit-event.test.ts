import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';
import { jsonFiles } from '../support/cases.ts';
import { CONTEXT, eventOf } from '../support/events.ts';
import { anyName, anyString, changes, treeOf, written } from '../support/json-tree.ts';

interface Case {
  about: string;
  record: object;
  /** All that is indexed of the event; or why there is none. */
  expected: object;
}

describe('cases', () => {
  test.each(jsonFiles<Case>('tests/cases/audit-event'))('%s', (_, { record, expected }) => {
    const result = toAuditEvent(JSON.stringify(record), CONTEXT);
    if (result.kind !== 'event') {
      expect(result).toStrictEqual(expected);
      return;
    }
    const { record: text, contentHash, logFile, recordIndex, ...indexed } = result.event;
    expect(indexed).toStrictEqual(expected);
    expect({ logFile, recordIndex }).toEqual({ logFile: CONTEXT.logFile, recordIndex: 3 });
    expect(contentHash).toMatch(/^[0-9a-f]{64}$/);
    if (result.event.redacted.length === 0) expect(text).toBe(JSON.stringify(record));
  });
});

describe('eventID', () => {
  const read = (eventID: unknown) => toAuditEvent(JSON.stringify({ eventID }), CONTEXT);

  test.each([
    ['b1946ac9-2c3d-4f5e-8a7b-9c0d1e2f3a4b'],
    ['EventID'],
    [' '],
    ['#/é💡'],
    ['x'.repeat(512)],
    ['é'.repeat(256)],
    ['password=hunter22hunter22'],
  ])('%j is one', (eventID) => {
    expect(read(eventID)).toMatchObject({
      kind: 'event',
      event: { eventId: eventID, timeKey: `0000-00-00T00:00:00.000Z#${eventID}` },
    });
  });

  test.each([
    [undefined, 'event-id-missing'],
    ['', 'event-id-missing'],
    [null, 'event-id-malformed'],
    [7, 'event-id-malformed'],
    [['x'], 'event-id-malformed'],
    ['\ud800', 'event-id-malformed'],
    ['x'.repeat(513), 'event-id-too-long'],
    ['é'.repeat(257), 'event-id-too-long'],
  ])('%j: %s', (eventID, reason) => {
    expect(read(eventID)).toStrictEqual({ kind: 'bad', reason });
  });

  test('only the record itself has one, and the last duplicate counts', () => {
    expect(toAuditEvent('{"eventID":"a","eventID":""}', CONTEXT)).toStrictEqual({
      kind: 'bad',
      reason: 'event-id-missing',
    });
    expect(eventOf('{"eventID":"a","eventID":"b"}').eventId).toBe('b');
    expect(toAuditEvent('{"__proto__":{"eventID":"a"}}', CONTEXT)).toMatchObject({ kind: 'bad' });
  });
});

describe('fields', () => {
  test.each([
    [true, true],
    [false, false],
    ['true', true],
    ['false', false],
    ['TRUE', undefined],
    ['', undefined],
    [1, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('readOnly %j is %j', (readOnly, expected) => {
    expect(eventOf({ readOnly }).readOnly).toBe(expected);
  });

  test.each([
    [{ eventCategory: 'Management', managementEvent: false }, 'Management'],
    [{ eventCategory: 'NetworkActivity' }, 'NetworkActivity'],
    [{ managementEvent: true }, 'Management'],
    [{ managementEvent: false }, 'Data'],
    [{ managementEvent: 'false' }, 'Data'],
    [{ eventCategory: '', managementEvent: true }, 'Management'],
    [{ managementEvent: null }, undefined],
    [{}, undefined],
  ])('eventCategory of %j: %s', (record, category) => {
    expect(eventOf(record).eventCategory).toBe(category);
  });

  test.each([
    [{ errorCode: 'AccessDenied', errorMessage: 'a', responseElements: { message: 'b' } }, 'a'],
    [{ errorCode: 'AccessDenied', responseElements: { message: 'b', Message: 'c' } }, 'b'],
    [{ errorCode: 'AccessDenied', responseElements: { Message: 'c' } }, 'c'],
    [{ errorCode: 'AccessDenied', errorMessage: '', responseElements: { message: 'b' } }, 'b'],
    [{ errorCode: 'AccessDenied', responseElements: null }, undefined],
    [{ errorCode: 'AccessDenied', responseElements: { message: { a: 1 } } }, undefined],
    [{ responseElements: { message: 'Welcome' } }, undefined],
    [{ errorCode: '', responseElements: { message: 'Welcome' } }, undefined],
  ])('errorMessage of %j: %s', (record, message) => {
    expect(eventOf(record).errorMessage).toBe(message);
  });

  test.each([
    [{ recipientAccountId: '1', userIdentity: { accountId: '2' } }, '1'],
    [{ userIdentity: { accountId: '2' } }, '2'],
    [{ recipientAccountId: '' }, CONTEXT.keyAccount],
  ])('account of %j: %s', (record, account) => {
    expect(eventOf(record).accountId).toBe(account);
  });

  test('the account is absent if neither record nor key has one', () => {
    expect(toAuditEvent('{"eventID":"a"}', { ...CONTEXT, keyAccount: undefined })).not.toHaveProperty(
      'event.accountId',
    );
  });

  test.each([
    ['1.0', []],
    ['1.02', []],
    ['1.11', []],
    ['1.99', []],
    ['2.0', ['unknown-event-version']],
    ['10.1', ['unknown-event-version']],
    ['', ['unknown-event-version']],
    [undefined, ['unknown-event-version']],
  ])('eventVersion %j is flagged %j', (eventVersion, flags) => {
    expect(eventOf({ eventVersion }).flags).toEqual(flags);
  });

  test('a time that is invalid or far ahead is flagged, and the event kept', () => {
    expect(eventOf({ eventTime: '2026-02-30T00:00:00Z' })).toMatchObject({
      eventTime: '2026-02-30T00:00:00Z',
      timeKey: '0000-00-00T00:00:00.000Z#event-1',
      day: '0000-00-00',
      flags: ['invalid-event-time'],
    });
    expect(eventOf('{"eventID":"e","eventTime":1,"eventTime":1604629878.50}')).toMatchObject({
      eventTime: '1604629878.50',
      flags: ['invalid-event-time', 'unknown-event-version'],
    });
    expect(eventOf({ eventTime: '2036-11-06T02:31:18Z' })).toMatchObject({
      day: '2036-11-06',
      flags: ['future-event-time'],
    });
  });

  test.each([
    [{ originalEventID: 'other', reason: 'UPDATED_DATA' }, 'other'],
    [{ originalEventID: 'event-1', reason: 'UPDATED_DATA' }, undefined],
    [{ reason: 'DELIVERY_DELAY' }, undefined],
  ])('the addendum %j supersedes %s', (addendum, supersedes) => {
    const event = eventOf({ addendum });
    expect(event.flags).toEqual(['addendum']);
    expect(event.supersedes).toBe(supersedes);
  });

  test.each([null, 'x', []])('no addendum: %j', (addendum) => {
    expect(eventOf({ addendum }).flags).toEqual([]);
  });

  test.each([
    [{ eventCategory: 'Aggregated', eventId: 'x' }, 'aggregated-record'],
    [{ eventCategory: 'Aggregated', eventID: 'x' }, 'aggregated-record'],
    [{ eventCategory: 'Insight', eventID: 'x' }, 'insight-record'],
    [{ eventType: 'AwsCloudTrailInsight', eventID: 'x' }, 'insight-record'],
  ])('%j is skipped', (record, reason) => {
    expect(toAuditEvent(JSON.stringify(record), CONTEXT)).toStrictEqual({ kind: 'skipped', reason });
  });
});

test('whatever a record holds, its event has well-formed texts that are not empty', () => {
  const names = [
    ...['eventTime', 'eventName', 'eventSource', 'userAgent', 'requestID', 'sharedEventID', 'awsRegion', 'errorCode'],
    ...['errorMessage', 'sourceIPAddress', 'recipientAccountId', 'readOnly', 'eventVersion'],
  ];
  const inner = fc.constantFrom('Name', 'message', 'userName', 'type', 'arn', 'accessKeyId', 'originalEventID', 'Body');
  const strings = fc.oneof(anyString, fc.constantFrom('\ud800', 'a\udfff', 'IAMUser', 'Bearer 0123456789abcdef'));
  const record = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...names), strings),
      fc.dictionary(
        fc.constantFrom('requestParameters', 'responseElements', 'userIdentity', 'addendum'),
        treeOf({ strings, names: fc.oneof(inner, anyName) }),
      ),
      fc.nat(),
    )
    .map(([texts, trees, seed]) => {
      const members = Object.entries(trees).map(
        ([name, tree]) => `,${JSON.stringify(name)}:${written(tree, { seed })}`,
      );
      return `${JSON.stringify({ eventID: 'e', ...texts }).slice(0, -1)}${members.join('')}}`;
    });
  fc.assert(
    fc.property(record, (text) => {
      const { flags, redacted, parameters, record: stored, ...rest } = eventOf(text);
      expect(stored.isWellFormed()).toBe(true);
      for (const value of [...Object.values(rest), ...flags, ...redacted, ...parameters]) {
        if (typeof value === 'string') expect([value.isWellFormed(), value === '']).toEqual([true, false]);
        else expect(['number', 'boolean']).toContain(typeof value);
      }
    }),
    { numRuns: 300 },
  );
});

describe('contentHash', () => {
  const hash = (requestParameters: string) =>
    eventOf(`{"eventID":"e","requestParameters":${requestParameters}}`).contentHash;

  test('is the same for all spellings of a record', () => {
    fc.assert(
      fc.property(treeOf(), fc.nat(), fc.nat(), (tree, one, other) => {
        expect(hash(written(tree, { seed: one, shuffle: true }))).toBe(
          hash(written(tree, { seed: other, shuffle: true })),
        );
      }),
    );
    const record = ['"eventID":"e"', '"readOnly":true'];
    expect(eventOf(`{${record}}`).contentHash).toBe(eventOf(` {\n${record.reverse()} } `).contentHash);
  });

  test('differs for any other change, even of masked values', () => {
    fc.assert(
      fc.property(treeOf(), fc.nat(), (tree, seed) => {
        const hashes = [tree, ...changes(tree)].map((one) => hash(written(one, { seed })));
        expect(new Set(hashes.slice(1))).not.toContain(hashes[0]);
      }),
      { numRuns: 50 },
    );
    expect(hash('{"Body":"one secret"}')).not.toBe(hash('{"Body":"another"}'));
  });

  test.each([
    ['1', '1.0'],
    ['1e400', '1e401'],
    ['9007199254740992', '9007199254740993'],
    ['0', '-0'],
    ['"1"', '1'],
  ])('%s and %s differ', (one, other) => {
    expect(hash(one)).not.toBe(hash(other));
  });

  test('does not depend on where and when the record was read', () => {
    const one = toAuditEvent('{"eventID":"e"}', CONTEXT);
    const other = toAuditEvent('{"eventID":"e"}', { logFile: 'x', recordIndex: 0, keyAccount: undefined, now: 0 });
    expect(one).toHaveProperty('event.contentHash', (other as { event: { contentHash: string } }).event.contentHash);
  });
});
