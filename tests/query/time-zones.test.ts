import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { readTime } from '../../shared/query/time.ts';
import { timeDisplay } from '../../shared/render/times.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

describe('a time without an offset is in the given zone', () => {
  test.each([
    ['Europe/Berlin', '2026-11-06', '2026-11-05T23:00:00.000Z'],
    ['Europe/Berlin', '2026-07-06 02:31:18', '2026-07-06T00:31:18.000Z'],
    ['America/New_York', '2026-11-06T02:31', '2026-11-06T07:31:00.000Z'],
    ['Asia/Kathmandu', '2026-11-06 02:31:18', '2026-11-05T20:46:18.000Z'],
    ['Australia/Lord_Howe', '2026-01-06 00:00', '2026-01-05T13:00:00.000Z'],
    // Clocks go from 02:00 to 03:00: the time that they skip, and the first one after it.
    ['Europe/Berlin', '2026-03-29 02:30', '2026-03-29T01:30:00.000Z'],
    ['Europe/Berlin', '2026-03-29 03:00', '2026-03-29T01:00:00.000Z'],
    // Clocks go back from 03:00 to 02:00, and show this time twice: the first is meant.
    ['Europe/Berlin', '2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '2026-11-01 01:30', '2026-11-01T05:30:00.000Z'],
    // A day that this zone left out.
    ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
    ['UTC', '2026-11-06 02:31:18', '2026-11-06T02:31:18.000Z'],
  ])('%s: %s is %s', (zone, text, time) => {
    expect(readTime(text, NOW, zone)).toBe(time);
  });
});

test.each(['Z', ' Z', ' UTC', '+00:00', ' +0000', ' UTC+00:00', ' utc'])(
  'an offset %j counts in every zone',
  (offset) => {
    for (const zone of ['UTC', 'Asia/Tokyo']) {
      expect(readTime(`2026-11-06 02:31:18${offset}`, NOW, zone)).toBe('2026-11-06T02:31:18.000Z');
    }
  },
);

test.each([
  '2026-11-06 UTC',
  '2026-11-06 02:31:18 CET',
  '2026-11-06 02:31:18  UTC',
  '2026-11-06 02:31:18 UTC+1',
  '3h ago',
])('%j is no time', (text) => {
  expect(readTime(text, NOW, 'Europe/Berlin')).toBeUndefined();
});

describe('a printed time is read back', () => {
  const ZONES = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Pacific/Apia',
  ];
  const seconds = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
    .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000).toISOString());
  // The hours around changes of clocks.
  const changes = fc
    .tuple(
      fc.constantFrom('2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-11-01T06:00:00Z', '2026-04-04T15:00:00Z'),
      fc.integer({ min: -9000, max: 9000 }),
    )
    .map(([time, shift]) => new Date(Date.parse(time) + shift * 1000).toISOString());
  const times = fc.oneof(seconds, changes);

  test('from text output', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(...ZONES), fc.constantFrom(...ZONES), (time, zone, other) => {
        const { full } = timeDisplay({ kind: 'absolute', zone, now: NOW });
        expect(readTime(full(time), NOW, other)).toBe(time);
      }),
    );
  });

  test('at the end of a range, the last instant of a time that clocks show twice', () => {
    const until = (text: string, zone: string) => timeCriterion('until', text, NOW, zone);
    expect(until('2026-10-25 02:30', 'Europe/Berlin')).toBe('2026-10-25T01:30:00.000Z');
    expect(until('2026-11-01 01:30', 'America/New_York')).toBe('2026-11-01T06:30:00.000Z');
    for (const text of ['2026-10-25 01:30', '2026-10-25 03:30', '2026-03-29 02:30', '2026-11-06']) {
      expect(until(text, 'Europe/Berlin')).toBe(timeCriterion('since', text, NOW, 'Europe/Berlin'));
    }
  });

  test('from a column, in the zone of the question; for a time that clocks show twice, not later', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(...ZONES), (time, zone) => {
        const { show } = timeDisplay({ kind: 'absolute', zone, now: NOW });
        const read = readTime(show(time), NOW, zone)!;
        if (read !== time) expect(Date.parse(time) - Date.parse(read)).toBeLessThanOrEqual(3_600_000);
        expect(read <= time).toBe(true);
        expect(show(read).slice(0, 19)).toBe(show(time).slice(0, 19));
      }),
    );
  });
});
