import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defined } from '../../shared/defined.ts';
import { StoredItemError } from '../../shared/store/item.ts';
import {
  countsOf,
  entryVerification,
  fromLedgerItem,
  type LedgerEntry,
  ledgerKey,
  toLedgerItem,
  verificationMark,
  verificationOf,
  withHistory,
} from '../../shared/store/ledger-entry.ts';
import { codePoint } from '../support/code-point.ts';

const text = fc.string({ unit: codePoint, minLength: 1 });
const optional = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true, requiredKeys: [] });
const whole = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });

const common = fc
  .tuple(
    whole({
      bucket: fc.stringMatching(/^[a-z0-9.-]{3,63}$/),
      key: text,
      etag: text,
      eventSources: fc.array(text),
      schemaVersion: fc.nat(),
      deliveryDay: text,
      region: text,
      ingestedAt: text,
    }),
    optional({
      path: text,
      sha256: text,
      account: text,
      deliveredAt: text,
      verification: fc.constantFrom('verified', 'failed'),
      verifiedBy: text,
      verifiedAt: text,
      signedSha256: text,
      otherSha256: fc.array(text, { minLength: 1 }),
      discards: fc.array(whole({ id: text, reason: text, discardedAt: text, discardedBy: text, why: text }), {
        minLength: 1,
      }),
      revision: fc.nat(),
    }),
  )
  .map(([required, others]) => ({ ...required, ...others }));
const ingested = fc.tuple(
  whole({
    state: fc.constant('ingested' as const),
    compressedBytes: fc.maxSafeNat(),
    uncompressedBytes: fc.maxSafeNat(),
    recordsRead: fc.nat(),
    eventsStored: fc.nat(),
    eventsKnown: fc.nat(),
    recordsFiltered: fc.nat(),
    recordsQuarantined: fc.nat(),
  }),
  optional({ reason: text, detail: text, replayedRecords: fc.array(fc.nat(), { minLength: 1 }) }),
);
const quarantined = fc.tuple(
  whole({ state: fc.constantFrom('quarantined' as const, 'discarded' as const), reason: text, detail: text }),
  optional({}),
);
const partial = fc.tuple(
  whole({
    state: fc.constant('partial' as const),
    checkpoint: whole({
      nextRecord: fc.nat(),
      stored: fc.nat(),
      known: fc.nat(),
      skipped: fc.nat(),
      quarantined: fc.nat(),
    }),
  }),
  optional({ reason: text, detail: text }),
);
const entry = fc
  .tuple(common, fc.oneof(ingested, quarantined, partial))
  .map(([one, [required, others]]) => ({ ...one, ...required, ...others }) as LedgerEntry);

test('an entry is read as it was written', () => {
  fc.assert(fc.property(entry, (one) => expect(fromLedgerItem(toLedgerItem(one))).toEqual(one)));
});

test('its item is found by bucket and key, and no two objects have one', () => {
  fc.assert(
    fc.property(entry, entry, (one, other) => {
      const { bucket, key } = one;
      expect(toLedgerItem(one).logFile).toEqual({ S: ledgerKey({ bucket, key }) });
      expect(ledgerKey(one) === ledgerKey(other)).toBe(one.bucket === other.bucket && one.key === other.key);
    }),
  );
});

test('it is listed as a problem when something is missing, under a key that an index takes', () => {
  const long = entry.map((one) => ({ ...one, key: 'é'.repeat(480) }));
  fc.assert(
    fc.property(fc.oneof(entry, long), (one) => {
      const { listing, listingKey } = toLedgerItem(one);
      const isWhole = one.state === 'discarded' || (one.state === 'ingested' && one.recordsQuarantined === 0);
      const problem = !isWhole || one.verification === 'failed';
      expect(listing?.S).toBe(problem ? 'problems' : one.discards && 'discards');
      expect(listing === undefined).toBe(listingKey === undefined);
      if (problem) {
        expect(listingKey!.S!.startsWith(one.deliveryDay)).toBe(true);
        expect(Buffer.byteLength(listingKey!.S!)).toBeLessThanOrEqual(1024);
      }
    }),
  );
});

test('a key that no table takes is refused by name', () => {
  const key = 'x'.repeat(1019);
  expect(ledgerKey({ bucket: 'logs', key })).toHaveLength(1024);
  expect(() => ledgerKey({ bucket: 'logs', key: `${key}x` })).toThrow(
    expect.objectContaining({ code: 'key-too-long' }),
  );
});

test('an item that this program does not write is refused', () => {
  const [one] = fc.sample(entry, 1) as [LedgerEntry];
  for (const name of ['bucket', 'objectKey', 'state', 'etag', 'deliveryDay', 'region', 'ingestedAt']) {
    const { [name]: _, ...item } = toLedgerItem(one);
    expect(() => fromLedgerItem(item)).toThrow(StoredItemError);
  }
});

test('the counts are five numbers', () => {
  const counts = { recordsRead: 9, eventsStored: 3, eventsKnown: 2, recordsFiltered: 3, recordsQuarantined: 1 };
  const more = { ...counts, state: 'ingested' };
  expect(countsOf(more)).toStrictEqual(counts);
});

const SIGNED = { signedSha256: 'a', verifiedBy: 'digest', verifiedAt: '2026-11-20T00:00:00.000Z' };

test('it is verified when nothing was ever ingested but what was signed', () => {
  expect(verificationOf({ sha256: 'a' }, 'a')).toBe('verified');
  expect(verificationOf({ sha256: 'b' }, 'a')).toBe('failed');
  expect(verificationOf({ sha256: 'a', otherSha256: ['b'] }, 'a')).toBe('failed');
  expect(verificationOf({ otherSha256: ['b'] }, 'a')).toBe('failed');
  expect(verificationOf({}, 'a')).toBeUndefined();
});

test('a failed check of any digest counts, then its own mark, then what was noted first', () => {
  const noted = (signedSha256: string, verifiedBy: string) => ({ signedSha256, verifiedBy, verifiedAt: 'then' });
  const failed = { verification: 'failed', verifiedBy: 'b', verifiedAt: 'then' };
  const own = { verification: 'verified', verifiedBy: 'own', verifiedAt: 'before' } as const;
  const both = [noted('a', 'a'), noted('b', 'b')];
  const hashes = { sha256: 'a' };
  expect(entryVerification(hashes, [])).toEqual({ verification: 'pending' });
  expect(entryVerification({}, both)).toEqual({ verification: 'pending' });
  expect(entryVerification(hashes, [both[0]!])).toEqual({
    verification: 'verified',
    verifiedBy: 'a',
    verifiedAt: 'then',
  });
  expect(entryVerification(hashes, both)).toEqual(failed);
  expect(entryVerification({ ...hashes, ...own }, both)).toEqual(failed);
  expect(entryVerification({ ...hashes, ...own }, [both[0]!])).toEqual(own);
  expect(entryVerification({ ...hashes, ...own, verification: 'failed' }, [both[0]!])).toEqual({
    ...own,
    verification: 'failed',
  });
});

test('the reason of a file in quarantine is not replaced by what a digest says', () => {
  const mark = { ...SIGNED, verification: 'failed' };
  expect(verificationMark({ state: 'ingested', sha256: 'b' }, SIGNED)).toMatchObject({
    ...mark,
    reason: 'not-as-signed',
  });
  expect(verificationMark({ state: 'quarantined', otherSha256: ['b'] }, SIGNED)).toEqual(mark);
});

test('whenever its digest comes among readings of it, the end is the same', () => {
  const hash = fc.constantFrom('a', 'b', undefined);
  fc.assert(
    fc.property(entry, fc.array(hash, { minLength: 1 }), fc.array(hash), (one, before, after) => {
      const { sha256: _, otherSha256: __, verification: ___, signedSha256: ____, ...unread } = one;
      const read = (now: LedgerEntry | undefined, sha256: string | undefined): LedgerEntry =>
        withHistory({ ...unread, ...defined({ sha256 }) }, now);
      const known = before.reduce<LedgerEntry | undefined>(read, undefined)!;
      const last = after.reduce<LedgerEntry>(read, { ...known, ...verificationMark(known, SIGNED) });
      const ingested = [...before, ...after];
      const expected = ingested.includes('b') ? 'failed' : ingested.includes('a') ? 'verified' : undefined;
      expect(last.verification).toBe(expected);
      expect(last.signedSha256).toBe('a');
    }),
  );
});
