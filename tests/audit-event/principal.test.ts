import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { principalOf } from '../../shared/audit-event/principal.ts';

const of = (userIdentity: unknown) => principalOf({ userIdentity }).principal;
const issuer = (userName?: string) => ({ sessionContext: { sessionIssuer: { type: 'Role', userName } } });
const session = (path: string) => `arn:aws:sts::123456789012:assumed-role/${path}`;

describe('by type', () => {
  test.each([
    ['Root', { arn: 'arn:aws:iam::123456789012:root' }, 'root'],
    ['Root', { userName: 'my-alias' }, 'root'],
    ['Root', {}, 'root'],
    ['IAMUser', { userName: 'anna.berg', arn: 'arn:aws:iam::123456789012:user/anna.berg' }, 'anna.berg'],
    ['IAMUser', { arn: 'arn:aws:iam::123456789012:user/a' }, 'arn:aws:iam::123456789012:user/a'],
    ['AssumedRole', { ...issuer('Admin'), arn: session('Admin/anna') }, 'Admin/anna'],
    ['AssumedRole', { ...issuer('Admin'), arn: session('Other/anna') }, 'Admin/anna'],
    ['AssumedRole', { arn: session('Admin/anna@example.com') }, 'Admin/anna@example.com'],
    ['AssumedRole', { ...issuer(), arn: session('Admin/anna') }, 'Admin/anna'],
    ['AssumedRole', { sessionContext: null, arn: session('Admin/anna') }, 'Admin/anna'],
    ['AssumedRole', { ...issuer('Admin') }, 'Admin'],
    ['AssumedRole', { arn: session('Admin') }, 'Admin'],
    ['AssumedRole', { arn: 'arn:aws-cn:sts::123456789012:assumed-role/Admin/anna' }, 'Admin/anna'],
    ['AssumedRole', { principalId: 'AROAEXAMPLE:anna' }, 'AROAEXAMPLE:anna'],
    ['Role', { userName: 'Deployer' }, 'Deployer'],
    ['Role', { ...issuer('Deployer') }, 'Deployer'],
    ['Role', { arn: 'arn:aws:iam::123456789012:role/path/to/Deployer' }, 'Deployer'],
    ['FederatedUser', { arn: 'arn:aws:sts::123456789012:federated-user/bob' }, 'bob'],
    ['Role', { arn: 'arn:aws:iam::123456789012:role/' }, 'arn:aws:iam::123456789012:role/'],
    ['Role', { arn: 'arn:aws:iam::123456789012:role/path/', userName: '' }, 'arn:aws:iam::123456789012:role/path/'],
    ['FederatedUser', { arn: 'arn:aws:sts::1:federated-user/', principalId: 'p' }, 'arn:aws:sts::1:federated-user/'],
    ['FederatedUser', { principalId: '123456789012:bob' }, '123456789012:bob'],
    ['SAMLUser', { identityProvider: 'saml.example', userName: 'carol' }, 'saml.example:carol'],
    ['SAMLUser', { userName: 'carol' }, 'carol'],
    ['WebIdentityUser', { identityProvider: 'accounts.google.com', userName: '1:2' }, 'accounts.google.com:1:2'],
    ['IdentityCenterUser', { onBehalfOf: { userId: 'u-1', identityStoreArn: 'arn:x' } }, 'u-1'],
    ['IdentityCenterUser', { onBehalfOf: null, principalId: 'p-1' }, 'p-1'],
    ['AWSService', { invokedBy: 'airflow.amazonaws.com' }, 'airflow.amazonaws.com'],
    ['AWSAccount', { accountId: '123456789012', principalId: 'AIDAEXAMPLE' }, '123456789012 AIDAEXAMPLE'],
    ['AWSAccount', { accountId: '123456789012' }, '123456789012'],
    ['AWSAccount', { principalId: 'AIDAEXAMPLE' }, 'AIDAEXAMPLE'],
    ['Directory', { userName: 'dora', arn: 'arn:x' }, 'dora'],
    ['Directory', { arn: 'arn:x', principalId: 'p' }, 'arn:x'],
    ['Unknown', { principalId: 'p' }, 'p'],
    ['Unknown', {}, undefined],
    ['SomethingNew', { arn: 'arn:x' }, 'arn:x'],
    [undefined, { accountId: '123456789012', invokedBy: 'airflow.amazonaws.com' }, 'airflow.amazonaws.com'],
    [undefined, {}, undefined],
  ])('%s %j: %s', (type, identity, principal) => {
    expect(of({ type, ...identity })).toBe(principal);
  });
});

test('type, arn and access key as written', () => {
  const userIdentity = {
    type: 'IAMUser',
    userName: 'anna',
    arn: 'arn:aws:iam::1:user/anna',
    accessKeyId: 'AKIAEXAMPLE',
  };
  expect(principalOf({ userIdentity })).toStrictEqual({
    principal: 'anna',
    principalType: 'IAMUser',
    principalArn: 'arn:aws:iam::1:user/anna',
    accessKeyId: 'AKIAEXAMPLE',
  });
});

test.each([
  {},
  { userIdentity: null },
  { userIdentity: 'root' },
  { userIdentity: [] },
  { userIdentity: { type: '', userName: '', arn: '', accessKeyId: '', principalId: null, invokedBy: 7 } },
])('nobody: %j', (record) => {
  expect(principalOf(record)).toStrictEqual({});
});

describe('hostile identities', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])('type %s', (type) => {
    expect(principalOf({ userIdentity: { type, userName: 'eve' } })).toStrictEqual({
      principal: 'eve',
      principalType: type,
    });
  });

  test('members of a prototype are not members', () => {
    const record = JSON.parse('{"userIdentity":{"__proto__":{"type":"Root","userName":"eve","arn":"x"}}}');
    expect(principalOf(record)).toStrictEqual({});
  });

  test('every part is a non-empty text, or absent', () => {
    const types = ['Root', 'IAMUser', 'AssumedRole', 'Role', 'FederatedUser', 'SAMLUser', 'AWSService', 'AWSAccount'];
    const part = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(session('/'), session(''), ':role/', 'a'));
    const names = [
      'userName',
      'arn',
      'principalId',
      'accountId',
      'invokedBy',
      'identityProvider',
      'onBehalfOf',
      'sessionContext',
    ];
    const identity = fc.record(Object.fromEntries(names.map((name) => [name, part])), { requiredKeys: [] });
    fc.assert(
      fc.property(fc.constantFrom(...types, 'WebIdentityUser', 'IdentityCenterUser'), identity, (type, rest) => {
        for (const value of Object.values(principalOf({ userIdentity: { ...rest, type } }))) {
          expect(typeof value === 'string' && value !== '').toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
