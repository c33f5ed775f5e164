import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { openObject } from '../aws/open-object.ts';
import { readDigestKey } from '../cloudtrail/object-key.ts';
import { s3Uri, TrailError } from '../errors.ts';
import { gunzip } from '../log-file/gunzip.ts';
import { BadLogFileError } from '../log-file/read-log-file.ts';
import { BadDigestError, type Digest, parseDigest } from './digest.ts';
import { isSignedBy } from './digest-signature.ts';
import type { Finding } from './finding.ts';
import { KeysUnavailableError, type PublicKey, type PublicKeySource } from './public-keys.ts';

/** A digest file as it lies in its bucket. */
export interface DigestFile {
  bucket: string;
  key: string;
  /** As stored: gzip. */
  bytes: Uint8Array;
  /** The object's metadata, by lower-case name: `signature`, `signature-algorithm`, `backfill-generation-timestamp`. */
  metadata: Readonly<Record<string, string>>;
}

/** What a digest file turned out to be. */
export interface CheckedDigest {
  bucket: string;
  key: string;
  /** Absent when the bytes are not those of a digest. */
  digest?: Digest;
  /** Hex, as in the metadata. */
  signature?: string;
  /** Hex SHA-256 of the uncompressed bytes. */
  sha256?: string;
  /** The key with which it was signed. */
  publicKey?: PublicKey;
  /** Whether CloudTrail signed what it says. */
  signed: boolean;
  /** Why nobody can tell whether it is signed: the keys of its Region could not be had. */
  unchecked?: KeysUnavailableError;
  /** What is wrong with it. */
  problem?: { kind: Extract<Finding['kind'], `digest-${string}`>; detail: string };
}

/** Most uncompressed bytes of a digest: some 200,000 log files in an hour. */
const MAX_DIGEST_BYTES = 128 * 1024 ** 2;

/**
 * Reads a digest file from S3.
 * @throws {ObjectMissingError} and any error of S3
 */
export async function fetchDigest(
  s3: S3Client,
  { bucket, key }: { bucket: string; key: string },
  options: { sleep?: (milliseconds: number) => Promise<unknown> } = {},
): Promise<DigestFile> {
  const object = await openObject(s3, { bucket, key }, options);
  if (!object) throw new TrailError('s3-answer', `${s3Uri({ bucket, key })}: expected the object`);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of object.body) {
    size += piece.length;
    // What follows makes it no digest, and need not be held.
    if (size <= MAX_DIGEST_BYTES) pieces.push(piece);
  }
  return { bucket, key, bytes: Buffer.concat(pieces), metadata: object.metadata ?? {} };
}

/**
 * Verifies one digest file: is it a digest, is it where it says that it is, did CloudTrail sign it.
 * @param originals buckets of which the digest's bucket is a replica: what a signed digest says of them holds for its bucket
 */
export async function checkDigest(
  file: DigestFile,
  keys: PublicKeySource,
  originals: readonly string[] = [],
): Promise<CheckedDigest> {
  const { bucket, key } = file;
  const checked: CheckedDigest = { bucket, key, signed: false };
  let text: Uint8Array;
  let digest: Digest;
  try {
    text = await inflate(file.bytes);
    digest = parseDigest(text);
  } catch (error) {
    if (!(error instanceof BadDigestError || error instanceof BadLogFileError)) throw error;
    return { ...checked, problem: { kind: 'digest-malformed', detail: error.message } };
  }
  const sha256 = createHash('sha256').update(text).digest('hex');
  const here = inReplica(digest, bucket, originals);
  const signature = await checkSignature(file, digest, sha256, keys);
  const result: CheckedDigest = { ...checked, digest: here, sha256, ...signature };
  if (!result.signed || (here.bucket === bucket && here.key === key)) return result;
  return { ...result, problem: { kind: 'digest-moved', detail: `expected it at ${s3Uri(digest)}, as it says` } };
}

/** What a digest says, with the replica in the place of the buckets that it was made from. */
function inReplica(digest: Digest, replica: string, originals: readonly string[]): Digest {
  if (originals.length === 0) return digest;
  const moved = <T extends { bucket: string }>(object: T): T =>
    originals.includes(object.bucket) ? { ...object, bucket: replica } : object;
  const previous = digest.previous && { previous: moved(digest.previous) };
  return { ...moved(digest), ...previous, logFiles: digest.logFiles.map(moved) };
}

async function checkSignature(
  { key, metadata }: DigestFile,
  digest: Digest,
  sha256: string,
  keys: PublicKeySource,
): Promise<Partial<CheckedDigest>> {
  // One that was moved has a key in CloudTrail's shape by its own account.
  const regions = [...new Set([...signingRegions(key), ...signingRegions(digest.key)])];
  const { signature, 'signature-algorithm': algorithm, 'backfill-generation-timestamp': backfilledAt } = metadata;
  if (signature === undefined || algorithm !== 'SHA256withRSA') {
    const detail = 'expected the signature in the metadata of the object, and SHA256withRSA as its algorithm';
    return { problem: { kind: 'digest-signature-wrong', detail } };
  }
  const publicKey = await keys
    .find(digest.fingerprint, regions, signedAt(digest, backfilledAt))
    .catch((error: unknown) => {
      if (error instanceof KeysUnavailableError) return error;
      throw error;
    });
  if (publicKey instanceof KeysUnavailableError) return { signature, unchecked: publicKey };
  if (publicKey === undefined) {
    const detail = `expected a public key of CloudTrail in ${regions.join(' or ')} with the fingerprint ${digest.fingerprint}`;
    return { signature, problem: { kind: 'digest-key-unknown', detail } };
  }
  if (!isSignedBy(publicKey, digest, sha256, signature)) {
    const detail = `expected a signature by the key ${digest.fingerprint}: the digest, or its signature, was changed`;
    return { signature, problem: { kind: 'digest-signature-wrong', detail } };
  }
  return { signature, publicKey, signed: true };
}

/** Each Region has keys of its own: that of the digest, else the trail's home Region. */
export function signingRegions(key: string): string[] {
  const names = readDigestKey(key);
  return names ? [...new Set([names.region, names.homeRegion])] : [];
}

/** The keys of a digest that was made later are those of that time. */
function signedAt({ end }: Digest, backfilledAt: string | undefined): string {
  const time = Date.parse(backfilledAt ?? '');
  return Number.isNaN(time) ? end : new Date(time).toISOString();
}

/** @throws {BadLogFileError} @throws {BadDigestError} */
async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of gunzip(once(bytes))) {
    size += piece.length;
    if (size > MAX_DIGEST_BYTES) throw new BadDigestError(`at most ${MAX_DIGEST_BYTES} bytes`);
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
