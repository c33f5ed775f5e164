import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { defined } from '../../shared/defined.ts';
import { readDelivery } from '../../shared/delivery/read-delivery.ts';
import { describeError, s3Uri } from '../../shared/errors.ts';
import type { Queue } from './queues.ts';

/** What a dead letter is about, without its body. */
export interface SampledMessage {
  messageId: string;
  /** ISO 8601: when it was sent to its source queue. */
  sentAt: string;
  /** How often it was received, in both queues. */
  receives: number;
  /** The log files that it announces, `s3://bucket/key`, and the events that it carries; none if it needs no work. */
  announces: string[];
  /** Why it, or a part of it, cannot be understood: it will fail again until the code or the sender changes. */
  notUnderstood?: string;
}

/** The timeout is long enough to return them, and short in case that fails. */
const RECEIVE = { MaxNumberOfMessages: 10, VisibilityTimeout: 20 };

/** Looks at some messages of a queue, and returns them to it. */
export async function sampleMessages(sqs: SQSClient, { url }: Queue): Promise<SampledMessage[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      ...RECEIVE,
      QueueUrl: url,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    }),
  );
  for (const { ReceiptHandle } of Messages) {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }));
  }
  return Messages.map(describeMessage);
}

function describeMessage({ MessageId = '', Body = '', Attributes = {} }: Message): SampledMessage {
  const { SentTimestamp = '0', ApproximateReceiveCount = '1' } = Attributes;
  return {
    messageId: MessageId,
    sentAt: new Date(Number(SentTimestamp)).toISOString(),
    receives: Number(ApproximateReceiveCount),
    ...contentOf(MessageId, Body),
  };
}

/** Reads a body as the ingest function does. */
function contentOf(messageId: string, body: string): Pick<SampledMessage, 'announces' | 'notUnderstood'> {
  const delivery = readDelivery({ Records: [{ eventSource: 'aws:sqs', messageId, body }] });
  const announcement = delivery.kind === 'sqs-batch' ? delivery.messages[0]!.announcement : delivery.announcement;
  const [malformed] = announcement.malformed;
  return defined({
    announces: [
      ...announcement.logFiles.map(s3Uri),
      ...announcement.events.map(({ account, region, time }) => `an event of ${time} in ${account} ${region}`),
    ],
    notUnderstood: malformed && describeError(malformed),
  });
}
