import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { queryCommand } from '../../console/src/lib/command-line.ts';
import { excluding, including, labelOf, toQuery, withQuery } from '../../console/src/lib/criteria.ts';
import { hrefOf, readRoute } from '../../console/src/lib/route.ts';
import { TEXT_CRITERION_NAMES } from '../../shared/query/criteria-table.ts';

const params = (text: string) => new URLSearchParams(text);

const value = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((text) => text.trim() === text);
const criterion = fc.constantFrom(...TEXT_CRITERION_NAMES);
const filter = fc.oneof(
  fc.tuple(criterion, value),
  fc.tuple(fc.constantFrom('changes', 'mfa', 'readOnly'), fc.constantFrom('true', 'false')),
  fc.tuple(
    fc.constant('exclude'),
    fc.tuple(criterion, value).map((pair) => pair.join('=')),
  ),
);
const filters = fc.uniqueArray(filter, {
  maxLength: 8,
  selector: ([name, text]) => (name in { changes: 1, mfa: 1, readOnly: 1 } ? name : `${name}=${text}`),
});

test('tokens say the same as parameters', () => {
  const sorted = (search: URLSearchParams) => [...search].map((pair) => pair.join('=')).sort();
  fc.assert(
    fc.property(filters, (pairs) => {
      const asked = new URLSearchParams([...pairs, ['since', '7d'], ['order', 'oldest-first']]);
      expect(sorted(withQuery(asked, toQuery(asked)))).toEqual(sorted(asked));
    }),
  );
});

test('several values of a criterion are alternatives', () => {
  expect(toQuery(params('user=a&user=b&role=c&exclude=action=dag.list')).tokenGroups).toEqual([
    {
      operation: 'or',
      tokens: [
        { propertyKey: 'user', operator: '=', value: 'a' },
        { propertyKey: 'user', operator: '=', value: 'b' },
      ],
    },
    { propertyKey: 'role', operator: '=', value: 'c' },
    { propertyKey: 'action', operator: '!=', value: 'dag.list' },
  ]);
});

test.each([
  ['user=a&user=b', 'user=c', including(params('user=a&user=b'), 'user', 'c')],
  ['exclude=user=c', 'user=c', including(params('exclude=user=c'), 'user', 'c')],
  ['user=c&role=r', 'role=r&exclude=user%3Dc', excluding(params('user=c&role=r'), 'user', 'c')],
  ['exclude=user=c', 'exclude=user%3Dc', excluding(params('exclude=user=c'), 'user', 'c')],
])('from %s a cell leads to %s', (_before, after, changed) => {
  expect(changed.toString()).toBe(after);
});

describe('the command of a question', () => {
  const store = { storeFlags: ['--stack', 'mwaa-trail-prod'] };
  test.each([
    ['', 'mwaa-trail query --stack mwaa-trail-prod'],
    ['user=ana&errors=true', 'mwaa-trail query --user ana --errors --stack mwaa-trail-prod'],
    ['readOnly=false', 'mwaa-trail query --no-read-only --stack mwaa-trail-prod'],
    [
      'eventName=InvokeRestApi&since=7d',
      'mwaa-trail query --event-name InvokeRestApi --since 7d --stack mwaa-trail-prod',
    ],
    ["user=it's+me", "mwaa-trail query --user 'it'\\''s me' --stack mwaa-trail-prod"],
    ['user=$(reboot)', "mwaa-trail query --user '$(reboot)' --stack mwaa-trail-prod"],
    ['action=dag.*', "mwaa-trail query --action 'dag.*' --stack mwaa-trail-prod"],
    ['order=oldest-first&event=abc&live=true', 'mwaa-trail query --oldest-first --stack mwaa-trail-prod'],
  ])('%s', (search, command) => {
    expect(queryCommand(params(search), store)).toBe(command);
  });
});

test('the labels of criteria are unique, so that the filter knows which is meant', () => {
  const labels = TEXT_CRITERION_NAMES.map(labelOf);
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels).toContain('Error code');
});

describe('the route', () => {
  test.each([
    ['', []],
    ['#/', []],
    ['#/users/jonas.weber', ['users', 'jonas.weber']],
    ['#/users/a%2Fb?since=7d', ['users', 'a/b']],
    ['#/users/%E0%A4%A?x=1', ['users', '%E0%A4%A']],
  ])('%s', (fragment, segments) => {
    expect(readRoute(fragment).segments).toEqual(segments);
  });

  test('of an address is what the address was made of', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'grapheme' })),
        fc.array(fc.tuple(value, value)),
        (segments, pairs) => {
          const route = readRoute(hrefOf(segments, new URLSearchParams(pairs)));
          expect(route.segments).toEqual(segments);
          expect([...route.params]).toEqual(pairs);
        },
      ),
    );
  });
});
