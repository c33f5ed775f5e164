import * as z from 'zod/mini';
import {
  announcesMalformed,
  announcesNothing,
  DeliveryError,
  hasRecords,
  joined,
  type NotificationShape,
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
 * What SNS sends to a queue that somebody else than its owner subscribes or unsubscribes. It announces no log file; confirming
 * a subscription is for people: docs/runbook.md, "Log messages".
 * https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
 */
export const snsConfirmation: NotificationShape = {
  name: 'SNS confirmation',
  recognises: (value) =>
    'Type' in value && (value.Type === 'SubscriptionConfirmation' || value.Type === 'UnsubscribeConfirmation'),
  read: () => announcesNothing('sns-confirmation'),
};

/**
 * An SQS batch that something else carries: `{"Records":[{"eventSource":"aws:sqs","body":"..."}]}`. Its messages are not
 * acknowledged one by one, yet one that is malformed fails alone.
 */
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
export const carriedSqsEvent = shape({
  name: 'SQS event',
  recognises: (value) => hasRecords(value, 'eventSource', 'aws:sqs'),
  schema: z.object({ Records: z.array(z.object({ body: z.string() })) }),
  expected: 'body',
  read: ({ Records }, inner) =>
    joined(
      Records.map(({ body }) => {
        try {
          return inner(body);
        } catch (error) {
          if (error instanceof DeliveryError) return announcesMalformed(error);
          throw error;
        }
      }),
    ),
});

/**
 * What Lambda puts into the dead-letter queue when the function was called directly and failed for good: the event, and why.
 * `{"version":"1.0","requestContext":{"functionArn":"...","condition":"RetriesExhausted"},"requestPayload":{...},...}`
 */
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
export const lambdaInvocationRecord: NotificationShape = {
  name: 'Lambda invocation record',
  recognises: (value) => 'requestContext' in value && 'requestPayload' in value,
  read: (value, inner) => inner('requestPayload' in value ? value.requestPayload : undefined),
};
