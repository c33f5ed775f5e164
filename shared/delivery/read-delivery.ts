import * as z from 'zod/mini';
import { type Announcement, announcesNothing, DeliveryError, type NotificationShape } from './announcement.ts';
import { carriedSqsEvent, lambdaInvocationRecord, snsConfirmation, snsEnvelope, snsEvent } from './envelopes.ts';
import {
  CLOUDTRAIL_VALIDATION_MESSAGE,
  cloudTrailNotification,
  eventBridgeEvent,
  s3Notification,
  s3TestEvent,
  scheduledEvent,
} from './notifications.ts';

/** One SQS message of a batch: what it announces, or why it cannot be understood. */
export interface DeliveredMessage {
  messageId: string;
  /** When it was put into the queue, in milliseconds since 1970. */
  sentAt: number | undefined;
  announcement: Announcement | DeliveryError;
}

/** What a Lambda event delivers: an SQS batch, whose messages succeed and fail one by one, or a single notification. */
export type Delivery =
  | { kind: 'sqs-batch'; messages: DeliveredMessage[] }
  | { kind: 'notification'; announcement: Announcement };

const SHAPES: readonly NotificationShape[] = [
  s3Notification,
  s3TestEvent,
  snsEvent,
  snsEnvelope,
  snsConfirmation,
  eventBridgeEvent,
  scheduledEvent,
  cloudTrailNotification,
  lambdaInvocationRecord,
  carriedSqsEvent,
];

/**
 * A message of SQS may hold Lambda's record of an invocation, its event a batch of SQS, a message of that what SNS wraps, and
 * this what EventBridge or S3 says; nothing AWS sends nests deeper.
 */
const MAX_ENVELOPES = 5;

// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
const SqsEvent = z.object({
  Records: z
    .array(
      z.object({
        eventSource: z.literal('aws:sqs'),
        messageId: z.string().check(z.minLength(1)),
        body: z.string(),
        attributes: z.optional(z.unknown()),
      }),
    )
    .check(z.minLength(1)),
});

/**
 * Reads which log files a Lambda event announces, in any of the shapes in which AWS announces one. Unknown members are
 * tolerated anywhere: AWS adds some from time to time.
 * @throws {DeliveryError} when the event, or a notification that is not part of an SQS batch, cannot be understood
 */
export function readDelivery(event: unknown): Delivery {
  if (!isSqsEvent(event)) return { kind: 'notification', announcement: readNotification(event, MAX_ENVELOPES) };
  const batch = SqsEvent.safeParse(event);
  if (!batch.success) throw new DeliveryError('malformed-notification', 'SQS event: expected messageId and body');
  return {
    kind: 'sqs-batch',
    messages: batch.data.Records.map(({ messageId, body, attributes }) => ({
      messageId,
      sentAt: sentAt(attributes),
      announcement: readBody(body),
    })),
  };
}

/** Only metrics need it, so nothing fails for want of it. */
function sentAt(attributes: unknown): number | undefined {
  const sent = Number((attributes as { SentTimestamp?: unknown } | null | undefined)?.SentTimestamp ?? Number.NaN);
  return Number.isFinite(sent) ? sent : undefined;
}

function isSqsEvent(event: unknown): boolean {
  const records = (event as { Records?: unknown } | null)?.Records;
  return Array.isArray(records) && records.some((record) => record?.eventSource === 'aws:sqs');
}

/** In a batch, a message that cannot be understood fails alone. */
function readBody(body: string): Announcement | DeliveryError {
  try {
    return readText(body, MAX_ENVELOPES);
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    throw error;
  }
}

function readCarried(carried: unknown, envelopes: number): Announcement {
  return typeof carried === 'string' ? readText(carried, envelopes) : readNotification(carried, envelopes);
}

function readText(text: string, envelopes: number): Announcement {
  if (text.trim() === CLOUDTRAIL_VALIDATION_MESSAGE) return announcesNothing('cloudtrail-validation-message');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // No `cause`: the parser's own message quotes the text.
    throw new DeliveryError('unknown-notification', 'notification: expected JSON text');
  }
  return readNotification(value, envelopes);
}

function readNotification(value: unknown, envelopes: number): Announcement {
  if (typeof value === 'object' && value !== null && envelopes > 0) {
    const shape = SHAPES.find((candidate) => candidate.recognises(value));
    if (shape) return shape.read(value, (carried) => readCarried(carried, envelopes - 1));
  }
  throw new DeliveryError(
    'unknown-notification',
    `notification: expected one of ${SHAPES.map((shape) => shape.name).join(', ')}`,
  );
}
