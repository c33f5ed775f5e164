import * as z from 'zod/mini';
import {
  announcesNothing,
  hasRecords,
  joined,
  memberText,
  type NotificationShape,
  readMessage,
  shape,
} from './announcement.ts';

/** An SNS event as Lambda receives it: `{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"..."}}]}`. */
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
export const snsEvent = shape({
  name: 'SNS event',
  recognises: (value) => hasRecords(value, 'EventSource', 'aws:sns'),
  schema: z.object({ Records: z.array(z.object({ Sns: z.object({ Message: z.string() }) })) }),
  expected: 'Sns.Message',
  read: ({ Records }, inner) => joined(Records.map(({ Sns }) => inner(Sns.Message))),
});

/** An SNS notification inside an SQS message, unless raw delivery is on: `{"Type":"Notification","Message":"...",...}`. */
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
export const snsEnvelope = shape({
  name: 'SNS notification',
  recognises: (value) => 'Type' in value && value.Type === 'Notification',
  schema: z.object({ Message: z.string() }),
  expected: 'Message',
  read: ({ Message }, inner) => inner(Message),
});

/**
 * What SNS sends to a queue when another account subscribes or unsubscribes it. People confirm subscriptions: docs/runbook.md,
 * "Log messages".
 * https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
 */
export const snsConfirmation: NotificationShape = {
  name: 'SNS confirmation',
  recognises: (value) =>
    'Type' in value && (value.Type === 'SubscriptionConfirmation' || value.Type === 'UnsubscribeConfirmation'),
  read: () => announcesNothing('sns-confirmation'),
};

/**
 * An SQS batch inside another envelope: `{"Records":[{"eventSource":"aws:sqs","body":"..."}]}`. Its messages are not acknowledged
 * one by one, but a malformed one does not keep the others from being read.
 */
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
export const carriedSqsEvent = shape({
  name: 'SQS event',
  recognises: (value) => hasRecords(value, 'eventSource', 'aws:sqs'),
  schema: z.object({ Records: z.array(z.object({ body: z.string() })) }),
  expected: 'body',
  read: ({ Records }, inner) => joined(Records.map(({ body }) => readMessage(() => inner(body)))),
});

/**
 * What Lambda puts into the dead-letter queue when the function was called directly and all retries failed: the event, and why.
 * `{"version":"1.0","requestContext":{"functionArn":"...","condition":"RetriesExhausted"},"requestPayload":{...},...}`
 */
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
export const lambdaInvocationRecord: NotificationShape = {
  name: 'Lambda invocation record',
  recognises: (value) => 'requestContext' in value && 'requestPayload' in value,
  read: (value, inner, text) =>
    inner('requestPayload' in value ? value.requestPayload : undefined, () => memberText(text(), 'requestPayload')),
};
