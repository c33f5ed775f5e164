import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  paginateListDeadLetterSourceQueues,
  paginateListQueues,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { TrailError } from '../../shared/errors.ts';
import { isNotOffered } from './not-offered.ts';

/** An SQS queue, and about how many messages it has. */
export interface Queue {
  url: string;
  arn: string;
  /** Ready to be received. */
  waiting: number;
  /** Received by somebody, and neither deleted nor given back yet. */
  inFlight: number;
}

/** @param nameOrUrl the queue's name, in the account and Region of the AWS settings, or its URL */
export async function findQueue(sqs: SQSClient, nameOrUrl: string): Promise<Queue> {
  const url = /^https?:\/\//.test(nameOrUrl) ? nameOrUrl : await urlOf(sqs, nameOrUrl);
  const attributes = await attributesOf(sqs, url, [
    'QueueArn',
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
  ]);
  return {
    url,
    arn: attributes.QueueArn ?? '',
    waiting: Number(attributes.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

/**
 * The queue whose messages end in this dead-letter queue.
 * @throws {TrailError} `source-queue` when it is not exactly one
 */
export async function onlySource(sqs: SQSClient, deadLetters: Queue): Promise<Queue> {
  const sources = await sourceQueues(sqs, deadLetters);
  if (sources.length === 1) return findQueue(sqs, sources[0]!);
  const names = sources.length === 0 ? '' : ` (${sources.join(', ')})`;
  throw new TrailError(
    'source-queue',
    `${deadLetters.arn}: it is the dead-letter queue of ${sources.length} queues${names}: expected --to to name one`,
  );
}

/** The URLs of the queues whose messages end in this dead-letter queue. */
async function sourceQueues(sqs: SQSClient, deadLetters: Queue): Promise<string[]> {
  try {
    const urls: string[] = [];
    for await (const page of paginateListDeadLetterSourceQueues({ client: sqs }, { QueueUrl: deadLetters.url })) {
      urls.push(...(page.queueUrls ?? []));
    }
    return urls;
  } catch (error) {
    if (isNotOffered(error)) return queuesThatName(sqs, deadLetters.arn);
    throw error;
  }
}

async function queuesThatName(sqs: SQSClient, deadLetterArn: string): Promise<string[]> {
  const urls: string[] = [];
  for await (const page of paginateListQueues({ client: sqs }, {})) {
    for (const url of page.QueueUrls ?? []) {
      const { RedrivePolicy = '{}' } = await attributesOf(sqs, url, ['RedrivePolicy']);
      const { deadLetterTargetArn } = JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string };
      if (deadLetterTargetArn === deadLetterArn) urls.push(url);
    }
  }
  return urls;
}

async function urlOf(sqs: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  if (QueueUrl !== undefined) return QueueUrl;
  throw new TrailError('sqs-answer', `queue ${name}: expected its URL`);
}

async function attributesOf(
  sqs: SQSClient,
  url: string,
  names: ('QueueArn' | 'RedrivePolicy' | 'ApproximateNumberOfMessages' | 'ApproximateNumberOfMessagesNotVisible')[],
): Promise<Record<string, string | undefined>> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: names }));
  return Attributes ?? {};
}
