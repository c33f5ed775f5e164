import { type Bar, barsOf, type Timeline } from '../lib/timeline.ts';
import './sparkline.css';

const WIDTH = 120;
const HEIGHT = 24;

/** Events over time, small: failures at the bottom of each bar, then changes, then reads. @param label what it says, as text */
export function Sparkline({ timeline, label }: { timeline: Timeline; label: string }) {
  const bars = barsOf(timeline);
  const highest = Math.max(1, ...bars.map(totalOf));
  const width = WIDTH / Math.max(bars.length, 1);
  return (
    <svg
      className="sparkline"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      <line className="base" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      {bars.flatMap((bar, i) =>
        partsOf(bar, highest).map(({ kind, from, to }) => (
          <rect
            key={`${bar.start} ${kind}`}
            className={kind}
            x={i * width}
            width={width * 0.85}
            y={HEIGHT * (1 - to)}
            height={HEIGHT * (to - from)}
          />
        )),
      )}
    </svg>
  );
}

const totalOf = ({ reads, writes, failures }: Bar) => reads + writes + failures;

/** The parts of a bar that are not empty, from the bottom; 1 is the highest bar. A bar is never too small to be seen. */
function partsOf(bar: Bar, highest: number) {
  const scale = Math.max(totalOf(bar) / highest, 0.12) / totalOf(bar);
  let below = 0;
  return (['failures', 'writes', 'reads'] as const).flatMap((kind) => {
    if (bar[kind] === 0) return [];
    const from = below;
    below += bar[kind] * scale;
    return [{ kind, from, to: below }];
  });
}
