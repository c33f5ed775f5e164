import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { displayText } from '../../../shared/render/display.ts';
import { useTimes } from '../lib/preferences.tsx';

const TYPES: ReadonlyMap<string, StatusIndicatorProps.Type> = new Map([
  ['AVAILABLE', 'success'],
  ['CREATE_FAILED', 'error'],
  ['UNAVAILABLE', 'error'],
  // After an update that failed, an environment is as it was before, and works.
  ['UPDATE_FAILED', 'warning'],
  ['ROLLING_BACK', 'warning'],
  ['PENDING', 'pending'],
  ['DELETED', 'stopped'],
  ...['CREATING', 'CREATING_SNAPSHOT', 'UPDATING', 'MAINTENANCE', 'DELETING'].map(
    (status) => [status, 'in-progress'] as const,
  ),
]);

/** The status that MWAA announced of an environment, and since when it had it. */
export function EnvironmentStatus({ status, since }: { status: string; since: string | undefined }) {
  const times = useTimes();
  return (
    <StatusIndicator type={TYPES.get(status) ?? 'info'}>
      <span className="words">
        {displayText(status)}
        {since === undefined ? '' : ` since ${times.full(since)}`}
      </span>
    </StatusIndicator>
  );
}
