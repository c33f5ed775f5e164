import { textTable } from '../../shared/render/table.ts';
import type { TimeDisplay } from '../../shared/render/times.ts';
import type { SampledMessage } from './sample.ts';

/** Some of the messages of a dead-letter queue, one line each. */
export function sampleTable(sample: readonly SampledMessage[], times: TimeDisplay): string {
  return textTable(
    ['MESSAGE', times.heading('SENT'), 'RECEIVES', 'IT IS ABOUT'],
    sample.map(({ messageId, sentAt, receives, announces = [], notUnderstood }) => [
      messageId,
      sentAt === undefined ? '-' : times.show(sentAt),
      receives ?? '-',
      [...announces, ...(notUnderstood === undefined ? [] : [notUnderstood])].join(' ') || 'a notice, no log file',
    ]),
  );
}
