import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectChangedError, ObjectMissingError, openObject } from '../../shared/aws/open-object.ts';
import type { LogFilePlace } from '../../shared/ingest/ingest-log-file.ts';
import { putFile } from '../replay/upload.ts';

/** Log files in S3, while the quarantine is in another: a copy goes through this machine. */
export function otherS3(from: S3Client, quarantine: S3Client): LogFilePlace {
  return {
    open: (object, options) => openObject(from, object, options),
    async copy(object, to) {
      const opened = await openObject(from, object, { ifMatch: object.etag });
      const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-'));
      try {
        const path = join(folder, 'log-file');
        await pipeline(opened!.body, createWriteStream(path));
        await putFile(quarantine, to.bucket, to.key, path, (await stat(path)).size);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

/** A log file that is a file on this machine. */
export function localFile(path: string, quarantine: S3Client): LogFilePlace {
  return {
    async open(object, { ifMatch, ifNoneMatch }) {
      const state = await stateOf(path);
      if (state === undefined) throw new ObjectMissingError({ ...object, path });
      if (ifNoneMatch === state.etag) return undefined;
      if (ifMatch !== undefined && ifMatch !== state.etag) throw new ObjectChangedError({ ...object, path });
      return { body: createReadStream(path, { highWaterMark: READ_BYTES }), ...state };
    },
    async copy(object, to) {
      const state = await stateOf(path);
      if (state?.etag !== object.etag) throw new ObjectChangedError({ ...object, path });
      await putFile(quarantine, to.bucket, to.key, path, state.size);
    },
  };
}

const READ_BYTES = 256 * 1024;

/** What stands for the ETag of a file: a hash would need all of it read. */
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
