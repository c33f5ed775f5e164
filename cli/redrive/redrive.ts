import { createSqsClient } from '../../shared/aws/sqs.ts';
import { textTable } from '../../shared/render/table.ts';
import { type TimeDisplay, timeDisplay } from '../../shared/render/times.ts';
import { type Context, EXIT } from '../lib/command.ts';
import { jsonText, write } from '../lib/output.ts';
import { type TimeOptions, zoneOf } from '../lib/times.ts';
import { moveMessages } from './move-messages.ts';
import { findQueue, onlySource, type Queue } from './queues.ts';
import { type SampledMessage, sampleMessages } from './sample.ts';

export interface RedriveOptions extends TimeOptions {
  queue: string;
  to?: string;
  format: 'table' | 'json';
}

/** Moves the messages of a dead-letter queue, and says how many there were. @returns the exit code */
export async function redrive({ queue, to, format }: RedriveOptions, { out, err }: Context): Promise<number> {
  const sqs = createSqsClient();
  const deadLetters = await findQueue(sqs, queue);
  const target = to === undefined ? await onlySource(sqs, deadLetters) : await findQueue(sqs, to);
  const result = await moveMessages(sqs, deadLetters, target);
  if (result.taskFailure !== undefined) {
    err.write(`SQS did not move all of them itself (${result.taskFailure}); the others were moved one by one.\n`);
  }
  const left = countsOf(await findQueue(sqs, queue));
  await write(
    out,
    format === 'json' ? jsonText({ ...result, left }) : `${result.moved} moved; left: ${countsText(left)}\n`,
  );
  return EXIT.done;
}

/** Counts the messages of a dead-letter queue, and says what some of them are about. @returns the exit code */
export async function lookInto({ queue, format, ...options }: RedriveOptions, { out }: Context): Promise<number> {
  const sqs = createSqsClient();
  const deadLetters = await findQueue(sqs, queue);
  const counts = countsOf(deadLetters);
  const sample = await sampleMessages(sqs, deadLetters);
  const times = timeDisplay({ kind: 'absolute', zone: zoneOf(options), now: Date.now() });
  const table = sample.length === 0 ? '' : `\n${sampleTable(sample, times)}\n`;
  await write(out, format === 'json' ? jsonText({ ...counts, sample }) : `${countsText(counts)}\n${table}`);
  return EXIT.done;
}

/** Some of the messages of a dead-letter queue, one line each. */
function sampleTable(sample: readonly SampledMessage[], times: TimeDisplay): string {
  return textTable(
    ['MESSAGE', times.heading('SENT'), 'RECEIVES', 'IT IS ABOUT'],
    sample.map(({ messageId, sentAt, receives, announces, notUnderstood = '' }) => [
      messageId,
      times.show(sentAt),
      receives,
      [...announces, notUnderstood].join(' ').trim() || 'a notice, no log file',
    ]),
  );
}

type Counts = Pick<Queue, 'waiting' | 'inFlight'>;
const countsOf = ({ waiting, inFlight }: Queue): Counts => ({ waiting, inFlight });
const countsText = ({ waiting, inFlight }: Counts) => `${waiting} waiting, ${inFlight} in flight`;
