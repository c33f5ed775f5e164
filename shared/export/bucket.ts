import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import type { ExportPlace, FileDraft } from './place.ts';

/** A part of an upload has at least 5 MiB, except the last, and an upload at most 10,000 parts. */
const PART_BYTES = 8 * 1024 * 1024;

/** An export in a bucket, below a prefix that is empty or ends with a slash. */
export function bucketPlace(s3: S3Client, bucket: string, prefix: string): ExportPlace {
  const at = (name: string) => ({ Bucket: bucket, Key: `${prefix}${name}` });
  return {
    uri: s3Uri({ bucket, key: prefix }).replace(/\/$/, ''),
    async read(name) {
      const { Body, ETag = '' } = (await ifThere(s3.send(new GetObjectCommand(at(name))), at(name), 'read')) ?? {};
      return Body === undefined ? undefined : { text: await Body.transformToString(), version: ETag };
    },
    async replace(name, Body, before) {
      const isUnchanged = before === undefined ? { IfNoneMatch: '*' } : { IfMatch: before.version };
      try {
        await s3.send(new PutObjectCommand({ ...at(name), Body, ...isUnchanged }));
        return true;
      } catch (error) {
        if (CHANGED.has((error as Error).name)) return false;
        return refuse(at(name), 'write', error);
      }
    },
    async sizeOf(name) {
      return (await ifThere(s3.send(new HeadObjectCommand(at(name))), at(name), 'read'))?.ContentLength;
    },
    create: async (name) => new ObjectDraft(s3, at(name)),
    async remove(name) {
      await ifThere(s3.send(new DeleteObjectCommand(at(name))), at(name), 'remove');
    },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const CHANGED: ReadonlySet<string> = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

interface ObjectName {
  Bucket: string;
  Key: string;
}

/** An object is visible when it is complete, so its parts are uploaded meanwhile; a small one is put at once. */
class ObjectDraft implements FileDraft {
  private readonly s3: S3Client;
  private readonly name: ObjectName;
  private pending: Uint8Array[] = [];
  private pendingBytes = 0;
  private upload:
    | { UploadId: string | undefined; parts: { ETag: string | undefined; PartNumber: number }[] }
    | undefined;

  constructor(s3: S3Client, name: ObjectName) {
    this.s3 = s3;
    this.name = name;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    if (this.pendingBytes >= PART_BYTES) await this.sendPart();
  }

  async commit(): Promise<void> {
    if (this.upload === undefined) {
      await this.named(this.s3.send(new PutObjectCommand({ ...this.name, Body: this.take() })));
      return;
    }
    if (this.pendingBytes > 0) await this.sendPart();
    const { UploadId, parts: Parts } = this.upload;
    const input = { ...this.name, UploadId, MultipartUpload: { Parts } };
    await this.named(this.s3.send(new CompleteMultipartUploadCommand(input)));
  }

  async discard(): Promise<void> {
    this.take();
    if (this.upload === undefined) return;
    const { UploadId } = this.upload;
    await this.named(this.s3.send(new AbortMultipartUploadCommand({ ...this.name, UploadId })));
  }

  private async sendPart(): Promise<void> {
    this.upload ??= await this.begin();
    const { UploadId, parts } = this.upload;
    const PartNumber = parts.length + 1;
    const part = new UploadPartCommand({ ...this.name, UploadId, PartNumber, Body: this.take() });
    const { ETag } = await this.named(this.s3.send(part));
    parts.push({ ETag, PartNumber });
  }

  private async begin() {
    const { UploadId } = await this.named(this.s3.send(new CreateMultipartUploadCommand(this.name)));
    return { UploadId, parts: [] };
  }

  private take(): Uint8Array {
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    return bytes;
  }

  private named<T>(sent: Promise<T>): Promise<T> {
    return sent.catch((error: unknown) => refuse(this.name, 'write', error));
  }
}

/** Returns undefined if the object is not there; without the right to list, S3 answers 403, which is an error. */
async function ifThere<T>(sent: Promise<T>, name: ObjectName, doing: string): Promise<T | undefined> {
  try {
    return await sent;
  } catch (error) {
    if (/^(NoSuchKey|NotFound)$/.test((error as Error).name)) return undefined;
    return refuse(name, doing, error);
  }
}

function refuse({ Bucket, Key }: ObjectName, doing: string, error: unknown): never {
  const place = s3Uri({ bucket: Bucket, key: Key });
  throw new TrailError('export-place', `${place}: expected to ${doing} it (${describeError(error)})`, { cause: error });
}
