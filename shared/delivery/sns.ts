import * as z from 'zod/mini';
import { announcesNothing, DeliveryError, joined, type NotificationShape } from './announcement.ts';

// {"Records":[{"EventSource":"aws:sns","Sns":{"Message":"..."}}]}
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
const SnsEvent = z.object({ Records: z.array(z.object({ Sns: z.object({ Message: z.string() }) })) });

// {"Type":"Notification","Message":"...",...}: what SNS puts in an SQS body unless raw delivery is on.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
const SnsEnvelope = z.object({ Message: z.string() });

/** An SNS event as Lambda receives it. */
export const snsEvent: NotificationShape = {
  name: 'SNS event',
  recognises: (value) =>
    'Records' in value &&
    Array.isArray(value.Records) &&
    value.Records.length > 0 &&
    value.Records.every((record) => record?.EventSource === 'aws:sns'),
  read(value, inner) {
    const parsed = SnsEvent.safeParse(value);
    if (!parsed.success) throw new DeliveryError('malformed-notification', 'SNS event: expected Sns.Message');
    return joined(parsed.data.Records.map((record) => inner(record.Sns.Message)));
  },
};

/** An SNS notification inside an SQS message. */
export const snsEnvelope: NotificationShape = {
  name: 'SNS notification',
  recognises: (value) => 'Type' in value && value.Type === 'Notification',
  read(value, inner) {
    const parsed = SnsEnvelope.safeParse(value);
    if (!parsed.success) throw new DeliveryError('malformed-notification', 'SNS notification: expected Message');
    return inner(parsed.data.Message);
  },
};

/**
 * What SNS sends to a queue that somebody else than its owner subscribes or unsubscribes. It announces no log file, and confirming
 * a subscription is for people: docs/runbook.md, "Log messages".
 * https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
 */
export const snsConfirmation: NotificationShape = {
  name: 'SNS confirmation',
  recognises: (value) =>
    'Type' in value && (value.Type === 'SubscriptionConfirmation' || value.Type === 'UnsubscribeConfirmation'),
  read: () => announcesNothing('sns-confirmation'),
};
