import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTimes } from '../lib/preferences.tsx';
import { type Bar, barsOf, type Timeline } from '../lib/timeline.ts';
import { counted } from '../lib/words.ts';
import './histogram.css';

interface HistogramProps {
  timeline: Timeline;
  /** Called with the times, ISO 8601, of the bars that were chosen: from inclusive, to exclusive. */
  onChoose(range: { since: string; until: string }): void;
}

/**
 * Events over time, as bars of failures, changes and reads. A click on a bar chooses its time, and dragging chooses several. By
 * keyboard, the arrow keys go to a bar, with Shift they extend the choice, and Enter chooses.
 */
export function Histogram({ timeline, onChoose }: HistogramProps) {
  const times = useTimes();
  const bars = barsOf(timeline);
  const [focused, setFocused] = useState(0);
  const [anchor, setAnchor] = useState<number>();
  const [hovered, setHovered] = useState<number>();
  const list = useRef<HTMLDivElement>(null);
  const highest = Math.max(1, ...bars.map(({ reads, writes, failures }) => reads + writes + failures));
  const width = timeline.bucketSeconds * 1000;
  const isoOf = (time: number) => new Date(time).toISOString();
  const describe = ({ start, reads, writes, failures, counted: isCounted }: Bar) => {
    const time = `${times.full(isoOf(start))}, ${lengthOf(timeline.bucketSeconds)}`;
    if (!isCounted) return `${time}: not counted`;
    return `${time}: ${counted(writes, 'change')}, ${counted(reads, 'read')}, ${counted(failures, 'failure')}`;
  };
  const current = Math.min(focused, bars.length - 1);
  const [first, last] = anchor === undefined ? [-1, -1] : [Math.min(anchor, current), Math.max(anchor, current)];
  const choose = (from: number, to: number) => {
    const [start, end] = [bars[Math.min(from, to)], bars[Math.max(from, to)]];
    setAnchor(undefined);
    if (start && end) onChoose({ since: isoOf(start.start), until: isoOf(end.start + width) });
  };
  const focus = (at: number) => {
    setFocused(at);
    const bar = list.current?.children[at];
    if (bar instanceof HTMLElement) bar.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      setAnchor(event.shiftKey ? (anchor ?? current) : undefined);
      focus(Math.max(0, Math.min(bars.length - 1, to)));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose(anchor ?? current, current);
    } else if (event.key === 'Escape') setAnchor(undefined);
  };
  const onPointerMove = (event: PointerEvent) => {
    const at = barAt(event, list.current, bars.length);
    setHovered(at);
    if (event.buttons === 1 && anchor !== undefined) setFocused(at);
  };
  const shown = bars[hovered ?? current];
  return (
    <div className="histogram">
      <div className="histogram-scale" aria-hidden="true">
        {highest.toLocaleString('en-US')}
      </div>
      <div
        ref={list}
        className="histogram-bars"
        role="toolbar"
        aria-label="Events over time; choose bars to see only their events"
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          const at = barAt(event, list.current, bars.length);
          setAnchor(at);
          setFocused(at);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={(event) => {
          if (anchor !== undefined) choose(anchor, barAt(event, list.current, bars.length));
        }}
        onPointerLeave={() => {
          setHovered(undefined);
          setAnchor(undefined);
        }}
      >
        {bars.map((bar, i) => (
          <button
            key={bar.start}
            type="button"
            className={`histogram-bar${i >= first && i <= last ? ' chosen' : ''}${bar.counted ? '' : ' uncounted'}`}
            tabIndex={i === current ? 0 : -1}
            aria-label={describe(bar)}
            onFocus={() => setFocused(i)}
          >
            {(['failures', 'writes', 'reads'] as const).map((kind) => (
              <span key={kind} className={kind} style={{ height: `${(bar[kind] / highest) * 100}%` }} />
            ))}
          </button>
        ))}
      </div>
      <div className="histogram-axis" aria-hidden="true">
        <span>{bars[0] && times.full(isoOf(bars[0].start))}</span>
        <span className="histogram-shown">{hovered === undefined ? '' : shown && describe(shown)}</span>
        <span>{bars.length > 0 && times.full(isoOf((bars.at(-1)?.start ?? 0) + width))}</span>
      </div>
      <div className="histogram-legend" aria-hidden="true">
        <span className="writes">changes</span>
        <span className="reads">reads</span>
        <span className="failures">denied or failed</span>
        {timeline.truncated && <span className="uncounted">not counted</span>}
      </div>
    </div>
  );
}

function barAt({ clientX }: PointerEvent, list: HTMLElement | null, count: number): number {
  const { left, width } = list?.getBoundingClientRect() ?? { left: 0, width: 1 };
  return Math.max(0, Math.min(count - 1, Math.floor(((clientX - left) / width) * count)));
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

function lengthOf(seconds: number): string {
  const [unit, length] = UNITS.find(([, size]) => seconds % size === 0) ?? UNITS[3];
  return counted(seconds / length, unit);
}
