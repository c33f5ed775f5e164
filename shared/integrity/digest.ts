import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { TrailError } from '../errors.ts';

/** A log file as a digest names it. */
export interface NamedLogFile extends ObjectRef {
  /** Hex SHA-256 of the uncompressed bytes. */
  sha256: string;
}

/** What a digest file says: where CloudTrail put it, and what it covers. It proves nothing until its signature is verified. */
export interface Digest extends ObjectRef {
  account: string;
  /** The time in which its log files were delivered; ISO 8601 with milliseconds. */
  start: string;
  end: string;
  /** Hex, of its uncompressed bytes. */
  sha256: string;
  /** `digestEndTime` as written, which is what was signed. */
  endAsWritten: string;
  /** Of the public key, hex. */
  fingerprint: string;
  /** The digest before, its SHA-256 and signature in hex; undefined in a starting digest. */
  previous: (NamedLogFile & { signature: string }) | undefined;
  logFiles: NamedLogFile[];
}

/** The bytes are not those of a digest file. */
export class BadDigestError extends TrailError {
  constructor(expectation: string, options?: ErrorOptions) {
    super('bad-digest', `expected ${expectation}`, options);
  }
}

const Time = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/));
const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/i));
const Hex = z.string().check(z.regex(/^([0-9a-f]{2})+$/i));
const Name = z.string().check(z.minLength(1));

const START = z.object({
  previousDigestS3Bucket: z.null(),
  previousDigestS3Object: z.null(),
  previousDigestHashValue: z.null(),
  previousDigestSignature: z.null(),
});
const LINKED = z.object({
  previousDigestS3Bucket: Name,
  previousDigestS3Object: Name,
  previousDigestHashValue: Sha256,
  previousDigestHashAlgorithm: z.literal('SHA-256'),
  previousDigestSignature: Hex,
});
/** Other members are ignored. */
const DIGEST = z.object({
  awsAccountId: z.string(),
  digestStartTime: Time,
  digestEndTime: Time,
  digestS3Bucket: Name,
  digestS3Object: Name,
  digestPublicKeyFingerprint: Name,
  digestSignatureAlgorithm: z.literal('SHA256withRSA'),
  logFiles: z.array(
    z.object({ s3Bucket: Name, s3Object: Name, hashValue: Sha256, hashAlgorithm: z.literal('SHA-256') }),
  ),
});
const DIGEST_FILE = z.intersection(DIGEST, z.union([START, LINKED]));

/**
 * Reads the uncompressed bytes of a digest file.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
 * @throws {BadDigestError} that names the member and what was expected of it
 */
export function parseDigest(text: Uint8Array): Digest {
  const read = DIGEST_FILE.safeParse(parseJson(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new BadDigestError(`a digest file; ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? ''}`);
  }
  const digest = read.data;
  return {
    bucket: digest.digestS3Bucket,
    key: digest.digestS3Object,
    account: digest.awsAccountId,
    start: timeOf(digest.digestStartTime),
    end: timeOf(digest.digestEndTime),
    sha256: createHash('sha256').update(text).digest('hex'),
    endAsWritten: digest.digestEndTime,
    fingerprint: digest.digestPublicKeyFingerprint.toLowerCase(),
    previous:
      digest.previousDigestSignature === null
        ? undefined
        : {
            bucket: digest.previousDigestS3Bucket,
            key: digest.previousDigestS3Object,
            sha256: digest.previousDigestHashValue.toLowerCase(),
            signature: digest.previousDigestSignature,
          },
    logFiles: digest.logFiles.map(({ s3Bucket, s3Object, hashValue }) => ({
      bucket: s3Bucket,
      key: s3Object,
      sha256: hashValue.toLowerCase(),
    })),
  };
}

function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.length).toString());
  } catch (cause) {
    throw new BadDigestError('a digest file; the whole: JSON', { cause });
  }
}

function timeOf(time: string): string {
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds)) throw new BadDigestError('a digest file; digestStartTime, digestEndTime: a time');
  return isoTime(milliseconds);
}
