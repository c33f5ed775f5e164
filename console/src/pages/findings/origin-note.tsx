import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import type { FindingOrigin } from '../../../../shared/alert/find-findings.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { counted } from '../../lib/words.ts';

/** Where the findings come from, and what may be missing. */
export function OriginNote({ origin }: { origin: FindingOrigin }) {
  const times = useTimes();
  if (origin.kind === 'stored') {
    if (origin.alerts === 'on') return null;
    if (origin.alerts === 'off') {
      return (
        <Alert type="warning" header="Alerts are off: no new findings come">
          The alert function stored these findings while it was on. Deploy with <code>alerts=on</code> to have new ones,
          or run <code>mwaa-trail detect</code>.
        </Alert>
      );
    }
    return (
      <Box variant="small">
        The alert function of the stack stored these findings. <code>mwaa-trail doctor</code> says whether it is on.
      </Box>
    );
  }
  const { events, cutAt } = origin;
  if (cutAt === undefined) {
    return (
      <Box variant="small">
        This store has no alert function. The rules were evaluated over {counted(events, 'event')} to answer.
      </Box>
    );
  }
  return (
    <Alert type="warning" header={`Only events since ${times.full(cutAt)} were evaluated`}>
      There are too many events to evaluate all of them for this page: these are the newest{' '}
      {events.toLocaleString('en-US')}. What looks new may have happened before. Choose a shorter time, or run{' '}
      <code>mwaa-trail detect</code>, which evaluates everything.
    </Alert>
  );
}
