import Tooltip from '@cloudscape-design/components/tooltip';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import { COVERAGE_LEVELS, type CoverageLevel } from '../../../../shared/render/coverage-cells.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { relativeTime, type TimeDisplay } from '../../../../shared/render/times.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { type CoverageCell, type CoverageLine, countsInWords, eventsOf, isSilent } from './coverage-grid.ts';

/** The level can be seen without its color. */
const SIGNS: Readonly<Record<CoverageLevel, string>> = {
  none: '·',
  verified: '✓',
  unverified: '○',
  missing: '?',
  incomplete: '!',
  altered: '✕',
};

/** The ledger does not know what is missing: only a comparison with the bucket does. */
const LEGEND = COVERAGE_LEVELS.filter(({ level }) => level !== 'missing').toReversed();

interface CoverageMapProps {
  lines: readonly CoverageLine[];
  /** Whether log files should arrive all the time. */
  isFed: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * A heat map: a row for each account and Region, a cell for each day, or for some weeks. Arrow keys move between cells; a click or
 * Enter shows the events of a cell.
 */
export function CoverageMap({ lines, isFed, now }: CoverageMapProps) {
  const times = useTimes();
  const cells = lines[0]?.cells ?? [];
  const [focused, setFocused] = useState({ row: 0, column: cells.length - 1 });
  const [shown, setShown] = useState<HTMLElement>();
  const frame = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const count = cells.length;
  // What is newest matters most.
  // biome-ignore lint/correctness/useExhaustiveDependencies: other days begin at the end again
  useEffect(() => {
    frame.current?.scrollTo({ left: frame.current.scrollWidth });
  }, [count]);
  const row = Math.min(focused.row, lines.length - 1);
  const column = Math.min(focused.column, count - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, count - 1],
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const [toRow = 0, toColumn = 0] = to;
    body.current?.rows[toRow]?.querySelectorAll('a')[toColumn]?.focus();
  };
  return (
    <div>
      <div className="coverage-frame" ref={frame}>
        <table
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells take the focus
          role="grid"
          className="coverage-map"
          aria-label="Log files by account, Region and day"
          aria-readonly="true"
        >
          <thead>
            <tr>
              <td className="coverage-name" />
              {monthsOf(cells).map(({ month, count: width }) =>
                width > 2 ? (
                  <th key={month} scope="colgroup" colSpan={width}>
                    {month}
                  </th>
                ) : (
                  <td key={month} colSpan={width} />
                ),
              )}
              <td />
            </tr>
            <tr>
              <th scope="col" className="coverage-name">
                Account and Region
              </th>
              {cells.map((cell) => (
                <th scope="col" key={cell.from} className="coverage-day" aria-label={daysOf(cell)}>
                  {cell.from.slice(8)}
                </th>
              ))}
              <th scope="col" className="coverage-newest">
                Newest log file
              </th>
            </tr>
          </thead>
          <tbody
            ref={body}
            onKeyDown={onKeyDown}
            onMouseOver={({ target }) => setShown(cellAt(target))}
            onMouseLeave={() => setShown(undefined)}
            onFocus={({ target }) => {
              const cell = cellAt(target);
              const line = cell?.closest('tr');
              if (!cell || !line) return;
              setFocused({ row: line.sectionRowIndex, column: [...line.querySelectorAll('a')].indexOf(cell) });
              setShown(cell);
            }}
            onBlur={() => setShown(undefined)}
          >
            {lines.map((line, i) => (
              <MapLine
                key={`${line.account} ${line.region}`}
                line={line}
                tabStop={i === row ? column : undefined}
                newest={newestInWords(line, times, isFed, now)}
              />
            ))}
          </tbody>
        </table>
      </div>
      <ul className="coverage-legend" aria-label="Legend">
        {LEGEND.map(({ level, says }) => (
          <li key={level}>
            <span className={`coverage-cell ${level}`} aria-hidden="true">
              {SIGNS[level]}
            </span>{' '}
            {says}
          </li>
        ))}
        {cells.some(({ from, to }) => from !== to) && <li>a cell has several days, and shows the worst</li>}
      </ul>
      {shown && (
        <Tooltip
          content={shown.getAttribute('aria-label')}
          getTrack={() => shown}
          onEscape={() => setShown(undefined)}
        />
      )}
    </div>
  );
}

interface MapLineProps {
  line: CoverageLine;
  /** The cell to which Tab goes; undefined: it is in another line. */
  tabStop: number | undefined;
  /** When the newest log file was delivered, in words. */
  newest: string;
}

const MapLine = memo(function MapLine({ line, tabStop, newest }: MapLineProps) {
  const { account, region, cells } = line;
  const name = displayText(account === '-' ? region : `${account} ${region}`);
  return (
    <tr>
      <th scope="row" className="coverage-name">
        {name}
      </th>
      {cells.map((cell, i) => (
        <td key={cell.from}>
          <a
            className={`coverage-cell ${cell.level}`}
            href={hrefOf([], eventsOf(line, cell))}
            tabIndex={i === tabStop ? 0 : -1}
            aria-label={`${name}, ${daysOf(cell)}: ${countsInWords(cell.counts)}`}
          >
            {SIGNS[cell.level]}
          </a>
        </td>
      ))}
      <td className="coverage-newest">{newest}</td>
    </tr>
  );
});

function newestInWords(line: CoverageLine, times: TimeDisplay, isFed: boolean, now: number): string {
  if (line.newest === undefined) return '-';
  const time = Date.parse(line.newest);
  if (!isFed || !isSilent(line, now)) return `${relativeTime(time, now)}`;
  return `silent for ${relativeTime(time, now).replace(' ago', '')}, since ${times.show(line.newest)}`;
}

function cellAt(target: EventTarget): HTMLAnchorElement | undefined {
  return (target instanceof Element && target.closest('a')) || undefined;
}

/** `2026-11-06`, or the first and the last day of a cell that has several. */
const daysOf = ({ from, to }: CoverageCell) => (from === to ? from : `${from} to ${to}`);

/** The months in which the cells begin, and how many do. */
function monthsOf(cells: readonly CoverageCell[]): { month: string; count: number }[] {
  const byMonth = Map.groupBy(cells, ({ from }) => from.slice(0, 7));
  return [...byMonth].map(([month, { length }]) => ({ month, count: length }));
}
