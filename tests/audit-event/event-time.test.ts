import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEventTime } from '../../shared/audit-event/event-time.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

test.each([
  ['2026-11-06T02:31:18Z', '2026-11-06T02:31:18.000Z'],
  ['2026-11-06T02:31:18.5Z', '2026-11-06T02:31:18.500Z'],
  ['2026-11-06T02:31:18.123456789Z', '2026-11-06T02:31:18.123Z'],
  ['2026-11-06T02:31:18+05:30', '2026-11-05T21:01:18.000Z'],
  ['2026-11-06T02:31:18-0800', '2026-11-06T10:31:18.000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
  ['2026-11-21T12:00:00Z', '2026-11-21T12:00:00.000Z'],
])('%s', (written, normalized) => {
  expect(readEventTime(written, NOW)).toStrictEqual({ normalized, day: normalized.slice(0, 10), flags: [] });
});

test.each(['2026-11-21T12:00:01Z', '2027-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])('%s is far ahead', (written) => {
  const normalized = written.replace('Z', '.000Z');
  expect(readEventTime(written, NOW)).toStrictEqual({
    normalized,
    day: normalized.slice(0, 10),
    flags: ['future-event-time'],
  });
});

describe('invalid', () => {
  const INVALID = { normalized: '0000-00-00T00:00:00.000Z', day: '0000-00-00', flags: ['invalid-event-time'] };

  test.each([
    undefined,
    '',
    'yesterday',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-11-06T25:00:00Z',
    '2026-11-06T23:60:00Z',
    '2026-11-06T23:59:60Z',
    '2026-11-06T02:31:18',
    '2026-11-06T02:31Z',
    '2026-11-06',
    '2026-11-06 02:31:18Z',
    ' 2026-11-06T02:31:18Z',
    '2026-11-06T02:31:18Z\n',
    '2026-11-06T02:31:18+25:00',
    '+012026-11-06T02:31:18Z',
    '0000-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '1604629878',
    'Fri, 06 Nov 2026 02:31:18 GMT',
  ])('%j', (written) => {
    expect(readEventTime(written, NOW)).toStrictEqual(INVALID);
  });

  test('sorts before every valid time', () => {
    expect(INVALID.normalized < readEventTime('0000-01-01T00:00:00Z', NOW).normalized).toBe(true);
  });

  test('any text is valid or flagged', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)),
        (any) => {
          const { normalized, day, flags } = readEventTime(any, NOW);
          expect(normalized).toHaveLength(24);
          expect(day).toBe(normalized.slice(0, 10));
          expect(Number.isNaN(Date.parse(normalized))).toBe(flags.includes('invalid-event-time'));
        },
      ),
    );
  });
});

test('normalized texts are in the order of the times, in any zone', () => {
  const time = fc
    .tuple(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9998-12-31'), noInvalidDate: true }),
      fc.integer({ min: -1439, max: 1439 }),
    )
    .map(([date, offset]) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
        String(n).padStart(2, '0'),
      );
      return { at: date.getTime(), written: `${local}${offset < 0 ? '-' : '+'}${hours}:${minutes}` };
    });
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [one, other] = [a, b].map(({ written }) => readEventTime(written, NOW).normalized);
      expect(Date.parse(one!)).toBe(a.at);
      expect(one! < other!).toBe(a.at < b.at);
    }),
  );
});
