import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { RECENT, readRecent } from '../lib/recent.ts';
import { withParameter } from '../lib/route.ts';

/** Chooses what counts as recent on a page. */
export function RecentChoice({
  params,
  onChange,
}: {
  params: URLSearchParams;
  onChange(params: URLSearchParams): void;
}) {
  return (
    <SegmentedControl
      label="Recent"
      selectedId={readRecent(params)}
      options={Object.entries(RECENT).map(([id, text]) => ({ id, text: `L${text.slice(1)}` }))}
      onChange={({ detail }) => onChange(withParameter(params, 'recent', detail.selectedId))}
    />
  );
}
