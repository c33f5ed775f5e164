import { type DigestKey, type ObjectRef, readDigestKey } from '../cloudtrail/object-key.ts';
import { HOUR_MS, type Interval, isoTime, shifted } from '../cloudtrail/times.ts';
import { s3Uri } from '../errors.ts';
import type { Digest } from './digest.ts';
import type { ExaminedDigest } from './examine-digest.ts';
import type { Finding } from './finding.ts';

/** An examined digest in its chain. `names`: what its key says; of a moved digest, the key that it says it has. */
export type ChainedDigest = ExaminedDigest & { names: DigestKey };

/** What a chain remembers of its newest digest, to compare the next one with it. */
export type ChainEnd = ObjectRef & {
  names: DigestKey;
  /** When the time that it covers ends; ISO 8601. */
  end: string;
  /** Of a signed digest: where it says that it is, its SHA-256 and its signature, both hex. */
  signed: (ObjectRef & { sha256: string; signature: string }) | undefined;
};

/** Returns an examined digest in its chain; undefined if its key is not one of a digest. */
export function chained(examined: ExaminedDigest): ChainedDigest | undefined {
  const own = examined.state === 'signed' ? readDigestKey(examined.digest.key) : undefined;
  const names = own ?? readDigestKey(examined.key);
  return names && { ...examined, names };
}

export const byEnd = (a: Pick<ChainEnd, 'names'>, b: Pick<ChainEnd, 'names'>) => (a.names.end < b.names.end ? -1 : 1);

/** Returns digests of a chain once each: if a digest and its copy are both there, the one that is where it belongs. */
export function withoutCopies(chain: readonly ChainedDigest[]): ChainedDigest[] {
  const placed = new Map<string, ChainedDigest>();
  for (const digest of chain) {
    const key = digest.state === 'signed' ? digest.digest.key : digest.key;
    if (!placed.has(key) || digest.key === key) placed.set(key, digest);
  }
  return [...placed.values()];
}

export function chainEnd(digest: ChainedDigest): ChainEnd {
  const { bucket, key, names } = digest;
  const end = digest.digest?.end ?? names.end;
  if (digest.state !== 'signed') return { bucket, key, names, end, signed: undefined };
  const { signature, digest: own } = digest;
  return { bucket, key, names, end, signed: { bucket: own.bucket, key: own.key, sha256: own.sha256, signature } };
}

/** The time that a digest covers. Of one that is not signed, the name gives the end, and an hour is assumed. */
export function timeOf({ names, state, digest }: ChainedDigest): Interval {
  return state === 'signed' ? { from: digest.start, to: digest.end } : { from: hourBefore(names.end), to: names.end };
}

/** What was found under the name of a predecessor. */
export type LookedAt = ExaminedDigest | 'missing';

/**
 * Returns the predecessor that a digest names, unless it is the one found before it. Look it up under that name before you
 * report it as missing: a trail whose prefix or bucket was changed, or that became an organization's, continues its chain
 * elsewhere.
 * @param older the digest found before; undefined: `newer` is the first
 * @param searchedFrom since when digests were searched for; a predecessor that ended by then does not matter
 */
export function otherPredecessor(
  older: ChainEnd | undefined,
  newer: ChainedDigest,
  searchedFrom?: string,
): ObjectRef | undefined {
  const digest = believed(newer);
  const previous = digest?.previous;
  if (digest === undefined || previous === undefined || (older && isNamed(older, previous))) return undefined;
  const end = readDigestKey(previous.key)?.end ?? digest.start;
  if (searchedFrom !== undefined && end <= searchedFrom) return undefined;
  return { bucket: previous.bucket, key: previous.key };
}

/**
 * Checks how a digest is linked to the one before it. What is wrong with either of them alone is not reported again.
 * @param older the digest found before; undefined: `newer` is the first
 * @param searchedFrom since when digests were searched for
 * @param other what was found at `otherPredecessor`; undefined: that was not looked at
 * @returns digests that are missing between them, each with its time; a gap in the chain; a digest that was replaced
 */
export function checkLink(
  older: ChainEnd | undefined,
  newer: ChainedDigest,
  searchedFrom?: string,
  other?: LookedAt,
): Finding[] {
  const digest = believed(newer);
  const { backfill } = newer.names;
  // Backfill digests have no fixed times: only one that a digest names can be missing.
  if (digest === undefined) return older && !backfill ? missingByTime(older, newer) : [];
  const { previous, start } = digest;
  if (previous === undefined) return older && !backfill ? [gap(older, newer, start, 'it starts a new chain')] : [];
  if (older && isNamed(older, previous)) return checkNamed(older, newer);
  if (other === undefined || otherPredecessor(older, newer, searchedFrom) === undefined) return [];
  if (other !== 'missing') {
    const found = chained(other);
    return found ? checkNamed(chainEnd(found), newer) : [];
  }
  const since = older?.names.end ?? searchedFrom;
  if (backfill) return [missing(newer, backfilledTime(older, digest, previous.key), previous)];
  if (since !== undefined && start <= since) return older ? [missing(newer, { from: start, to: start }, previous)] : [];
  return missingBetween({ from: since ?? hourBefore(start), to: start }, newer, previous);
}

/** Whether a digest is the one that another names as its predecessor. */
export function isNamed({ bucket, key, signed }: ChainEnd, previous: ObjectRef): boolean {
  return [{ bucket, key }, signed].some((place) => place?.bucket === previous.bucket && place.key === previous.key);
}

/** While the keys of its Region are unavailable, a digest's word about its predecessor is followed, though it proves nothing. */
function believed({ state, digest }: ChainedDigest): Digest | undefined {
  return state === 'invalid' ? undefined : digest;
}

/** A digest that is not signed may name any start and predecessor, so the time in its key counts. */
function missingByTime(older: ChainEnd, newer: ChainedDigest): Finding[] {
  const previous = newer.digest?.previous;
  const time = { from: older.names.end, to: hourBefore(newer.names.end) };
  const name = previous && !isNamed(older, previous) ? previous : undefined;
  return hoursIn(time) >= 1 ? missingBetween(time, newer, name) : [];
}

/** Checks that the predecessor has the hash and signature that the newer digest names, and ends where the newer one begins. */
function checkNamed(older: ChainEnd, newer: ChainedDigest): Finding[] {
  const { signed } = older;
  const { digest, names } = newer;
  if (signed === undefined) return [];
  const previous = digest?.previous;
  const isSame =
    previous?.sha256 === signed.sha256 && previous.signature.toLowerCase() === signed.signature.toLowerCase();
  if (newer.state === 'signed' && previous !== undefined && !isSame) {
    const detail = `expected the content and the signature that ${s3Uri(newer)} names`;
    const { account, region } = older.names;
    const { bucket, key } = older;
    return [{ account, region, kind: 'digest-replaced', bucket, key, digest: newer.key, detail }];
  }
  if (names.backfill || digest === undefined || digest.start === older.end) return [];
  return [gap(older, newer, digest.start, 'it starts at another time than the one before ends')];
}

function gap({ end }: ChainEnd, { names, bucket, key }: ChainedDigest, start: string, expectation: string): Finding {
  const [from, to] = end < start ? [end, start] : [start, end];
  const detail = `expected a digest that follows the one of ${end}; ${expectation}`;
  return { account: names.account, region: names.region, kind: 'logging-gap', bucket, key, from, to, detail };
}

/** The time of a missing backfill digest. Without one before it, it is taken to be as long as the one after it. */
function backfilledTime(older: ChainEnd | undefined, { start, end }: Digest, key: string): Interval {
  const to = readDigestKey(key)?.end ?? start;
  const length = Math.max(HOUR_MS, Date.parse(end) - Date.parse(start));
  return { from: older !== undefined && older.names.end < to ? older.names.end : shifted(to, -length), to };
}

const MAX_MISSING = 100_000;

/** One digest an hour is missing, at least one. The successor has the name of the newest. */
function missingBetween({ from, to }: Interval, newer: ChainedDigest, named: ObjectRef | undefined): Finding[] {
  const end = Date.parse(to);
  const count = Math.min(Math.max(hoursIn({ from, to }), 1), MAX_MISSING);
  return Array.from({ length: count }, (_, i) => {
    const start = i === count - 1 ? from : isoTime(end - (i + 1) * HOUR_MS);
    return missing(newer, { from: start, to: isoTime(end - i * HOUR_MS) }, i === 0 ? named : undefined);
  }).reverse();
}

function missing({ names, key }: ChainedDigest, { from, to }: Interval, named: ObjectRef | undefined): Finding {
  const { account, region, trail } = names;
  const about = { account, region, kind: 'digest-missing' as const, digest: key, from, to };
  return named === undefined
    ? { ...about, detail: `expected a digest of trail ${trail} for this hour` }
    : { ...about, bucket: named.bucket, key: named.key, detail: 'expected this digest, which its successor names' };
}

const hoursIn = ({ from, to }: Interval) => Math.round((Date.parse(to) - Date.parse(from)) / HOUR_MS);
/** CloudTrail makes a digest each hour. */
const hourBefore = (time: string) => shifted(time, -HOUR_MS);
