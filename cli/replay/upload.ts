import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { unquoted } from '../../shared/aws/open-object.ts';
import { utf8Text } from '../../shared/log-file/text-form.ts';
import type { FoundObject } from '../log-files/file-result.ts';
import type { LocalLogFile } from './local-log-files.ts';

/** Puts a log file into the bucket as CloudTrail would, in UTF-8 and gzipped; unchanged if it already is, or is empty. */
export async function uploadLogFile(s3: S3Client, bucket: string, file: LocalLogFile): Promise<FoundObject> {
  const isUtf8 = file.form.encoding === 'UTF-8';
  if ((isUtf8 && file.form.gzip) || file.size === 0) return putFile(s3, bucket, file.key, file.path, file.size);
  const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-'));
  try {
    const gzipped = join(folder, 'log-file.json.gz');
    const source = createReadStream(file.path);
    await pipeline(isUtf8 ? source : utf8Text(source, file.form), createGzip(), createWriteStream(gzipped));
    return await putFile(s3, bucket, file.key, gzipped, (await stat(gzipped)).size);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** S3 takes parts from 5 MiB, the embedded S3 requests up to 11 MiB. */
const PART_BYTES = 8 * 1024 * 1024;
const LOG_FILE_HEADERS = { ContentType: 'application/json', ContentEncoding: 'gzip' };

/** Puts a file into a bucket, unchanged. */
export async function putFile(
  s3: S3Client,
  bucket: string,
  key: string,
  path: string,
  size: number,
): Promise<FoundObject> {
  const object = { Bucket: bucket, Key: key };
  const { ETag } =
    size > PART_BYTES
      ? await putInParts(s3, object, path, size)
      : await s3.send(
          new PutObjectCommand({
            ...object,
            ...LOG_FILE_HEADERS,
            Body: size === 0 ? '' : createReadStream(path),
            ContentLength: size,
          }),
        );
  return { bucket, key, etag: unquoted(ETag ?? ''), size };
}

async function putInParts(
  s3: S3Client,
  object: { Bucket: string; Key: string },
  path: string,
  size: number,
): Promise<{ ETag?: string | undefined }> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...object, ...LOG_FILE_HEADERS }));
  const Parts: CompletedPart[] = [];
  for (let start = 0; start < size; start += PART_BYTES) {
    const end = Math.min(start + PART_BYTES, size);
    const part = { UploadId, PartNumber: Parts.length + 1 };
    const Body = createReadStream(path, { start, end: end - 1 });
    const { ETag } = await s3.send(new UploadPartCommand({ ...object, ...part, Body, ContentLength: end - start }));
    Parts.push({ PartNumber: part.PartNumber, ETag });
  }
  return s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
}
