import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readTime } from '../../shared/query/time.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

describe('times', () => {
  test.each([
    ['2026-11-06', '2026-11-06T00:00:00.000Z'],
    ['2026-11-06T02:30', '2026-11-06T02:30:00.000Z'],
    ['2026-11-06T02:30:18', '2026-11-06T02:30:18.000Z'],
    ['2026-11-06 02:30:18', '2026-11-06T02:30:18.000Z'],
    ['2026-11-06T02:30:18Z', '2026-11-06T02:30:18.000Z'],
    ['2026-11-06t02:30:18z', '2026-11-06T02:30:18.000Z'],
    ['2026-11-06T02:30:18.25Z', '2026-11-06T02:30:18.250Z'],
    ['2026-11-06T02:30:18.123456789', '2026-11-06T02:30:18.123Z'],
    ['2026-11-06T02:30+01:00', '2026-11-06T01:30:00.000Z'],
    ['2026-11-06T02:30:18-0800', '2026-11-06T10:30:18.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['  2026-11-06 ', '2026-11-06T00:00:00.000Z'],
  ])('%j is %s', (text, time) => {
    expect(readTime(text, NOW)).toBe(time);
  });

  test('any time written as ISO 8601 is read back', () => {
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(date, (at) => expect(readTime(at.toISOString(), NOW)).toBe(at.toISOString())));
  });
});

describe('ages', () => {
  test.each([
    ['7d', '2026-11-13T12:00:00.000Z'],
    ['7 d', '2026-11-13T12:00:00.000Z'],
    ['7D', '2026-11-13T12:00:00.000Z'],
    ['7 days', '2026-11-13T12:00:00.000Z'],
    ['36h', '2026-11-19T00:00:00.000Z'],
    ['1h30m', '2026-11-20T10:30:00.000Z'],
    ['1d 12h', '2026-11-19T00:00:00.000Z'],
    ['1.5h', '2026-11-20T10:30:00.000Z'],
    ['90s', '2026-11-20T11:58:30.000Z'],
    ['2w', '2026-11-06T12:00:00.000Z'],
    ['0d', '2026-11-20T12:00:00.000Z'],
  ])('%j is %s', (text, time) => {
    expect(readTime(text, NOW)).toBe(time);
  });
});

describe('neither a time nor an age', () => {
  test.each([
    '',
    ' ',
    '7',
    '7x',
    '7d6x',
    '1e3d',
    '5dd',
    '-7d',
    '+7d',
    'd',
    '7d!',
    'yesterday',
    'now',
    '1,5h',
    '9999999y',
    '2026',
    '2026-11',
    '2026-13-01',
    '2026-00-01',
    '2026-02-30',
    '2026-02-30T00:00:00Z',
    '2025-02-29',
    '2026-11-00',
    '2026-11-32',
    '2026-11-06T25:00',
    '2026-11-06T02:60',
    '2026-11-06T02:30:60Z',
    '2026-11-06T02',
    '2026-11-06T02:30.5Z',
    '2026-11-06Z',
    '2026-11-06T02:30:18+25:00',
    '0000-01-01T00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '20261106',
    '06.11.2026',
    '1604629878',
  ])('%j', (text) => {
    expect(readTime(text, NOW)).toBeUndefined();
  });

  test('no text throws, and all times have one width', () => {
    const nearly = fc.stringMatching(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(\.\d)?(Z|[+-]\d\d:\d\d)?)?$/);
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), nearly, fc.stringMatching(/^(\d{1,9}(\.\d)? ?[a-zµ]{1,3} ?){1,3}$/)),
        (text) => {
          const time = readTime(text, NOW);
          if (time === undefined) return;
          expect(time).toHaveLength(24);
          expect(new Date(time).toISOString()).toBe(time);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('a hostile text is read fast', () => {
    for (const part of ['1a', '1', 'a', '1 a ', '1.', '2026-']) {
      const text = `${part.repeat(50_000)}!`;
      const start = performance.now();
      readTime(text, NOW);
      expect(performance.now() - start).toBeLessThan(200);
    }
  });
});
