import { setTimeout } from 'node:timers/promises';
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  InvalidObjectState,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { defined } from '../defined.ts';
import { placeOf, s3Uri, TrailError } from '../errors.ts';

/** An object in S3, open for reading. */
export interface OpenObject {
  /** The object's bytes, all of one state of it; a broken transfer is resumed. */
  body: AsyncIterable<Uint8Array>;
  /** Without quotes. */
  etag: string;
  /** In bytes. If S3 did not say, an early end cannot be detected. */
  size?: number;
  /** When S3 stored it; ISO 8601. */
  deliveredAt?: string;
  /** In a bucket that keeps versions. */
  versionId?: string;
  /** The user-defined metadata, by lower-case name: the signature of a digest file. */
  metadata?: Readonly<Record<string, string>>;
}

export interface OpenOptions {
  /** Read this state of the object and no other. */
  ifMatch?: string | undefined;
  /** Read the object only if it is in another state. */
  ifNoneMatch?: string | undefined;
  /** The account that must own the bucket. */
  expectedOwner?: string | undefined;
  /** Waits before a broken transfer is resumed. */
  sleep?: ((milliseconds: number) => Promise<unknown>) | undefined;
}

/** An object, or a file that stands for it. */
type ObjectOrFile = ObjectRef & { path?: string };

/** The object does not exist. Without permission to list the bucket, S3 says "access denied" instead. */
export class ObjectMissingError extends TrailError {
  constructor(object: ObjectOrFile) {
    super('object-missing', `${placeOf(object)}: expected an object, found none`);
  }
}

/** The object was replaced while it was read: read it again from the start. */
export class ObjectChangedError extends TrailError {
  constructor(object: ObjectOrFile) {
    super('object-changed', `${placeOf(object)}: expected the state of the object that was begun`);
  }
}

/** The object is in the state `ifNoneMatch`. */
export class ObjectUnchangedError extends TrailError {
  constructor(object: ObjectOrFile) {
    super('object-unchanged', `${placeOf(object)}: expected another state of the object`);
  }
}

/** The storage classes in which an object cannot be read before a copy of it is restored. */
export const ARCHIVES: ReadonlySet<string> = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * The object is archived: S3 Glacier Flexible Retrieval, Deep Archive, or an archive tier of Intelligent-Tiering. It can be read
 * once it is restored, unchanged.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
 */
export class ObjectArchivedError extends TrailError {
  /** The storage class or, of Intelligent-Tiering, the tier: `GLACIER`, `ARCHIVE_ACCESS`; `archived` if S3 did not say. */
  readonly tier: string;

  constructor(object: ObjectRef, tier = 'archived') {
    super(
      'object-archived',
      `${s3Uri(object)}: expected an object that can be read, found it archived (${tier}): restore it with aws s3api restore-object`,
    );
    this.tier = tier;
  }
}

/**
 * Starts to read an object. Other errors, also while the body is read, are the SDK's.
 * @throws {ObjectMissingError} @throws {ObjectChangedError} @throws {ObjectUnchangedError} @throws {ObjectArchivedError}
 */
export async function openObject(s3: S3Client, object: ObjectRef, options: OpenOptions = {}): Promise<OpenObject> {
  const response = await getObject(s3, object, options, {
    IfMatch: options.ifMatch && `"${options.ifMatch}"`,
    IfNoneMatch: options.ifNoneMatch && `"${options.ifNoneMatch}"`,
  });
  const { ETag, ContentLength, LastModified, VersionId, Metadata } = response;
  if (ETag === undefined) throw new TrailError('s3-answer', `${s3Uri(object)}: expected an ETag from GetObject`);
  return {
    body: resumedBody(s3, object, options, response),
    etag: unquoted(ETag),
    ...defined({
      size: ContentLength,
      deliveredAt: LastModified?.toISOString(),
      versionId: VersionId,
      metadata: Metadata,
    }),
  };
}

/**
 * Whether an object can be read in this state: not if it is gone, replaced, archived, or in a bucket that may not be read.
 */
export async function isReadable(s3: S3Client, { bucket, key }: ObjectRef, etag: string): Promise<boolean> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return head.ETag !== undefined && unquoted(head.ETag) === etag && !isArchived(head);
  } catch (error) {
    const status = statusOf(error);
    if (status === 403 || status === 404) return false;
    throw error;
  }
}

function isArchived({ StorageClass, ArchiveStatus, Restore }: HeadObjectCommandOutput): boolean {
  if (ArchiveStatus !== undefined) return true;
  return (
    StorageClass !== undefined && ARCHIVES.has(StorageClass) && Restore?.includes('ongoing-request="false"') !== true
  );
}

/** How many transfers in a row may break without a byte of progress. */
const MAX_BREAKS = 4;
const BREAK_PAUSE_MS = 100;

/** The SDK does not retry once a body has begun. So after a break, the rest of the body is requested. */
async function* resumedBody(
  s3: S3Client,
  object: ObjectRef,
  options: OpenOptions,
  first: GetObjectCommandOutput,
): AsyncGenerator<Uint8Array> {
  let response = first;
  let size = first.ContentLength;
  let offset = 0;
  for (let breaks = 0; ; breaks += 1) {
    try {
      for await (const chunk of bodyOf(response, object)) {
        offset += chunk.length;
        breaks = 0;
        yield chunk;
      }
      if (size === undefined || offset >= size) return;
    } catch (error) {
      const nothingLeft = size !== undefined && offset >= size;
      if (nothingLeft || breaks >= MAX_BREAKS) throw error;
    }
    if (breaks >= MAX_BREAKS) throw new TrailError('body-incomplete', `${s3Uri(object)}: expected ${size} bytes`);
    await (options.sleep ?? setTimeout)(BREAK_PAUSE_MS * 2 ** breaks * Math.random());
    response = await rest(s3, object, options, first, offset);
    size ??= sizeIn(response.ContentRange);
  }
}

/** From `bytes 100-199/200`: a chunked answer does not say how long the object is, but one with a range does. */
function sizeIn(contentRange: string | undefined): number | undefined {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

async function rest(
  s3: S3Client,
  object: ObjectRef,
  options: OpenOptions,
  { ETag }: GetObjectCommandOutput,
  offset: number,
): Promise<GetObjectCommandOutput> {
  const response = await getObject(s3, object, options, { IfMatch: ETag, Range: `bytes=${offset}-` });
  // A proxy may ignore Range, and answer with the whole.
  if (response.ContentRange?.startsWith(`bytes ${offset}-`)) return response;
  throw new TrailError('s3-answer', `${s3Uri(object)}: expected the bytes from ${offset} on`);
}

function bodyOf(response: GetObjectCommandOutput, object: ObjectRef): AsyncIterable<Uint8Array> {
  if (response.Body === undefined) throw new TrailError('s3-answer', `${s3Uri(object)}: expected a body`);
  // In Node it is a readable stream of Buffers.
  return response.Body as unknown as AsyncIterable<Uint8Array>;
}

async function getObject(
  s3: S3Client,
  object: ObjectRef,
  { expectedOwner }: OpenOptions,
  conditions: Partial<GetObjectCommandInput>,
): Promise<GetObjectCommandOutput> {
  try {
    const input = { Bucket: object.bucket, Key: object.key, ExpectedBucketOwner: expectedOwner, ...conditions };
    return await s3.send(new GetObjectCommand(input));
  } catch (error) {
    const status = statusOf(error);
    // The API model has no error for 304, so the SDK invents a name for it.
    if (status === 304) throw new ObjectUnchangedError(object);
    if (error instanceof InvalidObjectState)
      throw new ObjectArchivedError(object, error.AccessTier ?? error.StorageClass);
    if (status === 412) throw new ObjectChangedError(object);
    if (status === 404 && (error as Error).name === 'NoSuchKey') throw new ObjectMissingError(object);
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** Returns an ETag without the quotes that S3's answers have, as in notifications and the ledger. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
}
