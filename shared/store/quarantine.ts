import { createHash } from 'node:crypto';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import pMap from 'p-map';
import * as z from 'zod/mini';
import { defined } from '../defined.ts';
import { VERSION } from '../version.ts';
import { jsonText } from './item.ts';

/** Why something was quarantined, stored beside its raw bytes. Everything in it is safe to show. */
export type QuarantineReason = z.output<typeof QuarantineReason>;
const QuarantineReason = z.object({
  /** Stable, kebab-case. */
  reason: z.string(),
  /** A sentence that names the place and the expectation; no record content. */
  detail: z.string(),
  bucket: z.string(),
  key: z.string(),
  /** Empty if it is not known, of a log file that was missing. */
  etag: z.string(),
  /** For a single record: its position among `Records` and the offset of its first byte in the uncompressed text. */
  recordIndex: z.optional(z.int()),
  recordOffset: z.optional(z.int()),
  /** Hex SHA-256 of the raw bytes; absent if there are none, or of a log file beyond any size that CloudTrail delivers. */
  sha256: z.optional(z.string()),
  /** The version of the object, in a bucket that keeps versions. */
  versionId: z.optional(z.string()),
  /** The path of a local file, as it was given. */
  path: z.optional(z.string()),
  quarantinedAt: z.string(),
  /** The version of the program that found it invalid. */
  codeVersion: z.optional(z.string()),
});

/** Something in quarantine: a log file, or with a `recordIndex` a record of one. */
export type QuarantineEntry = QuarantineReason & {
  /** Short, and always the same for the same thing. */
  id: string;
  /** The key of its raw bytes in the quarantine bucket. */
  name: string;
  /** Of the raw bytes; absent if there are none, as of an object that was missing. */
  size?: number;
};

/** What a quarantine bucket holds. */
export interface QuarantineListing {
  /** The oldest first. */
  entries: QuarantineEntry[];
  /** Keys that end like a reason and are none; whoever put them there was not this program. */
  unrecognized: string[];
}

const REASON_SUFFIX = '.reason.json';

/**
 * Quarantines a log file: a copy of it under `files/BUCKET/KEY/ETAG`, and the reason beside it; only the reason if the log
 * file is missing. Each state of an object is kept. Doing it again changes nothing but the time.
 * @param copy copies the log file, in the state that the reason names
 */
export async function quarantineFile(
  s3: S3Client,
  quarantineBucket: string,
  reason: QuarantineReason,
  copy: (to: { bucket: string; key: string }) => Promise<void> = (to) => copyObject(s3, reason, to),
): Promise<void> {
  const name = nameOf(reason);
  if (reason.reason !== 'object-missing') await copy({ bucket: quarantineBucket, key: name });
  await putReason(s3, quarantineBucket, name, reason);
}

async function copyObject(
  s3: S3Client,
  { bucket, key, etag }: QuarantineReason,
  to: { bucket: string; key: string },
): Promise<void> {
  await s3.send(
    new CopyObjectCommand({
      Bucket: to.bucket,
      Key: to.key,
      CopySource: `${bucket}/${encodeURIComponent(key)}`,
      CopySourceIfMatch: `"${etag}"`,
      // Copying tags would need one more permission, and CloudTrail sets none.
      TaggingDirective: 'REPLACE',
    }),
  );
}

/** Quarantines one record: its bytes under `records/BUCKET/KEY/INDEX-HASH.json`, and the reason beside them. */
export async function quarantineRecord(
  s3: S3Client,
  quarantineBucket: string,
  record: Uint8Array,
  reason: QuarantineReason,
): Promise<void> {
  const sha256 = createHash('sha256').update(record).digest('hex');
  const name = `${nameOf(reason)}${sha256.slice(0, 16)}.json`;
  await s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key: name, Body: record }));
  await putReason(s3, quarantineBucket, name, { ...reason, sha256 });
}

/**
 * Writes why something is in quarantine; last, because what has no reason beside it was not quarantined completely.
 * @param name the key of its raw bytes
 */
export async function putReason(
  s3: S3Client,
  quarantineBucket: string,
  name: string,
  reason: QuarantineReason,
): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: quarantineBucket,
      Key: `${name}${REASON_SUFFIX}`,
      Body: `${JSON.stringify({ ...reason, codeVersion: VERSION }, null, 2)}\n`,
      ContentType: 'application/json',
    }),
  );
}

/**
 * Lists what is in quarantine.
 * @param ids only these; by default everything
 */
export async function listQuarantine(
  s3: S3Client,
  quarantineBucket: string,
  ids?: ReadonlySet<string>,
): Promise<QuarantineListing> {
  const sizes = await objectSizes(s3, quarantineBucket);
  const names = [...sizes.keys()]
    .filter((key) => key.endsWith(REASON_SUFFIX))
    .map((key) => key.slice(0, -REASON_SUFFIX.length))
    .filter((name) => !ids || ids.has(entryId(name)));
  const listing: QuarantineListing = { entries: [], unrecognized: [] };
  const add = async (name: string) => {
    const key = `${name}${REASON_SUFFIX}`;
    const reason = readReason(await getText(s3, quarantineBucket, key), name);
    const size = sizes.get(name);
    if (reason) listing.entries.push({ id: entryId(name), name, ...reason, ...defined({ size }) });
    else if (!sizes.has(`${key}${REASON_SUFFIX}`)) listing.unrecognized.push(key);
  };
  await pMap(names, add, { concurrency: CONCURRENT_READS });
  listing.entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return listing;
}

/** The raw bytes go first: what has a reason is still listed, so that an interrupted removal can be finished. */
export async function removeFromQuarantine(
  s3: S3Client,
  quarantineBucket: string,
  { name }: Pick<QuarantineEntry, 'name'>,
): Promise<void> {
  for (const key of [name, `${name}${REASON_SUFFIX}`]) {
    await s3.send(new DeleteObjectCommand({ Bucket: quarantineBucket, Key: key }));
  }
}

const CONCURRENT_READS = 8;
const ID_LENGTH = 16;

function entryId(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, ID_LENGTH);
}

/** The key of a log file's raw bytes; of a record's, only its beginning: a hash of them follows. */
function nameOf({ bucket, key, etag, recordIndex }: QuarantineReason): string {
  if (recordIndex !== undefined) return `records/${bucket}/${key}/${recordIndex}-`;
  // CloudTrail's own notifications have no ETag of a log file that is missing.
  return etag === ''
    ? nameWithoutState({ bucket, key })
    : `${nameWithoutState({ bucket, key })}/${encodeURIComponent(etag)}`;
}

/** Earlier versions named every log file so. */
function nameWithoutState({ bucket, key }: Pick<QuarantineReason, 'bucket' | 'key'>): string {
  return `files/${bucket}/${key}`;
}

const sortKey = ({ quarantinedAt, name }: QuarantineEntry) => `${quarantinedAt} ${name}`;

/** A log file's own key may end like a reason, so a reason must also be about what lies beside it. */
function readReason(text: string, name: string): QuarantineReason | undefined {
  const { data: reason } = jsonText(QuarantineReason).safeParse(text);
  if (reason === undefined) return undefined;
  const isBeside =
    reason.recordIndex === undefined
      ? name === nameOf(reason) || name === nameWithoutState(reason)
      : name.startsWith(nameOf(reason));
  return isBeside ? reason : undefined;
}

async function objectSizes(s3: S3Client, bucket: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
    for (const { Key, Size } of page.Contents ?? []) sizes.set(Key!, Size ?? 0);
  }
  return sizes;
}

async function getText(s3: S3Client, bucket: string, key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? '';
}
