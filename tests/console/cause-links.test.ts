import { expect, test } from '@jest/globals';
import { suggestionsOf } from '../../console/src/lib/cause-links.ts';
import type { LikelyCause } from '../../shared/query/likely-causes.ts';

const near = (value: string) => ({ value, events: 3, more: false, inQuestion: true });

test.each<[string, LikelyCause, [text: string, params: string][]]>([
  [
    'user=jon&user=ana&since=7d',
    {
      kind: 'unknown-value',
      criterion: 'user',
      value: 'jon',
      nearest: [near('jonas.weber'), near('jan')],
      elsewhere: [],
    },
    [
      ['User = jonas.weber', 'user=ana&since=7d&user=jonas.weber'],
      ['User = jan', 'user=ana&since=7d&user=jan'],
    ],
  ],
  [
    'user=jon&user=ana',
    { kind: 'unknown-value', criterion: 'user', value: 'jon', nearest: [near('ana')], elsewhere: [] },
    [['User = ana', 'user=ana']],
  ],
  [
    'target=prod-etl',
    { kind: 'unknown-value', criterion: 'target', value: 'prod-etl', nearest: [], elsewhere: ['environment'] },
    [['Environment = prod-etl', 'environment=prod-etl']],
  ],
  [
    'user=Admin&changes=true',
    { kind: 'other-identity', criterion: 'role', value: 'Admin', users: ['ana', 'ben'] },
    [['Role = Admin', 'changes=true&role=Admin']],
  ],
  [
    'user=ana&since=2026-11-01&until=2026-11-02',
    { kind: 'outside-times', before: '2026-10-30T10:00:00Z', after: '2026-11-05T10:00:00Z' },
    [
      [
        'Widen the time to the nearest events',
        'user=ana&since=2026-10-30T10%3A00%3A00.000Z&until=2026-11-05T10%3A00%3A01.000Z',
      ],
    ],
  ],
  [
    'user=ana&since=1h',
    { kind: 'outside-times', before: '2026-10-30T10:00:00Z' },
    [['Widen the time to the nearest events', 'user=ana&since=2026-10-30T10%3A00%3A00.000Z']],
  ],
  ['user=ana&since=1h', { kind: 'outside-times', before: '(no time)' }, [['Ask for all time', 'user=ana']]],
  [
    'user=ana&around=2026-10-30T10:00:00Z&within=5m',
    { kind: 'outside-times', before: '2026-10-30T09:00:00Z' },
    [['Ask for all time', 'user=ana']],
  ],
  [
    'user=ana&changes=true&exclude=action%3Ddag.list&order=oldest-first',
    { kind: 'no-combination' },
    [
      ['Leave out User', 'changes=true&exclude=action%3Ddag.list&order=oldest-first'],
      ['Leave out Changes something', 'user=ana&exclude=action%3Ddag.list&order=oldest-first'],
      ['Leave out what is excluded', 'user=ana&changes=true&order=oldest-first'],
    ],
  ],
  ['since=5m', { kind: 'delivery-delay' }, []],
  ['', { kind: 'empty-store' }, []],
  ['category=Data', { kind: 'data-events' }, []],
])('%s: %j', (params, cause, suggested) => {
  const suggestions = suggestionsOf(cause, new URLSearchParams(params));
  expect(suggestions.map((one) => [one.text, one.params.toString()])).toEqual(suggested);
});

test('what a value is called cannot hide characters', () => {
  const cause: LikelyCause = {
    kind: 'unknown-value',
    criterion: 'user',
    value: 'x',
    nearest: [near('a\u202eb')],
    elsewhere: [],
  };
  expect(suggestionsOf(cause, new URLSearchParams('user=x'))[0]?.text).toBe('User = a\\u202eb');
});
