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

/** The log file itself, in the S3 that has the quarantine, too. */
export function s3Source(s3: S3Client, object: ObjectRef): LogSource {
  return {
    open: (options) => openObject(s3, object, options),
    quarantine: (bucket, reason) => quarantineFile(s3, bucket, reason),
  };
}

/**
 * What lies in quarantine of a log file that itself is gone, replaced or out of reach.
 * @param bucket that of the quarantine
 */
export function quarantinedCopy(s3: S3Client, bucket: string, entry: QuarantineEntry): LogSource {
  const { name, path } = entry;
  let copyEtag: string | undefined;
  return {
    path,
    async open({ ifMatch, ifNoneMatch, sleep }) {
      // The states that are asked for are those of the log file; a copy may have another ETag.
      const options = { ifMatch: ifMatch && copyEtag, ifNoneMatch, sleep };
      // When the copy was stored is not when the log file was delivered.
      const { deliveredAt: _, ...copy } = await openObject(s3, { bucket, key: name }, options);
      copyEtag = copy.etag;
      return { ...copy, etag: quarantinedState(entry) ?? copy.etag };
    },
    quarantine: (_bucket, reason) => putReason(s3, bucket, name, reason),
  };
}

/** Returns the ETag of the bytes in quarantine. That of what was missing is not the one of bytes that an earlier state left. */
export function quarantinedState({ reason, etag }: QuarantineEntry): string | undefined {
  return reason === 'object-missing' || etag === '' ? undefined : etag;
}
