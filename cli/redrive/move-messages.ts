import { setTimeout } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
  SQSServiceException,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describeError, TrailError } from '../../shared/errors.ts';
import { isNotOffered } from './not-offered.ts';
import type { Queue } from './queues.ts';

/** How messages were moved: by SQS itself, or one by one from here. */
export interface Moved {
  moved: number;
  by: 'move-task' | 'one-by-one';
  /** Why SQS did not move all of them itself, where it offers to. */
  taskFailure?: string;
}

/**
 * Moves all messages of a dead-letter queue to another queue. SQS is always told where to: of messages that EventBridge, SNS or
 * Lambda put into the dead-letter queue it does not know where they come from.
 * @throws {TrailError} `move-cancelled`, `same-queue`; what was not moved is still in the queue
 */
export async function moveMessages(sqs: SQSClient, deadLetters: Queue, to: Queue): Promise<Moved> {
  if (deadLetters.arn === to.arn) throw new TrailError('same-queue', `${to.arn}: expected another queue to move to`);
  const { moved, failure } = await moveByTask(sqs, deadLetters, to);
  if (failure === undefined) return { moved, by: 'move-task' };
  const others = await moveOneByOne(sqs, deadLetters, to);
  return { moved: moved + others, by: 'one-by-one', ...(failure !== NOT_OFFERED && { taskFailure: failure }) };
}

const NOT_OFFERED = 'not offered';
const POLL_MS = 1_000;

/** What a move task did, and why it did not do all. */
interface TaskResult {
  moved: number;
  failure?: string;
}

/** A task that somebody has started already is waited for: SQS runs one at a time for a queue. */
async function moveByTask(sqs: SQSClient, { arn }: Queue, to: Queue): Promise<TaskResult> {
  let moved = 0;
  let before: Task;
  try {
    before = await newestTask(sqs, arn);
    if (isRunning(before)) {
      before = await endOf(sqs, arn, isAny);
      moved += before?.ApproximateNumberOfMessagesMoved ?? 0;
    }
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn, DestinationArn: to.arn }));
  } catch (error) {
    if (isNotOffered(error)) return { moved, failure: NOT_OFFERED };
    // SQS refuses tasks for queues that are not the dead-letter queue of another, for one.
    if (error instanceof SQSServiceException && error.$fault === 'client')
      return { moved, failure: describeError(error) };
    throw error;
  }
  // The list may still end with the task before ours.
  const task = await endOf(sqs, arn, (one) => one?.StartedTimestamp !== before?.StartedTimestamp);
  moved += task?.ApproximateNumberOfMessagesMoved ?? 0;
  if (task?.Status === 'COMPLETED') return { moved };
  if (task?.Status === 'FAILED') return { moved, failure: task.FailureReason ?? 'no reason given' };
  throw new TrailError('move-cancelled', `${arn}: the move ended as ${task?.Status}: expected COMPLETED`);
}

type Task = ListMessageMoveTasksResultEntry | undefined;
const isAny = () => true;

/** Waits until the newest task that is meant has ended. */
async function endOf(sqs: SQSClient, arn: string, isMeant: (task: Task) => boolean): Promise<Task> {
  for (;;) {
    const task = await newestTask(sqs, arn);
    if (isMeant(task) && !isRunning(task)) return task;
    await setTimeout(POLL_MS);
  }
}

async function newestTask(sqs: SQSClient, arn: string): Promise<Task> {
  const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 1 }));
  return Results?.[0];
}

function isRunning(task: Task): boolean {
  return task?.Status === 'RUNNING' || task?.Status === 'CANCELLING';
}

const BATCH_SIZE = 10;
const VISIBILITY_SECONDS = 60;
/** A short poll can find nothing in a queue that has messages. */
const WAIT_SECONDS = 1;

/** Sent, and only then deleted: what is interrupted in between is delivered twice, which ingest knows how to take. */
async function moveOneByOne(sqs: SQSClient, from: Queue, to: Queue): Promise<number> {
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
