import { buffer } from 'node:stream/consumers';
import type { S3Client } from '@aws-sdk/client-s3';
import { listDay } from '../aws/list-trail.ts';
import { openObject } from '../aws/open-object.ts';
import { type ObjectRef, readDigestKey, readLogFileKey, trailScopeOf } from '../cloudtrail/object-key.ts';
import { DAY_MS, daysBetween, HOUR_MS, shifted } from '../cloudtrail/times.ts';
import { s3Uri, TrailError } from '../errors.ts';
import type { DeliveredEvent } from '../store/event-item.ts';
import { SCHEMA_VERSION } from '../store/schema-version.ts';
import type { Evidence } from './evidence.ts';
import {
  checkDigest,
  type DigestFile,
  type ExaminedDigest,
  fetchDigest,
  readDigest,
  signingRegions,
} from './examine-digest.ts';
import type { PublicKey, PublicKeySource } from './public-keys.ts';

interface CollectDeps {
  s3: S3Client;
  keys: PublicKeySource;
  /** The buckets that the one that is read replicates; the evidence names them, as the digests do. */
  originals?: readonly string[];
}

/** Where to look for the digest of a log file: its name is some minutes older than its delivery. */
const DIGEST_SEARCH_BEFORE_MS = HOUR_MS;
const DIGEST_SEARCH_AFTER_MS = DAY_MS;

/**
 * Collects everything that proves an event.
 * @param logFile where CloudTrail delivered it
 * @param since digests that end before are left out; ISO 8601, undefined: back to the start of the chain
 * @throws {TrailError} `no-digest`, if no digest names the log file; `object-missing`, if it or a digest is gone;
 *   `public-keys-unavailable`; and any error of S3
 */
export async function collectEvidence(
  event: DeliveredEvent,
  logFile: ObjectRef,
  since: string | undefined,
  { s3, keys, originals = [] }: CollectDeps,
): Promise<Evidence> {
  const bytes = await buffer((await openObject(s3, logFile)).body);
  const naming = await findDigest(s3, logFile, originals);
  const digests: DigestFile[] = [];
  const publicKeys = new Map<string, PublicKey[]>();
  // CloudTrail signed the place in the original bucket.
  const bucketOf = ({ bucket }: ObjectRef) => (originals.includes(bucket) ? logFile.bucket : bucket);
  let next: ObjectRef | undefined = naming.digest;
  while (next !== undefined) {
    const { bucket, key }: ObjectRef = next;
    const file = { ...(await fetchDigest(s3, { bucket: bucketOf(next), key })), bucket };
    digests.push(file);
    const examined: ExaminedDigest = await checkDigest(file, keys);
    if (examined.state === 'unchecked') throw examined.error;
    // Without a signature, a digest could name itself as its predecessor.
    if (examined.state === 'invalid') break;
    const [region] = signingRegions(key);
    const used = publicKeys.get(region ?? '') ?? [];
    const { publicKey, digest } = examined;
    const isNew = !used.some(({ fingerprint }) => fingerprint === publicKey.fingerprint);
    if (region !== undefined && isNew) publicKeys.set(region, [...used, publicKey]);
    next = since === undefined || digest.start > since ? digest.previous : undefined;
  }
  return { event, schemaVersion: SCHEMA_VERSION, logFile: { ...naming.logFile, bytes }, digests, publicKeys };
}

/** Finds the digest that names a log file, among those of the day after it. Returns both, where that digest says that they are. */
async function findDigest(
  s3: S3Client,
  logFile: ObjectRef,
  originals: readonly string[],
): Promise<{ digest: ObjectRef; logFile: ObjectRef }> {
  const names = readLogFileKey(logFile.key);
  const scope = trailScopeOf(logFile);
  if (scope !== undefined && names?.account !== undefined) {
    const time = names.deliveredAt ?? `${names.deliveryDay}T00:00:00.000Z`;
    const from = shifted(time, -DIGEST_SEARCH_BEFORE_MS);
    for (const day of daysBetween(from, shifted(time, DIGEST_SEARCH_AFTER_MS))) {
      for (const { key } of await listDay(s3, scope, 'CloudTrail-Digest', day)) {
        if ((readDigestKey(key)?.end ?? '') < from) continue;
        const file = await fetchDigest(s3, { bucket: logFile.bucket, key });
        // Its signature is verified later, with those of its chain.
        const digest = await readDigest(file).catch((error: unknown) => {
          if (error instanceof TrailError) return undefined;
          throw error;
        });
        const named = digest?.logFiles.find(
          (one) => one.key === logFile.key && [logFile.bucket, ...originals].includes(one.bucket),
        );
        if (digest === undefined || named === undefined) continue;
        const bucket = originals.includes(digest.bucket) ? digest.bucket : logFile.bucket;
        return { digest: { bucket, key }, logFile: { bucket: named.bucket, key: named.key } };
      }
    }
  }
  throw new TrailError('no-digest', `${s3Uri(logFile)}: expected a digest that names it; a new log file has none yet`);
}
