import { textTable } from '../../shared/render/table.ts';
import { utcTime } from '../../shared/render/times.ts';
import type { SampledMessage } from './sample.ts';

/** Some of the messages of a dead-letter queue, one line each. */
export function sampleTable(sample: readonly SampledMessage[]): string {
  return textTable(
    ['MESSAGE', 'SENT (UTC)', 'RECEIVES', 'IT IS ABOUT'],
    sample.map(({ messageId, sentAt, receives, announces = [], notUnderstood }) => [
      messageId,
      sentAt === undefined ? '-' : utcTime(sentAt),
      receives ?? '-',
      [...announces, ...(notUnderstood === undefined ? [] : [notUnderstood])].join(' ') || 'a notice, no log file',
    ]),
  );
}
