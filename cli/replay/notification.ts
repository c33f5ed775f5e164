import { randomUUID } from 'node:crypto';
import type { FoundObject } from '../log-files/file-result.ts';

/** The Lambda event for a batch of new objects, one per SQS message, as far as the ingest function reads it. */
export function sqsDelivery(objects: readonly FoundObject[], region: string): object {
  return {
    Records: objects.map((object) => ({
      messageId: randomUUID(),
      body: notificationBody(object, region),
      attributes: { SentTimestamp: String(Date.now()) },
      eventSource: 'aws:sqs',
    })),
  };
}

/**
 * The body of the message by which S3 announces a new object to a queue.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function notificationBody({ bucket, key, etag, size }: FoundObject, awsRegion: string): string {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion,
    eventTime: new Date().toISOString(),
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      // S3 announces keys form-urlencoded.
      object: { key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'), eTag: etag, size },
    },
  };
  return JSON.stringify({ Records: [record] });
}
