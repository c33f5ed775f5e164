import { createHash } from 'node:crypto';
import { CopyObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** Why something was set aside, beside its raw bytes. Everything in it is safe to show. */
export interface QuarantineReason {
  /** Stable, kebab-case. */
  reason: string;
  /** A sentence that names the place and the expectation; no record content. */
  detail: string;
  bucket: string;
  key: string;
  etag: string;
  /** For a single record: its position among `Records` and the offset of its first byte in the uncompressed text. */
  recordIndex?: number;
  recordOffset?: number;
  quarantinedAt: string;
}

/**
 * Sets a whole log file aside: a copy of the object, made by S3, under `files/BUCKET/KEY`, and the reason beside it; only
 * the reason when there is no object. Doing it again changes nothing but the time.
 */
export async function quarantineFile(s3: S3Client, quarantineBucket: string, reason: QuarantineReason): Promise<void> {
  const name = `files/${reason.bucket}/${reason.key}`;
  if (reason.reason === 'object-missing') return putReason(s3, quarantineBucket, name, reason);
  await s3.send(
    new CopyObjectCommand({
      Bucket: quarantineBucket,
      Key: name,
      CopySource: `${reason.bucket}/${encodeURIComponent(reason.key)}`,
      CopySourceIfMatch: `"${reason.etag}"`,
      // Copying tags would need one more permission, and CloudTrail sets none.
      TaggingDirective: 'REPLACE',
    }),
  );
  await putReason(s3, quarantineBucket, name, reason);
}

/** Sets one record aside: its bytes under `records/BUCKET/KEY/INDEX-HASH.json`, and the reason beside them. */
export async function quarantineRecord(
  s3: S3Client,
  quarantineBucket: string,
  record: Uint8Array,
  reason: QuarantineReason,
): Promise<void> {
  const hash = createHash('sha256').update(record).digest('hex').slice(0, 16);
  const name = `records/${reason.bucket}/${reason.key}/${reason.recordIndex}-${hash}.json`;
  await s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key: name, Body: record }));
  await putReason(s3, quarantineBucket, name, reason);
}

/** Written last: what has no reason beside it was not set aside completely. */
async function putReason(s3: S3Client, bucket: string, name: string, reason: QuarantineReason): Promise<void> {
  const body = `${JSON.stringify(reason, null, 2)}\n`;
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: `${name}.reason.json`, Body: body, ContentType: 'application/json' }),
  );
}
