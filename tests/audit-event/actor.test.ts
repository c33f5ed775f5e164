import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actorOf } from '../../shared/audit-event/principal.ts';
import { isMachineMade } from '../../shared/audit-event/session-name.ts';

const MEI = 'mei.tanaka@example.com';
const SSO_ROLE = 'AWSReservedSSO_DataEngineer_0123456789abcdef';
const PERSON_ID = '906750cd-b071-70a5-0e9e-5d9e5d1f2a3b';
const onBehalfOf = { userId: PERSON_ID, identityStoreArn: 'arn:aws:identitystore::1:identitystore/d-1' };

const session = (path: string) => `arn:aws:sts::111122223333:assumed-role/${path}`;
const issuer = (userName: string, type = 'Role') => ({
  type,
  userName,
  arn: `arn:aws:iam::111122223333:role/${userName}`,
});
/** An AssumedRole as CloudTrail writes it. */
const assumed = (role: string, name: string, others: { sourceIdentity?: string; onBehalfOf?: object } = {}) => {
  const { sourceIdentity, ...beside } = others;
  return {
    principalId: `AROAEXAMPLE:${name}`,
    arn: session(`${role}/${name}`),
    sessionContext: { sessionIssuer: issuer(role), ...(sourceIdentity === undefined ? {} : { sourceIdentity }) },
    ...beside,
  };
};

describe('user, role and username by type', () => {
  test.each([
    // People's own names, and machines'.
    ['Root', { arn: 'arn:aws:iam::111122223333:root' }, 'root', undefined, 'root'],
    ['Root', { userName: 'example-corp' }, 'root', undefined, 'root'],
    ['Root', { sessionContext: { sessionIssuer: {}, sourceIdentity: MEI } }, 'root', undefined, 'root'],
    ['IAMUser', { userName: 'anna', sessionContext: { sessionIssuer: {} } }, 'anna', undefined, 'anna'],
    ['IAMUser', { arn: 'arn:aws:iam::1:user/anna' }, 'arn:aws:iam::1:user/anna', undefined, undefined],
    ['SAMLUser', { userName: MEI, identityProvider: 'saml.example' }, MEI, undefined, MEI],
    ['WebIdentityUser', { userName: '1:2', identityProvider: 'accounts.google.com' }, '1:2', undefined, '1:2'],
    ['WebIdentityUser', { identityProvider: 'accounts.google.com' }, 'accounts.google.com', undefined, undefined],
    ['IdentityCenterUser', { onBehalfOf, credentialId: 'c' }, PERSON_ID, undefined, undefined],
    ['IdentityCenterUser', { principalId: 'p' }, 'p', undefined, undefined],
    ['AWSService', { invokedBy: 'airflow.amazonaws.com' }, 'airflow.amazonaws.com', undefined, undefined],
    ['AWSAccount', { accountId: '1', principalId: `AROAX:${MEI}` }, `1 AROAX:${MEI}`, undefined, undefined],
    ['Directory', { userName: 'dora' }, 'dora', undefined, 'dora'],
    ['Unknown', { principalId: 'p' }, 'p', undefined, undefined],
    ['SomethingNew', { arn: 'arn:x' }, 'arn:x', undefined, undefined],
    [undefined, { accountId: '1', invokedBy: 'airflow.amazonaws.com' }, 'airflow.amazonaws.com', undefined, undefined],
    [undefined, {}, undefined, undefined, undefined],
    // The issuer of a federated user's session is an IAM user, or root.
    [
      'FederatedUser',
      { arn: 'arn:aws:sts::1:federated-user/bob', sessionContext: { sessionIssuer: issuer('anna', 'IAMUser') } },
      'bob',
      undefined,
      'bob',
    ],
    ['Role', { userName: 'Deployer' }, 'Deployer', 'Deployer', 'Deployer'],
    ['Role', { sessionContext: { sessionIssuer: issuer('Deployer') } }, 'Deployer', 'Deployer', 'Deployer'],
    ['Role', { arn: 'arn:aws:iam::1:role/path/to/Deployer' }, 'Deployer', 'Deployer', 'Deployer'],
    // Sessions of a role: the source identity, the name that Identity Center gave, the person an application acts for, the
    // name that the caller chose, the role.
    ['AssumedRole', assumed('Ops', 'anna'), 'anna', 'Ops', 'anna'],
    ['AssumedRole', assumed('Ops', 'anna', { sourceIdentity: MEI }), MEI, 'Ops', 'anna'],
    ['AssumedRole', assumed('Ops', 'botocore-session-1', { sourceIdentity: MEI }), MEI, 'Ops', 'botocore-session-1'],
    ['AssumedRole', assumed(SSO_ROLE, MEI), MEI, SSO_ROLE, MEI],
    ['AssumedRole', assumed(SSO_ROLE, '00417'), '00417', SSO_ROLE, '00417'],
    ['AssumedRole', assumed(SSO_ROLE, MEI, { onBehalfOf }), MEI, SSO_ROLE, MEI],
    ['AssumedRole', assumed(SSO_ROLE, MEI, { sourceIdentity: 'first', onBehalfOf }), 'first', SSO_ROLE, MEI],
    ['AssumedRole', assumed('NotebookApp', 'notebook', { onBehalfOf }), PERSON_ID, 'NotebookApp', 'notebook'],
    ['AssumedRole', assumed('Ops', 'botocore-session-1762391842'), 'Ops', 'Ops', 'botocore-session-1762391842'],
    ['AssumedRole', assumed('Airflow', 'i-0123456789abcdef0'), 'i-0123456789abcdef0', 'Airflow', 'i-0123456789abcdef0'],
    ['AssumedRole', { ...assumed('Ops', 'anna'), invokedBy: 'cloudformation.amazonaws.com' }, 'anna', 'Ops', 'anna'],
    // The role is what the issuer says, as it is written.
    ['AssumedRole', { ...assumed('x', 'anna'), arn: session('Other/anna') }, 'anna', 'x', 'anna'],
    ['AssumedRole', { ...assumed('team/Ops', '7'), arn: session('Ops/7') }, 'team/Ops', 'team/Ops', '7'],
    // Without an issuer, or without an arn.
    ['AssumedRole', { arn: session('Ops/anna'), sessionContext: { sessionIssuer: {} } }, 'anna', 'Ops', 'anna'],
    ['AssumedRole', { arn: session('Ops/12'), sessionContext: null }, 'Ops', 'Ops', '12'],
    ['AssumedRole', { arn: session('Ops') }, 'Ops', 'Ops', undefined],
    ['AssumedRole', { arn: session('Ops/a/b') }, 'a/b', 'Ops', 'a/b'],
    ['AssumedRole', { principalId: 'AROAX:anna' }, 'anna', undefined, 'anna'],
    ['AssumedRole', { principalId: 'AROAX:123' }, 'AROAX:123', undefined, '123'],
    ['AssumedRole', { principalId: 'AROAX' }, 'AROAX', undefined, undefined],
    ['AssumedRole', {}, undefined, undefined, undefined],
  ])('%s %j: %s in %s', (type, identity, user, role, username) => {
    const expected = Object.entries({ user, role, username }).filter(([, value]) => value !== undefined);
    expect(actorOf({ userIdentity: { type, ...identity } })).toStrictEqual(Object.fromEntries(expected));
  });
});

describe('mfa', () => {
  const mfaOf = (sessionContext: unknown) => actorOf({ userIdentity: { type: 'IAMUser', sessionContext } }).mfa;

  test.each([
    ['true', true],
    ['false', false],
    [true, true],
    [false, false],
    ['TRUE', undefined],
    ['', undefined],
    [1, undefined],
    [null, undefined],
  ])('%j: %s', (mfaAuthenticated, mfa) => {
    expect(mfaOf({ attributes: { mfaAuthenticated } })).toBe(mfa);
  });

  test.each([[undefined], [null], [{}], [{ attributes: null }], [{ attributes: [] }], ['x']])(
    'unknown: %j',
    (sessionContext) => {
      expect(mfaOf(sessionContext)).toBeUndefined();
    },
  );
});

describe('session names that a program made up', () => {
  test.each([
    'botocore-session-1762391842',
    'AWS-CLI-session-1523566057',
    'AWSCLI-Session',
    'aws-go-sdk-1762391842000000000',
    'aws-sdk-java-1762391842000',
    'aws-sdk-js-1762391842000',
    'aws-sdk-js-session-1762391842000',
    'aws-sdk-php-1762391842000',
    'aws-sdk-kotlin-1762391842000',
    'aws-dotnet-sdk-session-636238288466144357',
    'assume-role-from-profile-1632246085998',
    'web-identity-token-1632246085998',
    'default_session',
    '1762391842000000000',
    '1762391842.512',
    '0',
    '0f3c1a52-9d0b-4a57-8b1e-0d2f6c7a9b11',
    '0F3C1A529D0B4A578B1E0D2F6C7A9B11',
  ])('%s', (name) => {
    expect(isMachineMade(name)).toBe(true);
  });

  test.each([
    MEI,
    'anna',
    'anna-1',
    '1anna',
    'i-0123456789abcdef0',
    'GitHubActions',
    'AmazonMWAA-airflow',
    'my-botocore-session-1',
    'aws-sdk',
    'deploy-1762391842',
    'deadbeef',
    '0f3c1a52-9d0b-4a57-8b1e-0d2f6c7a9b11-x',
    '',
  ])('not %j', (name) => {
    expect(isMachineMade(name)).toBe(false);
  });
});

test('members of a prototype are not members', () => {
  const record = JSON.parse(
    '{"userIdentity":{"type":"AssumedRole","sessionContext":{"__proto__":{"sourceIdentity":"eve","attributes":{"mfaAuthenticated":"true"}}},"onBehalfOf":{"__proto__":{"userId":"eve"}}}}',
  );
  expect(actorOf(record)).toStrictEqual({});
});

test('of any identity, each part is a text that is not empty, or absent', () => {
  const text = fc.constantFrom(session('/'), session(''), session('a/b'), ':role/', 'a:', 'a:b', '', 'anna', '7');
  const part = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }));
  const context = fc.record(
    { sourceIdentity: part, sessionIssuer: fc.oneof(part, fc.record({ userName: part })), attributes: part },
    { requiredKeys: [] },
  );
  const members = fc.record(
    {
      type: fc.oneof(
        fc.constantFrom('Root', 'IAMUser', 'AssumedRole', 'AssumedRole', 'Role', 'FederatedUser', 'SAMLUser'),
        fc.constantFrom('WebIdentityUser', 'IdentityCenterUser', 'AWSService', 'AWSAccount', '__proto__', 'toString'),
        part,
      ),
      userName: part,
      arn: part,
      principalId: part,
      accountId: part,
      invokedBy: part,
      identityProvider: part,
      onBehalfOf: fc.oneof(part, fc.record({ userId: part })),
      sessionContext: fc.oneof(part, context),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(members, part), (userIdentity) => {
      const { mfa, ...texts } = actorOf({ userIdentity });
      expect(['boolean', 'undefined']).toContain(typeof mfa);
      for (const value of Object.values(texts)) expect(typeof value === 'string' && value !== '').toBe(true);
    }),
    { numRuns: 1000 },
  );
});
