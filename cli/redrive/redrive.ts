import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import { type TimeOptions, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { moveMessages } from './move-messages.ts';
import { findQueue, onlySource } from './queues.ts';
import { sampleTable } from './render.ts';
import { sampleMessages } from './sample.ts';

export interface RedriveOptions extends TimeOptions {
  queue: string;
  to?: string;
  format: 'table' | 'json';
}

/** Moves the messages of a dead-letter queue, and says how many there were. */
export async function redrive({ queue, to, format }: RedriveOptions): Promise<void> {
  const sqs = createSqsClient();
  const deadLetters = await findQueue(sqs, queue);
  const target = to === undefined ? await onlySource(sqs, deadLetters) : await findQueue(sqs, to);
  const result = await moveMessages(sqs, deadLetters, target);
  if (result.taskFailure !== undefined) {
    process.stderr.write(
      `SQS did not move all of them itself (${result.taskFailure}); the others were moved one by one.\n`,
    );
  }
  const left = await countsOf(sqs, queue);
  if (format === 'json') await writeOut(json({ ...result, left }));
  else await writeOut(`${result.moved} moved; left: ${countsText(left)}\n`);
}

/** Counts the messages of a dead-letter queue, and says what some of them are about. */
export async function lookInto({ queue, format, ...options }: RedriveOptions): Promise<void> {
  const sqs = createSqsClient();
  const counts = await countsOf(sqs, queue);
  const sample = await sampleMessages(sqs, await findQueue(sqs, queue));
  if (format === 'json') return writeOut(json({ ...counts, sample }));
  const times = timeDisplay({ kind: 'absolute', zone: zoneOf(options), now: Date.now() });
  await writeOut(`${countsText(counts)}\n${sample.length === 0 ? '' : `\n${sampleTable(sample, times)}\n`}`);
}

async function countsOf(sqs: SQSClient, queue: string): Promise<{ waiting: number; inFlight: number }> {
  const { waiting, inFlight } = await findQueue(sqs, queue);
  return { waiting, inFlight };
}

const countsText = ({ waiting, inFlight }: { waiting: number; inFlight: number }) =>
  `${waiting} waiting, ${inFlight} in flight`;

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
