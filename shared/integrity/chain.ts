import type { DigestKey } from '../delivery/object-key.ts';
import { s3Place } from '../errors.ts';
import type { CheckedDigest } from './digest-file.ts';
import type { Finding } from './finding.ts';
import { HOUR_MS, shifted } from './time-range.ts';

/** A digest in its chain. */
export interface ChainedDigest {
  /** What the key says of it; of a moved digest, the key that it has by its own account. */
  names: DigestKey;
  checked: CheckedDigest;
}

/** A time, ISO 8601 with milliseconds; `from` is not in it, `to` is. */
export interface Interval {
  from: string;
  to: string;
}

/** Digests of the same trail in the same account and Region follow each other; those made later do so by themselves. */
export function chainId({ root, account, region, trail, homeRegion, backfill }: DigestKey): string {
  return [root, account, region, trail, homeRegion, backfill ? 'backfill' : ''].join('|');
}

const MOST_SLOTS = 100_000;

/**
 * Checks how two digests that were found next to each other are linked. One is enough to be named by its successor: what is
 * wrong with it itself is not said here again.
 * @param older absent: `newer` is the first that was found, and `searchedFrom` is since when was searched
 * @returns digests that are missing between them, each with its time; a gap in the chain; a digest that was replaced
 */
export function checkLink(older: ChainedDigest | undefined, newer: ChainedDigest, searchedFrom?: string): Finding[] {
  const { digest, signed } = newer.checked;
  if (newer.names.backfill) return checkBackfillLink(older, newer);
  if (digest === undefined || !signed) return older ? missingByTime(older, newer) : [];
  const { previous } = digest;
  if (previous === undefined) return older ? [gap(older, newer)] : [];
  if (older && isNamed(older, previous)) {
    const replaced = replacedBy(older, newer);
    if (replaced) return [replaced];
    const olderEnd = older.checked.digest?.end ?? older.names.end;
    return older.checked.signed && digest.start !== olderEnd ? [gap(older, newer)] : [];
  }
  // Where the trail wrote to another bucket before, its chain goes on there.
  if (previous.bucket !== digest.bucket) return [];
  const since = older?.names.end ?? searchedFrom;
  if (since !== undefined && digest.start <= since) {
    return older ? [missing(newer, { from: digest.start, to: digest.start }, previous.key)] : [];
  }
  return missingBetween(since ?? hourBefore(digest.start), digest.start, newer, previous.key);
}

/** What is not signed may say what it likes of its start and of its predecessor: the time in its key counts. */
function missingByTime(older: ChainedDigest, newer: ChainedDigest): Finding[] {
  const claimed = newer.checked.digest?.previous;
  const name = claimed && !isNamed(older, claimed) ? claimed.key : undefined;
  const [from, to] = [older.names.end, hourBefore(newer.names.end)];
  return hoursBetween(from, to) >= 1 ? missingBetween(from, to, newer, name) : [];
}

/** How long ago the chain must have gone on is not known: only what a digest names can be missing. */
function checkBackfillLink(older: ChainedDigest | undefined, newer: ChainedDigest): Finding[] {
  const { digest, signed } = newer.checked;
  const previous = digest?.previous;
  if (!signed || previous === undefined || older === undefined || previous.bucket !== digest?.bucket) return [];
  if (!isNamed(older, previous)) return [missing(newer, { from: older.names.end, to: digest.start }, previous.key)];
  const replaced = replacedBy(older, newer);
  return replaced ? [replaced] : [];
}

function isNamed({ checked }: ChainedDigest, previous: { bucket: string; key: string }): boolean {
  if (checked.bucket === previous.bucket && checked.key === previous.key) return true;
  return checked.signed && checked.digest?.bucket === previous.bucket && checked.digest.key === previous.key;
}

/** Both are signed, but the newer upon another than this. */
function replacedBy(older: ChainedDigest, newer: ChainedDigest): Finding | undefined {
  const previous = newer.checked.digest?.previous;
  if (!older.checked.signed || !newer.checked.signed || previous === undefined) return undefined;
  const same = previous.sha256 === older.checked.sha256 && isSameHex(previous.signature, older.checked.signature ?? '');
  if (same) return undefined;
  return {
    ...placeOf(older),
    kind: 'digest-replaced',
    bucket: older.checked.bucket,
    key: older.checked.key,
    digest: newer.checked.key,
    detail: `expected the content and the signature upon which ${s3Place(newer.checked)} was signed`,
  };
}

const isSameHex = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function gap(older: ChainedDigest, newer: ChainedDigest): Finding {
  const from = older.checked.digest?.end ?? older.names.end;
  const { start, previous } = newer.checked.digest!;
  const expectation = previous ? 'it starts at another time than the one before ends' : 'it starts a new chain';
  return {
    ...placeOf(newer),
    kind: 'logging-gap',
    bucket: newer.checked.bucket,
    key: newer.checked.key,
    from: from < start ? from : start,
    to: from < start ? start : from,
    detail: `expected a digest that follows the one of ${from}; ${expectation}`,
  };
}

/** One digest an hour must have been there, and one at least; of the newest its successor has the name. */
function missingBetween(from: string, to: string, newer: ChainedDigest, key?: string): Finding[] {
  const end = Date.parse(to);
  const count = Math.min(Math.max(hoursBetween(from, to), 1), MOST_SLOTS);
  return Array.from({ length: count }, (_, i) => {
    const slot = {
      from: i === count - 1 ? from : isoOf(end - (i + 1) * HOUR_MS),
      to: isoOf(end - i * HOUR_MS),
    };
    return missing(newer, slot, i === 0 ? key : undefined);
  }).reverse();
}

const hoursBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / HOUR_MS);

function missing(newer: ChainedDigest, { from, to }: Interval, key: string | undefined): Finding {
  return {
    ...placeOf(newer),
    kind: 'digest-missing',
    ...(key === undefined ? {} : { bucket: newer.checked.bucket, key }),
    digest: newer.checked.key,
    from,
    to,
    detail:
      key === undefined
        ? `expected a digest of trail ${newer.names.trail} for this hour`
        : 'expected this digest, which its successor names',
  };
}

function placeOf({ names }: ChainedDigest) {
  return { account: names.account, region: names.region };
}

const isoOf = (milliseconds: number) => new Date(milliseconds).toISOString();
/** CloudTrail makes a digest each hour. */
const hourBefore = (time: string) => shifted(time, -HOUR_MS);
