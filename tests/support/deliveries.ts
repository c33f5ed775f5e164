import type { LogFileRef } from '../../shared/delivery/announcement.ts';
import { type Delivery, readDelivery } from '../../shared/delivery/read-delivery.ts';

/** Notifications of one object, in every shape; `urlEncoded` tells how the shape writes keys. */
export const NOTIFICATIONS = {
  S3: { urlEncoded: true, make: (...keys: string[]) => ({ Records: keys.map((key) => s3Record(key)) }) },
  EventBridge: {
    urlEncoded: false,
    make: (key: string) => ({
      source: 'aws.s3',
      'detail-type': 'Object Created',
      detail: { bucket: { name: 'logs' }, object: { key } },
    }),
  },
  CloudTrail: { urlEncoded: false, make: (...keys: string[]) => ({ s3Bucket: 'logs', s3ObjectKey: keys }) },
} as const;

export function s3Record(key: string, eventName = 'ObjectCreated:Put') {
  return { eventSource: 'aws:s3', eventName, s3: { bucket: { name: 'logs' }, object: { key } } };
}

export function sqsMessage(body: string, messageId = 'message-1') {
  return { eventSource: 'aws:sqs', messageId, body };
}

/** The ways in which a notification can reach the function. */
export const ENVELOPES: Readonly<Record<string, (notification: unknown) => unknown>> = {
  direct: (notification) => notification,
  'through SQS': (notification) => ({ Records: [sqsMessage(JSON.stringify(notification))] }),
  'through SNS': (notification) => ({
    Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message: JSON.stringify(notification) } }],
  }),
  'through SNS and SQS': (notification) => ({
    Records: [sqsMessage(JSON.stringify({ Type: 'Notification', Message: JSON.stringify(notification) }))],
  }),
};

/** Every shape in every envelope, as `[name, shape, envelope]`. */
export const SHAPES = Object.entries(NOTIFICATIONS).flatMap(([shape, notification]) =>
  Object.entries(ENVELOPES).map(([envelope, wrap]) => [`${shape} ${envelope}`, notification, wrap] as const),
);

/** What a delivery says, whether it is a batch or not. */
export function announcementsOf(delivery: Delivery) {
  return delivery.kind === 'notification'
    ? [delivery.announcement]
    : delivery.messages.map(({ announcement }) => announcement);
}

/**
 * The log files that a delivery announces.
 * @throws what any of its messages failed with
 */
export function logFilesOf(event: unknown): LogFileRef[] {
  return announcementsOf(readDelivery(event)).flatMap((announcement) => {
    if (announcement instanceof Error) throw announcement;
    if (announcement.malformed) throw announcement.malformed[0];
    return announcement.logFiles;
  });
}
