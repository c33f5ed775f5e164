import { expect, test } from '@jest/globals';
import { routeWithin } from '../../console/src/lib/one-environment.ts';
import { hrefOf, readRoute } from '../../console/src/lib/route.ts';

test.each([
  ['#/', '#/'],
  ['#/?user=a&environment=prod-etl&since=7d', '#/?user=a&since=7d'],
  ['#/?environment=prod-etl&environment=other', undefined],
  ['#/?environment=prod*', undefined],
  ['#/events/1', '#/events/1'],
  ['#/compare?id=1&id=2', '#/compare?id=1&id=2'],
  ['#/users', '#/users'],
  ['#/findings?level=high&environment=prod-etl', '#/findings?level=high'],
  ['#/findings?environment=other', undefined],
  ['#/users/a', '#/users/a'],
  ['#/environments/prod-etl?tab=logins', '#/environments/prod-etl?tab=logins'],
  ['#/environments/other', undefined],
  ['#/environments', undefined],
  ['#/overview', undefined],
  ['#/trust', undefined],
])('of %s, the console of prod-etl shows %s', (fragment, shown) => {
  const within = routeWithin(readRoute(fragment), 'prod-etl');
  expect(within && hrefOf(within.segments, within.params)).toBe(shown);
});
