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
  // S3's own events are all named so; under the same source come CloudTrail's records of API calls, which are something else.
  recognises: (value) => 'source' in value && value.source === 'aws.s3' && detailType(value).startsWith('Object '),
  read(value) {
    if (detailType(value) !== 'Object Created') return announcesNothing('not-object-created');
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

/** The schedule of the ingest function: a heartbeat, which the function counts, and which announces nothing. */
export const scheduledEvent: NotificationShape = {
  name: 'scheduled event',
  recognises: (value) => 'source' in value && value.source === 'aws.events' && detailType(value) === 'Scheduled Event',
  read: () => announcesNothing('scheduled-event'),
};

function detailType(value: object): string {
  const type = 'detail-type' in value ? value['detail-type'] : undefined;
  return typeof type === 'string' ? type : '';
}
