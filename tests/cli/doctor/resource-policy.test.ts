import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { decide, withStatement } from '../../../cli/doctor/resource-policy.ts';
import { fitsWildcard } from '../../../cli/doctor/wildcard.ts';
import { commandLine } from '../../../cli/shell.ts';

const request = {
  service: 's3.amazonaws.com',
  action: 'sqs:SendMessage',
  sourceArn: 'arn:aws:s3:::logs',
  sourceAccount: '111122223333',
};
const allow = { Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'sqs:SendMessage' };
const deny = { ...allow, Effect: 'Deny', Principal: '*', Action: 'sqs:*' };
const onlyTls = { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } };

describe('whether a service may send', () => {
  test.each<[string, object | object[], string]>([
    ['without conditions', allow, 'allowed'],
    [
      'of several services, by a pattern of actions',
      { ...allow, Principal: { Service: ['x', 's3.amazonaws.com'] }, Action: ['SQS:Send*'] },
      'allowed',
    ],
    ['of everybody', { ...allow, Principal: { AWS: '*' }, Action: '*' }, 'allowed'],
    ['of another service', { ...allow, Principal: { Service: 'sns.amazonaws.com' } }, 'denied'],
    ['another action', { ...allow, Action: 'sqs:ReceiveMessage' }, 'denied'],
    ['from the bucket', { ...allow, Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::lo*' } } }, 'allowed'],
    [
      'from another bucket',
      { ...allow, Condition: { ArnEquals: { 'AWS:SourceArn': 'arn:aws:s3:::other' } } },
      'denied',
    ],
    [
      'a pattern that is none',
      { ...allow, Condition: { StringEquals: { 'aws:SourceArn': 'arn:aws:s3:::lo*' } } },
      'denied',
    ],
    [
      'from the account',
      { ...allow, Condition: { StringEquals: { 'aws:SourceAccount': ['x', '111122223333'] } } },
      'allowed',
    ],
    [
      'not from the account',
      { ...allow, Condition: { StringNotEquals: { 'aws:SourceAccount': '111122223333' } } },
      'denied',
    ],
    [
      'a condition of another kind',
      { ...allow, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      'unclear',
    ],
    [
      'a key that is not understood',
      { ...allow, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } },
      'unclear',
    ],
    ['not of some', { Effect: 'Allow', NotPrincipal: '*', Action: '*' }, 'unclear'],
    ['all but some actions', { Effect: 'Allow', Principal: '*', NotAction: 'x' }, 'unclear'],
    ['and denied', [allow, deny], 'denied'],
    ['and denied without TLS', [allow, onlyTls], 'allowed'],
    [
      'and denied in some cases',
      [allow, { ...deny, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }],
      'unclear',
    ],
  ])('%s', (_, Statement, decision) => {
    expect(decide(JSON.stringify({ Version: '2012-10-17', Statement }), request)).toBe(decision);
  });

  test('not without a policy, and by the statement that is added', () => {
    expect(decide(undefined, request)).toBe('denied');
    expect(decide('', request)).toBe('denied');
    for (const before of [
      undefined,
      '',
      JSON.stringify({ Statement: onlyTls }),
      JSON.stringify({ Statement: [onlyTls] }),
    ]) {
      const after = withStatement(before, allow);
      expect(decide(after, request)).toBe('allowed');
      expect((JSON.parse(after) as { Statement: object[] }).Statement).toHaveLength(before ? 2 : 1);
    }
  });

  test('a source account that is not known is not taken for another', () => {
    const { sourceAccount: _, ...unknown } = request;
    const Statement = { ...allow, Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } };
    expect(decide(JSON.stringify({ Statement }), unknown)).toBe('unclear');
  });
});

test.each([
  ['AWSLogs/*/CloudTrail/*.json.gz', 'AWSLogs/o-1/1/CloudTrail/x/a.json.gz', true],
  ['AWSLogs/*/CloudTrail/*.json.gz', 'AWSLogs/1/CloudTrail-Digest/x/a.json.gz', false],
  ['a.c', 'abc', false],
  ['a?c', 'abc', true],
  ['(a|b)[c]$', '(a|b)[c]$', true],
  ['*', 'a\nb', true],
])('the pattern %s fits %j: %s', (pattern, text, fits) => {
  expect(fitsWildcard(pattern, text)).toBe(fits);
});

test('a command line means to a shell what it was made of', () => {
  const words = ['plain', "it's", '$HOME `x` "y" \\ *', 'a b', '', 'ä\n'];
  const line = commandLine('printf', '%s|', ...words, { a: "it's" });
  const printed = execFileSync('sh', ['-c', line], { encoding: 'utf8' });
  expect(printed).toBe(`${[...words, '{"a":"it\'s"}'].join('|')}|`);
});
