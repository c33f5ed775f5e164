import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import type { Attributes, Facts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, warning } from '../finding.ts';
import { redeploy } from '../redeploy.ts';

/** What the queues hold, and whether what fails ends in the dead-letter queue. */
export function checkQueues(facts: Facts): Finding[] {
  return [
    ...findingsOn(
      'queue',
      facts.queue,
      (queue) => [...checkBacklog(queue), ...checkRedrive(queue, facts)],
      () => [problem('queue', 'the ingest queue is gone', redeploy(facts))],
    ),
    ...findingsOn(
      'dead letters',
      facts.deadLetters,
      (queue) => checkDeadLetters(queue, facts),
      () => [problem('dead letters', 'the dead-letter queue is gone', redeploy(facts))],
    ),
  ];
}

/** Ten functions at a time take ten messages each: more than they have done within minutes. */
const LONG_QUEUE = 1_000;

function checkBacklog(queue: Attributes): Finding[] {
  const { waiting, inFlight } = countsOf(queue);
  const text = `${waiting} waiting, ${inFlight} in flight`;
  if (waiting <= LONG_QUEUE) return [ok('queue', text)];
  return [
    warning(
      'queue',
      `${text}: ingest does not keep up`,
      'see the age of the oldest message in the dashboard, and Throttles in docs/operations.md',
    ),
  ];
}

function checkRedrive({ RedrivePolicy, QueueUrl = '' }: Attributes, { deadLetters }: Facts): Finding[] {
  if (RedrivePolicy) return [];
  const target = known(deadLetters)?.QueueArn ?? 'ARN-OF-THE-DEAD-LETTER-QUEUE';
  const policy = JSON.stringify({ deadLetterTargetArn: target, maxReceiveCount: 5 });
  return [
    problem(
      'queue',
      'it has no dead-letter queue: what cannot be read is delivered again for 14 days, and then lost',
      commandLine('aws sqs set-queue-attributes --queue-url', QueueUrl, '--attributes', { RedrivePolicy: policy }),
    ),
  ];
}

function checkDeadLetters(queue: Attributes, { asker }: Facts): Finding[] {
  const { waiting, inFlight } = countsOf(queue);
  const { QueueArn = '' } = queue;
  if (waiting + inFlight === 0) return [ok('dead letters', 'none')];
  const name = QueueArn.split(':').at(-1) ?? '';
  const redrive = commandLine('mwaa-trail redrive --queue', name, '--aws-region', asker.region);
  return [
    problem(
      'dead letters',
      `${waiting} waiting, ${inFlight} in flight: notifications that failed five times; their log files are not in the table`,
      `${redrive} --dry-run, remove the cause, then ${redrive}`,
    ),
  ];
}

function countsOf(queue: Attributes): { waiting: number; inFlight: number } {
  return {
    waiting: Number(queue.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(queue.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}
