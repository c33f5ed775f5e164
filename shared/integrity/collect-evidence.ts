import type { S3Client } from '@aws-sdk/client-s3';
import { openObject } from '../aws/open-object.ts';
import { readDigestKey, readObjectKey } from '../cloudtrail/object-key.ts';
import { s3Uri, TrailError } from '../errors.ts';
import type { DeliveredEvent } from '../store/event-item.ts';
import type { ObjectName } from './chain.ts';
import { type CheckedDigest, checkDigest, type DigestFile, fetchDigest, signingRegions } from './digest-file.ts';
import type { Evidence } from './evidence.ts';
import { listDay, type TrailScope } from './list-objects.ts';
import type { PublicKey, PublicKeySource } from './public-keys.ts';
import { daysBetween, HOUR_MS, shifted } from './time-range.ts';

export interface CollectDeps {
  s3: S3Client;
  keys: PublicKeySource;
  /** Buckets of which the one that is read is a replica; the evidence names them, as the digests do. */
  originals?: readonly string[];
}

/** Where to look for the digest of a log file: its name is some minutes older than its delivery. */
const DIGEST_SEARCH_BEFORE_MS = HOUR_MS;
const DIGEST_SEARCH_AFTER_MS = 24 * HOUR_MS;

/**
 * Collects all that proves an event.
 * @param logFile where CloudTrail delivered it
 * @param since digests that end before are left out; ISO 8601, absent: back to the start of the chain
 * @throws {TrailError} `no-digest`, when no digest names the log file; `object-missing`, when it or a digest is gone;
 *   `public-keys-unavailable`; and any error of S3
 */
export async function collectEvidence(
  event: DeliveredEvent,
  logFile: { bucket: string; key: string },
  since: string | undefined,
  { s3, keys, originals = [] }: CollectDeps,
): Promise<Evidence> {
  const used = new Map<string, Map<string, PublicKey>>();
  const check = async (file: DigestFile): Promise<CheckedDigest> => {
    const checked = await checkDigest(file, keys);
    const { publicKey, unchecked } = checked;
    if (unchecked) throw unchecked;
    const [region] = signingRegions(file.key);
    if (publicKey && region !== undefined) {
      used.set(region, (used.get(region) ?? new Map()).set(publicKey.fingerprint, publicKey));
    }
    return checked;
  };

  const bytes = await readObject(s3, logFile);
  const digests: DigestFile[] = [];
  const naming = await findDigest(s3, logFile, originals);
  // What CloudTrail signed is the place in the original bucket.
  const placed = (object: ObjectName) => (originals.includes(object.bucket) ? logFile.bucket : object.bucket);
  let next: ObjectName | undefined = naming.digest;
  while (next !== undefined) {
    const file = { ...(await fetchDigest(s3, { ...next, bucket: placed(next) })), bucket: next.bucket };
    digests.push(file);
    const { digest, signed }: CheckedDigest = await check(file);
    // What is not signed could name itself.
    next = signed && digest && (since === undefined || digest.start > since) ? digest.previous : undefined;
  }
  const publicKeys = new Map([...used].map(([region, found]) => [region, [...found.values()]]));
  return { event, logFile: { ...naming.logFile, bytes }, digests, publicKeys };
}

async function readObject(s3: S3Client, object: { bucket: string; key: string }): Promise<Uint8Array> {
  const open = await openObject(s3, object);
  if (!open) throw new TrailError('s3-answer', `${s3Uri(object)}: expected the object`);
  const pieces: Uint8Array[] = [];
  for await (const piece of open.body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The digest that names a log file, among those of the day after it; both where that digest says that they are. */
async function findDigest(
  s3: S3Client,
  logFile: ObjectName,
  originals: readonly string[],
): Promise<{ digest: ObjectName; logFile: ObjectName }> {
  const names = readObjectKey(logFile.key);
  const root = /^(.*AWSLogs\/(?:o-[a-z0-9]+\/)?)\d{12}\//s.exec(logFile.key)?.[1];
  if (!('skipped' in names) && names.account !== undefined && root !== undefined) {
    const place: TrailScope = { bucket: logFile.bucket, root, account: names.account, region: names.region };
    const time = names.deliveredAt ?? `${names.deliveryDay}T00:00:00.000Z`;
    const from = shifted(time, -DIGEST_SEARCH_BEFORE_MS);
    for (const day of daysBetween(from, shifted(time, DIGEST_SEARCH_AFTER_MS))) {
      for (const { key } of await listDay(s3, place, 'CloudTrail-Digest', day)) {
        const digest = readDigestKey(key);
        if (digest === undefined || digest.end < from) continue;
        const file = await fetchDigest(s3, { bucket: logFile.bucket, key });
        const { digest: read } = await checkDigest(file, NO_KEYS);
        const named = read?.logFiles.find(
          (one) => one.key === logFile.key && [logFile.bucket, ...originals].includes(one.bucket),
        );
        if (read === undefined || named === undefined) continue;
        const bucket = originals.includes(read.bucket) ? read.bucket : logFile.bucket;
        return { digest: { bucket, key }, logFile: { bucket: named.bucket, key: named.key } };
      }
    }
  }
  throw new TrailError('no-digest', `${s3Uri(logFile)}: expected a digest that names it; a new log file has none yet`);
}

/** What a digest says is read before it is believed. */
const NO_KEYS: PublicKeySource = { find: async () => undefined };
