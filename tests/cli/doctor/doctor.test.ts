import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Finding } from '../../../cli/doctor/finding.ts';
import type { DoctorReport } from '../../../cli/doctor/render.ts';
import { DEFAULT_STACK } from '../../../cli/doctor.ts';
import {
  ACCOUNT,
  ago,
  attributesOf,
  type DeployedSource,
  denied,
  environment,
  FILTER,
  FUNCTION,
  healthyAccount,
  isDeadLetters,
  KEY,
  LOG_BUCKET,
  ledger,
  notificationXml,
  ownershipXml,
  policy,
  QUEUE,
  queueAttributes,
  REGION,
  SOURCES,
  STACK,
  TOPIC,
  TRAIL,
  TRAIL_NAME,
  templateOf,
} from '../../support/deployed-account.ts';
import { type Account, AwsError, type FakeAws, startFakeAws } from '../../support/fake-aws.ts';
import { runInProcess } from '../../support/program.ts';

let aws: FakeAws;
beforeAll(async () => {
  aws = await startFakeAws();
});
afterAll(() => aws.stop());

function run(account: Account, args: readonly string[] = [], env: Record<string, string> = {}) {
  aws.become(account);
  return runInProcess(['doctor', ...args], {
    AWS_ENDPOINT_URL: aws.endpoint,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...env,
  });
}

/** What is not as it should be. */
async function findings(account: Account): Promise<{ code: number; bad: Finding[] }> {
  const { code, stdout } = await run(account, ['--format', 'json']);
  const report = JSON.parse(stdout) as DoctorReport;
  return { code, bad: report.findings.filter(({ state }) => state !== 'ok') };
}

type Input = Parameters<Account[string]>[0];
type Changes = Record<
  string,
  (answer: Record<string, unknown>, input: Input, region: string) => object | string | AwsError
>;

/** A healthy account, but for some answers. */
function accountWith(source: DeployedSource, changes: Changes): Account {
  const healthy = healthyAccount(source);
  const changed = Object.entries(changes).map(([name, change]) => [
    name,
    (input: Input, region: string) => change(healthy[name]?.(input, region) as Record<string, unknown>, input, region),
  ]);
  return { ...healthy, ...Object.fromEntries(changed) };
}

const missing =
  (code: string, status = 404) =>
  () =>
    new AwsError(code, status);
const trail = (members: object) => ({
  'cloudtrail:DescribeTrails': ({ trailList }: Record<string, unknown>) => ({
    trailList: [{ ...(trailList as object[])[0], ...members }],
  }),
});
const status = (members: object) => ({ 'cloudtrail:GetTrailStatus': (answer: object) => ({ ...answer, ...members }) });
/** Beside the healthy trail, one that is switched off, and not as it should be otherwise either. */
const withRetired = (members: object): Changes => ({
  'cloudtrail:DescribeTrails': ({ trailList }) => {
    const [living] = trailList as object[];
    const retired = {
      ...{ ...living, Name: 'retired', TrailARN: `${TRAIL}-retired`, IsMultiRegionTrail: false },
      ...{ LogFileValidationEnabled: false, KmsKeyId: `${KEY}-retired`, S3KeyPrefix: 'old' },
    };
    return { trailList: [living, { ...retired, ...members }] };
  },
  'cloudtrail:GetTrailStatus': (answer, { Name }) => ({ ...answer, IsLogging: Name !== `${TRAIL}-retired` }),
});
const selectors = (answer: object) => ({ 'cloudtrail:GetEventSelectors': () => answer });
const lambdaFunction = (members: object) => ({
  'lambda:GetFunctionConfiguration': (answer: object) => ({ ...answer, ...members }),
});
const mapping = (members: object) => ({
  'lambda:ListEventSourceMappings': ({ EventSourceMappings }: Record<string, unknown>) => ({
    EventSourceMappings: [{ ...(EventSourceMappings as object[])[0], ...members }],
  }),
});
const notification = (content: string) => ({ 's3:GetBucketNotificationConfiguration': () => notificationXml(content) });
const inLedger = (items: Parameters<typeof ledger>[0]) => ({
  'dynamodb:Query': (_: object, input: Input) => ledger(items)(input),
});
const failed = (reason: string) => ({
  logFile: `${LOG_BUCKET}/AWSLogs/a.json.gz`,
  state: 'failed',
  reason,
  deliveryDay: '2026-11-20',
});
const subscription = (members: object) => ({
  'sns:GetSubscriptionAttributes': ({ Attributes }: Record<string, unknown>) => ({
    Attributes: new Map([...(Attributes as Map<string, string>), ...Object.entries(members)]),
  }),
});
const management = { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] };
const dataOf = (type: string) => ({
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: [type] },
  ],
});

test.each(SOURCES)('a healthy account, announced by %s', async (source) => {
  const { code, stdout, stderr } = await run(healthyAccount(source));
  expect(stdout).toMatch(
    new RegExp(`^arn:aws:iam::${ACCOUNT}:user/olivia in ${REGION}, stack ${STACK}\n\nSTATE  CHECK +FINDING\nok `),
  );
  expect(stdout).not.toContain('Fix:');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '0 problems, 0 warnings, 0 unknown.\n' });
});

test('a topic of another Region has its subscription there', async () => {
  const elsewhere = TOPIC.replace(REGION, 'eu-west-1');
  const account = accountWith('topic', {
    'cloudformation:ListStackResources': (answer) => JSON.parse(JSON.stringify(answer).replaceAll(TOPIC, elsewhere)),
    'sns:GetSubscriptionAttributes': (answer, _, region) =>
      region === 'eu-west-1' ? answer : new AwsError('InvalidParameter', 400),
  });
  expect(await findings(account)).toEqual({ code: 0, bad: [] });
});

/** `[what, source, changes, the findings as [state, check, text, fix], parts of them]` */
type Case = [what: string, source: DeployedSource, changes: Changes, expected: [string, string, string, string][]];

const STACKS: Case[] = [
  [
    'being updated',
    'queue',
    { 'cloudformation:DescribeStacks': stackIn('UPDATE_IN_PROGRESS') },
    [['warning', 'stack', 'is being changed', `describe-stack-events --region ${REGION} --stack-name ${STACK}`]],
  ],
  [
    'rolled back',
    'queue',
    { 'cloudformation:DescribeStacks': stackIn('UPDATE_ROLLBACK_COMPLETE') },
    [['warning', 'stack', 'was undone', 'describe-stack-events']],
  ],
  [
    'failed',
    'queue',
    { 'cloudformation:DescribeStacks': stackIn('ROLLBACK_FAILED') },
    [['problem', 'stack', 'is not whole: ROLLBACK_FAILED', 'describe-stack-events']],
  ],
  [
    'not one of ours',
    'queue',
    {
      'cloudformation:ListStackResources': () => ({ StackResourceSummaries: [] }),
      'cloudformation:GetTemplate': () => ({ TemplateBody: '{"Resources":{}}' }),
    },
    [
      [
        'problem',
        'stack',
        'has no IngestLambdaFunction, IngestQueue',
        'in the checkout: npx serverless deploy --stage dev --region us-east-1',
      ],
      ['unknown', 'trail', 'not known which buckets', ''],
      ['unknown', 'announcement', 'none of the ways', ''],
      ['problem', 'queue', 'is gone', 'npx serverless deploy'],
      ['problem', 'dead letters', 'is gone', 'npx serverless deploy'],
      ['problem', 'function', 'no ingest function', 'npx serverless deploy'],
      ['unknown', 'access', 'is not understood', ''],
      ['problem', 'ledger', 'is gone', 'npx serverless deploy'],
    ],
  ],
];

const TRAILS: Case[] = [
  [
    'gone',
    'queue',
    { 'cloudtrail:DescribeTrails': () => ({ trailList: [] }) },
    [
      [
        'problem',
        'trail',
        `trail ${TRAIL_NAME} is gone`,
        `--name ${TRAIL_NAME} --s3-bucket-name ${LOG_BUCKET} --kms-key-id 0f1e2d3c && aws cloudtrail start-logging`,
      ],
    ],
  ],
  [
    'none delivers to an existing bucket',
    'bucket',
    trail({ S3BucketName: 'elsewhere' }),
    [['problem', 'trail', `no trail of this account delivers to ${LOG_BUCKET}`, '--param=logBucket=BUCKET']],
  ],
  [
    'delivers elsewhere',
    'queue',
    trail({ S3BucketName: 'elsewhere' }),
    [
      [
        'problem',
        'trail',
        'delivers to elsewhere',
        `update-trail --region ${REGION} --name ${TRAIL} --s3-bucket-name ${LOG_BUCKET}`,
      ],
      ['problem', 'access', 's3://elsewhere/AWSLogs/', ''],
    ],
  ],
  [
    'is of another account, and not seen',
    'topic',
    {
      'cloudtrail:DescribeTrails': () => ({ trailList: [] }),
      ...lambdaFunction({ Environment: { Variables: environment({ LOG_BUCKETS: 'org-logs@444455556666' }) } }),
      's3:GetBucketNotificationConfiguration': () => denied('s3:'),
    },
    [
      [
        'unknown',
        'trail',
        'org-logs, the bucket of account 444455556666',
        "with credentials of the trail's account: aws cloudtrail describe-trails --query 'trailList[?S3BucketName==",
      ],
      [
        'unknown',
        'announcement',
        'access denied: s3:GetBucketNotification',
        'allow whoever runs doctor s3:GetBucketNotification',
      ],
    ],
  ],
  [
    'switched off',
    'queue',
    status({ IsLogging: false }),
    [['problem', 'logging', 'is switched off', `aws cloudtrail start-logging --region ${REGION} --name ${TRAIL}`]],
  ],
  ...['queue', 'bucket', 'topic'].map(
    (source): Case => [
      `retired beside a living one, announced by ${source}`,
      source as DeployedSource,
      // Whatever else the retired one lacks: data events, all Regions, validation, the key, the prefix.
      withRetired({ S3BucketName: LOG_BUCKET }),
      [],
    ],
  ),
  [
    'switched off beside a living one that delivers elsewhere',
    'bucket',
    {
      ...withRetired({ S3BucketName: 'retired-logs', KmsKeyId: KEY, S3KeyPrefix: undefined }),
      ...lambdaFunction({ Environment: { Variables: environment({ LOG_BUCKETS: `${LOG_BUCKET},retired-logs` }) } }),
    },
    [
      ['warning', 'Regions', 'retired records', ''],
      ['warning', 'validation', 'retired has', ''],
      ['problem', 'logging', 'retired is switched off', 'start-logging'],
      ['problem', 'announcement', "the stack's rule does not take the log files of retired", ''],
      ['problem', 'access', 'retired writes to s3://retired-logs/', ''],
    ],
  ],
  [
    'of which two are switched off',
    'queue',
    {
      ...withRetired({ S3BucketName: LOG_BUCKET, S3KeyPrefix: undefined, KmsKeyId: KEY }),
      ...status({ IsLogging: false }),
    },
    [
      ['problem', 'logging', `${TRAIL_NAME} is switched off`, 'start-logging'],
      ['warning', 'Regions', 'retired records', ''],
      ['warning', 'validation', 'retired has', ''],
      ['problem', 'logging', 'retired is switched off', 'start-logging'],
    ],
  ],
  [
    'of one Region, at home elsewhere, of an organisation',
    'bucket',
    {
      ...trail({
        IsMultiRegionTrail: false,
        HomeRegion: 'eu-west-1',
        IsOrganizationTrail: true,
        TrailARN: 'arn:aws:cloudtrail:eu-west-1:444455556666:trail/org',
      }),
    },
    [
      [
        'warning',
        'Regions',
        'records eu-west-1 alone',
        'with credentials of account 444455556666: aws cloudtrail update-trail --region eu-west-1 --name arn:aws:cloudtrail:eu-west-1:444455556666:trail/org --is-multi-region-trail',
      ],
    ],
  ],
  [
    'not validated',
    'queue',
    { ...trail({ LogFileValidationEnabled: false }), ...status({ LatestDigestDeliveryTime: undefined }) },
    [['warning', 'validation', 'nobody can prove', '--enable-log-file-validation']],
  ],
  [
    'refused by the bucket',
    'queue',
    status({ LatestDeliveryError: 'AccessDenied' }),
    [['problem', 'logging', 'cannot deliver to', `aws s3api get-bucket-policy --bucket ${LOG_BUCKET}`]],
  ],
  [
    'refused by the key',
    'queue',
    status({ LatestDeliveryError: 'KMS.DisabledException' }),
    [['problem', 'logging', 'KMS.DisabledException', `aws kms describe-key --key-id ${KEY}`]],
  ],
  [
    'without its bucket',
    'queue',
    status({ LatestDeliveryError: 'NoSuchBucket' }),
    [['problem', 'logging', 'NoSuchBucket', 'aws s3api create-bucket']],
  ],
  [
    'silent',
    'queue',
    { ...status({ LatestDeliveryTime: ago(7 * 60) }), ...inLedger({ newest: [ago(7 * 60)] }) },
    [['problem', 'logging', 'delivered last 7h ago, although', 'get-bucket-policy']],
  ],
  [
    'never delivered',
    'queue',
    status({ LatestDeliveryTime: undefined, StartLoggingTime: ago(31) }),
    [['problem', 'logging', 'has delivered nothing yet', '']],
  ],
  [
    'just begun',
    'queue',
    status({ LatestDeliveryTime: undefined, LatestDigestDeliveryTime: undefined, StartLoggingTime: ago(10) }),
    [],
  ],
  [
    'without digests for hours',
    'queue',
    status({ LatestDigestDeliveryTime: ago(4 * 60) }),
    [['warning', 'digests', 'last digest file 4h ago', '']],
  ],
  [
    'without any digest',
    'queue',
    status({ LatestDigestDeliveryTime: undefined }),
    [['warning', 'digests', 'no digest file yet', '']],
  ],
  [
    'whose digests fail',
    'queue',
    status({ LatestDigestDeliveryError: 'AccessDenied' }),
    [['problem', 'digests', 'AccessDenied', 'get-bucket-policy']],
  ],
  [
    'not there in its home Region',
    'queue',
    { 'cloudtrail:GetTrailStatus': missing('TrailNotFoundException') },
    [['unknown', 'trail', 'not to be found in us-east-1', '']],
  ],
];

const EVENTS: Case[] = [
  [
    'no data events; the others stay',
    'queue',
    selectors({ AdvancedEventSelectors: [management, dataOf('AWS::S3::Object')] }),
    [
      [
        'problem',
        'data events',
        'never seen',
        `aws cloudtrail put-event-selectors --region ${REGION} --trail-name ${TRAIL} --advanced-event-selectors '${JSON.stringify(
          [management, dataOf('AWS::S3::Object'), { Name: 'MWAA data events', ...dataOf('AWS::MWAA::Environment') }],
        )}'`,
      ],
    ],
  ],
  [
    'basic selectors, which become advanced ones',
    'queue',
    selectors({
      EventSelectors: [
        {
          ReadWriteType: 'WriteOnly',
          IncludeManagementEvents: true,
          DataResources: [{ Type: 'AWS::S3::Object', Values: ["arn:aws:s3:::b/it's/"] }],
          ExcludeManagementEventSources: ['kms.amazonaws.com'],
        },
      ],
    }),
    [
      ['warning', 'read events', 'records no calls', '"Field":"eventSource","NotEquals":["kms.amazonaws.com"]'],
      ['problem', 'data events', 'never seen', '"StartsWith":["arn:aws:s3:::b/it\'\\\'\'s/"]'],
    ],
  ],
  [
    'no management events',
    'queue',
    selectors({ AdvancedEventSelectors: [dataOf('AWS::MWAA::Environment')] }),
    [
      ['problem', 'management events', 'no creations', '"Management"'],
      ['warning', 'read events', 'no calls', '"Management"'],
    ],
  ],
  [
    'data events of some environments',
    'queue',
    selectors({
      AdvancedEventSelectors: [
        management,
        {
          FieldSelectors: [
            ...dataOf('AWS::MWAA::Environment').FieldSelectors,
            { Field: 'resources.ARN', StartsWith: ['arn:x'] },
          ],
        },
      ],
    }),
    [['warning', 'data events', 'only some', '"arn:x"']],
  ],
];

const ANNOUNCEMENTS: Case[] = [
  [
    'the bucket tells nobody',
    'queue',
    notification(''),
    [
      [
        'problem',
        'announcement',
        'does not tell the queue',
        `aws s3api put-bucket-notification-configuration --bucket ${LOG_BUCKET} --notification-configuration '{"QueueConfigurations":[{"QueueArn":"${QUEUE}","Events":["s3:ObjectCreated:*"],"Filter"`,
      ],
    ],
  ],
  [
    'the bucket tells somebody else, which stays',
    'queue',
    notification(
      '<QueueConfiguration><Id>o</Id><Queue>arn:other</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration><EventBridgeConfiguration/>',
    ),
    [['problem', 'announcement', 'does not tell the queue', '"EventBridgeConfiguration":{}']],
  ],
  [
    'of removals alone',
    'queue',
    notification(
      `<QueueConfiguration><Id>o</Id><Queue>${QUEUE}</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration>`,
    ),
    [
      [
        'problem',
        'announcement',
        'does not tell the queue',
        `"Events":["s3:ObjectRemoved:*"],"Id":"o"},{"QueueArn":"${QUEUE}","Events":["s3:ObjectCreated:*"]`,
      ],
    ],
  ],
  [
    'of other keys',
    'queue',
    notification(
      `<QueueConfiguration><Id>o</Id><Queue>${QUEUE}</Queue>${FILTER.replace('AWSLogs/', 'logs/')}</QueueConfiguration>`,
    ),
    [['problem', 'announcement', `not of the log files of ${STACK}`, '"Value":"AWSLogs/"']],
  ],
  [
    'of narrower keys, in place of which come all',
    'queue',
    notification(
      `<QueueConfiguration><Id>o</Id><Queue>${QUEUE}</Queue>${FILTER.replace('AWSLogs/', 'AWSLogs/444455556666/')}</QueueConfiguration>`,
    ),
    [['problem', 'announcement', 'not of the log files', `'{"QueueConfigurations":[{"QueueArn":"${QUEUE}"`]],
  ],
  [
    'no bucket',
    'queue',
    { 's3:GetBucketNotificationConfiguration': missing('NoSuchBucket') },
    [['problem', 'announcement', `there is no bucket ${LOG_BUCKET}`, 'head-bucket']],
  ],
  [
    'the queue does not take it',
    'queue',
    queue('queue', { Policy: JSON.stringify(policy('s3.amazonaws.com', 'sqs:SendMessage', 'arn:aws:s3:::other')) }),
    [['problem', 'queue policy', 'does not let s3.amazonaws.com', 'arn:aws:s3:::other']],
  ],
  [
    'the queue has no policy',
    'queue',
    queue('queue', { Policy: '' }),
    [
      [
        'problem',
        'queue policy',
        'does not let s3.amazonaws.com',
        `aws sqs set-queue-attributes --queue-url https://sqs.${REGION}`,
      ],
    ],
  ],
  [
    'the queue has a policy that is not understood',
    'queue',
    queue('queue', {
      Policy: JSON.stringify({
        Statement: {
          Effect: 'Allow',
          Principal: '*',
          Action: '*',
          Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
        },
      }),
    }),
    [['unknown', 'queue policy', 'conditions for s3.amazonaws.com', '']],
  ],
  [
    "the queue is encrypted with AWS's key",
    'queue',
    queue('queue', { KmsMasterKeyId: 'alias/aws/sqs' }),
    [['problem', 'queue policy', 'encrypted with the key of AWS', '{"SqsManagedSseEnabled":"true"}']],
  ],
  [
    'the bucket does not tell the function',
    'function',
    notification(''),
    [['problem', 'announcement', 'does not tell the function', `"LambdaFunctionArn":"${FUNCTION}"`]],
  ],
  [
    'the function has no policy',
    'function',
    { 'lambda:GetPolicy': missing('ResourceNotFoundException') },
    [
      [
        'problem',
        'function policy',
        'does not let s3.amazonaws.com',
        `aws lambda add-permission --statement-id log-bucket --action lambda:InvokeFunction --principal s3.amazonaws.com --function-name ${STACK}-ingest --source-arn arn:aws:s3:::${LOG_BUCKET} --source-account ${ACCOUNT}`,
      ],
    ],
  ],
  [
    'the function takes from another bucket',
    'function',
    {
      'lambda:GetPolicy': () => ({
        Policy: JSON.stringify(policy('s3.amazonaws.com', 'lambda:InvokeFunction', 'arn:aws:s3:::x')),
      }),
    },
    [['problem', 'function policy', 'does not let', '']],
  ],
  [
    'the bucket sends nothing to EventBridge',
    'bucket',
    notification(''),
    [['problem', 'announcement', 'does not send its events to EventBridge', '{"EventBridgeConfiguration":{}}']],
  ],
  [
    'the trail writes below a prefix',
    'bucket',
    trail({ S3KeyPrefix: 'audit' }),
    [
      [
        'problem',
        'announcement',
        'does not take the log files',
        '--param=keyPrefix=audit/AWSLogs/ (and the other parameters as before)',
      ],
      [
        'problem',
        'access',
        `writes to s3://${LOG_BUCKET}/audit/AWSLogs/`,
        `npx serverless deploy --stage dev --region us-east-1 --param=source=bucket --param=logBucket=${LOG_BUCKET} --param=kmsKeyArn=${KEY} --param=keyPrefix=audit/AWSLogs/`,
      ],
    ],
  ],
  [
    'the subscription is gone',
    'topic',
    { 'sns:GetSubscriptionAttributes': missing('NotFound') },
    [['problem', 'announcement', 'is gone', `aws sns subscribe --protocol sqs --notification-endpoint ${QUEUE}`]],
  ],
  [
    'the subscription was not confirmed',
    'topic',
    subscription({ PendingConfirmation: 'true' }),
    [['problem', 'announcement', 'never confirmed', `must let account ${ACCOUNT} sns:Subscribe`]],
  ],
  [
    'the subscription sends elsewhere',
    'topic',
    subscription({ Endpoint: 'arn:aws:sqs:x:y:other' }),
    [['problem', 'announcement', 'sends to arn:aws:sqs:x:y:other', `--topic-arn ${TOPIC}`]],
  ],
  [
    'the subscription filters',
    'topic',
    subscription({ FilterPolicy: '{"a":["b"]}' }),
    [
      [
        'warning',
        'announcement',
        "a filter policy that is not the stack's",
        `--attribute-name FilterPolicy --attribute-value '{"$or":[{"s3ObjectKey"`,
      ],
    ],
  ],
  ['the subscription filters nothing', 'topic', subscription({ FilterPolicy: '{}' }), []],
  [
    'nobody publishes',
    'topic',
    trail({ SnsTopicARN: undefined }),
    [['problem', 'announcement', 'does not tell the topic', `"TopicConfigurations":[{"TopicArn":"${TOPIC}"`]],
  ],
  [
    'nobody is seen to publish',
    'topic',
    { 'cloudtrail:DescribeTrails': () => ({ trailList: [] }) },
    [
      ['problem', 'trail', 'no trail of this account', ''],
      ['unknown', 'announcement', 'its trail is not seen from here', ''],
    ],
  ],
  [
    'the bucket publishes',
    'topic',
    {
      ...trail({ SnsTopicARN: undefined }),
      ...notification(`<TopicConfiguration><Id>o</Id><Topic>${TOPIC}</Topic>${FILTER}</TopicConfiguration>`),
    },
    [],
  ],
  ['raw messages', 'topic', subscription({ RawMessageDelivery: 'true' }), []],
  [
    'the trail cannot publish',
    'topic',
    status({ LatestNotificationError: 'AuthorizationError' }),
    [['problem', 'announcement', 'cannot publish', `aws sns get-topic-attributes --topic-arn ${TOPIC}`]],
  ],
];

const PARTS: Case[] = [
  [
    'dead letters',
    'queue',
    queue('queue', {}, { ApproximateNumberOfMessages: '2', ApproximateNumberOfMessagesNotVisible: '1' }),
    [
      [
        'problem',
        'dead letters',
        '2 waiting, 1 in flight',
        `mwaa-trail redrive --queue ${STACK}-ingest-dead-letters --aws-region ${REGION} --dry-run`,
      ],
    ],
  ],
  [
    'no dead-letter queue',
    'queue',
    queue('queue', { RedrivePolicy: '' }),
    [['problem', 'queue', 'no dead-letter queue', 'maxReceiveCount']],
  ],
  [
    'a long queue',
    'queue',
    queue('queue', { ApproximateNumberOfMessages: '1001' }),
    [['warning', 'queue', '1001 waiting', 'Throttles']],
  ],
  [
    'no queue',
    'queue',
    { 'sqs:GetQueueAttributes': missing('QueueDoesNotExist', 400) },
    [
      ['problem', 'queue', 'is gone', 'npx serverless deploy'],
      ['problem', 'dead letters', 'is gone', 'npx serverless deploy'],
    ],
  ],
  [
    'the mapping is off',
    'queue',
    mapping({ State: 'Disabled' }),
    [
      [
        'problem',
        'event source',
        'switched off',
        `aws lambda update-event-source-mapping --region ${REGION} --uuid c0ffee00-0000-4000-8000-000000000000 --enabled`,
      ],
    ],
  ],
  ['the mapping changes', 'queue', mapping({ State: 'Updating' }), [['warning', 'event source', 'Updating', '']]],
  [
    'the mapping cannot read',
    'queue',
    mapping({ LastProcessingResult: 'PROBLEM: Function call failed' }),
    [['problem', 'event source', 'PROBLEM: Function call failed', '']],
  ],
  [
    'the mapping does not take reports',
    'queue',
    mapping({ FunctionResponseTypes: [] }),
    [['problem', 'event source', 'lost', '--function-response-types ReportBatchItemFailures']],
  ],
  [
    'no mapping',
    'queue',
    mapping({ EventSourceArn: 'arn:other' }),
    [['problem', 'event source', 'nothing takes messages', `aws lambda create-event-source-mapping`]],
  ],
  [
    'no function',
    'queue',
    { 'lambda:GetFunctionConfiguration': missing('ResourceNotFoundException') },
    [['problem', 'function', 'no ingest function', 'npx serverless deploy']],
  ],
  [
    'the function failed',
    'queue',
    lambdaFunction({ State: 'Failed', StateReasonCode: 'InvalidImage', StateReason: 'x' }),
    [['problem', 'function', 'InvalidImage', 'npx serverless deploy']],
  ],
  [
    'its update failed',
    'queue',
    lambdaFunction({ LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'x' }),
    [['problem', 'function', 'last update', 'npx serverless deploy']],
  ],
  [
    'it is being updated',
    'queue',
    lambdaFunction({ LastUpdateStatus: 'InProgress' }),
    [['warning', 'function', 'being changed', '']],
  ],
  [
    'its environment is wrong',
    'queue',
    lambdaFunction({ Environment: { Variables: environment({ EVENTS_TABLE: '', LOG_BUCKETS: LOG_BUCKET }) } }),
    [['problem', 'configuration', 'EVENTS_TABLE is not set', 'npx serverless deploy']],
  ],
  [
    'it has no quarantine',
    'queue',
    lambdaFunction({ Environment: { Variables: environment({ QUARANTINE_BUCKET: '' }) } }),
    [['problem', 'configuration', 'no QUARANTINE_BUCKET', 'npx serverless deploy']],
  ],
  [
    'its environment is encrypted',
    'queue',
    lambdaFunction({ Environment: { Error: { ErrorCode: 'AccessDeniedException', Message: 'x' } } }),
    [['unknown', 'configuration', 'AccessDeniedException', '']],
  ],
  [
    'it is throttled',
    'queue',
    { 'lambda:GetFunctionConcurrency': () => ({ ReservedConcurrentExecutions: 0 }) },
    [
      [
        'problem',
        'concurrency',
        'is 0',
        `aws lambda delete-function-concurrency --region ${REGION} --function-name ${STACK}-ingest`,
      ],
    ],
  ],
  [
    'it takes any bucket: those of its role are looked at',
    'queue',
    lambdaFunction({ Environment: { Variables: environment({ LOG_BUCKETS: '' }) } }),
    [],
  ],
];

/** The log files lie in another account's bucket. */
const FOREIGN = lambdaFunction({
  Environment: { Variables: environment({ LOG_BUCKETS: `${LOG_BUCKET}@444455556666` }) },
});

const READING: Case[] = [
  ...['BucketOwnerEnforced', 'BucketOwnerPreferred'].map(
    (ownership): Case => [
      `the bucket of another account has ${ownership}`,
      'topic',
      { ...FOREIGN, 's3:GetBucketOwnershipControls': () => ownershipXml(ownership) },
      [],
    ],
  ),
  ...[() => ownershipXml('ObjectWriter'), missing('OwnershipControlsNotFoundError')].map(
    (answer, i): Case => [
      `objects in the bucket of another account belong to who wrote them (${i + 1})`,
      'topic',
      { ...FOREIGN, 's3:GetBucketOwnershipControls': answer },
      [
        [
          'problem',
          'access',
          `objects of ${LOG_BUCKET} belong to who wrote them`,
          `with credentials of account 444455556666: aws s3api put-bucket-ownership-controls --bucket ${LOG_BUCKET}`,
        ],
      ],
    ],
  ),
  [
    'the bucket of another account is gone, which says nothing about its objects',
    'topic',
    { ...FOREIGN, 's3:GetBucketOwnershipControls': missing('NoSuchBucket') },
    [],
  ],
  [
    'the Object Ownership of the bucket of another account is not known',
    'topic',
    { ...FOREIGN, 's3:GetBucketOwnershipControls': () => denied('s3:') },
    [['unknown', 'access', 's3:GetBucketOwnershipControls', 'allow whoever runs doctor s3:GetBucketOwnershipControls']],
  ],
  [
    'another key than the stack knows, of an own trail',
    'queue',
    trail({ KmsKeyId: 'arn:aws:kms:us-east-1:1:key/other' }),
    [['problem', 'key', 'key/other', '--kms-key-id 0f1e2d3c']],
  ],
  [
    'another key than the stack knows',
    'topic',
    trail({ KmsKeyId: 'arn:aws:kms:us-east-1:1:key/other' }),
    [
      [
        'problem',
        'key',
        'key/other',
        `--param=source=topic --param=topicArn=${TOPIC} --param=logBucket=${LOG_BUCKET} --param=kmsKeyArn=arn:aws:kms:us-east-1:1:key/other`,
      ],
    ],
  ],
  [
    'no key parameter',
    'bucket',
    { 'cloudformation:GetTemplate': () => ({ TemplateBody: JSON.stringify(templateOf('bucket', { kmsKeyArn: '' })) }) },
    [['problem', 'key', 'may not decrypt', `--param=kmsKeyArn=${KEY}`]],
  ],
  [
    'a key by its alias',
    'bucket',
    trail({ KmsKeyId: 'arn:aws:kms:us-east-1:1:alias/trail' }),
    [['unknown', 'key', 'by an alias', '']],
  ],
  ['no key at all', 'bucket', trail({ KmsKeyId: undefined }), []],
  [
    'a template that is not ours',
    'queue',
    { 'cloudformation:GetTemplate': () => ({ TemplateBody: 'Resources: {}' }) },
    [['unknown', 'access', 'not understood', '']],
  ],
  [
    'S3 refuses, you too',
    'queue',
    {
      ...inLedger({ problems: [failed('AccessDenied (HTTP 403)')] }),
      's3:GetObject': () => new AwsError('AccessDenied', 403, 'not authorized to perform: s3:GetObject'),
    },
    [
      [
        'problem',
        'access',
        'S3 refused ingest 1 log file (AccessDenied (HTTP 403)), as s3://mwaa-trail-dev-logs-111122223333-us-east-1/AWSLogs/a.json.gz; you may not read it either',
        `"Principal":{"AWS":"arn:aws:iam::${ACCOUNT}:role/ingest"}`,
      ],
    ],
  ],
  [
    'S3 refuses, not you',
    'queue',
    {
      ...inLedger({ problems: [failed('AccessDenied (HTTP 403)'), failed('AccessDenied (HTTP 403)')] }),
      's3:GetObject': () => 'x',
    },
    [
      [
        'problem',
        'access',
        "2 log files (AccessDenied (HTTP 403)), as s3://mwaa-trail-dev-logs-111122223333-us-east-1/AWSLogs/a.json.gz; you may read it, so that it is the function's role",
        'mwaa-trail redrive',
      ],
    ],
  ],
  [
    'KMS refuses, as S3 tells you',
    'queue',
    {
      ...inLedger({ problems: [failed('AccessDenied (HTTP 403)')] }),
      's3:GetObject': () => new AwsError('AccessDenied', 403, 'not authorized to perform: kms:Decrypt on key'),
    },
    [['problem', 'key', 'KMS refused ingest 1', `get-key-policy --policy-name default --key-id ${KEY}`]],
  ],
  [
    'the key is disabled',
    'queue',
    {
      ...inLedger({ problems: [failed('KMS.DisabledException (HTTP 400)')] }),
      's3:GetObject': () => new AwsError('KMS.DisabledException', 400),
    },
    [['problem', 'key', 'KMS.DisabledException', `aws kms enable-key --key-id ${KEY}`]],
  ],
  [
    'it is refused, and then gone',
    'queue',
    { ...inLedger({ problems: [failed('AccessDenied')] }), 's3:GetObject': missing('NoSuchKey') },
    [['problem', 'access', 'S3 refused', '']],
  ],
  [
    'other failures',
    'queue',
    inLedger({ problems: [failed('TimeoutError'), { ...failed('x'), state: 'partial', reason: undefined }] }),
    [
      [
        'warning',
        'failed log files',
        '1 to be read again (TimeoutError)',
        `aws logs tail /aws/lambda/${STACK}-ingest --since 1d --filter-pattern '"failed, to be delivered again"'`,
      ],
      ['warning', 'failed log files', '1 to be read again (out of time)', ''],
    ],
  ],
  [
    'things in quarantine',
    'queue',
    inLedger({
      problems: [
        { ...failed('gzip'), state: 'quarantined' },
        { ...failed('x'), state: 'ingested' },
      ],
    }),
    [
      [
        'warning',
        'quarantine',
        '1 log file, and records of 1 log file',
        `mwaa-trail quarantine list --bucket ${STACK}-quarantine-${ACCOUNT} --aws-region ${REGION}`,
      ],
    ],
  ],
  [
    'nothing was read',
    'queue',
    inLedger({ newest: [] }),
    [['problem', 'freshness', 'has read no log file yet', `aws logs tail /aws/lambda/${STACK}-ingest`]],
  ],
  [
    'half an hour behind',
    'queue',
    inLedger({ newest: [ago(35)] }),
    [['warning', 'freshness', 'from 35m ago', 'aws logs tail']],
  ],
  [
    'hours behind',
    'queue',
    inLedger({ newest: [ago(180)] }),
    [['problem', 'freshness', 'ingest is behind', 'aws logs tail']],
  ],
  [
    'hours behind, and no trail to be seen',
    'queue',
    { 'cloudtrail:DescribeTrails': () => denied('cloudtrail:'), ...inLedger({ newest: [ago(7 * 60)] }) },
    [
      ['unknown', 'trail', 'cloudtrail:DescribeTrails', ''],
      ['problem', 'freshness', 'from 7h ago', ''],
    ],
  ],
  [
    'nothing was read, and no trail to be seen',
    'queue',
    { 'cloudtrail:DescribeTrails': () => denied('cloudtrail:'), ...inLedger({ newest: [] }) },
    [
      ['unknown', 'trail', 'cloudtrail:DescribeTrails', ''],
      ['problem', 'freshness', 'no log file yet', ''],
    ],
  ],
  [
    'no ledger',
    'queue',
    { 'dynamodb:Query': missing('ResourceNotFoundException', 400) },
    [['problem', 'ledger', 'is gone', 'npx serverless deploy']],
  ],
];

describe.each([
  ['stack', STACKS],
  ['trail', TRAILS],
  ['events', EVENTS],
  ['announcement', ANNOUNCEMENTS],
  ['parts', PARTS],
  ['reading', READING],
])('%s', (_, cases) => {
  test.each(cases)('%s', async (_, source, changes, expected) => {
    const { code, bad } = await findings(accountWith(source, changes));
    expect(bad).toEqual(
      expected.map(([state, check, text, fix]) =>
        expect.objectContaining({
          state,
          check,
          text: expect.stringContaining(text),
          ...(fix && { fix: expect.stringContaining(fix) }),
        }),
      ),
    );
    expect(code).toBe(expected.some(([state]) => state === 'problem' || state === 'unknown') ? 1 : 0);
  });
});

describe('a call of its own that is refused', () => {
  /** What is only asked in some accounts, or answers no check by itself. */
  const HINTS = ['sts:GetCallerIdentity', 'cloudformation:ListStacks', 's3:GetObject'];

  test.each(SOURCES)('is unknown, with the action that it needs; announced by %s', async (source) => {
    const healthy = healthyAccount(source);
    await run(healthy);
    // Where the trail publishes to the topic, nothing hangs on what the bucket does.
    const besides = source === 'topic' ? [...HINTS, 's3:GetBucketNotificationConfiguration'] : HINTS;
    const calls = [...aws.calls].filter((name) => !besides.includes(name));
    expect(calls.length).toBeGreaterThan(10);
    for (const name of calls) {
      const { code, bad } = await findings({ ...healthy, [name]: () => denied(name) });
      const needs = actionOf(name);
      expect(bad).toContainEqual(
        expect.objectContaining({ state: 'unknown', needs, fix: expect.stringContaining(needs) }),
      );
      expect(bad.filter(({ state }) => state !== 'unknown')).toEqual([]);
      expect(code).toBe(1);
    }
  });

  test.each(SOURCES)('all of them: nothing is fine; announced by %s', async (source) => {
    const healthy = healthyAccount(source);
    const refused = Object.keys(healthy).map((name) => [name, () => denied(name)]);
    const { code, stdout } = await run({
      ...Object.fromEntries(refused),
      'sts:GetCallerIdentity': healthy['sts:GetCallerIdentity']!,
    });
    expect(stdout).not.toMatch(/^(ok|problem|warning) /m);
    expect(stdout).toMatch(/^unknown +freshness +access denied: cloudformation:ListStackResources$/m);
    expect(code).toBe(1);
  });

  test('deploy/policies/doctor.json allows what it asks for, and nothing else', async () => {
    const asked = new Set<string>();
    const refused = { ...inLedger({ problems: [failed('AccessDenied')] }), 's3:GetObject': () => 'x' };
    for (const source of SOURCES) {
      await run(accountWith(source, refused));
      for (const name of aws.calls) asked.add(actionOf(name));
    }
    for (const account of [accountWith('topic', FOREIGN), accountWith('queue', NO_STACK)]) {
      await run(account);
      for (const name of aws.calls) asked.add(actionOf(name));
    }
    // AWS lets everybody ask who they are.
    asked.delete('sts:GetCallerIdentity');
    const { Statement } = JSON.parse(readFileSync('deploy/policies/doctor.json', 'utf8')) as {
      Statement: { Effect: string; Action: string[] }[];
    };
    expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual([...asked].sort());
    expect(new Set(Statement.map(({ Effect }) => Effect))).toEqual(new Set(['Allow']));
  });
});

/** The IAM action of an operation. */
function actionOf(name: string): string {
  return name.replace('GetBucketNotificationConfiguration', 'GetBucketNotification');
}

const noStack = () => new AwsError('ValidationError', 400, `Stack with id ${STACK} does not exist`);
const NO_STACK: Changes = {
  'cloudformation:DescribeStacks': noStack,
  'cloudformation:ListStackResources': noStack,
  'cloudformation:GetTemplate': noStack,
};

describe('no stack', () => {
  test.each<[string, Changes, string, string]>([
    [
      'in this Region',
      trail({ Name: `${STACK}-eu-west-1`, HomeRegion: 'eu-west-1' }),
      'a trail of that name is at home in eu-west-1',
      `mwaa-trail doctor --stack ${STACK} --aws-region eu-west-1`,
    ],
    [
      'of this stage',
      {
        'cloudformation:ListStacks': () => ({
          StackSummaries: ['other', 'mwaa-trail-prod'].map((StackName) => ({
            StackName,
            CreationTime: ago(1),
            StackStatus: 'CREATE_COMPLETE',
          })),
        }),
      },
      'there is mwaa-trail-prod',
      `mwaa-trail doctor --stack mwaa-trail-prod --aws-region ${REGION}`,
    ],
    ['at all', {}, `no stack ${STACK} in ${REGION}, account ${ACCOUNT}`, 'npx serverless deploy --stage dev'],
    [
      'at all, and stacks may not be listed',
      { 'cloudformation:ListStacks': () => denied('cloudformation:') },
      'no stack',
      '--region',
    ],
  ])('%s', async (_, changes, text, fix) => {
    const { code, bad } = await findings(accountWith('queue', { ...NO_STACK, ...changes }));
    expect(bad).toEqual([
      { state: 'problem', check: 'stack', text: expect.stringContaining(text), fix: expect.stringContaining(fix) },
    ]);
    expect(code).toBe(1);
  });

  test('--stack and --aws-region say where to look', async () => {
    const asked: unknown[] = [];
    const account = accountWith('queue', {
      'cloudformation:DescribeStacks': (_, { StackName }) => {
        asked.push(StackName);
        return noStack();
      },
    });
    const { stdout } = await run(account, ['--stack', 'mwaa-trail-prod', '--aws-region', 'eu-central-1']);
    expect(asked).toEqual(['mwaa-trail-prod']);
    expect(stdout).toContain('in eu-central-1, stack mwaa-trail-prod\n');
  });

  test('the default is what serverless.yml deploys without parameters', () => {
    const { service, provider } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' }) as {
      service: string;
      provider: { stage: string };
    };
    expect(`${service}-${/, '(\w+)'\}/.exec(provider.stage)?.[1]}`).toBe(DEFAULT_STACK);
  });
});

describe('nobody to ask', () => {
  const refused = (code: string) => ({ 'sts:GetCallerIdentity': () => new AwsError(code, 403) });

  test.each([
    ['expired', refused('ExpiredToken'), {}, 'the credentials have expired: sign in again'],
    ['unknown', refused('InvalidClientTokenId'), {}, 'does not accept the credentials (InvalidClientTokenId)'],
    [
      'none',
      {},
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
      'expected credentials, and found none',
    ],
    ['no Region', {}, { AWS_REGION: '', HOME: '/nonexistent' }, 'expected a Region: set AWS_REGION'],
  ])('%s', async (_, account, env, says) => {
    const { code, stdout, stderr } = await run(account, [], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('used wrongly', async () => {
    expect(await run({}, ['--format', 'csv'])).toMatchObject({ code: 2, stdout: '' });
  });
});

function stackIn(StackStatus: string) {
  return () => ({ Stacks: [{ StackName: STACK, CreationTime: ago(9999), StackStatus }] });
}

function queue(source: DeployedSource, own: Record<string, string>, deadLetters: Record<string, string> = {}): Changes {
  const attributes = (_: object, input: Input) => ({
    Attributes: isDeadLetters(input.QueueUrl)
      ? attributesOf(`${QUEUE}-dead-letters`, deadLetters)
      : queueAttributes(source, own),
  });
  return { 'sqs:GetQueueAttributes': attributes };
}
