import {
  ChangeMessageVisibilityCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { DeliveryError } from '../../shared/delivery/announcement.ts';
import { readDelivery } from '../../shared/delivery/read-delivery.ts';
import { describeError, s3Uri } from '../../shared/errors.ts';
import type { Queue } from './queues.ts';

/** What a dead letter is about, without its body. */
export interface SampledMessage {
  messageId: string;
  /** ISO 8601; when it was put into the queue that it comes from. */
  sentAt?: string;
  /** How often it has been received, in both queues. */
  receives?: number;
  /** The log files that it announces, `s3://bucket/key`; none for a notice without work. */
  announces?: string[];
  /** Why it, or a part of it, cannot be understood: delivered again, it fails again until the code or the sender has changed. */
  notUnderstood?: string;
}

const SAMPLE_SIZE = 10;
/** Long enough to be given back, short enough should that fail. */
const VISIBILITY_SECONDS = 20;

/** Looks at some messages of a queue, and gives them back. */
export async function sampleMessages(sqs: SQSClient, { url }: Queue): Promise<SampledMessage[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: SAMPLE_SIZE,
      VisibilityTimeout: VISIBILITY_SECONDS,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    }),
  );
  for (const { ReceiptHandle } of Messages) {
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }));
  }
  return Messages.map(describeMessage);
}

/** What a message is about; of its body, only the places that it names. */
export function describeMessage({ MessageId = '', Body = '', Attributes = {} }: Message): SampledMessage {
  const { SentTimestamp, ApproximateReceiveCount } = Attributes;
  return {
    messageId: MessageId,
    ...(SentTimestamp === undefined ? {} : { sentAt: new Date(Number(SentTimestamp)).toISOString() }),
    ...(ApproximateReceiveCount === undefined ? {} : { receives: Number(ApproximateReceiveCount) }),
    ...contentOf(MessageId, Body),
  };
}

/** Reads a body as the ingest function does. */
function contentOf(messageId: string, body: string): Pick<SampledMessage, 'announces' | 'notUnderstood'> {
  const delivery = readDelivery({ Records: [{ eventSource: 'aws:sqs', messageId, body }] });
  const announcement = delivery.kind === 'sqs-batch' ? delivery.messages[0]!.announcement : delivery.announcement;
  if (announcement instanceof DeliveryError) return { notUnderstood: describeError(announcement) };
  const [malformed] = announcement.malformed ?? [];
  return {
    announces: announcement.logFiles.map(s3Uri),
    ...(malformed === undefined ? {} : { notUnderstood: describeError(malformed) }),
  };
}
