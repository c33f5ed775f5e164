import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LocalLogFile } from './local-log-files.ts';
import type { CreatedObject } from './sqs-delivery.ts';

/** Puts a log file into the bucket the way CloudTrail would: gzipped, unless it is already or has nothing in it. */
export async function uploadLogFile(s3: S3Client, bucket: string, file: LocalLogFile): Promise<CreatedObject> {
  if (file.gzip || file.bytes === 0) return put(s3, bucket, file.key, file.path, file.bytes);
  const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-'));
  try {
    const gzipped = join(folder, 'log-file.json.gz');
    await pipeline(createReadStream(file.path), createGzip(), createWriteStream(gzipped));
    return await put(s3, bucket, file.key, gzipped, (await stat(gzipped)).size);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function put(s3: S3Client, bucket: string, key: string, path: string, size: number): Promise<CreatedObject> {
  const { ETag } = await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: size === 0 ? '' : createReadStream(path),
      ContentLength: size,
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
    }),
  );
  return { bucket, key, etag: (ETag ?? '').replaceAll('"', ''), size };
}
