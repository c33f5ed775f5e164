import { type DigestKey, readDigestKey } from '../cloudtrail/object-key.ts';
import { s3Uri } from '../errors.ts';
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
 * The predecessor that a signed digest names, where it is not the one that was found before it: it must be looked at under
 * its own name before anyone says that it is missing. A trail whose prefix or bucket was changed, or that became an
 * organization's, goes on with its chain elsewhere.
 * @param older the digest that was found before; undefined: `newer` is the first
 * @param searchedFrom since when digests were searched for; what ended by then is not asked for
 */
export function otherPredecessor(
  older: ChainedDigest | undefined,
  newer: ChainedDigest,
  searchedFrom?: string,
): ObjectName | undefined {
  const { digest } = newer.checked;
  const previous = isBelieved(newer) ? digest?.previous : undefined;
  if (digest === undefined || previous === undefined || (older && isNamed(older, previous))) return undefined;
  const end = readDigestKey(previous.key)?.end ?? digest.start;
  if (searchedFrom !== undefined && end <= searchedFrom) return undefined;
  return { bucket: previous.bucket, key: previous.key };
}

/** An object, by bucket and key. */
export interface ObjectName {
  bucket: string;
  key: string;
}

/** What was found under the name of another predecessor; `unknown`: it could not be looked at. */
export type LookedAt = CheckedDigest | 'missing' | 'unknown';

/**
 * Checks how a digest is linked to what came before it. One is enough to be named by its successor: what is wrong with it
 * itself is not said here again.
 * @param older the digest that was found before; undefined: `newer` is the first
 * @param searchedFrom since when digests were searched for
 * @param other what `otherPredecessor` asks to look at
 * @returns digests that are missing between them, each with its time; a gap in the chain; a digest that was replaced
 */
export function checkLink(
  older: ChainedDigest | undefined,
  newer: ChainedDigest,
  searchedFrom?: string,
  other: LookedAt = 'missing',
): Finding[] {
  const { digest } = newer.checked;
  const { backfill } = newer.names;
  // How long ago a chain of backfill digests must have gone on is not known: only what a digest names can be missing.
  if (digest === undefined || !isBelieved(newer)) return older && !backfill ? missingByTime(older, newer) : [];
  const { previous } = digest;
  if (previous === undefined) return older && !backfill ? [gap(older, newer)] : [];
  if (older && isNamed(older, previous)) return checkNamed(older, newer);
  if (otherPredecessor(older, newer, searchedFrom) === undefined || other === 'unknown') return [];
  if (other !== 'missing') {
    const names = readDigestKey(other.digest?.key ?? other.key);
    return names ? checkNamed({ names, checked: other }, newer) : [];
  }
  if (backfill) return [missing(newer, backfilledTime(older, newer, previous.key), previous)];
  const since = older?.names.end ?? searchedFrom;
  if (since !== undefined && digest.start <= since) {
    return older ? [missing(newer, { from: digest.start, to: digest.start }, previous)] : [];
  }
  return missingBetween(since ?? hourBefore(digest.start), digest.start, newer, previous);
}

/** What is not signed may say what it likes of its start and of its predecessor: the time in its key counts. */
function missingByTime(older: ChainedDigest, newer: ChainedDigest): Finding[] {
  const claimed = newer.checked.digest?.previous;
  const name = claimed && !isNamed(older, claimed) ? claimed : undefined;
  const [from, to] = [older.names.end, hourBefore(newer.names.end)];
  return hoursBetween(from, to) >= 1 ? missingBetween(from, to, newer, name) : [];
}

/** While the keys of its Region cannot be had, what a digest says of its chain is followed, though it proves nothing. */
function isBelieved({ checked }: ChainedDigest): boolean {
  return checked.signed || checked.unchecked !== undefined;
}

/** The predecessor is there: is it the one upon which the newer was signed, and does the newer begin where it ends? */
function checkNamed(older: ChainedDigest, newer: ChainedDigest): Finding[] {
  const replaced = replacedBy(older, newer);
  if (replaced) return [replaced];
  const olderEnd = older.checked.digest?.end ?? older.names.end;
  const isGap = !newer.names.backfill && older.checked.signed && newer.checked.digest?.start !== olderEnd;
  return isGap ? [gap(older, newer)] : [];
}

/** The time of the backfill digests that are missing; one that is the first to be known is as long as the one after it. */
function backfilledTime(older: ChainedDigest | undefined, newer: ChainedDigest, key: string): Interval {
  const { start, end } = newer.checked.digest!;
  const to = readDigestKey(key)?.end ?? start;
  const length = Math.max(HOUR_MS, Date.parse(end) - Date.parse(start));
  const from = older !== undefined && older.names.end < to ? older.names.end : shifted(to, -length);
  return { from, to };
}

/** Whether a digest is the one that another names as its predecessor. */
export function isNamed({ checked }: ChainedDigest, previous: { bucket: string; key: string }): boolean {
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
    detail: `expected the content and the signature upon which ${s3Uri(newer.checked)} was signed`,
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
function missingBetween(from: string, to: string, newer: ChainedDigest, named?: ObjectName): Finding[] {
  const end = Date.parse(to);
  const count = Math.min(Math.max(hoursBetween(from, to), 1), MOST_SLOTS);
  return Array.from({ length: count }, (_, i) => {
    const slot = {
      from: i === count - 1 ? from : isoOf(end - (i + 1) * HOUR_MS),
      to: isoOf(end - i * HOUR_MS),
    };
    return missing(newer, slot, i === 0 ? named : undefined);
  }).reverse();
}

const hoursBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / HOUR_MS);

function missing(newer: ChainedDigest, { from, to }: Interval, named: ObjectName | undefined): Finding {
  return {
    ...placeOf(newer),
    kind: 'digest-missing',
    ...(named === undefined ? {} : { bucket: named.bucket, key: named.key }),
    digest: newer.checked.key,
    from,
    to,
    detail:
      named === undefined
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
