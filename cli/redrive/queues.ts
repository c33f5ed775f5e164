import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  paginateListDeadLetterSourceQueues,
  paginateListQueues,
  type QueueAttributeName,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { TrailError } from '../../shared/errors.ts';

/** An SQS queue, with the approximate numbers of its messages. */
export interface Queue {
  url: string;
  arn: string;
  /** Ready to receive. */
  waiting: number;
  /** Received, and neither deleted nor returned yet. */
  inFlight: number;
}

/** @param nameOrUrl the queue's name, in the account and Region of the AWS configuration, or its URL */
export async function findQueue(sqs: SQSClient, nameOrUrl: string): Promise<Queue> {
  const isUrl = /^https?:\/\//.test(nameOrUrl);
  const { QueueUrl: url = '' } = isUrl
    ? { QueueUrl: nameOrUrl }
    : await sqs.send(new GetQueueUrlCommand({ QueueName: nameOrUrl }));
  const {
    QueueArn: arn = '',
    ApproximateNumberOfMessages: waiting,
    ApproximateNumberOfMessagesNotVisible: inFlight,
  } = await attributesOf(sqs, url, COUNTED);
  return { url, arn, waiting: Number(waiting), inFlight: Number(inFlight) };
}

const COUNTED: QueueAttributeName[] = [
  'QueueArn',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
];

/**
 * The queue whose messages end in this dead-letter queue.
 * @throws {TrailError} `source-queue` if there is not exactly one
 */
export async function onlySource(sqs: SQSClient, deadLetters: Queue): Promise<Queue> {
  const sources = await sourceQueues(sqs, deadLetters);
  const [source, other] = sources;
  if (source !== undefined && other === undefined) return findQueue(sqs, source);
  const names = sources.length === 0 ? '' : ` (${sources.join(', ')})`;
  throw new TrailError(
    'source-queue',
    `${deadLetters.arn}: it is the dead-letter queue of ${sources.length} queues${names}: name the target with --to`,
  );
}

/** @returns their URLs */
async function sourceQueues(sqs: SQSClient, { url, arn }: Queue): Promise<string[]> {
  const sources: string[] = [];
  try {
    const pages = paginateListDeadLetterSourceQueues({ client: sqs }, { QueueUrl: url });
    for await (const { queueUrls = [] } of pages) sources.push(...queueUrls);
    return sources;
  } catch (error) {
    if (!isNotOffered(error)) throw error;
  }
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs }, {})) {
    for (const candidate of QueueUrls) {
      const { RedrivePolicy = '{}' } = await attributesOf(sqs, candidate, ['RedrivePolicy']);
      const { deadLetterTargetArn } = JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string };
      if (deadLetterTargetArn === arn) sources.push(candidate);
    }
  }
  return sources;
}

/** Whether SQS lacks the operation, as in some partitions and in embedded servers. */
export function isNotOffered(error: unknown): boolean {
  return /InvalidAction|UnknownOperation|UnsupportedOperation|NotImplemented/.test((error as Error).name);
}

async function attributesOf(
  sqs: SQSClient,
  url: string,
  names: QueueAttributeName[],
): Promise<Partial<Record<QueueAttributeName, string>>> {
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }));
  return Attributes;
}
