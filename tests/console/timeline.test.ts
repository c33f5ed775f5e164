import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { barsOf, type Timeline } from '../../console/src/lib/timeline.ts';
import { TimelineCounts } from '../../shared/query/timeline.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';

const completeness = { newestLogFiles: [], problems: [], problemsTruncated: false };

const hourly = (members: Partial<Timeline>): Timeline => ({
  from: '2026-11-06T02:30:00.000Z',
  to: '2026-11-06T05:00:00.000Z',
  bucketSeconds: 3600,
  buckets: [],
  events: 0,
  withoutTime: 0,
  truncated: false,
  completeness,
  ...members,
});

test('has a bar for each hour of the range, the first from its full hour on', () => {
  const bucket = { start: '2026-11-06T03:00:00.000Z', reads: 1, writes: 2, failures: 3 };
  const bars = barsOf(hourly({ buckets: [bucket] }));
  expect(bars.map(({ start }) => new Date(start).toISOString().slice(11, 16))).toEqual(['02:00', '03:00', '04:00']);
  expect(bars[1]).toMatchObject({ reads: 1, writes: 2, failures: 3, counted: true });
  expect(bars[2]).toMatchObject({ reads: 0, writes: 0, failures: 0, counted: true });
});

test('marks bars that end before the oldest event that was counted', () => {
  const bars = barsOf(hourly({ truncated: true, countedSince: '2026-11-06T03:59:59.000Z' }));
  expect(bars.map(({ counted }) => counted)).toEqual([false, true, true]);
});

test('every event that was counted is in a bar, however the range is cut', () => {
  const time = fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2027-01-01') });
  fc.assert(
    fc.property(
      fc.array(time, { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 200 }),
      (given, maxBuckets) => {
        const counts = new TimelineCounts();
        for (const at of given.toSorted((a, b) => b - a)) {
          counts.add({ timeKey: `${new Date(at).toISOString()}#id`, outcome: 'ok', access: 'read' } as ListedEvent);
        }
        const timeline = counts.of({ maxBuckets, now: 0 }, false);
        const bars = barsOf({ ...timeline, completeness });
        expect(bars.reduce((sum, { reads }) => sum + reads, 0)).toBe(given.length);
        expect(bars.length).toBeLessThanOrEqual(maxBuckets + 2);
      },
    ),
  );
});
