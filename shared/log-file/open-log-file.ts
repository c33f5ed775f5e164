import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { s3Place, TrailError } from '../errors.ts';

/** An object in S3, open for reading. */
export interface OpenLogFile {
  body: AsyncIterable<Uint8Array>;
  /** Without quotes. */
  etag: string;
  /** When S3 stored it; ISO 8601. */
  deliveredAt?: string;
}

export interface OpenOptions {
  /** Read this state of the object and no other. */
  ifMatch?: string | undefined;
  /** Read the object only when it is in another state. */
  ifNoneMatch?: string | undefined;
  /** The account that must own the bucket. */
  expectedOwner?: string | undefined;
}

/**
 * Starts to read an object. Errors are the SDK's, those while the body is read included.
 * @returns nothing when the object is in the state `ifNoneMatch`
 */
export async function openLogFile(
  s3: S3Client,
  object: { bucket: string; key: string },
  options: OpenOptions = {},
): Promise<OpenLogFile | undefined> {
  const response = await getObject(s3, {
    Bucket: object.bucket,
    Key: object.key,
    IfMatch: options.ifMatch && `"${options.ifMatch}"`,
    IfNoneMatch: options.ifNoneMatch && `"${options.ifNoneMatch}"`,
    ExpectedBucketOwner: options.expectedOwner,
  });
  if (response === 'not-modified') return undefined;
  if (response.Body === undefined || response.ETag === undefined) {
    throw new TrailError('s3-answer', `${s3Place(object)}: expected a body and an ETag in the answer of GetObject`);
  }
  return {
    // In Node the body is a readable stream of Buffers.
    body: response.Body as unknown as AsyncIterable<Uint8Array>,
    etag: response.ETag.replaceAll('"', ''),
    ...(response.LastModified === undefined ? {} : { deliveredAt: response.LastModified.toISOString() }),
  };
}

async function getObject(s3: S3Client, input: GetObjectCommandInput): Promise<GetObjectCommandOutput | 'not-modified'> {
  try {
    return await s3.send(new GetObjectCommand(input));
  } catch (error) {
    // The API model has no error for 304, so the SDK makes up a name for it.
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 304) return 'not-modified';
    throw error;
  }
}
