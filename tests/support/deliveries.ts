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

const throughSns = (notification: unknown) => ({
  Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message: JSON.stringify(notification) } }],
});

/** What SNS puts into a queue. */
const throughSnsAndSqs = (notification: unknown) => ({
  Type: 'Notification',
  Message: JSON.stringify(notification),
});

/** What Lambda puts into its destination for events that it has given up. */
export const invocationRecord = (event: unknown) => ({
  version: '1.0',
  timestamp: '2026-11-20T09:18:11.093Z',
  requestContext: {
    requestId: 'd34c3c3e-1e4b-4c1e-8f0a-2b6f0f2f9f10',
    functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:mwaa-trail-prod-ingest:$LATEST',
    condition: 'RetriesExhausted',
    approximateInvokeCount: 3,
  },
  requestPayload: event,
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  responsePayload: { errorType: 'delivery-failed', errorMessage: 's3://logs/a: AccessDenied (HTTP 403)' },
});

/** The ways in which a notification can reach the function. */
export const ENVELOPES: Readonly<Record<string, (notification: unknown) => unknown>> = {
  direct: (notification) => notification,
  'through SQS': (notification) => ({ Records: [sqsMessage(JSON.stringify(notification))] }),
  'through SNS': throughSns,
  'through SNS and SQS': (notification) => ({ Records: [sqsMessage(JSON.stringify(throughSnsAndSqs(notification)))] }),
  'as a dead letter of Lambda': (notification) => ({
    Records: [sqsMessage(JSON.stringify(invocationRecord(notification)))],
  }),
  'as a dead letter of Lambda, through SNS': (notification) => ({
    Records: [sqsMessage(JSON.stringify(invocationRecord(throughSns(notification))))],
  }),
  'as a dead letter of Lambda, through SNS and SQS': (notification) => ({
    Records: [
      sqsMessage(
        JSON.stringify(invocationRecord({ Records: [sqsMessage(JSON.stringify(throughSnsAndSqs(notification)))] })),
      ),
    ],
  }),
};

/** Every shape in every envelope, as `[name, shape, envelope]`. */
export const SHAPES = Object.entries(NOTIFICATIONS).flatMap(([shape, notification]) =>
  Object.entries(ENVELOPES).map(([envelope, wrap]) => [`${shape} ${envelope}`, notification, wrap] as const),
);

/** What EventBridge sets of an event that it carries. */
export const LIVE = { id: 'e-1', account: '111122223333', region: 'eu-west-1', time: '2026-11-01T10:00:00Z' };

/**
 * The text of CloudTrail's event as EventBridge sends it.
 * @param detail JSON text of the record
 * @param members in place of those of the envelope
 */
export function liveEvent(detail: string, members: object = {}): string {
  const type = { version: '0', source: 'aws.airflow', 'detail-type': 'AWS API Call via CloudTrail' };
  return JSON.stringify({ ...type, ...LIVE, ...members, detail: 'DETAIL' }).replace('"DETAIL"', () => detail);
}

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
    for (const error of announcement.malformed) throw error;
    return announcement.logFiles;
  });
}
