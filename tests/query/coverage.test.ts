import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { daysBetween } from '../../shared/cloudtrail/times.ts';
import { type Coverage, type CoverageFilter, DayTally, needsAttention } from '../../shared/query/coverage.ts';
import type { LedgerLogFile } from '../../shared/store/ledger.ts';

const DAY = '2026-11-10';
const SETTLED = '2026-11-10T12:00:00.000Z';
const BEFORE = '2026-11-10T11:59:59.999Z';

const keyOf = (name: string, account = '111122223333', region = 'eu-west-1') =>
  `AWSLogs/${account}/CloudTrail/${region}/2026/11/10/${name}.json.gz`;

function ledgerFile(name: string, file: Partial<LedgerLogFile> = {}): LedgerLogFile {
  const entry = { state: 'ingested', recordsQuarantined: 0, verification: 'pending' } as const;
  return { bucket: 'logs', key: keyOf(name), ...entry, ...file };
}

const NOTHING = { ingested: 0, partly: 0, verified: 0, altered: 0, quarantined: 0, failed: 0, discarded: 0 };
const IN_BUCKET = { delivered: 0, missing: 0, underway: 0, gone: 0 };

test('without a bucket, it counts the ledger', () => {
  const tally = new DayTally(DAY);
  tally.enter(ledgerFile('a', { verification: 'verified' }));
  tally.enter(ledgerFile('b', { verification: 'failed', recordsQuarantined: 2 }));
  tally.enter(ledgerFile('c', { state: 'failed' }));
  tally.enter(ledgerFile('d', { key: keyOf('d', '000000000000', 'local'), state: 'quarantined' }));
  expect(tally.coverage()).toEqual([
    { account: '-', region: 'local', day: DAY, ...NOTHING, quarantined: 1 },
    {
      ...{ account: '111122223333', region: 'eu-west-1', day: DAY, ...NOTHING },
      ...{ ingested: 2, partly: 1, verified: 1, altered: 1, failed: 1 },
    },
  ]);
});

test('with a bucket, it counts what only one of them has, and recent deliveries', () => {
  const tally = new DayTally(DAY, {}, SETTLED);
  tally.deliver({ key: keyOf('both'), storedAt: BEFORE });
  tally.deliver({ key: keyOf('lost'), storedAt: BEFORE });
  tally.deliver({ key: keyOf('new'), storedAt: SETTLED });
  tally.deliver({ key: 'AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/10/', storedAt: BEFORE });
  tally.enter(ledgerFile('both'));
  tally.enter(ledgerFile('expired'));
  const [row] = tally.coverage();
  expect(row).toMatchObject({ ingested: 2, delivered: 3, missing: 1, underway: 1, gone: 1 });
  expect(tally.coverage()).toEqual([row]);
});

test('other accounts and Regions do not count', () => {
  const countWith = (filter: CoverageFilter) => {
    const tally = new DayTally(DAY, filter, SETTLED);
    tally.deliver({ key: keyOf('a'), storedAt: BEFORE });
    tally.enter(ledgerFile('a'));
    return tally.coverage().length;
  };
  expect(countWith({ accounts: ['111122223333'], regions: ['us-east-1', 'eu-west-1'] })).toBe(1);
  expect(countWith({ accounts: ['444455556666'] })).toBe(0);
  expect(countWith({ regions: ['us-east-1'] })).toBe(0);
});

const place = fc.constantFrom(
  ['111122223333', 'eu-west-1'],
  ['111122223333', 'us-east-1'],
  ['444455556666', 'eu-west-1'],
);
/** A log file that was delivered, or is in the ledger, or both. */
const logFile = fc.record({
  place,
  storedAt: fc.constantFrom(undefined, BEFORE, SETTLED),
  entry: fc.option(
    fc.record({
      state: fc.constantFrom('ingested' as const, 'quarantined' as const, 'failed' as const, 'discarded' as const),
      recordsQuarantined: fc.constantFrom(0, 3),
      verification: fc.constantFrom('verified' as const, 'failed' as const, undefined),
    }),
    { nil: undefined },
  ),
});

test('the counts add up: delivered + gone = in the ledger + missing + underway', () => {
  fc.assert(
    fc.property(fc.array(logFile, { maxLength: 40 }), (files) => {
      const tally = new DayTally(DAY, {}, SETTLED);
      const keys = files.map(({ place: [account, region] }, i) => keyOf(`f${i}`, account, region));
      for (const [i, { storedAt }] of files.entries()) {
        if (storedAt !== undefined) tally.deliver({ key: keys[i]!, storedAt });
      }
      for (const [i, { entry }] of files.entries()) {
        if (entry) tally.enter({ bucket: 'logs', key: keys[i]!, ...entry } as LedgerLogFile);
      }
      const rows = tally.coverage();
      const sum = (...names: (keyof Coverage)[]) =>
        rows.reduce((total, row) => total + names.reduce((n, name) => n + Number(row[name]), 0), 0);
      expect(sum('ingested', 'quarantined', 'failed', 'discarded')).toBe(files.filter(({ entry }) => entry).length);
      expect(sum('delivered')).toBe(files.filter(({ storedAt }) => storedAt !== undefined).length);
      for (const {
        ingested,
        quarantined,
        failed,
        discarded,
        delivered,
        gone,
        missing,
        underway,
        verified,
        altered,
        partly,
      } of rows) {
        expect(delivered! + gone!).toBe(ingested + quarantined + failed + discarded + missing! + underway!);
        expect(Math.max(verified + altered, partly)).toBeLessThanOrEqual(ingested);
      }
      expect(new Set(rows.map(({ account, region }) => `${account} ${region}`)).size).toBe(rows.length);
    }),
  );
});

test('verification counts only for ingested files', () => {
  const tally = new DayTally(DAY);
  tally.enter(ledgerFile('a', { state: 'quarantined', verification: 'verified' }));
  expect(tally.coverage()).toMatchObject([{ quarantined: 1, verified: 0 }]);
});

test('which days need attention', () => {
  const row = { account: '-', region: 'local', day: DAY, ...NOTHING, ...IN_BUCKET };
  for (const name of ['partly', 'altered', 'quarantined', 'failed', 'missing'] as const) {
    expect(needsAttention({ ...row, [name]: 1 })).toBe(true);
  }
  expect(needsAttention({ ...row, delivered: 2, ingested: 1, verified: 1, underway: 1, gone: 1 })).toBe(false);
});

test('days are consecutive, even at the end of February', () => {
  expect(daysBetween('2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
  expect(daysBetween('2026-03-29', '2026-03-29')).toEqual(['2026-03-29']);
  expect(daysBetween('2026-03-30', '2026-03-29')).toEqual([]);
});
