import * as z from 'zod/mini';
import { announcesMalformed, DeliveryError, joined, type NotificationShape } from './announcement.ts';

// {"Records":[{"eventSource":"aws:sqs","body":"..."}]}
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
const SqsEvent = z.object({ Records: z.array(z.object({ body: z.string() })) });

/** An SQS batch that something else carries. Its messages are not acknowledged one by one, yet one that is bad fails alone. */
export const carriedSqsEvent: NotificationShape = {
  name: 'SQS event',
  recognises: (value) =>
    'Records' in value &&
    Array.isArray(value.Records) &&
    value.Records.length > 0 &&
    value.Records.every((record) => record?.eventSource === 'aws:sqs'),
  read(value, inner) {
    const parsed = SqsEvent.safeParse(value);
    if (!parsed.success) throw new DeliveryError('malformed-notification', 'SQS event: expected body');
    return joined(
      parsed.data.Records.map(({ body }) => {
        try {
          return inner(body);
        } catch (error) {
          if (error instanceof DeliveryError) return announcesMalformed(error);
          throw error;
        }
      }),
    );
  },
};
