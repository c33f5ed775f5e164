import { createHash, randomUUID } from 'node:crypto';
import type { SQSEvent } from 'aws-lambda';

/** An object that S3 announces. */
export interface CreatedObject {
  bucket: string;
  key: string;
  /** Without quotes. */
  etag: string;
  size: number;
}

/**
 * The Lambda event for a batch of new objects, one S3 notification in each SQS message, as in a deployment.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function sqsDelivery(objects: readonly CreatedObject[], region: string, account: string): SQSEvent {
  return {
    Records: objects.map((object) => {
      const body = notificationBody(object, region);
      const sent = String(Date.now());
      return {
        messageId: randomUUID(),
        receiptHandle: 'local',
        body,
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: sent,
          SenderId: account,
          ApproximateFirstReceiveTimestamp: sent,
        },
        messageAttributes: {},
        md5OfBody: createHash('md5').update(body).digest('hex'),
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:${region}:${account}:mwaa-trail-local-ingest`,
        awsRegion: region,
      };
    }),
  };
}

/** The body of the message in which S3 announces a new object to a queue. */
export function notificationBody(object: CreatedObject, region: string): string {
  return JSON.stringify({ Records: [s3Notification(object, region)] });
}

function s3Notification({ bucket, key, etag, size }: CreatedObject, region: string): object {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: new Date().toISOString(),
    eventName: 'ObjectCreated:Put',
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      // S3 announces keys form-urlencoded.
      object: { key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'), eTag: etag, size },
    },
  };
}
