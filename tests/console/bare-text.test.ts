import { expect, test } from '@jest/globals';
import { criterionOfText, eventIdIn } from '../../console/src/lib/bare-text.ts';
import { bareTexts, FIXED_OPTIONS, withQuery } from '../../console/src/lib/criteria.ts';

const KNOWN = [{ propertyKey: 'environment', value: 'prod-etl' }, ...FIXED_OPTIONS];

test.each([
  ['203.0.113.77', 'sourceIp'],
  [' 10.0.0.0/8 ', 'sourceIp'],
  ['2001:db8::1', 'sourceIp'],
  ['::1/128', 'sourceIp'],
  ['AKIAIOSFODNN7EXAMPLE', 'accessKeyId'],
  ['ASIAIOSFODNN7EXAMPLE', 'accessKeyId'],
  ['111122223333', 'account'],
  ['us-gov-west-1', 'region'],
  ['AccessDeniedException', 'errorCode'],
  ['AccessDenied', 'errorCode'],
  ['Prod-ETL', 'environment'],
  ['denied', 'outcome'],
  ['environment.delete', 'action'],
  ['prod-reporting', 'user'],
  ['jonas.weber', 'user'],
  ['role-admin', 'user'],
  ['true', 'user'],
  ['12:30', 'user'],
])('%j is most likely a value of %s', (text, criterion) => {
  expect(criterionOfText(text, KNOWN)).toBe(criterion);
});

test.each([
  ['5314a77f-ecef-4a16-b23d-74ac2d768dd9', true],
  [' 5314A77F-ECEF-4A16-B23D-74AC2D768DD9 ', true],
  ['5314a77f-ecef-4a16-b23d', false],
  ['the event 5314a77f-ecef-4a16-b23d-74ac2d768dd9', false],
])('%j is the ID of an event: %s', (text, isEventId) => {
  expect(eventIdIn(text)).toBe(isEventId ? text.trim() : undefined);
});

test('a token without a property gets one, or is left out', () => {
  const token = { operator: '=', value: '203.0.113.77' };
  const query = { operation: 'and' as const, tokens: [], tokenGroups: [token, { ...token, propertyKey: 'user' }] };
  expect(bareTexts(query)).toEqual(['203.0.113.77']);
  const asked = new URLSearchParams('since=7d');
  expect(withQuery(asked, query, () => 'sourceIp').toString()).toBe('since=7d&sourceIp=203.0.113.77&user=203.0.113.77');
  expect(withQuery(asked, query).toString()).toBe('since=7d&user=203.0.113.77');
});
