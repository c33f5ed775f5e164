import * as z from 'zod/mini';
import { announces, DeliveryError, type NotificationShape } from './announcement.ts';

// {"s3Bucket":"...","s3ObjectKey":["...", ...]}, keys verbatim.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
const CloudTrailNotification = z.object({
  s3Bucket: z.string().check(z.minLength(1)),
  s3ObjectKey: z.array(z.string().check(z.minLength(1))).check(z.minLength(1)),
});

/** The message a trail itself publishes to its SNS topic; it can name several log files. */
export const cloudTrailNotification: NotificationShape = {
  name: 'CloudTrail SNS notification',
  recognises: (value) => 's3Bucket' in value && 's3ObjectKey' in value,
  read(value) {
    const parsed = CloudTrailNotification.safeParse(value);
    if (!parsed.success) {
      throw new DeliveryError(
        'malformed-notification',
        'CloudTrail SNS notification: expected s3Bucket and a non-empty list s3ObjectKey',
      );
    }
    const { s3Bucket, s3ObjectKey } = parsed.data;
    return announces(...s3ObjectKey.map((key) => ({ bucket: s3Bucket, key })));
  },
};

/** What CloudTrail publishes, as plain text, when a trail's SNS topic is configured. */
export const CLOUDTRAIL_VALIDATION_MESSAGE = 'CloudTrail validation message.';
