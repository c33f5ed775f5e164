import Alert from '@cloudscape-design/components/alert';
import { counted, newestOnly } from '../lib/words.ts';

/** Says what a list does not have; nothing if it has all. */
export function LeftOut(counts: { events: number; truncated: boolean; leftOut: number }) {
  const { leftOut } = counts;
  const notes = [
    newestOnly(counts),
    leftOut > 0 ? `${counted(leftOut, 'event')} of others are not listed.` : undefined,
  ];
  const said = notes.filter((note) => note !== undefined);
  return said.length === 0 ? null : <Alert type="info">{said.join(' ')}</Alert>;
}
