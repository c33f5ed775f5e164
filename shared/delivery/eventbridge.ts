import * as z from 'zod/mini';
import { announces, announcesNothing, DeliveryError, type NotificationShape } from './announcement.ts';

// {"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"..."},"object":{"key":"verbatim","etag":"..."}}}
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
const ObjectCreated = z.object({
  detail: z.object({
    bucket: z.object({ name: z.string().check(z.minLength(1)) }),
    object: z.object({ key: z.string().check(z.minLength(1)), etag: z.optional(z.string()) }),
  }),
});

/** An S3 event that came by way of EventBridge. */
export const eventBridgeEvent: NotificationShape = {
  name: 'EventBridge event',
  recognises: (value) => 'detail-type' in value && 'source' in value && value.source === 'aws.s3',
  read(value) {
    if ((value as { 'detail-type': unknown })['detail-type'] !== 'Object Created') {
      return announcesNothing('not-object-created');
    }
    const parsed = ObjectCreated.safeParse(value);
    if (!parsed.success) {
      throw new DeliveryError(
        'malformed-notification',
        'EventBridge event: expected detail.bucket.name and detail.object.key',
      );
    }
    const { bucket, object } = parsed.data.detail;
    return announces({ bucket: bucket.name, key: object.key, ...(object.etag ? { etag: object.etag } : {}) });
  },
};
