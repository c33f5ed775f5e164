import * as z from 'zod/mini';
import {
  type Announcement,
  announcesNothing,
  DeliveryError,
  type NotificationShape,
  readMessage,
} from './announcement.ts';
import { carriedSqsEvent, lambdaInvocationRecord, snsConfirmation, snsEnvelope, snsEvent } from './envelopes.ts';
import {
  CLOUDTRAIL_VALIDATION_MESSAGE,
  cloudTrailNotification,
  eventBridgeEvent,
  liveRecord,
  s3Notification,
  s3TestEvent,
  scheduledEvent,
  statusChange,
} from './notifications.ts';

/** An SQS message of a batch. */
export interface DeliveredMessage {
  messageId: string;
  /** When it was sent to the queue, in milliseconds since 1970. */
  sentAt: number | undefined;
  announcement: Announcement;
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
  liveRecord,
  statusChange,
  scheduledEvent,
  cloudTrailNotification,
  lambdaInvocationRecord,
  carriedSqsEvent,
];

/** The deepest nesting that AWS sends: Lambda's invocation record, its SQS batch, a message, an SNS envelope, an S3 event. */
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
 * Reads what a Lambda event announces or carries, in any of the shapes that AWS uses. Unknown members are tolerated anywhere,
 * because AWS adds new ones.
 * @throws {DeliveryError} if the event, or a notification outside an SQS batch, is not understood
 */
export function readDelivery(event: unknown): Delivery {
  if (!isSqsEvent(event)) return { kind: 'notification', announcement: readCarried(event, MAX_ENVELOPES) };
  const batch = SqsEvent.safeParse(event);
  if (!batch.success) throw new DeliveryError('malformed-notification', 'SQS event: expected messageId and body');
  return {
    kind: 'sqs-batch',
    messages: batch.data.Records.map(({ messageId, body, attributes }) => ({
      messageId,
      sentAt: sentAt(attributes),
      announcement: readMessage(() => readText(body, MAX_ENVELOPES)),
    })),
  };
}

/** Returns undefined if there is no such time: only metrics need it. */
function sentAt(attributes: unknown): number | undefined {
  const sent = Number((attributes as { SentTimestamp?: unknown } | null | undefined)?.SentTimestamp ?? Number.NaN);
  return Number.isFinite(sent) ? sent : undefined;
}

function isSqsEvent(event: unknown): boolean {
  const records = (event as { Records?: unknown } | null)?.Records;
  return Array.isArray(records) && records.some((record) => record?.eventSource === 'aws:sqs');
}

/** @param text the JSON text of a value. Lambda passes only the value, whose numbers are then written as JavaScript writes them. */
function readCarried(carried: unknown, envelopes: number, text = () => JSON.stringify(carried)): Announcement {
  return typeof carried === 'string' ? readText(carried, envelopes) : readNotification(carried, envelopes, text);
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
  return readNotification(value, envelopes, () => text);
}

function readNotification(value: unknown, envelopes: number, text: () => string): Announcement {
  if (typeof value === 'object' && value !== null && envelopes > 0) {
    const shape = SHAPES.find((candidate) => candidate.recognises(value));
    if (shape) {
      const inner = (carried: unknown, innerText?: () => string) => readCarried(carried, envelopes - 1, innerText);
      return shape.read(value, inner, text);
    }
  }
  throw new DeliveryError(
    'unknown-notification',
    `notification: expected one of ${SHAPES.map((shape) => shape.name).join(', ')}`,
  );
}
