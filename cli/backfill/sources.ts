import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  ObjectChangedError,
  ObjectMissingError,
  ObjectUnchangedError,
  openObject,
} from '../../shared/aws/open-object.ts';
import type { ObjectRef } from '../../shared/cloudtrail/object-key.ts';
import type { LogSource } from '../../shared/ingest/log-source.ts';
import { quarantineFile } from '../../shared/store/quarantine.ts';
import { putFile } from '../replay/upload.ts';

/** A log file in another S3 than the quarantine's: a copy goes through this machine. */
export function otherS3(from: S3Client, object: ObjectRef, quarantine: S3Client): LogSource {
  return {
    open: (options) => openObject(from, object, options),
    quarantine: (bucket, reason) =>
      quarantineFile(quarantine, bucket, reason, async (to) => {
        const { body } = await openObject(from, object, { ifMatch: reason.etag });
        const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-'));
        try {
          const path = join(folder, 'log-file');
          await pipeline(body, createWriteStream(path));
          await putFile(quarantine, to.bucket, to.key, path, (await stat(path)).size);
        } finally {
          await rm(folder, { recursive: true });
        }
      }),
  };
}

/** A log file that is a file on this machine. */
export function localFile(path: string, object: ObjectRef, quarantine: S3Client): LogSource {
  return {
    path,
    async open({ ifMatch, ifNoneMatch }) {
      const state = await stateOf(path);
      if (state === undefined) throw new ObjectMissingError({ ...object, path });
      if (ifNoneMatch === state.etag) throw new ObjectUnchangedError({ ...object, path });
      if (ifMatch !== undefined && ifMatch !== state.etag) throw new ObjectChangedError({ ...object, path });
      return { body: createReadStream(path, { highWaterMark: READ_BYTES }), ...state };
    },
    quarantine: (bucket, reason) =>
      quarantineFile(quarantine, bucket, reason, async (to) => {
        const state = await stateOf(path);
        if (state?.etag !== reason.etag) throw new ObjectChangedError({ ...object, path });
        await putFile(quarantine, to.bucket, to.key, path, state.size);
      }),
  };
}

const READ_BYTES = 256 * 1024;

/** Returns a substitute for the ETag of a file. A hash would require reading all of it. */
export function fileEtag(size: number, modified: number): string {
  return `${size}-${modified}`;
}

async function stateOf(path: string): Promise<{ etag: string; size: number } | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { etag: fileEtag(size, mtimeMs), size };
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}
