import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useMemo } from 'react';
import type { Coverage } from '../../../../shared/query/coverage.ts';
import type { Watermark } from '../../../../shared/store/ledger.ts';
import { Command } from '../../components/command.tsx';
import { useSession } from '../../lib/session.tsx';
import { coverageDays, coverageGrid, filterLines, isSilent, SORTS, type Sort, sortLines } from './coverage-grid.ts';
import { CoverageMap } from './coverage-map.tsx';
import { doctorCommand, tableCommand } from './remedies.ts';

interface CoverageSectionProps {
  rows: readonly Coverage[];
  watermarks: readonly Watermark[];
  /** The time that is shown, as parameters. */
  range: URLSearchParams;
  /** Those of the page: `filter`, `sort` and `page` are of this section. */
  params: URLSearchParams;
  onChange(params: URLSearchParams): void;
}

const LINES_PER_PAGE = 25;

const SORT_NAMES: Readonly<Record<Sort, string>> = {
  attention: 'Problems first',
  silence: 'Silent first',
  name: 'By account',
};

/** The ingestion status of the log files of each account, Region and day. */
export function CoverageSection({ rows, watermarks, range, params, onChange }: CoverageSectionProps) {
  const { info } = useSession();
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the time when the answer came
  const now = useMemo(Date.now, [rows]);
  const isFed = info.source.kind !== 'local';
  const days = useMemo(
    () => coverageDays(range.get('since') ?? '', range.get('until') ?? undefined, now),
    [range, now],
  );
  const lines = useMemo(() => coverageGrid(rows, watermarks, days), [rows, watermarks, days]);
  const filter = params.get('filter') ?? '';
  const sort = SORTS.find((name) => name === params.get('sort')) ?? 'attention';
  const shown = useMemo(() => sortLines(filterLines(lines, filter), sort), [lines, filter, sort]);
  const pages = Math.max(1, Math.ceil(shown.length / LINES_PER_PAGE));
  const page = Math.min(pages, Math.max(1, Number(params.get('page')) || 1));
  const change = (name: string, value: string) => {
    const changed = new URLSearchParams(params);
    changed.delete('page');
    if (value === '') changed.delete(name);
    else changed.set(name, value);
    onChange(changed);
  };
  const words = [...range].flatMap(([name, value]) => [`--${name}`, value]);
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${lines.length.toLocaleString('en-US')})`}
          description="Log files by account, Region and day of delivery (UTC), from the ledger."
        >
          Log files by day
        </Header>
      }
      footer={
        <Box color="text-body-secondary" fontSize="body-s">
          {isFed && lines.some((line) => isSilent(line, now)) && (
            <>
              Silent: no log file came for more than a day. That is normal where nothing happens. If it is not, find out
              why:
              <Command text={doctorCommand(info)} />
            </>
          )}
          Log files that nobody announced are not in the ledger. To find them, compare with the bucket:
          <Command text={tableCommand(['coverage', ...words, '--bucket', 's3://TRAIL-BUCKET'], info)} />
        </Box>
      }
    >
      {lines.length === 0 ? (
        <Box textAlign="center">
          <b>No log files have been read yet.</b>
        </Box>
      ) : (
        <SpaceBetween size="s">
          <div className="question-row">
            <div className="coverage-filter">
              <TextFilter
                filteringText={filter}
                filteringPlaceholder="Filter accounts and Regions"
                filteringAriaLabel="Filter accounts and Regions"
                countText={filter === '' ? '' : `${shown.length.toLocaleString('en-US')} shown`}
                onChange={({ detail }) => change('filter', detail.filteringText)}
              />
            </div>
            <SegmentedControl
              label="Order"
              selectedId={sort}
              options={SORTS.map((id) => ({ id, text: SORT_NAMES[id] }))}
              onChange={({ detail }) => change('sort', detail.selectedId === 'attention' ? '' : detail.selectedId)}
            />
            {pages > 1 && (
              <Pagination
                currentPageIndex={page}
                pagesCount={pages}
                onChange={({ detail }) => change('page', String(detail.currentPageIndex))}
              />
            )}
          </div>
          {shown.length === 0 ? (
            <Box textAlign="center">No account or Region has this in its name.</Box>
          ) : (
            <CoverageMap
              lines={shown.slice((page - 1) * LINES_PER_PAGE, page * LINES_PER_PAGE)}
              isFed={isFed}
              now={now}
            />
          )}
        </SpaceBetween>
      )}
    </Container>
  );
}
