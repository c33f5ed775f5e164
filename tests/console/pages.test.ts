import { describe, expect, test } from '@jest/globals';
import { questionCommand } from '../../console/src/lib/command-line.ts';
import { apiPath, eventsHref, parametersOf, rangeOf } from '../../console/src/lib/paths.ts';
import { isRecent, readRecent } from '../../console/src/lib/recent.ts';
import type { ConsoleInfo } from '../../console/src/lib/session.tsx';
import { wallTime } from '../../console/src/lib/wall-time.ts';
import { countedWith, newestOnly } from '../../console/src/lib/words.ts';

const ALL: ConsoleInfo = {
  source: { kind: 'local', name: '.mwaa-trail' },
  storeFlags: [],
  aliases: {},
  version: '1',
};
const ONE = { ...ALL, environment: 'prod-etl' };

describe('questions', () => {
  test('what has no value asks nothing', () => {
    expect(
      parametersOf([
        ['user', 'a'],
        ['account', null],
        ['region', undefined],
        ['user', 'b'],
      ]).toString(),
    ).toBe('user=a&user=b');
    expect(rangeOf(new URLSearchParams('since=7d&at=1d'))).toEqual([
      ['since', '7d'],
      ['until', null],
    ]);
  });

  test('of one environment, in its own console and in that of all', () => {
    const question = [
      ['environment', 'prod-etl'],
      ['user', 'EXAMPLECORP\\hana.kim'],
    ] as const;
    expect(eventsHref(ALL, question)).toBe('#/?environment=prod-etl&user=EXAMPLECORP%5Chana.kim');
    expect(eventsHref(ONE, question)).toBe('#/?user=EXAMPLECORP%5Chana.kim');
  });

  test('people are asked below the one environment, and a name stays one segment', () => {
    expect(apiPath(ONE, '/users')).toBe('/environments/prod-etl/users');
    expect(apiPath(ALL, `/users/${encodeURIComponent('a/b?c')}`)).toBe('/users/a%2Fb%3Fc');
    // A resource whose name begins alike is another one.
    expect(apiPath(ONE, '/eventsource')).toBe('/eventsource');
  });

  test('as a command', () => {
    const question = [
      ['environment', "it's"],
      ['at', undefined],
    ] as const;
    expect(questionCommand(['history'], question, { storeFlags: ['--stack', 'x'] })).toBe(
      `mwaa-trail history --environment 'it'\\''s' --stack x`,
    );
  });
});

describe('recent', () => {
  test.each([
    ['', '7d'],
    ['recent=30d', '30d'],
    ['recent=1y', '7d'],
  ])('%s', (query, recent) => {
    expect(readRecent(new URLSearchParams(query))).toBe(recent);
  });

  test('a time is recent from the start of the days on', () => {
    const now = Date.parse('2026-11-26T00:00:00Z');
    expect(isRecent('2026-11-19T00:00:00.000Z', '7d', now)).toBe(true);
    expect(isRecent('2026-11-18T23:59:59.999Z', '7d', now)).toBe(false);
    expect(isRecent('2026-11-18T23:59:59.999Z', '30d', now)).toBe(true);
    expect(isRecent(undefined, '30d', now)).toBe(false);
  });
});

describe('wallTime', () => {
  const now = Date.parse('2026-07-01T12:00:00Z');
  test.each([
    ['2026-11-06T02:31:18.000Z', 'Europe/Berlin', ['2026-11-06', '03:31:18']],
    ['2026-11-06T23:31:18Z', 'Asia/Tokyo', ['2026-11-07', '08:31:18']],
    ['0s', 'UTC', ['2026-07-01', '12:00:00']],
    ['yesterday', 'UTC', undefined],
  ])('%s in %s', (time, zone, shown) => {
    expect(wallTime(time, now, zone)).toEqual(shown);
  });
});

test('counts say whether there are more', () => {
  expect(countedWith({ events: 1, truncated: false }, 'event')).toBe('1 event');
  expect(countedWith({ events: 10_000, truncated: true }, 'event')).toBe('10,000+ events');
  expect(newestOnly({ events: 3, truncated: false })).toBeUndefined();
  expect(newestOnly({ events: 10_000, truncated: true })).toContain('newest 10,000 events');
});
