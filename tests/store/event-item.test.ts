import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EventVersion,
  expiryOf,
  fromEventItem,
  fromListedItem,
  MAX_ITEM_BYTES,
  storedText,
  toEventItem,
  toVersionsItem,
} from '../../shared/store/event-item.ts';
import { type Item, itemSize, StoredItemError, toItem } from '../../shared/store/item.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { countItem, expectAcceptable } from '../support/dynamo-item.ts';
import { auditEvent, EVENT } from '../support/event-arbitrary.ts';

const STORED = { ingestedAt: '2026-11-20T12:00:00.000Z' };
/** A text that gzip cannot make much smaller. */
const random = (length: number) => randomBytes(length).toString('base64').slice(0, length);

describe('an event and its item', () => {
  test('the item holds all of the event', () => {
    fc.assert(
      fc.property(auditEvent, fc.option(fc.nat(), { nil: undefined }), (event, expiresAt) => {
        const stored = expiresAt === undefined ? STORED : { ...STORED, expiresAt };
        const item = toEventItem(event, { ...STORED, expiresAt });
        expect(fromEventItem(item)).toStrictEqual({ ...event, ...stored });
        expectAcceptable(item);
        expect(itemSize(item)).toBeGreaterThanOrEqual(countItem(item));
        expect(itemSize(item) - countItem(item)).toBeLessThan(20);
      }),
      { numRuns: 200 },
    );
  });

  test('what an index holds of it is enough for a list', () => {
    const item = toEventItem({ ...EVENT, readOnly: false }, { ...STORED, expiresAt: 7 });
    const { record, contentHash, logFile, recordIndex, ingestedAt, day, ...projected } = item;
    expect(fromListedItem(projected)).toStrictEqual({
      eventId: 'event-1',
      action: 'environment.update',
      access: 'write',
      outcome: 'ok',
      parameters: [],
      eventTime: '2026-11-06T02:31:18Z',
      eventName: 'UpdateEnvironment',
      environment: 'prod-etl',
      timeKey: '2026-11-06T02:31:18.000Z#event-1',
      readOnly: false,
      expiresAt: 7,
    });
    expect([record, contentHash, logFile, recordIndex, ingestedAt, day]).not.toContain(undefined);
  });

  test('a record is compressed only when that is smaller', () => {
    const short = toEventItem(EVENT, STORED);
    expect(short.record).toEqual({ S: EVENT.record });
    const long = toEventItem({ ...EVENT, record: `{"a":"${'x'.repeat(1000)}"}` }, STORED);
    expect(long.record!.B!.length).toBeLessThan(100);
  });

  test.each(['eventId', 'timeKey', 'day', 'contentHash', 'logFile', 'ingestedAt'])(
    'an item without %s is none',
    (name) => {
      const { [name]: _, ...item } = toEventItem(EVENT, STORED);
      expect(() => fromEventItem(item)).toThrow(StoredItemError);
    },
  );

  test.each([
    ['environment', { N: '1' }],
    ['listed', { M: { ...toEventItem(EVENT, STORED).listed!.M, readOnly: { S: 'true' } } }],
    ['listed', { M: {} }],
    ['listed', { S: 'x' }],
    ['recordIndex', { S: '1' }],
    ['recordIndex', { N: 'x' }],
    ['record', { BOOL: true }],
  ])('an item with another %s is none: %j', (name, value) => {
    const item = { ...toEventItem(EVENT, STORED), [name]: value } as ReturnType<typeof toEventItem>;
    expect(() => fromEventItem(item)).toThrow(StoredItemError);
  });

  test.each([
    [undefined, /schema version 1, expected \d+: run mwaa-trail migrate/],
    [SCHEMA_VERSION - 1, /expected \d+: run mwaa-trail migrate/],
    [SCHEMA_VERSION + 1, /expected \d+: use the version of mwaa-trail that wrote them/],
  ])('an item of schema version %j says what to do', (version, message) => {
    const { schemaVersion: _, ...rest } = toEventItem(EVENT, STORED);
    const item: Item = { ...rest, ...toItem({ schemaVersion: version }) };
    for (const read of [fromEventItem, fromListedItem]) expect(() => read(item)).toThrow(message);
  });
});

describe('the limits of DynamoDB', () => {
  const INDEXED = ['environment', 'user', 'role', 'principal', 'eventName', 'errorCode', 'accessKeyId'] as const;

  test.each(INDEXED)('%s of any length is a key', (name) => {
    for (const value of ['x', 'x'.repeat(2048), 'x'.repeat(2049), 'é'.repeat(2000), '💡'.repeat(100_000)]) {
      const item = toEventItem({ ...EVENT, [name]: value }, STORED);
      expectAcceptable(item);
      expect(item[name]!.S).toBe(storedText(name, value));
      expect(item[name]!.S === value).toBe(Buffer.byteLength(value) <= 2048);
    }
  });

  test('an empty text is no attribute', () => {
    for (const name of [...INDEXED, 'userAgent', 'errorMessage'] as const) {
      const item = toEventItem({ ...EVENT, [name]: '' }, STORED);
      expect(item).not.toHaveProperty(name);
      expect(item.listed?.M).not.toHaveProperty(name);
      expectAcceptable(item);
    }
  });

  test('no other text makes an item big', () => {
    const long = 'é'.repeat(300_000);
    const event = {
      ...EVENT,
      userAgent: long,
      errorMessage: long,
      principalArn: long,
      sourceIp: long,
      accountId: long,
    };
    const item = toEventItem({ ...event, redacted: Array.from({ length: 50 }, () => long) }, STORED);
    expect(fromEventItem(item)).toMatchObject({ record: EVENT.record, flags: [] });
    expect(countItem(item)).toBeLessThan(50_000);
    expectAcceptable(item);
  });

  test('an item of 400 KB stays, one byte more and its record is left out, and the event flagged', () => {
    const { event, room } = NEARLY_FULL;
    const full = { ...event, errorMessage: 'x'.repeat(room) };
    const item = toEventItem(full, STORED);
    expect(itemSize(item)).toBe(MAX_ITEM_BYTES);
    expectAcceptable(item);
    expect(fromEventItem(item)).toStrictEqual({ ...full, ...STORED });

    const over = toEventItem({ ...full, errorMessage: 'x'.repeat(room + 1) }, STORED);
    expectAcceptable(over);
    expect(fromEventItem(over)).toMatchObject({ flags: ['record-omitted'], contentHash: EVENT.contentHash });
    expect(over).not.toHaveProperty('record');
  });

  test('without its record, an event keeps everything else', () => {
    const event = { ...EVENT, record: random(1_000_000), flags: ['addendum' as const], redacted: ['a.b'] };
    const { record, ...rest } = event;
    expect(record).toHaveLength(1_000_000);
    expect(fromEventItem(toEventItem(event, STORED))).toStrictEqual({
      ...rest,
      ...STORED,
      flags: ['addendum', 'record-omitted'],
    });
  });
});

/** An event whose item has so many bytes left for a user agent. */
const NEARLY_FULL = nearlyFull();

function nearlyFull(): { event: typeof EVENT; room: number } {
  for (let length = 530_000; ; length += 2000) {
    const event = { ...EVENT, errorMessage: 'x', record: random(length) };
    const room = MAX_ITEM_BYTES - itemSize(toEventItem(event, STORED)) + 1;
    if (room < 4000) return { event, room };
  }
}

describe('an addendum and what it replaces, in one item', () => {
  const versions = (newest: Partial<typeof EVENT>, ...earlier: Partial<typeof EVENT>[]) =>
    [newest, ...earlier].map((event) => ({ ...EVENT, ...event, ...STORED }));
  const previous = { record: '{"old":1}', contentHash: 'b'.repeat(64), logFile: 'logs/old.json.gz', recordIndex: 3 };
  const previousOf = (item: ReturnType<typeof toVersionsItem>) => fromEventItem(item).previousVersions ?? [];

  test('holds all versions, each with what was read of it', () => {
    const all = versions({}, previous, { ...previous, contentHash: 'c'.repeat(64), environment: 'another' });
    const item = toVersionsItem(all);
    expectAcceptable(item);
    expect(fromEventItem(item)).toStrictEqual({ ...all[0], previousVersions: all.slice(1) });
  });

  test('without room for all records, holds the newer ones, and still knows the others', () => {
    const { event, room } = NEARLY_FULL;
    const large = { ...previous, record: `"${random(3_000)}"` };
    const item = toVersionsItem(versions({ ...event, errorMessage: 'x'.repeat(room - 1_000) }, large));
    expectAcceptable(item);
    expect(fromEventItem(item).record).toBe(event.record);
    const { record: _, ...known } = { ...EVENT, ...previous, ...STORED };
    expect(previousOf(item)).toEqual([{ ...known, flags: ['record-omitted'] }]);
  });

  test('which records it holds does not depend on the order in which they come', () => {
    const large = versions({}, {}, {}, {}).map((version, i) => ({ ...version, record: `"${random(190_000)}${i}"` }));
    const whole = toVersionsItem(large);
    const [first, second, third, fourth] = large as [EventVersion, EventVersion, EventVersion, EventVersion];
    expect(previousOf(whole).map(({ record }) => record !== undefined)).toEqual([true, false, false]);
    // The newest comes last, when those before it have lost a record already.
    const partial = fromEventItem(toVersionsItem([second, third, fourth]));
    const { previousVersions = [], ...newest } = partial;
    // A difference would take minutes to print.
    expect(isDeepStrictEqual(toVersionsItem([first, newest, ...previousVersions]), whole)).toBe(true);
  });

  test('is never more than an item may be', () => {
    const { event, room } = NEARLY_FULL;
    const item = toVersionsItem(versions({ ...event, errorMessage: 'x'.repeat(room) }, previous));
    expectAcceptable(item);
    expect(fromEventItem(item)).toMatchObject({ contentHash: EVENT.contentHash, flags: ['record-omitted'] });
    expect(previousOf(item)).toMatchObject([{ contentHash: previous.contentHash }]);
  });
});

describe('expiryOf', () => {
  const NOW = Date.parse('2026-11-20T12:00:00Z');
  const at = (time: string) => ({ ...EVENT, timeKey: `${time}#event-1` });
  const expiry = (time: string, days?: number) => {
    const seconds = expiryOf(at(time), NOW, days);
    return seconds === undefined ? undefined : new Date(seconds * 1000).toISOString();
  };

  test.each([
    ['2026-11-06T02:31:18.999Z', 1, '2026-11-07T02:31:18.000Z'],
    ['2026-11-06T02:31:18.000Z', 90, '2027-02-04T02:31:18.000Z'],
    ['2000-01-01T00:00:00.000Z', 1, '2000-01-02T00:00:00.000Z'],
    // When an event happened is not known: it is kept as if it had happened now.
    ['0000-00-00T00:00:00.000Z', 1, '2026-11-21T12:00:00.000Z'],
  ])('%s and %i days: %s', (time, days, expected) => {
    expect(expiry(time, days)).toBe(expected);
  });

  test('without a retention, never', () => {
    expect(expiry('2026-11-06T02:31:18.000Z')).toBeUndefined();
  });

  test('is a whole number of seconds', () => {
    expect(expiryOf(at('9999-12-31T23:59:59.999Z'), NOW, 999_999)).toBe(253_402_300_799 + 999_999 * 86_400);
  });
});
