import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { environmentOf } from '../../shared/audit-event/environment.ts';
import { codePoint } from '../support/code-point.ts';

const arnOf = (name: string) => `arn:aws:airflow:eu-west-1:123456789012:environment/${name}`;
const denialOf = (name: string) =>
  `User: arn:aws:iam::123456789012:user/anna is not authorized to perform: airflow:GetEnvironment on resource: ${arnOf(name)}`;

/** Every place a name can be found in, in the order in which they are asked. */
const ROUTES: readonly [route: string, record: (name: string) => Record<string, object | string>][] = [
  ['requestParameters.Name', (name) => ({ requestParameters: { Name: name } })],
  ['requestParameters.name', (name) => ({ requestParameters: { name } })],
  ['requestParameters.EnvironmentName', (name) => ({ requestParameters: { EnvironmentName: name } })],
  ['requestParameters.ResourceArn', (name) => ({ requestParameters: { ResourceArn: arnOf(name) } })],
  ['resources[].ARN', (name) => ({ resources: [{ type: 'x' }, { ARN: arnOf(name) }] })],
  ['responseElements.Arn', (name) => ({ responseElements: { Arn: arnOf(name) } })],
  ['responseElements.message', (name) => ({ responseElements: { message: denialOf(name) } })],
  ['responseElements.Message', (name) => ({ responseElements: { Message: denialOf(name) } })],
  ['errorMessage', (name) => ({ errorMessage: denialOf(name) })],
];

describe('routes', () => {
  test.each(ROUTES)('%s', (_, record) => {
    expect(environmentOf(record('prod-etl'))).toBe('prod-etl');
  });

  test('an earlier route wins over a later one', () => {
    ROUTES.forEach(([, first], i) => {
      for (const [, second] of ROUTES.slice(i + 1)) {
        const [a, b] = [first('first'), second('second')];
        const both = Object.fromEntries(
          [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [
            name,
            typeof a[name] === 'object' && !Array.isArray(a[name])
              ? { ...(b[name] as object), ...a[name] }
              : (a[name] ?? b[name]),
          ]),
        );
        expect(environmentOf(both)).toBe('first');
      }
    });
  });

  test('a route without a name leaves the others', () => {
    const NOWHERE: Record<string, unknown>[] = [
      { requestParameters: null },
      { requestParameters: { Name: '' } },
      { requestParameters: { Name: null } },
      { requestParameters: { Name: 7 } },
      { requestParameters: { Name: ['x'] } },
      { requestParameters: 'Name' },
      { requestParameters: { ResourceArn: 'arn:aws:s3:::bucket' } },
      { requestParameters: { ResourceArn: '%ZZ' } },
      { requestParameters: { ResourceArn: arnOf('') } },
      { requestParameters: { ResourceArn: 'arn:aws:airflow:eu-west-1:123456789012:role/prod-etl' } },
      { requestParameters: { ResourceArn: 'arn:aws:airflow:eu-west-1:123456789012:something/prod-etl' } },
    ];
    for (const record of NOWHERE) {
      expect(environmentOf(record)).toBeUndefined();
      expect(environmentOf({ ...record, resources: [null, 'x', { ARN: 7 }, { ARN: arnOf('found') }] })).toBe('found');
      expect(
        environmentOf({ ...record, responseElements: { message: 'Denied.' }, errorMessage: denialOf('found') }),
      ).toBe('found');
    }
  });

  test.each([
    {},
    { requestParameters: {}, responseElements: null, resources: null },
    { requestParameters: { tagKeys: ['Name'] } },
    { resources: 'x' },
    { errorMessage: 'User is not authorized to perform: airflow:ListEnvironments on resource: *' },
    { errorMessage: `User is not authorized to perform: airflow:ListEnvironments on resource: ${arnOf('*')}` },
    {
      errorMessage: 'is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/environment/x',
    },
  ])('none is normal: %j', (record) => {
    expect(environmentOf(record)).toBeUndefined();
  });

  test('no prototype is reached', () => {
    const record = JSON.parse(
      '{"__proto__":{"requestParameters":{"Name":"x"}},"requestParameters":{"__proto__":{"Name":"y"}}}',
    );
    expect(environmentOf(record)).toBeUndefined();
  });
});

/** Logins and calls of the REST API are authorized on a role of Airflow in an environment. */
describe('ARNs of a role', () => {
  const ROLE = 'arn:aws:airflow:eu-west-1:123456789012:role/prod-etl/Admin';
  const denial = `User: arn:aws:iam::123456789012:user/anna is not authorized to perform: airflow:CreateWebLoginToken on resource: ${ROLE}`;

  test.each([
    ['the text of a denial', { requestParameters: null, errorMessage: `${denial} because no policy allows it` }],
    ['at the end of a sentence', { responseElements: { message: `${denial}.` } }],
    ['resources', { resources: [{ ARN: ROLE }] }],
    ['percent-encoded', { resources: [{ ARN: encodeURIComponent(ROLE) }] }],
  ])('%s', (_, record) => {
    expect(environmentOf(record)).toBe('prod-etl');
  });

  test('a role of all environments names none', () => {
    expect(environmentOf({ errorMessage: denial.replace('prod-etl', '*') })).toBeUndefined();
  });
});

test('a denial of a hostile length takes linear time', () => {
  const message = `on resource: arn:aws:airflow:r:a:environment/x${'.)'.repeat(500_000)}x`;
  expect(environmentOf({ errorMessage: message })).toHaveLength(1_000_002);
}, 2000);

describe('ARNs', () => {
  test.each([
    ['other partitions', 'arn:aws-us-gov:airflow:us-gov-west-1:123456789012:environment/gov', 'gov'],
    ['percent-encoded as a whole', encodeURIComponent(arnOf('prod etl')), 'prod etl'],
    ['percent-encoded in part', arnOf('prod%20etl'), 'prod etl'],
    ['lower-case hex', arnOf('a%2fb').replaceAll(':', '%3a'), 'a/b'],
    ['a percent sign that encodes nothing', arnOf('100%'), '100%'],
    ['separators in the name', arnOf('a/b:c#d e'), 'a/b:c#d e'],
    ['no account and Region', 'arn:aws:airflow:::environment/x', 'x'],
  ])('%s', (_, ResourceArn, name) => {
    expect(environmentOf({ requestParameters: { ResourceArn } })).toBe(name);
  });

  test('any name, encoded or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint, minLength: 1 }), (name) => {
        expect(environmentOf({ requestParameters: { Name: name } })).toBe(name);
        expect(environmentOf({ requestParameters: { ResourceArn: encodeURIComponent(arnOf(name)) } })).toBe(name);
      }),
    );
  });
});

test.each([
  ['because no identity-based policy allows the airflow:GetEnvironment action', ' because'],
  ['with an explicit deny', ' with'],
  ['at the end of a sentence', '.'],
  ['in brackets', ')'],
  ['before a comma', ', with'],
  ['in quotes', '"'],
])('a denial, %s', (_, after) => {
  expect(environmentOf({ errorMessage: `${denialOf('prod-etl_2')}${after}` })).toBe('prod-etl_2');
});
