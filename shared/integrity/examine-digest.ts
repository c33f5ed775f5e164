import { verify } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectMissingError, openObject } from '../aws/open-object.ts';
import { type ObjectRef, readDigestKey } from '../cloudtrail/object-key.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { s3Uri } from '../errors.ts';
import { gunzip } from '../log-file/gunzip.ts';
import { BadLogFileError } from '../log-file/read-log-file.ts';
import { BadDigestError, type Digest, parseDigest } from './digest.ts';
import type { FindingKind } from './finding.ts';
import { KeysUnavailableError, keyObject, type PublicKey, type PublicKeySource } from './public-keys.ts';

/** A digest file as stored in its bucket. */
export interface DigestFile extends ObjectRef {
  /** As stored: gzip. */
  bytes: Uint8Array;
  /** The object's metadata, by lower-case name: `signature`, `signature-algorithm`, `backfill-generation-timestamp`. */
  metadata: Readonly<Record<string, string>>;
}

/** What is wrong with a digest. */
interface DigestProblem {
  kind: Extract<FindingKind, `digest-${string}`>;
  detail: string;
}

/** A digest that CloudTrail signed. */
interface SignedDigest extends ObjectRef {
  state: 'signed';
  digest: Digest;
  /** Hex, as in the metadata. */
  signature: string;
  publicKey: PublicKey;
  /** It is not where it says that it is. */
  problem: DigestProblem | undefined;
}

/** What a digest file turned out to be. Only what a signed one says is proof. */
export type ExaminedDigest =
  | SignedDigest
  /** `digest` is undefined if the bytes are not those of a digest. */
  | (ObjectRef & { state: 'invalid'; digest: Digest | undefined; problem: DigestProblem })
  /** Unknown: the public keys of its Region are unavailable, or it could not be read. */
  | (ObjectRef & { state: 'unchecked'; digest: Digest | undefined; problem: undefined; error: unknown });

export interface ExamineDeps {
  s3: S3Client;
  keys: PublicKeySource;
  sleep(milliseconds: number): Promise<unknown>;
  /** The buckets that those that are read replicate. Digests name the original. */
  originals: readonly string[];
}

/**
 * Examines a digest in S3: is it a digest, did CloudTrail sign it, and is it where it says that it is? An invalid one is read
 * again, because the transfer may be at fault.
 * @returns undefined if there is no such object
 * @throws any other error of S3
 */
export async function examineDigest(
  object: ObjectRef,
  { s3, keys, sleep, originals }: ExamineDeps,
): Promise<ExaminedDigest | undefined> {
  const read = async () => checkDigest(await fetchDigest(s3, object, { sleep }), keys, originals);
  try {
    const examined = await read();
    return examined.state === 'invalid' ? await read() : examined;
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined;
    throw error;
  }
}

/** Most uncompressed bytes of a digest: some 200,000 log files in an hour. */
const MAX_DIGEST_BYTES = 128 * 1024 ** 2;

/** Reads a digest file from S3. @throws {ObjectMissingError} and any error of S3 */
export async function fetchDigest(
  s3: S3Client,
  { bucket, key }: ObjectRef,
  options: Partial<Pick<ExamineDeps, 'sleep'>> = {},
): Promise<DigestFile> {
  const object = await openObject(s3, { bucket, key }, options);
  // A longer file is no digest, so its rest is dropped.
  return { bucket, key, bytes: await collect(object.body, MAX_DIGEST_BYTES), metadata: object.metadata ?? {} };
}

async function collect(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size <= maxBytes) held.push(piece);
  }
  return Buffer.concat(held);
}

/**
 * Verifies one digest file.
 * @param originals the buckets that the digest's bucket replicates: what a signed digest says of them holds for the replica
 */
export async function checkDigest(
  file: DigestFile,
  keys: PublicKeySource,
  originals: readonly string[] = [],
): Promise<ExaminedDigest> {
  const { bucket, key } = file;
  const object = { bucket, key };
  let written: Digest;
  try {
    written = await readDigest(file);
  } catch (error) {
    if (!(error instanceof BadDigestError || error instanceof BadLogFileError)) throw error;
    const problem: DigestProblem = { kind: 'digest-malformed', detail: error.message };
    return { ...object, state: 'invalid', digest: undefined, problem };
  }
  const digest = inReplica(written, bucket, originals);
  const invalid = (kind: DigestProblem['kind'], detail: string): ExaminedDigest => {
    return { ...object, state: 'invalid', digest, problem: { kind, detail } };
  };
  const { signature, 'signature-algorithm': algorithm, 'backfill-generation-timestamp': backfilledAt } = file.metadata;
  if (signature === undefined || algorithm !== 'SHA256withRSA') {
    const detail = 'expected the signature in the metadata of the object, and SHA256withRSA as its algorithm';
    return invalid('digest-signature-wrong', detail);
  }
  const { fingerprint } = written;
  // The object's key may not be CloudTrail's if the digest was moved; the key that it names is.
  const regions = [...new Set([...signingRegions(key), ...signingRegions(written.key)])];
  let publicKey: PublicKey | undefined;
  try {
    publicKey = await keys.find(fingerprint, regions, signedAt(written, backfilledAt));
  } catch (error) {
    if (!(error instanceof KeysUnavailableError)) throw error;
    return { ...object, state: 'unchecked', digest, problem: undefined, error };
  }
  if (publicKey === undefined) {
    const detail = `expected a public key of CloudTrail in ${regions.join(' or ')} with the fingerprint ${fingerprint}`;
    return invalid('digest-key-unknown', detail);
  }
  if (!isSignedBy(publicKey, written, signature)) {
    const detail = `expected a signature by the key ${fingerprint}: the digest, or its signature, was changed`;
    return invalid('digest-signature-wrong', detail);
  }
  const isMoved = digest.bucket !== bucket || digest.key !== key;
  const problem: DigestProblem | undefined = isMoved
    ? { kind: 'digest-moved', detail: `expected it at ${s3Uri(written)}, as it says` }
    : undefined;
  return { ...object, state: 'signed', digest, signature, publicKey, problem };
}

/**
 * Reads what a digest file says, without verifying its signature.
 * @throws {BadLogFileError} @throws {BadDigestError}
 */
export async function readDigest({ bytes }: DigestFile): Promise<Digest> {
  return parseDigest(await collect(inflate(bytes), MAX_DIGEST_BYTES));
}

async function* inflate(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  async function* file() {
    yield bytes;
  }
  let size = 0;
  for await (const piece of gunzip(file())) {
    size += piece.length;
    if (size > MAX_DIGEST_BYTES) throw new BadDigestError(`at most ${MAX_DIGEST_BYTES} bytes`);
    yield Buffer.from(piece);
  }
}

/** Returns what a digest says, with the replica in place of the original buckets. */
function inReplica(digest: Digest, replica: string, originals: readonly string[]): Digest {
  if (originals.length === 0) return digest;
  const moved = <T extends ObjectRef>(object: T): T =>
    originals.includes(object.bucket) ? { ...object, bucket: replica } : object;
  const { previous, logFiles } = digest;
  return { ...moved(digest), previous: previous && moved(previous), logFiles: logFiles.map(moved) };
}

/** Returns the Regions whose keys can have signed a digest: its own, then the trail's home Region. */
export function signingRegions(key: string): string[] {
  const names = readDigestKey(key);
  return names ? [...new Set([names.region, names.homeRegion])] : [];
}

/** A digest that was made later is signed with a key of that time. */
function signedAt({ end }: Digest, backfilledAt: string | undefined): string {
  const time = Date.parse(backfilledAt ?? '');
  return Number.isNaN(time) ? end : isoTime(time);
}

/** Whether a digest was signed with this key: RSASSA-PKCS1-v1_5 with SHA-256. */
function isSignedBy(key: PublicKey, digest: Digest, signature: string): boolean {
  if (!/^([0-9a-f]{2})+$/i.test(signature)) return false;
  const signed = Buffer.from(stringToSign(digest, digest.sha256));
  return verify('sha256', signed, keyObject(key), Buffer.from(signature, 'hex'));
}

/**
 * What CloudTrail signed: the end time as written, the place, the SHA-256 of the uncompressed digest, and the signature of
 * the digest before, each on a line, without a line break at the end.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 * @param sha256 hex, of the digest's uncompressed bytes
 */
export function stringToSign(
  { endAsWritten, bucket, key, previous }: Pick<Digest, 'endAsWritten' | 'bucket' | 'key' | 'previous'>,
  sha256: string,
): string {
  return [endAsWritten, `${bucket}/${key}`, sha256.toLowerCase(), previous?.signature ?? 'null'].join('\n');
}
