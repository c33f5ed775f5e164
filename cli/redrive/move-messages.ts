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
import { isNotOffered, type Queue } from './queues.ts';

export interface Moved {
  moved: number;
  /** `one-by-one`: this program received, sent and deleted some or all of them. */
  by: 'move-task' | 'one-by-one';
  /** Why the move task of SQS did not move all messages. */
  taskFailure?: string;
}

/**
 * Moves all messages of a dead-letter queue to another queue. SQS does not know the source of messages that EventBridge, SNS or
 * Lambda put there, so the target is always named.
 * @throws {TrailError} `move-cancelled`, `same-queue`; messages that were not moved stay in the queue
 */
export async function moveMessages(sqs: SQSClient, deadLetters: Queue, to: Queue): Promise<Moved> {
  if (deadLetters.arn === to.arn) throw new TrailError('same-queue', `${to.arn}: expected another queue to move to`);
  const { moved, end } = await moveByTask(sqs, deadLetters, to);
  if (end === 'completed') return { moved, by: 'move-task' };
  const others = await moveOneByOne(sqs, deadLetters, to);
  const failure = end === 'not-offered' ? {} : { taskFailure: end.failure };
  return { moved: moved + others, by: 'one-by-one', ...failure };
}

type TaskEnd = 'completed' | 'not-offered' | { failure: string };

/** Waits for an earlier task to end: SQS runs one at a time for a queue. */
async function moveByTask(sqs: SQSClient, { arn }: Queue, to: Queue): Promise<{ moved: number; end: TaskEnd }> {
  let moved = 0;
  let before: Task;
  try {
    before = await newestTask(sqs, arn);
    if (isRunning(before)) {
      before = await endedTask(sqs, arn, () => true);
      moved += movedBy(before);
    }
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn, DestinationArn: to.arn }));
  } catch (error) {
    if (isNotOffered(error)) return { moved, end: 'not-offered' };
    // For example, SQS refuses tasks for a queue that is not the dead-letter queue of another.
    if (!(error instanceof SQSServiceException && error.$fault === 'client')) throw error;
    return { moved, end: { failure: describeError(error) } };
  }
  // The list may still return the task before ours.
  const task = await endedTask(sqs, arn, (one) => one?.StartedTimestamp !== before?.StartedTimestamp);
  moved += movedBy(task);
  if (task?.Status === 'COMPLETED') return { moved, end: 'completed' };
  if (task?.Status === 'FAILED') return { moved, end: { failure: task.FailureReason ?? 'no reason given' } };
  throw new TrailError('move-cancelled', `${arn}: the move ended as ${task?.Status}: expected COMPLETED`);
}

type Task = ListMessageMoveTasksResultEntry | undefined;
const isRunning = (task: Task) => task?.Status === 'RUNNING' || task?.Status === 'CANCELLING';
const movedBy = (task: Task) => task?.ApproximateNumberOfMessagesMoved ?? 0;

const POLL_MS = 1_000;

async function endedTask(sqs: SQSClient, arn: string, isMeant: (task: Task) => boolean): Promise<Task> {
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

const RECEIVE = {
  MaxNumberOfMessages: 10,
  VisibilityTimeout: 60,
  /** Seconds. A short poll can find nothing in a queue that has messages. */
  WaitTimeSeconds: 1,
  MessageAttributeNames: ['All'],
};

/** Sends each message before deleting it. If interrupted in between, it is delivered twice, which ingest tolerates. */
async function moveOneByOne(sqs: SQSClient, from: Queue, to: Queue): Promise<number> {
  for (let moved = 0; ; ) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: from.url, ...RECEIVE }));
    if (Messages.length === 0) return moved;
    for (const { Body, MessageAttributes, ReceiptHandle } of Messages) {
      await sqs.send(new SendMessageCommand({ QueueUrl: to.url, MessageBody: Body, MessageAttributes }));
      await sqs.send(new DeleteMessageCommand({ QueueUrl: from.url, ReceiptHandle }));
      moved += 1;
    }
  }
}
