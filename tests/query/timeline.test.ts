import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Timeline, TimelineCounts } from '../../shared/query/timeline.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { listedEvent } from '../support/listed-event.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const WIDTHS = [1, 5, 15, 60, 300, 900, 1800, 3600, 10800, 21600, 43200].concat(
  [1, 7, 30, 90, 365].map((days) => days * 86_400),
);

const eventAt = (time: number, members: Partial<ListedEvent> = {}, id = 'e') => {
  const iso = new Date(time).toISOString();
  return listedEvent({ ...members, eventTime: iso, timeKey: `${iso}#${id}` });
};
const withoutTime = listedEvent({ eventTime: '2026-02-30T00:00:00Z', timeKey: '0000-00-00T00:00:00.000Z#e' });

interface Asked {
  since?: string;
  until?: string;
  maxBuckets?: number;
  truncated?: boolean;
}
function timelineOf(newestFirst: readonly ListedEvent[], { truncated = false, ...asked }: Asked = {}): Timeline {
  const counts = new TimelineCounts();
  for (const event of newestFirst) counts.add(event);
  return counts.of({ maxBuckets: 60, now: NOW, since: undefined, until: undefined, ...asked }, truncated);
}

/** Moments close together, and far apart. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }).map((ms) => NOW - ms),
  fc.integer({ min: 0, max: 100_000 }).map((minutes) => NOW - minutes * 60_000),
  fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map(Number),
);
const kind = fc.record({
  access: fc.constantFrom<ListedEvent['access']>('read', 'write'),
  outcome: fc.constantFrom<ListedEvent['outcome']>('ok', 'denied', 'failed'),
});
const events = fc
  .record({ moments: fc.array(fc.tuple(moment, kind), { maxLength: 50 }), timeless: fc.nat(3) })
  .map(({ moments, timeless }) => [
    ...moments.toSorted(([a], [b]) => b - a).map(([time, members], i) => eventAt(time, members, `${i}`)),
    ...Array.from({ length: timeless }, () => withoutTime),
  ]);
const maxBuckets = fc.integer({ min: 1, max: 200 });

describe('a timeline', () => {
  test('counts each event that has a time once, in the bucket that its time is in, as what it is', () => {
    fc.assert(
      fc.property(events, maxBuckets, (all, max) => {
        const { buckets, bucketSeconds, ...timeline } = timelineOf(all, { maxBuckets: max });
        const timed = all.filter((event) => event !== withoutTime);
        expect(timeline).toMatchObject({ events: all.length, withoutTime: all.length - timed.length });
        const width = bucketSeconds * 1000;
        const isIn = (start: string) => (event: ListedEvent) => {
          const after = Date.parse(event.eventTime ?? '') - Date.parse(start);
          return after >= 0 && after < width;
        };
        for (const { start, reads, writes, failures } of buckets) {
          expect(Math.abs(Date.parse(start) % width)).toBe(0);
          const inside = timed.filter(isIn(start));
          const ok = inside.filter(({ outcome }) => outcome === 'ok');
          expect({ reads, writes, failures }).toEqual({
            reads: ok.filter(({ access }) => access === 'read').length,
            writes: ok.filter(({ access }) => access === 'write').length,
            failures: inside.length - ok.length,
          });
          expect(inside.length).toBeGreaterThan(0);
        }
        const total = buckets.reduce((sum, { reads, writes, failures }) => sum + reads + writes + failures, 0);
        expect(total).toBe(timed.length);
        const starts = buckets.map(({ start }) => Date.parse(start));
        expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
      }),
    );
  });

  test('has the shortest round buckets of which its time has no more than asked', () => {
    fc.assert(
      fc.property(events, maxBuckets, (all, max) => {
        const { from, to, bucketSeconds } = timelineOf(all, { maxBuckets: max });
        const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
        expect(bucketSeconds * max).toBeGreaterThanOrEqual(seconds);
        const shorter = WIDTHS.filter((width) => width < bucketSeconds);
        for (const width of shorter) expect(width * max).toBeLessThan(seconds);
        if (!WIDTHS.includes(bucketSeconds)) {
          expect(bucketSeconds % (365 * 86_400)).toBe(0);
          expect((bucketSeconds - 365 * 86_400) * max).toBeLessThan(seconds);
        }
      }),
    );
  });

  test('is as long as the question says, else as the events', () => {
    const all = [eventAt(NOW - 1_000), eventAt(NOW - 5_000), withoutTime];
    const [since, until] = ['2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'];
    const [first, last] = ['2026-11-20T11:59:55.000Z', '2026-11-20T11:59:59.000Z'];
    expect(timelineOf(all)).toMatchObject({ from: first, to: last, bucketSeconds: 1 });
    expect(timelineOf(all, { since })).toMatchObject({ from: since, to: last });
    expect(timelineOf(all, { until })).toMatchObject({ from: first, to: until });
    expect(timelineOf(all, { since, until })).toMatchObject({ from: since, to: until, bucketSeconds: 43_200 });
  });

  test.each([
    [{}, { from: '2026-11-20T12:00:00.000Z', to: '2026-11-20T12:00:00.000Z' }],
    [{ since: '2026-11-01T00:00:00.000Z' }, { from: '2026-11-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' }],
    [{ until: '2026-11-01T00:00:00.000Z' }, { from: '2026-11-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' }],
  ])('without events: %j', (asked, range) => {
    const empty = { bucketSeconds: 1, buckets: [], events: 0, withoutTime: 0, truncated: false };
    expect(timelineOf([], asked)).toEqual({ ...range, ...empty });
    expect(timelineOf([withoutTime], asked)).toEqual({ ...range, ...empty, events: 1, withoutTime: 1 });
  });

  test('says since when it counted, if not all', () => {
    const all = [eventAt(NOW), eventAt(NOW - 60_000), withoutTime];
    expect(timelineOf(all, { truncated: true })).toMatchObject({
      truncated: true,
      countedSince: '2026-11-20T11:59:00.000Z',
    });
    expect(timelineOf(all)).not.toHaveProperty('countedSince');
    expect(timelineOf([withoutTime], { truncated: true })).not.toHaveProperty('countedSince');
  });
});
