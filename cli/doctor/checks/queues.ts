import { commandLine } from '../../lib/output.ts';
import { type Found, ok, problem, warning } from '../finding.ts';
import type { Stack } from '../stack.ts';

/** Ten functions at a time take ten messages each: more than they finish within minutes. */
const LONG_QUEUE = 1_000;

/** Whether ingest keeps up with the queue, and what fails ends in the dead-letter queue. */
export async function checkQueue(stack: Stack): Promise<Found[]> {
  const queue = await stack.queue('queue');
  const { waiting, inFlight } = countsOf(queue);
  const text = `${waiting} waiting, ${inFlight} in flight`;
  const backlog =
    waiting <= LONG_QUEUE
      ? ok(text)
      : warning(
          `${text}: ingest does not keep up`,
          'see the age of the oldest message in the dashboard, and Throttles in docs/runbook.md',
        );
  if (queue.RedrivePolicy) return [backlog];
  const target = await stack.queue('deadLetters').catch(() => undefined);
  const policy = { deadLetterTargetArn: target?.QueueArn ?? 'ARN-OF-THE-DEAD-LETTER-QUEUE', maxReceiveCount: 5 };
  const set = commandLine('aws sqs set-queue-attributes --queue-url', queue.QueueUrl ?? '', '--attributes', {
    RedrivePolicy: JSON.stringify(policy),
  });
  const lost = 'it has no dead-letter queue: what cannot be read is delivered again for 14 days, and then lost';
  return [backlog, problem(lost, set)];
}

export async function checkDeadLetters(stack: Stack): Promise<Found[]> {
  const queue = await stack.queue('deadLetters');
  const { waiting, inFlight } = countsOf(queue);
  if (waiting + inFlight === 0) return [ok('none')];
  const name = queue.QueueArn?.split(':').at(-1) ?? '';
  const redrive = commandLine('mwaa-trail redrive --queue', name, '--aws-region', stack.caller.region);
  return [
    problem(
      `${waiting} waiting, ${inFlight} in flight: notifications that failed; their log files are not in the table`,
      `${redrive} --dry-run, remove the cause, then ${redrive}`,
    ),
  ];
}

function countsOf(queue: Readonly<Record<string, string>>): { waiting: number; inFlight: number } {
  return {
    waiting: Number(queue.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(queue.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}
