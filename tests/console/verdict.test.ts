import { expect, test } from '@jest/globals';
import { type TrustFacts, verdictOf } from '../../console/src/pages/trust/verdict.ts';
import type { VerificationStatus } from '../../shared/query/verification.ts';
import { timeDisplay } from '../../shared/render/times.ts';

const now = Date.parse('2026-11-13T09:00:00Z');
const times = timeDisplay({ kind: 'absolute', zone: 'UTC', now });

const counts = (given: Partial<TrustFacts['counts']>) => ({
  ...{ ingested: 0, partly: 0, verified: 0, altered: 0, quarantined: 0, failed: 0, discarded: 0 },
  ...given,
});

type Chain = VerificationStatus['chains'][number];

const chain = (verifiedUntil: string | undefined, given: Partial<Chain> = {}): Chain => ({
  ...{ bucket: 'logs', account: '111122223333', region: 'eu-west-1', trail: 'org', homeRegion: 'eu-west-1' },
  ...{ backfill: false, signed: true, pending: 0, retired: false },
  ...(verifiedUntil === undefined ? {} : { verifiedUntil }),
  ...given,
});

const finding = (given: { resolvedAt?: string } = {}): VerificationStatus['findings'][number] => ({
  ...{ kind: 'digest-missing', account: '111122223333', region: 'eu-west-1', bucket: 'logs', digest: 'd', detail: '' },
  ...{ firstSeen: '2026-11-13T08:30:00.000Z', lastSeen: '2026-11-13T08:30:00.000Z' },
  ...given,
});

const status = (chains: Chain[], findings = [] as VerificationStatus['findings'], truncated = false) => ({
  ...{ chains, findings, truncated },
});

const AT_EIGHT = '2026-11-13T08:00:00.000Z';
const HALF_PAST_SEVEN = '2026-11-13T07:30:00.000Z';
const DAY_BEFORE = '2026-11-12T08:00:00.000Z';

const FINE: TrustFacts = {
  counts: counts({ ingested: 1234, verified: 1200 }),
  verification: status([chain(AT_EIGHT)]),
  newest: '2026-11-13T08:55:00.000Z',
  isFed: true,
  now,
};

test.each<[string, Partial<TrustFacts>, string, string]>([
  [
    'all is well',
    {},
    'success',
    'All 1,234 log files are stored completely; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'one log file only',
    { counts: counts({ ingested: 1 }) },
    'success',
    'The only log file is stored completely; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'missing events',
    { counts: counts({ ingested: 9, partly: 1, quarantined: 1 }) },
    'warning',
    '2 log files are missing events; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'one is missing events',
    { counts: counts({ ingested: 9, failed: 1 }) },
    'warning',
    '1 log file is missing events; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'altered',
    { counts: counts({ ingested: 9, altered: 1, quarantined: 2 }) },
    'error',
    'CloudTrail signed other content for 1 log file; 2 log files are missing events; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'discarded files are no log files, and miss nothing',
    { counts: counts({ ingested: 1, discarded: 1 }) },
    'success',
    'All 2 log files are stored completely; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'no log files',
    { counts: counts({}) },
    'info',
    'No log files were delivered in this time; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'never verified',
    { verification: status([]) },
    'info',
    'All 1,234 log files are stored completely; nothing is verified yet.',
  ],
  [
    'a chain without a checked digest',
    { verification: status([chain(undefined)]) },
    'info',
    'All 1,234 log files are stored completely; nothing is verified yet.',
  ],
  [
    'the oldest of chains that go on together',
    { verification: status([chain(AT_EIGHT), chain(HALF_PAST_SEVEN)]) },
    'success',
    'All 1,234 log files are stored completely; all digests verified up to 2026-11-13 07:30:00 UTC.',
  ],
  [
    'one chain behind',
    { verification: status([chain(AT_EIGHT), chain(DAY_BEFORE), chain(AT_EIGHT)]) },
    'warning',
    'All 1,234 log files are stored completely; digests verified up to 2026-11-13 08:00:00 UTC, 1 of 3 digest chains is behind.',
  ],
  [
    'retired and backfill chains end without being behind',
    {
      verification: status([
        chain(AT_EIGHT),
        chain(DAY_BEFORE, { retired: true }),
        chain(DAY_BEFORE, { backfill: true }),
      ]),
    },
    'success',
    'All 1,234 log files are stored completely; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'all chains late',
    { verification: status([chain(DAY_BEFORE)]) },
    'warning',
    'All 1,234 log files are stored completely; all digests verified up to 2026-11-12 08:00:00 UTC.',
  ],
  [
    'late in a local store',
    { verification: status([chain(DAY_BEFORE)]), newest: DAY_BEFORE, isFed: false },
    'success',
    'All 1,234 log files are stored completely; all digests verified up to 2026-11-12 08:00:00 UTC.',
  ],
  [
    'silence',
    { newest: '2026-11-10T09:00:00.000Z' },
    'warning',
    'All 1,234 log files are stored completely; the newest log file was delivered 3d ago; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'open findings, not those that are resolved',
    { verification: status([chain(AT_EIGHT)], [finding(), finding({ resolvedAt: AT_EIGHT })]) },
    'error',
    'All 1,234 log files are stored completely; verification has 1 open finding; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'more findings than are listed',
    { verification: status([chain(AT_EIGHT)], [finding(), finding()], true) },
    'error',
    'All 1,234 log files are stored completely; verification has 2 or more open findings; all digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
  [
    'nobody may ask for verification',
    { verification: undefined },
    'success',
    'All 1,234 log files are stored completely.',
  ],
  [
    'nobody may ask for coverage',
    { counts: undefined, newest: undefined },
    'success',
    'All digests verified up to 2026-11-13 08:00:00 UTC.',
  ],
])('%s', (_, facts, type, text) => {
  expect(verdictOf({ ...FINE, ...facts }, times)).toEqual({ type, text });
});
