import { createSqsClient } from '../../shared/aws/sqs.ts';
import { type LineColumn, lineTable } from '../../shared/render/line-table.ts';
import { WHOLE } from '../../shared/render/table.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import type { View } from '../../shared/render/view.ts';
import { AWS } from '../lib/aws-settings.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { format, text, toggle } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { deadLetterQueueOf, STORE_GROUP, stackFlag, stackInEnvironment } from '../lib/stores.ts';
import { ZONE } from '../lib/times.ts';
import { moveMessages } from '../redrive/move-messages.ts';
import { findQueue, onlySource, type Queue } from '../redrive/queues.ts';
import { type SampledMessage, sampleMessages } from '../redrive/sample.ts';

export default command({
  about: 'Move the messages of a dead-letter queue to its source queue, for redelivery.',
  flags: {
    to: text('<name|url>', 'move them to this queue instead'),
    dryRun: toggle('only count the messages, and show what some of them announce'),
    format: format(['table', 'json']),
    ...ZONE,
    stack: stackFlag('the dead-letter queue of this deployed stack, SERVICE-STAGE'),
    queue: text('<name|url>', 'this dead-letter queue', (option) => option.conflicts('stack').helpGroup(STORE_GROUP)),
    ...AWS,
  },
  async run({ to, dryRun, format, ...options }, { env, out, err }) {
    const stack = options.stack ?? stackInEnvironment(env);
    const queue = options.queue ?? (stack && deadLetterQueueOf(stack));
    if (queue === undefined) throw new UsageError('name the stack with --stack, or its dead-letter queue with --queue');
    const sqs = createSqsClient();
    const deadLetters = await findQueue(sqs, queue);
    if (dryRun) {
      const sample = await sampleMessages(sqs, deadLetters);
      const view = viewOf(out, env, options, Date.now());
      const table = sample.length === 0 ? '' : `\n${sampleTable(sample, view)}\n`;
      const counts = countsOf(deadLetters);
      await write(out, format === 'json' ? jsonText({ ...counts, sample }) : `${countsText(counts)}\n${table}`);
      return EXIT.done;
    }
    const target = to === undefined ? await onlySource(sqs, deadLetters) : await findQueue(sqs, to);
    const result = await moveMessages(sqs, deadLetters, target);
    if (result.taskFailure !== undefined) {
      err.write(`SQS did not move all messages itself (${result.taskFailure}); the others were moved one by one.\n`);
    }
    const left = countsOf(await findQueue(sqs, queue));
    const text = `${result.moved} moved; left: ${countsText(left)}\n`;
    await write(out, format === 'json' ? jsonText({ ...result, left }) : text);
    return EXIT.done;
  },
});

/** A sample of the messages, one line each. */
function sampleTable(sample: readonly SampledMessage[], view: View): string {
  const times = timeDisplay(view.times);
  const columns: LineColumn<SampledMessage>[] = [
    { heading: 'MESSAGE', cellOf: ({ messageId }) => messageId },
    { heading: times.heading('SENT'), cellOf: ({ sentAt }) => times.show(sentAt) },
    { heading: 'RECEIVES', cellOf: ({ receives }) => receives },
    { heading: 'IT IS ABOUT', widths: [0, WHOLE], below: true, cellOf: subjectOf },
  ];
  return lineTable(columns, sample, view);
}

const subjectOf = ({ announces, notUnderstood = '' }: SampledMessage) =>
  [...announces, notUnderstood].join(' ').trim() || 'a notice, no log file';

type Counts = Pick<Queue, 'waiting' | 'inFlight'>;
const countsOf = ({ waiting, inFlight }: Queue): Counts => ({ waiting, inFlight });
const countsText = ({ waiting, inFlight }: Counts) => `${waiting} waiting, ${inFlight} in flight`;
