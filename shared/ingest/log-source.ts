import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { type OpenObject, type OpenOptions, openObject } from '../aws/open-object.ts';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { putReason, type QuarantineEntry, type QuarantineReason, quarantineFile } from '../store/quarantine.ts';

/** Where the bytes of one log file are. */
export interface LogSource {
  /** The path of a local file, as it was given. */
  readonly path?: string | undefined;
  /** Opens the log file, as `openObject` does. */
  open(options: OpenOptions): Promise<OpenObject>;
  /** Puts the log file into quarantine, in the state that the reason names. */
  quarantine(bucket: string, reason: QuarantineReason): Promise<void>;
}

/** The log file itself, in the same S3 as the quarantine. */
export function s3Source(s3: S3Client, object: ObjectRef): LogSource {
  return {
    open: (options) => openObject(s3, object, options),
    quarantine: (bucket, reason) => quarantineFile(s3, bucket, reason),
  };
}

/**
 * The quarantined copy of a log file that is deleted, replaced or out of reach.
 * @param bucket the quarantine bucket
 */
export function quarantinedCopy(s3: S3Client, bucket: string, entry: QuarantineEntry): LogSource {
  const { name, path } = entry;
  let copyEtag: string | undefined;
  return {
    path,
    async open({ ifMatch, ifNoneMatch, sleep }) {
      // Callers name states of the log file; its copy may have another ETag.
      const options = { ifMatch: ifMatch && copyEtag, ifNoneMatch, sleep };
      // The copy's time is not the delivery time of the log file.
      const { deliveredAt: _, ...copy } = await openObject(s3, { bucket, key: name }, options);
      copyEtag = copy.etag;
      return { ...copy, etag: quarantinedState(entry) ?? copy.etag };
    },
    quarantine: (_bucket, reason) => putReason(s3, bucket, name, reason),
  };
}

/** Returns the ETag of the bytes in quarantine; undefined for a missing log file, which may have bytes of an earlier state. */
export function quarantinedState({ reason, etag }: QuarantineEntry): string | undefined {
  return reason === 'object-missing' || etag === '' ? undefined : etag;
}

/** CloudTrail's log files are far smaller. Longer ones are identified by their ETag alone. */
const MAX_HASHED_BYTES = 1024 ** 3;

/** Returns the hex SHA-256 of the raw bytes; undefined if there are too many. */
export async function hashOf(source: LogSource, options: OpenOptions): Promise<string | undefined> {
  const { body } = await source.open(options);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > MAX_HASHED_BYTES) return undefined;
    hash.update(piece);
  }
  return hash.digest('hex');
}
