import { setTimeout } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { TrailError } from '../../shared/errors.ts';
import { isNotOffered } from './not-offered.ts';
import { findQueue, type Queue, sourceQueues } from './queues.ts';

/** How messages were moved: by SQS itself, or one by one from here. */
export interface Moved {
  moved: number;
  by: 'move-task' | 'one-by-one';
}

/**
 * Moves all messages of a dead-letter queue back to the queue that they come from, or to another.
 * @param to where to; SQS knows where each comes from
 * @throws {TrailError} `move-failed`; what was not moved is still in the queue
 */
export async function moveMessages(sqs: SQSClient, deadLetters: Queue, to?: Queue): Promise<Moved> {
  try {
    return { moved: await moveByTask(sqs, deadLetters, to), by: 'move-task' };
  } catch (error) {
    if (!isNotOffered(error)) throw error;
    const target = to ?? (await onlySource(sqs, deadLetters));
    return { moved: await moveOneByOne(sqs, deadLetters, target), by: 'one-by-one' };
  }
}

const POLL_MS = 1_000;

/** A task that somebody has started already is waited for: SQS runs one at a time for a queue. */
async function moveByTask(sqs: SQSClient, { arn }: Queue, to: Queue | undefined): Promise<number> {
  const before = await newestTask(sqs, arn);
  const isOurs = !isRunning(before);
  if (isOurs) {
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn, ...(to && { DestinationArn: to.arn }) }));
  }
  for (;;) {
    const task = await newestTask(sqs, arn);
    // The list may still end with the task before ours.
    const isListed = !isOurs || task?.StartedTimestamp !== before?.StartedTimestamp;
    if (isListed && !isRunning(task)) return movedBy(task, arn);
    await setTimeout(POLL_MS);
  }
}

async function newestTask(sqs: SQSClient, arn: string): Promise<ListMessageMoveTasksResultEntry | undefined> {
  const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 1 }));
  return Results?.[0];
}

function isRunning(task: ListMessageMoveTasksResultEntry | undefined): boolean {
  return task?.Status === 'RUNNING' || task?.Status === 'CANCELLING';
}

function movedBy(task: ListMessageMoveTasksResultEntry | undefined, arn: string): number {
  if (task?.Status === 'COMPLETED') return task.ApproximateNumberOfMessagesMoved ?? 0;
  const { Status = 'UNKNOWN', FailureReason = 'no reason given' } = task ?? {};
  throw new TrailError('move-failed', `${arn}: the move ended as ${Status} (${FailureReason}): expected COMPLETED`);
}

async function onlySource(sqs: SQSClient, deadLetters: Queue): Promise<Queue> {
  const sources = await sourceQueues(sqs, deadLetters);
  if (sources.length === 1) return findQueue(sqs, sources[0]!);
  throw new TrailError(
    'source-queue',
    `${deadLetters.arn}: it is the dead-letter queue of ${sources.length} queues: expected --to to name one`,
  );
}

const BATCH_SIZE = 10;
const VISIBILITY_SECONDS = 60;
/** A short poll can find nothing in a queue that has messages. */
const WAIT_SECONDS = 1;

/** Sent, and only then deleted: what is interrupted in between is delivered twice, which ingest knows how to take. */
async function moveOneByOne(sqs: SQSClient, from: Queue, to: Queue): Promise<number> {
  if (from.arn === to.arn) throw new TrailError('same-queue', `${from.arn}: expected another queue to move to`);
  for (let moved = 0; ; ) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: from.url,
        MaxNumberOfMessages: BATCH_SIZE,
        VisibilityTimeout: VISIBILITY_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return moved;
    for (const { Body, MessageAttributes, ReceiptHandle } of Messages) {
      await sqs.send(new SendMessageCommand({ QueueUrl: to.url, MessageBody: Body, MessageAttributes }));
      await sqs.send(new DeleteMessageCommand({ QueueUrl: from.url, ReceiptHandle }));
      moved += 1;
    }
  }
}
