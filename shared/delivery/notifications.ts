import * as z from 'zod/mini';
import {
  type Announcement,
  announces,
  announcesMalformed,
  announcesNothing,
  type CarriedKind,
  carries,
  DeliveryError,
  hasRecords,
  joined,
  memberText,
  type NotificationShape,
  shape,
} from './announcement.ts';

const Text = z.string().check(z.minLength(1));
const Bucket = z.object({ name: Text });

/**
 * An S3 event notification, as Lambda, SQS and SNS receive it: `{"Records":[{"eventSource":"aws:s3",
 * "eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"..."},"object":{"key":"form-urlencoded","eTag":"..."}}}]}`.
 */
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
export const s3Notification = shape({
  name: 'S3 event notification',
  recognises: (value) => hasRecords(value, 'eventSource', 'aws:s3'),
  schema: z.object({
    Records: z.array(
      z.object({
        eventName: z.string(),
        s3: z.object({ bucket: Bucket, object: z.object({ key: Text, eTag: z.optional(z.string()) }) }),
      }),
    ),
  }),
  expected: 's3.bucket.name and s3.object.key',
  read: ({ Records }) =>
    joined(
      Records.map(({ eventName, s3: { bucket, object } }) =>
        // S3 writes no prefix `s3:`. Its documentation of event types, and S3-compatible servers, do.
        /^(s3:)?ObjectCreated:/.test(eventName)
          ? announcesEncoded(bucket.name, object.key, object.eTag)
          : announcesNothing('not-object-created'),
      ),
    ),
});

/** S3 writes keys form-urlencoded: `+` is a space, everything else is percent-encoded UTF-8. */
function announcesEncoded(bucket: string, encodedKey: string, etag: string | undefined): Announcement {
  let key: string;
  try {
    key = decodeURIComponent(encodedKey.replaceAll('+', ' '));
  } catch {
    const expectation = 'S3 event notification: expected an object key in form-urlencoded UTF-8';
    return announcesMalformed(new DeliveryError('undecodable-key', expectation));
  }
  return announces({ bucket, key, ...(etag && { etag }) });
}

/** The message that S3 sends when a notification configuration is saved. */
export const s3TestEvent: NotificationShape = {
  name: 'S3 test event',
  recognises: (value) =>
    'Service' in value && value.Service === 'Amazon S3' && 'Event' in value && value.Event === 's3:TestEvent',
  read: () => announcesNothing('s3-test-event'),
};

/**
 * An S3 event that came through EventBridge: `{"source":"aws.s3","detail-type":"Object Created",
 * "detail":{"bucket":{"name":"..."},"object":{"key":"verbatim","etag":"..."}}}`.
 */
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
const objectCreated = shape({
  name: 'EventBridge event',
  // CloudTrail's records of API calls have the same source.
  recognises: (value) => 'source' in value && value.source === 'aws.s3' && detailType(value).startsWith('Object '),
  schema: z.object({
    detail: z.object({ bucket: Bucket, object: z.object({ key: Text, etag: z.optional(z.string()) }) }),
  }),
  expected: 'detail.bucket.name and detail.object.key',
  read: ({ detail: { bucket, object } }) =>
    announces({ bucket: bucket.name, key: object.key, ...(object.etag && { etag: object.etag }) }),
});
export const eventBridgeEvent: NotificationShape = {
  ...objectCreated,
  read: (value, ...others) =>
    detailType(value) === 'Object Created'
      ? objectCreated.read(value, ...others)
      : announcesNothing('not-object-created'),
};

/**
 * An event that EventBridge carries whole. Only AWS sends events whose `source` begins with `aws.`, to any event bus, and EventBridge
 * sets their account and Region.
 * @param recognises by the `source` and the `detail-type`
 */
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
function carriedEvent(name: string, kind: CarriedKind, recognises: (source: string, detailType: string) => boolean) {
  return shape({
    name,
    recognises: (value) =>
      'source' in value && typeof value.source === 'string' && recognises(value.source, detailType(value)),
    schema: z.object({
      id: Text,
      account: z.string().check(z.regex(/^\d{12}$/)),
      region: Text,
      time: Text,
      detail: z.object({}),
    }),
    expected: 'id, account, region, time and detail',
    read: ({ id, account, region, time }, _, text) =>
      carries({ kind, id, account, region, time, text: memberText(text(), 'detail') }),
  });
}

/**
 * CloudTrail's record of an event that it sends to EventBridge within seconds: `{"source":"aws.airflow","detail-type":"AWS API Call
 * via CloudTrail","id":"...","account":"...","region":"...","time":"...","detail":{"eventID":"...",...}}`.
 */
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
export const liveRecord = carriedEvent(
  'CloudTrail event through EventBridge',
  'record',
  (source, type) => source.startsWith('aws.') && /^AWS .+ via CloudTrail$/.test(type),
);

/** The detail-type of the events that MWAA sends to EventBridge when the status of an environment changes. */
export const STATUS_CHANGE = 'MWAA Environment Status Change';

/**
 * MWAA's announcement of an environment's status: `{"source":"aws.airflow","detail-type":"MWAA Environment Status Change",
 * "detail":{"name":"...","status":"UPDATING",...}}`.
 */
// https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-airflow.html
export const statusChange = carriedEvent(
  STATUS_CHANGE,
  'status-change',
  (source, type) => source === 'aws.airflow' && type === STATUS_CHANGE,
);

/** The schedule of the ingest function, its heartbeat. */
export const scheduledEvent: NotificationShape = {
  name: 'scheduled event',
  recognises: (value) => 'source' in value && value.source === 'aws.events' && detailType(value) === 'Scheduled Event',
  read: () => announcesNothing('scheduled-event'),
};

function detailType(value: object): string {
  const type = 'detail-type' in value ? value['detail-type'] : undefined;
  return typeof type === 'string' ? type : '';
}

/**
 * The message that a trail publishes to its SNS topic, which can name several log files, keys verbatim:
 * `{"s3Bucket":"...","s3ObjectKey":["...", ...]}`.
 */
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
export const cloudTrailNotification = shape({
  name: 'CloudTrail SNS notification',
  recognises: (value) => 's3Bucket' in value && 's3ObjectKey' in value,
  schema: z.object({ s3Bucket: Text, s3ObjectKey: z.array(Text).check(z.minLength(1)) }),
  expected: 's3Bucket and a non-empty list s3ObjectKey',
  read: ({ s3Bucket, s3ObjectKey }) => announces(...s3ObjectKey.map((key) => ({ bucket: s3Bucket, key }))),
});

/** The plain text that CloudTrail publishes when a trail's SNS topic is configured. */
export const CLOUDTRAIL_VALIDATION_MESSAGE = 'CloudTrail validation message.';
