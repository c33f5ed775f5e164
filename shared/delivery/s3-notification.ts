import * as z from 'zod/mini';
import {
  type Announcement,
  announces,
  announcesMalformed,
  announcesNothing,
  DeliveryError,
  joined,
  type NotificationShape,
} from './announcement.ts';

// {"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put",
//   "s3":{"bucket":{"name":"..."},"object":{"key":"form-urlencoded","eTag":"..."}}}]}
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
const S3Notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z.object({
        bucket: z.object({ name: z.string().check(z.minLength(1)) }),
        object: z.object({ key: z.string().check(z.minLength(1)), eTag: z.optional(z.string()) }),
      }),
    }),
  ),
});
type S3NotificationRecord = z.infer<typeof S3Notification>['Records'][number];

/** An S3 event notification, as Lambda, SQS and SNS receive it. */
export const s3Notification: NotificationShape = {
  name: 'S3 event notification',
  recognises: (value) =>
    'Records' in value &&
    Array.isArray(value.Records) &&
    value.Records.length > 0 &&
    value.Records.every((record) => record?.eventSource === 'aws:s3'),
  read(value) {
    const parsed = S3Notification.safeParse(value);
    if (!parsed.success) {
      throw new DeliveryError(
        'malformed-notification',
        'S3 event notification: expected s3.bucket.name and s3.object.key',
      );
    }
    return joined(parsed.data.Records.map(readRecord));
  },
};

/** The message S3 sends once, when a notification configuration is saved. */
export const s3TestEvent: NotificationShape = {
  name: 'S3 test event',
  recognises: (value) =>
    'Service' in value && value.Service === 'Amazon S3' && 'Event' in value && value.Event === 's3:TestEvent',
  read: () => announcesNothing('s3-test-event'),
};

function readRecord({ eventName, s3 }: S3NotificationRecord): Announcement {
  // S3 writes no prefix; its own documentation of event types, and what imitates S3, does.
  if (!/^(s3:)?ObjectCreated:/.test(eventName)) return announcesNothing('not-object-created');
  const { eTag } = s3.object;
  const key = decodeKey(s3.object.key);
  if (key === undefined) return announcesMalformed(UNDECODABLE_KEY);
  return announces({ bucket: s3.bucket.name, key, ...(eTag ? { etag: eTag } : {}) });
}

const UNDECODABLE_KEY = new DeliveryError(
  'undecodable-key',
  'S3 event notification: expected an object key in form-urlencoded UTF-8',
);

/** S3 writes keys form-urlencoded: `+` is a space, everything else is percent-encoded UTF-8. */
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
