import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding, State } from '../../../cli/doctor/check.ts';
import type { Caller, Clients } from '../../../cli/doctor/clients.ts';
import type { DoctorReport } from '../../../cli/doctor/report.ts';
import { plannedNames } from '../../../cli/preflight/names.ts';
import { readParameters } from '../../../cli/preflight/parameters.ts';
import { openPlan } from '../../../cli/preflight/plan.ts';
import { compileVariants, VARIANTS, type Variant } from '../../deploy/support/compile.ts';
import { REGION as TEMPLATE_REGION } from '../../deploy/support/stack.ts';
import {
  ACCOUNT,
  ago,
  denied,
  FUNCTION,
  healthyAccount,
  KEY,
  notificationXml,
  REGION,
  STACK,
  TOPIC,
  TRAIL,
} from '../../support/deployed-account.ts';
import { type Account, AwsError, type FakeAws, startFakeAws } from '../../support/fake-aws.ts';
import { runInProcess } from '../../support/program.ts';

let aws: FakeAws;
beforeAll(async () => {
  aws = await startFakeAws();
});
afterAll(() => aws.stop());

const missing = (code: string, status: number) => () => new AwsError(code, status);
const noStack = () => new AwsError('ValidationError', 400, `Stack with id ${STACK} does not exist`);
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const ROOT = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
const OTHER_ACCOUNT = '444455556666';
const MANAGEMENT = { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] };

/** Trails of an account that has no stack yet: one, which delivers to the bucket `our-trail`. */
const trails = (...all: object[]): Account => ({
  'cloudtrail:DescribeTrails': () => ({
    trailList: all.map((members) => ({
      ...{ Name: 'org', TrailARN: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/org`, HomeRegion: REGION },
      ...{ S3BucketName: 'our-trail', IsMultiRegionTrail: true, LogFileValidationEnabled: true, KmsKeyId: KEY },
      ...members,
    })),
  }),
});

/** An account in which nothing is in the way of a deployment. */
const FREE: Account = {
  ...healthyAccount('bucket'),
  'cloudformation:DescribeStacks': noStack,
  'cloudformation:ListStackResources': noStack,
  'lambda:GetFunctionConfiguration': missing('ResourceNotFoundException', 404),
  'dynamodb:DescribeTable': missing('ResourceNotFoundException', 400),
  'sqs:GetQueueUrl': missing('QueueDoesNotExist', 400),
  'logs:DescribeLogGroups': () => ({ logGroups: [{ logGroupName: `/aws/lambda/${STACK}-ingest-2` }] }),
  'sns:GetTopicAttributes': ({ TopicArn }) =>
    TopicArn === TOPIC ? { Attributes: new Map([['Policy', document()]]) } : new AwsError('NotFound', 404),
  'events:DescribeEventBus': missing('ResourceNotFoundException', 400),
  'events:DescribeRule': missing('ResourceNotFoundException', 400),
  'iam:GetRole': missing('NoSuchEntity', 404),
  's3:HeadBucket': missing('NotFound', 404),
  's3:GetBucketPolicy': missing('NoSuchBucketPolicy', 404),
  'kms:GetKeyPolicy': () => ({ Policy: document(ROOT) }),
  ...trails({}),
};

function run(account: Account, args: readonly string[]) {
  aws.become(account);
  return runInProcess(['doctor', '--preflight', ...args], {
    AWS_ENDPOINT_URL: aws.endpoint,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
}

const paramsOf = (params: Readonly<Record<string, string>>) =>
  Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);

async function findings(account: Account, params: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await run(account, [...paramsOf(params), '--format', 'json']);
  if (stdout === '') throw new Error(stderr);
  const { findings: all } = JSON.parse(stdout) as DoctorReport;
  return { code, all, bad: all.filter(({ state }) => state !== 'ok') };
}

const BUCKET = { source: 'bucket', logBucket: 'our-trail', kmsKeyArn: KEY };
const ORG_BUCKET = { logBucket: 'org-logs', allowedLogBuckets: `org-logs@${OTHER_ACCOUNT}` };
const ORG_TOPIC = `arn:aws:sns:${REGION}:${OTHER_ACCOUNT}:org`;
const ORG = { source: 'topic', topicArn: ORG_TOPIC, ...ORG_BUCKET };

test.each([
  ['a new trail', {}, trails()],
  ['the bucket of a trail', BUCKET, {}],
  [
    'two trails in one bucket, below different prefixes',
    { ...BUCKET, moreLogBuckets: 'our-trail/audit' },
    trails({}, { Name: 'second', S3KeyPrefix: 'audit' }),
  ],
  ['the topic of a trail', { ...BUCKET, source: 'topic', topicArn: TOPIC }, trails({ SnsTopicARN: TOPIC })],
] as [string, Record<string, string>, Account][])('%s, with nothing in the way', async (_, params, changes) => {
  const { code, bad, all } = await findings({ ...FREE, ...changes }, params);
  expect({ code, bad }).toEqual({ code: 0, bad: [] });
  expect(all[0]).toMatchObject({
    check: 'stack',
    text: `${STACK} does not exist yet in ${REGION}: it will be created`,
  });
  expect(all[1]!.text).toMatch(/^\d\d names that the deployment gives are free$/);
});

type Expected = [state: State, check: string, text: string, fix: string];

const CASES: { what: string; params: Record<string, string>; changes: Account; expected: Expected[] }[] = [
  {
    what: 'a first deployment that failed',
    params: BUCKET,
    changes: {
      'cloudformation:DescribeStacks': () => ({
        Stacks: [{ StackName: STACK, CreationTime: ago(9), StackStatus: 'ROLLBACK_COMPLETE' }],
      }),
      'dynamodb:DescribeTable': ({ TableName }) =>
        TableName === `${STACK}-events` ? { Table: {} } : new AwsError('ResourceNotFoundException'),
    },
    expected: [
      ['problem', 'stack', 'the first deployment of mwaa-trail-dev failed', 'aws cloudformation delete-stack --region'],
      ['problem', 'names', `the table ${STACK}-events exists`, 'docs/deploy.md, Removal'],
    ],
  },
  {
    what: 'names of other kinds that are taken',
    params: {},
    changes: {
      ...trails({ Name: `${STACK}-${REGION}`, TrailARN: TRAIL, S3BucketName: 'gone' }),
      's3:HeadBucket': ({ path }) => (String(path).includes('quarantine') ? '' : new AwsError('NotFound', 404)),
      'logs:DescribeLogGroups': ({ logGroupNamePrefix }) => ({ logGroups: [{ logGroupName: logGroupNamePrefix }] }),
      'lambda:GetFunctionConfiguration': ({ path }) =>
        String(path).includes('-query/') ? { FunctionName: FUNCTION } : new AwsError('ResourceNotFoundException', 404),
    },
    expected: [
      ['problem', 'names', `the bucket ${STACK}-quarantine-${ACCOUNT}-${REGION} exists`, 'logBucket, quarantineBucket'],
      ['problem', 'names', `the function ${STACK}-query exists`, 'choose another --stage'],
      ...['ingest', 'query', 'verify', 'alert'].map(
        (one): Expected => ['problem', 'names', `the log group /aws/lambda/${STACK}-${one} exists`, ''],
      ),
      ['problem', 'names', `the log group /aws/http-api/${STACK} exists`, ''],
      ['problem', 'names', `the trail ${STACK}-${REGION} exists`, ''],
    ],
  },
  {
    what: 'a bucket name of somebody else',
    params: BUCKET,
    changes: { 's3:HeadBucket': () => new AwsError('Forbidden', 403) },
    expected: [['unknown', 'names', 'whether the bucket', 's3:ListBucket; or another account owns it']],
  },
  {
    what: 'the quota of a new account, and reserved concurrency',
    params: { ...BUCKET, queryConcurrency: '5', verifyConcurrency: '1' },
    changes: {
      'lambda:GetAccountSettings': () => ({
        AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 },
      }),
    },
    expected: [
      ['problem', 'quota', 'Lambda refuses to reserve 6 more, because 10 must stay', 'without queryConcurrency'],
    ],
  },
  {
    what: 'a second copy of management events',
    params: {},
    changes: { 'cloudtrail:GetEventSelectors': () => ({ AdvancedEventSelectors: [MANAGEMENT] }) },
    expected: [
      [
        'warning',
        'trail',
        'org records management events already: CloudTrail charges the new trail 2 dollars for each 100,000',
        `--param=logBucket=our-trail --param=kmsKeyArn=${KEY} (and the other parameters as before) --param=source=bucket; or record only`,
      ],
    ],
  },
  {
    what: 'data events alone, and no trail of management events',
    params: { managementEvents: 'false' },
    changes: { 'cloudtrail:GetTrailStatus': () => ({ IsLogging: false }) },
    expected: [['warning', 'trail', 'no trail records management events', 'leave out managementEvents=false']],
  },
  {
    what: 'data events alone, beside a trail of management events',
    params: { managementEvents: 'false' },
    changes: { 'cloudtrail:GetEventSelectors': () => ({ AdvancedEventSelectors: [MANAGEMENT] }) },
    expected: [],
  },
  {
    what: 'six trails, of which none is on',
    params: {},
    changes: {
      ...trails(...[1, 2, 3, 4, 5, 6].map((i) => ({ Name: `t${i}` }))),
      'cloudtrail:GetTrailStatus': () => ({ IsLogging: false }),
    },
    expected: [['problem', 'trail', `6 trails are in ${REGION}: CloudTrail allows 5`, 'source=bucket']],
  },
  {
    what: 'a trail of other parameters, which does not record everything',
    params: { source: 'bucket', logBucket: 'our-trail' },
    changes: {
      ...trails({ S3KeyPrefix: 'audit', IsMultiRegionTrail: false, LogFileValidationEnabled: false }),
      'cloudtrail:GetEventSelectors': () => ({ AdvancedEventSelectors: [MANAGEMENT] }),
    },
    expected: [
      ['problem', 'trail', 'org has another keyPrefix and kmsKeyArn', '--param=keyPrefix=audit/AWSLogs/'],
      ['warning', 'Regions', 'records us-east-1 only', '--is-multi-region-trail'],
      ['warning', 'validation', 'log file validation off', '--enable-log-file-validation'],
      ['problem', 'data events', "org does not record MWAA's data events", 'AWS::MWAA::Environment'],
    ],
  },
  {
    what: 'a bucket that sends no events, and one that no trail delivers to',
    params: { ...BUCKET, allowedLogBuckets: 'our-trail,second' },
    changes: { 's3:GetBucketNotificationConfiguration': () => notificationXml('') },
    expected: [
      ['problem', 'trail', 'no trail of this account delivers to second', 'aws cloudtrail describe-trails'],
      [
        'problem',
        'announcement',
        'bucket our-trail does not send its events to EventBridge',
        'put-bucket-notification',
      ],
      ['problem', 'announcement', 'bucket second does not send its events', 'put-bucket-notification'],
    ],
  },
  {
    what: 'further trails with other parameters, and a topic that lets nobody in',
    params: {
      ...{ ...BUCKET, moreLogBuckets: `second,third/audit@${OTHER_ACCOUNT}`, moreTopicArns: ORG_TOPIC },
    },
    changes: {
      ...trails(
        {},
        { Name: 'two', S3BucketName: 'second', S3KeyPrefix: 'two' },
        { Name: 'three', S3BucketName: 'third', S3KeyPrefix: 'audit', KmsKeyId: `${KEY}-3` },
      ),
      'sns:GetTopicAttributes': ({ TopicArn }) =>
        TopicArn === ORG_TOPIC ? { Attributes: new Map([['Policy', document()]]) } : new AwsError('NotFound', 404),
      's3:GetBucketPolicy': () => document(),
    },
    expected: [
      ['problem', 'trail', 'two writes to s3://second/two/AWSLogs/, which moreLogBuckets does not', 'as NAME/PREFIX'],
      ['problem', 'trail', 'moreKmsKeyArns does not name the key of three', `add ${KEY}-3`],
      ['problem', 'topic policy', `the policy of ${ORG_TOPIC} does not let account`, '"sns:Subscribe"'],
      ['problem', 'bucket policy', 'the policy of bucket third does not let', 'arn:aws:s3:::third/audit/AWSLogs/*'],
    ],
  },
  {
    what: 'no such bucket',
    params: BUCKET,
    changes: { 's3:GetBucketNotificationConfiguration': () => new AwsError('NoSuchBucket', 404) },
    expected: [['problem', 'announcement', 'there is no bucket our-trail', 'aws s3api head-bucket --bucket our-trail']],
  },
  {
    what: 'a bucket of another Region',
    params: BUCKET,
    changes: {
      's3:GetBucketNotificationConfiguration': (_, region) =>
        region === 'eu-central-1'
          ? notificationXml('')
          : new AwsError('PermanentRedirect', 301, 'No.', '<Region>eu-central-1</Region>'),
    },
    expected: [['problem', 'announcement', 'bucket our-trail is in eu-central-1', 'deploy the stack in eu-central-1']],
  },
  {
    what: 'a policy that denies, and a key that lets nobody in',
    params: BUCKET,
    changes: {
      's3:GetBucketPolicy': () =>
        document(
          { Effect: 'Deny', Principal: '*', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:Get*',
            Condition: { StringNotEquals: { 'aws:SourceVpce': 'v' } },
          },
        ),
      'kms:GetKeyPolicy': () => ({ Policy: document({ ...ROOT, Principal: { AWS: 'arn:aws:iam::1:role/admin' } }) }),
    },
    expected: [
      [
        'warning',
        'bucket policy',
        'denies reading, perhaps also to the functions: {"Effect":"Deny","Principal":"*","Action":"s3:Get*"',
        'ArnNotEquals',
      ],
      [
        'problem',
        'key policy',
        'does not let IAM policies of the account decide',
        `add to its policy: ${JSON.stringify(ROOT)}`,
      ],
    ],
  },
  {
    what: 'a key for a new trail with which CloudTrail may not encrypt',
    params: { kmsKeyArn: KEY },
    changes: trails(),
    expected: [['problem', 'key policy', 'does not let CloudTrail encrypt', `"aws:SourceArn":"${TRAIL}"`]],
  },
  {
    what: 'topic, bucket and key in another account, whose policies cannot be read',
    params: { ...ORG, kmsKeyArn: KEY.replace(ACCOUNT, OTHER_ACCOUNT) },
    changes: {
      ...trails(),
      'sns:GetTopicAttributes': ({ TopicArn }) =>
        TopicArn === ORG_TOPIC ? new AwsError('AuthorizationError', 403) : new AwsError('NotFound', 404),
      's3:GetBucketPolicy': () => new AwsError('AccessDenied', 403),
      's3:GetBucketOwnershipControls': () => new AwsError('AccessDenied', 403),
    },
    expected: [
      [
        'unknown',
        'trail',
        `no trail visible from here delivers to org-logs, the bucket of account ${OTHER_ACCOUNT}`,
        'describe-trails',
      ],
      ['unknown', 'ownership', 's3:GetBucketOwnershipControls', ''],
      [
        'unknown',
        'topic policy',
        'sns:GetTopicAttributes',
        `"Principal":{"AWS":"${ACCOUNT}"},"Action":["sns:Subscribe","sns:GetTopicAttributes"],"Resource":"${ORG_TOPIC}"`,
      ],
      [
        'unknown',
        'bucket policy',
        'of account 444455556666 is not known',
        `"aws:PrincipalArn":["arn:aws:iam::${ACCOUNT}:role/${STACK}-ingest-${REGION}","arn:aws:iam::${ACCOUNT}:role/${STACK}-verify-${REGION}"]}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::org-logs/AWSLogs/*"`,
      ],
      ['unknown', 'key policy', 'can be read only in account 444455556666', '"Action":"kms:Decrypt","Resource":"*"'],
    ],
  },
  {
    what: 'policies of another account that let nobody in',
    params: ORG,
    changes: {
      ...trails({ S3BucketName: 'org-logs', KmsKeyId: undefined, SnsTopicARN: ORG_TOPIC }),
      'sns:GetTopicAttributes': ({ TopicArn }) =>
        TopicArn === ORG_TOPIC ? { Attributes: new Map([['Policy', document()]]) } : new AwsError('NotFound', 404),
      's3:GetBucketPolicy': () => document(),
    },
    expected: [
      [
        'problem',
        'topic policy',
        `the policy of ${ORG_TOPIC} does not let account ${ACCOUNT} subscribe`,
        'sns:Subscribe',
      ],
      ['problem', 'bucket policy', `does not let account ${ACCOUNT} read`, 's3:ListBucket'],
    ],
  },
  {
    what: "another account's bucket with source=bucket",
    params: { source: 'bucket', ...ORG_BUCKET },
    changes: {
      ...trails({ S3BucketName: 'org-logs', KmsKeyId: undefined }),
      's3:GetBucketPolicy': () =>
        document({ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: ['s3:Get*', 's3:List*'] }),
    },
    expected: [['problem', 'announcement', 'bucket org-logs is in account 444455556666', 'source=topic']],
  },
];

test.each(CASES)('$what', async ({ params, changes, expected }) => {
  const { code, bad } = await findings({ ...FREE, ...changes }, params);
  expect(bad).toEqual(
    expected.map(([state, check, text, fix]) =>
      expect.objectContaining({
        ...{ state, check, text: expect.stringContaining(text), fix: expect.stringContaining(fix) },
      }),
    ),
  );
  expect(code).toBe(expected.some(([state]) => state !== 'warning') ? 1 : 0);
});

test('names that the stack itself has are free', async () => {
  const account: Account = {
    ...FREE,
    'cloudformation:DescribeStacks': () => ({
      Stacks: [{ StackName: STACK, CreationTime: ago(9999), StackStatus: 'UPDATE_COMPLETE' }],
    }),
    'cloudformation:ListStackResources': () => ({
      StackResourceSummaries: [
        ...[`${STACK}-events`, `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${STACK}-ingest`],
        `arn:aws:sns:${REGION}:${ACCOUNT}:${STACK}-alarms`,
      ].map((PhysicalResourceId, i) => ({ LogicalResourceId: `R${i}`, PhysicalResourceId })),
    }),
    'dynamodb:DescribeTable': ({ TableName }) =>
      TableName === `${STACK}-events` ? { Table: {} } : new AwsError('ResourceNotFoundException'),
    'sqs:GetQueueUrl': ({ QueueName }) =>
      QueueName === `${STACK}-ingest` ? { QueueUrl: 'x' } : new AwsError('QueueDoesNotExist'),
    'sns:GetTopicAttributes': ({ TopicArn }) =>
      String(TopicArn).endsWith('-alarms') ? { Attributes: new Map() } : new AwsError('NotFound', 404),
  };
  expect(await findings(account, BUCKET)).toMatchObject({ code: 0, bad: [] });
});

test('what may not be asked is unknown, with the action that it needs, and the policy allows it', async () => {
  const worlds: [Account, Record<string, string>][] = [
    [
      { ...FREE, ...trails({ SnsTopicARN: undefined }) },
      { ...BUCKET, source: 'topic', topicArn: TOPIC },
    ],
    [FREE, BUCKET],
    [FREE, {}],
    [{ ...FREE, ...trails({ S3BucketName: 'org-logs', KmsKeyId: undefined }) }, ORG],
  ];
  const asked = new Set<string>();
  for (const [account, params] of worlds) {
    await findings(account, params);
    for (const name of aws.calls) asked.add(name);
  }
  asked.delete('sts:GetCallerIdentity');
  // Without the stack's own resources, no name is known to be taken by somebody else.
  const refusable = [...asked].filter((name) => name !== 'cloudformation:ListStackResources');
  const found: Finding[] = [];
  for (const [account, params] of worlds) {
    const refused = Object.fromEntries(refusable.map((name) => [name, () => denied(name)]));
    const { all } = await findings({ ...account, ...refused }, params);
    expect(all.filter(({ state }) => state !== 'unknown')).toEqual([]);
    found.push(...all);
  }
  const actions = [...asked].map((name) =>
    name.replace('GetBucketNotificationConfiguration', 'GetBucketNotification').replace('HeadBucket', 'ListBucket'),
  );
  const { Statement } = JSON.parse(readFileSync('deploy/policies/preflight.json', 'utf8')) as {
    Statement: { Effect: string; Action: string[] }[];
  };
  expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual(actions.sort());
  const needed = new Set(found.map(({ needs }) => needs));
  // Others are asked only once these have answered.
  const later = /GetTrailStatus|GetEventSelectors|ListStackResources|GetBucketOwnershipControls|GetBucketNotification/;
  expect(actions.filter((action) => !needed.has(action) && !later.test(action))).toEqual([]);
});

describe('usage', () => {
  test.each([
    [['--param=logbucket=x'], 'parameters of stage dev: logbucket is not a parameter: expected one of'],
    [['--stage', 'prod', '--param=source=bucket'], 'parameters of stage prod: source=bucket needs logBucket'],
    [['--stack', 'mwaa-trail-prod'], '--stage names the deployment'],
  ])('%p', async (args, says) => {
    const { code, stdout, stderr } = await run(FREE, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('parameters without --preflight', async () => {
    expect(await runInProcess(['doctor', '--param=source=bucket'])).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('--stage and --param go with --preflight') },
    });
  });
});

describe('parameters', () => {
  const place = { stage: 'prod', account: ACCOUNT, region: REGION };
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mwaa-trail-stages-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are those of stages.yml, overridden by the given ones', async () => {
    writeFileSync(join(folder, 'stages.yml'), 'prod: { source: bucket, logBucket: ours, retentionDays: 400 }\n');
    const values = await readParameters(place, ['retentionDays=30'], folder);
    expect(values).toMatchObject({
      source: 'bucket',
      logBucket: 'ours',
      allowedLogBuckets: 'ours',
      retentionDays: '30',
    });
    expect(values.quarantineBucket).toBe(`mwaa-trail-prod-quarantine-${ACCOUNT}-${REGION}`);
  });

  test('a file that is not YAML', async () => {
    writeFileSync(join(folder, 'stages.yml'), 'prod: { ');
    await expect(readParameters(place, [], folder)).rejects.toThrow('stages.yml');
  });
});

/** Where the template of each kind has the name. */
const NAMED: Readonly<Record<string, readonly [type: string, property: string]>> = {
  table: ['AWS::DynamoDB::Table', 'TableName'],
  bucket: ['AWS::S3::Bucket', 'BucketName'],
  queue: ['AWS::SQS::Queue', 'QueueName'],
  function: ['AWS::Lambda::Function', 'FunctionName'],
  'log group': ['AWS::Logs::LogGroup', 'LogGroupName'],
  topic: ['AWS::SNS::Topic', 'TopicName'],
  trail: ['AWS::CloudTrail::Trail', 'TrailName'],
  'event bus': ['AWS::Events::EventBus', 'Name'],
  rule: ['AWS::Events::Rule', 'Name'],
  role: ['AWS::IAM::Role', 'RoleName'],
};

test('the names are those of the compiled templates', async () => {
  const place = { stage: 'dev', account: ACCOUNT, region: TEMPLATE_REGION };
  const caller: Caller = { ...place, arn: '', partition: 'aws' };
  for (const [variant, stack] of await compileVariants()) {
    const given = Object.entries(VARIANTS[variant as Variant]).map(([name, value]) => `${name}=${value}`);
    const plan = openPlan({} as Clients, caller, 'dev', await readParameters(place, given), 0);
    const planned = [...plannedNames(plan)].map(([kind, names]) => [kind, [...names].sort()]);
    const compiled = Object.entries(NAMED).map(([kind, [type, property]]) => {
      const names = stack
        .ofType(type)
        .filter(({ properties }) => !('EventBusName' in properties))
        .flatMap(({ properties }) => properties[property] ?? []);
      return [kind, names.sort()];
    });
    expect([variant, planned]).toEqual([variant, compiled]);
    expect(new Set(stack.ofType('AWS::IAM::Role').map(({ id }) => stack.arn(id)))).toEqual(
      new Set(plan.roles.map(plan.roleOf)),
    );
  }
}, 240_000);
