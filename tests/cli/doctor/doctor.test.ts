import { readFileSync } from 'node:fs';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { DEFAULT_STACK } from '../../../cli/commands/doctor.ts';
import type { Finding, State } from '../../../cli/doctor/check.ts';
import type { DoctorReport } from '../../../cli/doctor/report.ts';
import { toItem } from '../../../shared/store/item.ts';
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
  ROLE,
  SOURCES,
  STACK,
  STREAM,
  simulation,
  TOPIC,
  TRAIL,
  TRAIL_NAME,
  VERIFY_FUNCTION,
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
const NO_TRAIL = { 'cloudtrail:DescribeTrails': () => ({ trailList: [] }) };
const status = (members: object) => ({ 'cloudtrail:GetTrailStatus': (answer: object) => ({ ...answer, ...members }) });
const selectors = (answer: object) => ({ 'cloudtrail:GetEventSelectors': () => answer });
/** Other members of the ingest function, or of another one. */
const lambdaFunction = (members: object, which = 'ingest') => ({
  'lambda:GetFunctionConfiguration': (answer: object, { path }: Input) => ({
    ...answer,
    ...(String(path).includes(`-${which}/`) && members),
  }),
});
const variables = (more: Record<string, string>) => lambdaFunction({ Environment: { Variables: environment(more) } });
const mapping = (members: object) => ({
  'lambda:ListEventSourceMappings': ({ EventSourceMappings }: Record<string, unknown>) => ({
    EventSourceMappings: (EventSourceMappings as object[]).with(0, {
      ...(EventSourceMappings as object[])[0],
      ...members,
    }),
  }),
});
/** That of the stream. */
const streamMapping = (members: object) => ({
  'lambda:ListEventSourceMappings': ({ EventSourceMappings }: Record<string, unknown>) => ({
    EventSourceMappings: (EventSourceMappings as object[]).with(1, {
      ...(EventSourceMappings as object[])[1],
      ...members,
    }),
  }),
});
const notification = (content: string) => ({ 's3:GetBucketNotificationConfiguration': () => notificationXml(content) });
const queueNotification = (content: string) =>
  notification(`<QueueConfiguration><Id>o</Id><Queue>${QUEUE}</Queue>${content}</QueueConfiguration>`);
const rule = (id: string, change: Changes[string]): Changes => ({
  'events:DescribeRule': (answer, input, region) =>
    input.Name === `physical-${id}` ? change(answer, input, region) : answer,
});
const queue = (own: Record<string, string>, deadLetters: Record<string, string> = {}): Changes => ({
  'sqs:GetQueueAttributes': (answer, { QueueUrl }) => {
    if (isOfAlerts(QueueUrl)) return answer;
    return {
      Attributes: isDeadLetters(QueueUrl)
        ? attributesOf(`${QUEUE}-dead-letters`, deadLetters)
        : queueAttributes('queue', own),
    };
  },
});
/** What CloudWatch has, by metric or by queue. */
const metrics = (values: Readonly<Record<string, number[]>>): Changes => ({
  'monitoring:GetMetricData': (_, { MetricDataQueries }) => ({
    MetricDataResults: (MetricDataQueries as MetricDataQuery[]).map(({ Id, MetricStat: { Metric } = {} }) => ({
      Id,
      Values: values[Metric?.MetricName ?? ''] ?? values[Metric?.Dimensions?.[0]?.Value ?? ''] ?? [],
    })),
  }),
});
const isOfAlerts = (queueUrl: unknown) => String(queueUrl).endsWith('-alert-dead-letters');
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
const stackIn = (StackStatus: string) => ({
  'cloudformation:DescribeStacks': () => ({ Stacks: [{ StackName: STACK, CreationTime: ago(9999), StackStatus }] }),
});
/** What IAM says to one action; the other is allowed. */
const mayNot = (action: string) => ({
  'iam:SimulatePrincipalPolicy': (_: object, input: Input) =>
    simulation(input['ActionNames.member.1'] === action ? 'implicitDeny' : 'allowed'),
});
const management = { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] };
const dataOf = (type: string, ...more: object[]) => ({
  FieldSelectors: [{ Field: 'eventCategory', Equals: ['Data'] }, { Field: 'resources.type', Equals: [type] }, ...more],
});

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
/** As managementEvents=false deploys it. */
const DATA_ONLY: Changes = {
  'cloudformation:ListStackResources': (answer) =>
    JSON.parse(JSON.stringify(answer).replaceAll('NoLogFilesAlarm', 'Other')),
  ...selectors({ AdvancedEventSelectors: [dataOf('AWS::MWAA::Environment')] }),
};
/** The log files lie in another account's bucket. */
const FOREIGN = variables({ LOG_BUCKETS: `${LOG_BUCKET}@444455556666` });

test.each(SOURCES)('a healthy account, announced by %s', async (source) => {
  const { code, stdout, stderr } = await run(healthyAccount(source));
  expect(stdout).toMatch(
    new RegExp(`^arn:aws:iam::${ACCOUNT}:user/olivia in ${REGION}, stack ${STACK}\n\nSTATE  CHECK +FINDING\nok `),
  );
  expect(stdout).not.toContain('Fix:');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '0 problems, 0 warnings, 0 unknown.\n' });
});

/** A finding by parts of its text and of its fix. */
interface Expected {
  state: State;
  check: string;
  text: string;
  fix: string;
}
const found =
  (state: State) =>
  (check: string, text: string, fix = ''): Expected => ({ state, check, text, fix });
const [problem, warning, unknown] = [found('problem'), found('warning'), found('unknown')];

/** An account in which something is wrong, and what doctor says of it. */
interface Case {
  what: string;
  /** `queue` if absent. */
  source?: DeployedSource;
  changes: Changes;
  findings: Expected[];
}

const DEPLOY = 'in the checkout: npx serverless deploy --stage dev --region us-east-1';

const STACKS: Case[] = [
  {
    what: 'being updated',
    changes: stackIn('UPDATE_IN_PROGRESS'),
    findings: [warning('stack', 'is being changed', `describe-stack-events --region ${REGION} --stack-name ${STACK}`)],
  },
  {
    what: 'rolled back',
    changes: stackIn('UPDATE_ROLLBACK_COMPLETE'),
    findings: [warning('stack', 'was undone', 'describe-stack-events')],
  },
  {
    what: 'failed',
    changes: stackIn('ROLLBACK_FAILED'),
    findings: [problem('stack', 'is not whole: ROLLBACK_FAILED', 'describe-stack-events')],
  },
  {
    what: 'not one of ours',
    changes: { 'cloudformation:ListStackResources': () => ({ StackResourceSummaries: [] }) },
    findings: [
      problem('stack', 'has no IngestLambdaFunction, IngestQueue', DEPLOY),
      problem('trail', 'the ingest function is gone', DEPLOY),
      unknown('announcement', 'no way in which log files are announced'),
      unknown('sending', 'no way in which log files are announced'),
      problem('queue', 'the ingest queue is gone', DEPLOY),
      problem('dead letters', 'the dead-letter queue is gone', DEPLOY),
      problem('refused log files', 'the table of log files is gone', DEPLOY),
    ],
  },
];

const TRAILS: Case[] = [
  {
    what: 'gone',
    changes: NO_TRAIL,
    findings: [
      problem(
        'trail',
        `trail ${TRAIL_NAME} is gone`,
        `--name ${TRAIL_NAME} --s3-bucket-name ${LOG_BUCKET} && aws cloudtrail start-logging`,
      ),
    ],
  },
  {
    what: 'none delivers to an existing bucket',
    source: 'bucket',
    changes: trail({ S3BucketName: 'elsewhere' }),
    findings: [problem('trail', `no trail of this account delivers to ${LOG_BUCKET}`, '--param=logBucket=BUCKET')],
  },
  {
    what: 'delivers elsewhere',
    changes: trail({ S3BucketName: 'elsewhere' }),
    findings: [
      problem(
        'trail',
        'delivers to elsewhere',
        `update-trail --region ${REGION} --name ${TRAIL} --s3-bucket-name ${LOG_BUCKET}`,
      ),
    ],
  },
  {
    what: 'is of another account, and not visible',
    source: 'topic',
    changes: {
      ...NO_TRAIL,
      ...variables({ LOG_BUCKETS: 'org-logs@444455556666' }),
      's3:GetBucketNotificationConfiguration': () => denied('s3:'),
    },
    findings: [
      unknown(
        'trail',
        'org-logs, the bucket of account 444455556666',
        "with credentials of the trail's account: aws cloudtrail describe-trails --query 'trailList[?S3BucketName==",
      ),
      unknown(
        'announcement',
        'access denied: s3:GetBucketNotification',
        'allow the identity that runs doctor s3:GetBucketNotification',
      ),
    ],
  },
  {
    what: 'switched off',
    changes: status({ IsLogging: false }),
    findings: [
      problem('logging', 'is switched off', `aws cloudtrail start-logging --region ${REGION} --name ${TRAIL}`),
    ],
  },
  {
    what: 'of one Region, at home elsewhere, of an organization',
    source: 'bucket',
    changes: trail({
      IsMultiRegionTrail: false,
      HomeRegion: 'eu-west-1',
      IsOrganizationTrail: true,
      TrailARN: 'arn:aws:cloudtrail:eu-west-1:444455556666:trail/org',
    }),
    findings: [
      warning(
        'Regions',
        'records eu-west-1 only',
        'with credentials of account 444455556666: aws cloudtrail update-trail --region eu-west-1 --name arn:aws:cloudtrail:eu-west-1:444455556666:trail/org --is-multi-region-trail',
      ),
    ],
  },
  {
    what: 'not validated',
    changes: { ...trail({ LogFileValidationEnabled: false }), ...status({ LatestDigestDeliveryTime: undefined }) },
    findings: [warning('validation', 'nobody can prove', '--enable-log-file-validation')],
  },
  {
    what: 'refused by bucket or key',
    changes: status({ LatestDeliveryError: 'AccessDenied' }),
    findings: [problem('logging', 'cannot deliver to', `get-bucket-policy --bucket ${LOG_BUCKET}), and the key`)],
  },
  {
    what: 'silent',
    changes: { ...status({ LatestDeliveryTime: ago(7 * 60) }), ...inLedger({ newest: [ago(7 * 60)] }) },
    findings: [problem('logging', 'last delivered 7h ago, although', 'get-bucket-policy')],
  },
  {
    what: 'never delivered',
    changes: status({ LatestDeliveryTime: undefined, StartLoggingTime: ago(31) }),
    findings: [problem('logging', 'has delivered nothing yet')],
  },
  {
    what: 'just begun',
    changes: status({ LatestDeliveryTime: undefined, LatestDigestDeliveryTime: undefined, StartLoggingTime: ago(10) }),
    findings: [],
  },
  {
    what: 'without digests for hours',
    changes: status({ LatestDigestDeliveryTime: ago(4 * 60) }),
    findings: [warning('digests', 'last digest file 4h ago')],
  },
  {
    what: 'without any digest',
    changes: status({ LatestDigestDeliveryTime: undefined }),
    findings: [warning('digests', 'no digest file yet')],
  },
  {
    what: 'whose digests fail',
    changes: status({ LatestDigestDeliveryError: 'AccessDenied' }),
    findings: [problem('digests', 'AccessDenied', 'get-bucket-policy')],
  },
  {
    what: 'not there in its home Region',
    changes: { 'cloudtrail:GetTrailStatus': missing('TrailNotFoundException') },
    findings: [unknown('logging', 'does not exist in us-east-1'), unknown('digests', 'does not exist in us-east-1')],
  },
];

const RETIRED: Case[] = [
  ...(['queue', 'bucket', 'topic'] as const).map((source) => ({
    what: `beside a living one, announced by ${source}`,
    source,
    // Whatever else the retired one lacks: data events, all Regions, validation, the key, the prefix.
    changes: withRetired({ S3BucketName: LOG_BUCKET }),
    findings: [],
  })),
  {
    what: 'switched off beside a living one that delivers elsewhere',
    source: 'bucket',
    changes: {
      ...withRetired({ S3BucketName: 'retired-logs', KmsKeyId: KEY, S3KeyPrefix: undefined }),
      ...variables({ LOG_BUCKETS: `${LOG_BUCKET},retired-logs` }),
    },
    findings: [
      warning('Regions', 'retired records'),
      warning('validation', 'retired has'),
      problem('logging', 'retired is switched off', 'start-logging'),
    ],
  },
  {
    what: 'of which two are switched off',
    changes: {
      ...withRetired({ S3BucketName: LOG_BUCKET, S3KeyPrefix: undefined, KmsKeyId: KEY }),
      ...status({ IsLogging: false }),
    },
    findings: [
      warning('Regions', 'retired records'),
      warning('validation', 'retired has'),
      problem('logging', `${TRAIL_NAME} is switched off`, 'start-logging'),
      problem('logging', 'retired is switched off', 'start-logging'),
    ],
  },
];

/** One trail for management events, and another one for data events. */
function twoTrails(members: object): Changes {
  const TrailARN = TRAIL.replace(TRAIL_NAME, 'data-events');
  return {
    'cloudtrail:DescribeTrails': ({ trailList }) => {
      const [own] = trailList as object[];
      return { trailList: [own, { ...own, Name: 'data-events', TrailARN, ...members }] };
    },
    'cloudtrail:GetEventSelectors': (_, { TrailName }) => ({
      AdvancedEventSelectors: [TrailName === TrailARN ? dataOf('AWS::MWAA::Environment') : management],
    }),
  };
}

const EVENTS: Case[] = [
  {
    what: "a stack of MWAA's data events alone, days after the last one",
    changes: {
      ...DATA_ONLY,
      ...status({ LatestDeliveryTime: ago(3 * 24 * 60) }),
      ...inLedger({ newest: [ago(3 * 24 * 60)] }),
    },
    findings: [],
  },
  {
    what: "a stack of MWAA's data events alone, before the first one",
    changes: { ...DATA_ONLY, ...status({ LatestDeliveryTime: undefined }), ...inLedger({ newest: [] }) },
    findings: [],
  },
  {
    what: 'no data events; the other selectors stay',
    changes: selectors({ AdvancedEventSelectors: [management, dataOf('AWS::S3::Object')] }),
    findings: [
      problem(
        'data events',
        'leave no trace',
        `aws cloudtrail put-event-selectors --region ${REGION} --trail-name ${TRAIL} --advanced-event-selectors '${JSON.stringify(
          [management, dataOf('AWS::S3::Object'), { Name: 'MWAA data events', ...dataOf('AWS::MWAA::Environment') }],
        )}'`,
      ),
    ],
  },
  {
    what: 'basic selectors, which know no data events of MWAA',
    changes: selectors({ EventSelectors: [{ ReadWriteType: 'WriteOnly', IncludeManagementEvents: true }] }),
    findings: [
      warning('management events', 'only some', 'write them as advanced ones (aws cloudtrail get-event-selectors'),
      problem('data events', 'leave no trace', '"AWS::MWAA::Environment"'),
    ],
  },
  {
    what: 'management events of MWAA alone',
    changes: selectors({
      AdvancedEventSelectors: [
        { FieldSelectors: [...management.FieldSelectors, { Field: 'eventSource', Equals: ['airflow.amazonaws.com'] }] },
        dataOf('AWS::MWAA::Environment'),
      ],
    }),
    findings: [],
  },
  {
    what: 'two trails that share the work',
    changes: twoTrails({ IsMultiRegionTrail: true }),
    findings: [],
  },
  {
    what: 'two trails, of which the other records one Region',
    changes: twoTrails({ IsMultiRegionTrail: false }),
    findings: [warning('Regions', 'data-events records'), problem('data events', `${TRAIL_NAME} does not record`)],
  },
  {
    what: 'two trails, of which the other delivers to a bucket that ingest does not read',
    changes: twoTrails({ IsMultiRegionTrail: true, S3BucketName: 'elsewhere' }),
    findings: [problem('data events', 'leave no trace')],
  },
  {
    what: 'basic selectors without management events',
    changes: selectors({ EventSelectors: [{ IncludeManagementEvents: false }] }),
    findings: [problem('management events', 'records no'), problem('data events', 'leave no trace')],
  },
  {
    what: 'no management events',
    changes: selectors({ AdvancedEventSelectors: [dataOf('AWS::MWAA::Environment')] }),
    findings: [problem('management events', 'records no', '"Management"')],
  },
  {
    what: 'management events of other services left out',
    changes: selectors({
      AdvancedEventSelectors: [
        { FieldSelectors: [...management.FieldSelectors, { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] }] },
        dataOf('AWS::MWAA::Environment'),
      ],
    }),
    findings: [],
  },
  {
    what: "MWAA's management events left out",
    changes: selectors({
      AdvancedEventSelectors: [
        {
          FieldSelectors: [
            ...management.FieldSelectors,
            { Field: 'eventSource', NotEquals: ['kms.amazonaws.com', 'airflow.amazonaws.com'] },
          ],
        },
        dataOf('AWS::MWAA::Environment'),
      ],
    }),
    findings: [warning('management events', 'only some', '"Management"')],
  },
  {
    what: 'data events of some environments',
    changes: selectors({
      AdvancedEventSelectors: [
        management,
        dataOf('AWS::MWAA::Environment', { Field: 'resources.ARN', StartsWith: ['arn:x'] }),
      ],
    }),
    findings: [warning('data events', 'only some', '"arn:x"')],
  },
];

const ANNOUNCEMENTS: Case[] = [
  {
    what: 'the bucket tells nobody',
    changes: notification(''),
    findings: [
      problem(
        'announcement',
        'does not tell the queue',
        `aws s3api put-bucket-notification-configuration --bucket ${LOG_BUCKET} --notification-configuration '{"QueueConfigurations":[{"QueueArn":"${QUEUE}","Events":["s3:ObjectCreated:*"],"Filter"`,
      ),
    ],
  },
  {
    what: 'the bucket tells somebody else, which stays',
    changes: notification(
      '<QueueConfiguration><Id>o</Id><Queue>arn:other</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration><EventBridgeConfiguration/>',
    ),
    findings: [problem('announcement', 'does not tell the queue', '"EventBridgeConfiguration":{}')],
  },
  {
    what: 'of removals alone',
    changes: queueNotification('<Event>s3:ObjectRemoved:*</Event>'),
    findings: [
      problem(
        'announcement',
        'does not tell the queue',
        `"Events":["s3:ObjectRemoved:*"],"Id":"o"},{"QueueArn":"${QUEUE}","Events":["s3:ObjectCreated:*"]`,
      ),
    ],
  },
  {
    what: 'of other keys',
    changes: queueNotification(FILTER.replace('AWSLogs/', 'logs/')),
    findings: [problem('announcement', `not of the log files of ${TRAIL_NAME}`, '"Value":"AWSLogs/"')],
  },
  {
    what: 'of narrower keys',
    changes: queueNotification(FILTER.replace('AWSLogs/', 'AWSLogs/444455556666/')),
    findings: [problem('announcement', 'not of the log files', 'remove what overlaps')],
  },
  {
    what: 'no bucket',
    changes: { 's3:GetBucketNotificationConfiguration': missing('NoSuchBucket') },
    findings: [problem('announcement', `there is no bucket ${LOG_BUCKET}`, 'head-bucket')],
  },
  {
    what: "the queue's policy names another bucket",
    changes: queue({ Policy: JSON.stringify(policy('s3.amazonaws.com', 'sqs:SendMessage', 'arn:aws:s3:::other')) }),
    findings: [problem('sending', 'does not name s3.amazonaws.com', 'arn:aws:s3:::other')],
  },
  {
    what: 'the queue has no policy',
    changes: queue({ Policy: '' }),
    findings: [
      problem(
        'sending',
        'does not name s3.amazonaws.com',
        `aws sqs set-queue-attributes --queue-url https://sqs.${REGION}`,
      ),
    ],
  },
  {
    what: "the queue is encrypted with AWS's key",
    changes: queue({ KmsMasterKeyId: 'alias/aws/sqs' }),
    findings: [problem('sending', 'AWS managed key', '{"SqsManagedSseEnabled":"true"}')],
  },
  {
    what: 'the bucket does not tell the function',
    source: 'function',
    changes: notification(''),
    findings: [problem('announcement', 'does not tell the function', `"LambdaFunctionArn":"${FUNCTION}"`)],
  },
  {
    what: 'the function has no policy',
    source: 'function',
    changes: { 'lambda:GetPolicy': missing('ResourceNotFoundException') },
    findings: [
      problem(
        'sending',
        'does not name s3.amazonaws.com',
        `aws lambda add-permission --statement-id log-bucket --action lambda:InvokeFunction --principal s3.amazonaws.com --function-name ${STACK}-ingest --source-arn arn:aws:s3:::${LOG_BUCKET} --source-account ${ACCOUNT}`,
      ),
    ],
  },
  {
    what: "the function's policy names another bucket",
    source: 'function',
    changes: {
      'lambda:GetPolicy': () => ({
        Policy: JSON.stringify(policy('s3.amazonaws.com', 'lambda:InvokeFunction', 'arn:aws:s3:::x')),
      }),
    },
    findings: [problem('sending', 'does not name')],
  },
  {
    what: 'the bucket sends nothing to EventBridge',
    source: 'bucket',
    changes: notification(''),
    findings: [problem('announcement', 'does not send its events to EventBridge', '{"EventBridgeConfiguration":{}}')],
  },
  {
    what: 'the rule is disabled',
    source: 'bucket',
    changes: rule('LogFileRule', (answer) => ({ ...answer, State: 'DISABLED' })),
    findings: [problem('announcement', 'rule is disabled', 'aws events enable-rule')],
  },
  {
    what: 'the rule is gone',
    source: 'bucket',
    changes: rule('LogFileRule', missing('ResourceNotFoundException', 400)),
    findings: [problem('announcement', "the stack's rule is gone", DEPLOY)],
  },
  {
    what: 'the rule does not match what the trail writes',
    source: 'bucket',
    changes: {
      ...trail({ S3KeyPrefix: 'audit' }),
      'events:TestEventPattern': (_, { Event }) => ({ Result: !String(Event).includes('"audit/AWSLogs/') }),
    },
    findings: [
      problem(
        'announcement',
        'does not match the log files',
        `${DEPLOY} --param=logBucket=${LOG_BUCKET} --param=kmsKeyArn=${KEY} --param=keyPrefix=audit/AWSLogs/ (and the other parameters as before)`,
      ),
    ],
  },
  {
    what: 'the subscription is gone',
    source: 'topic',
    changes: { 'sns:GetSubscriptionAttributes': missing('NotFound') },
    findings: [
      problem('announcement', 'is gone', `aws sns subscribe --protocol sqs --notification-endpoint ${QUEUE}`),
      problem('sending', "the queue's subscription is gone", DEPLOY),
    ],
  },
  {
    what: 'the subscription was not confirmed',
    source: 'topic',
    changes: subscription({ PendingConfirmation: 'true' }),
    findings: [
      problem(
        'announcement',
        'never confirmed',
        `must let account ${ACCOUNT} sns:Subscribe and sns:GetTopicAttributes`,
      ),
    ],
  },
  {
    what: 'the subscription sends elsewhere',
    source: 'topic',
    changes: subscription({ Endpoint: 'arn:aws:sqs:x:y:other' }),
    findings: [problem('announcement', 'sends to arn:aws:sqs:x:y:other', `--topic-arn ${TOPIC}`)],
  },
  {
    what: 'the subscription filters by attributes',
    source: 'topic',
    changes: subscription({ FilterPolicy: '{"a":["b"]}', FilterPolicyScope: 'MessageAttributes' }),
    findings: [warning('announcement', 'filter policy', DEPLOY)],
  },
  {
    what: "the subscription filters as the stack's own does",
    source: 'topic',
    changes: subscription({ FilterPolicy: '{"s3Bucket":[{"exists":true}]}', FilterPolicyScope: 'MessageBody' }),
    findings: [],
  },
  {
    what: 'nobody publishes',
    source: 'topic',
    changes: trail({ SnsTopicARN: undefined }),
    findings: [problem('announcement', 'does not tell the topic', `"TopicConfigurations":[{"TopicArn":"${TOPIC}"`)],
  },
  {
    what: 'no visible trail publishes',
    source: 'topic',
    changes: NO_TRAIL,
    findings: [
      problem('trail', 'no trail of this account'),
      unknown('announcement', 'its trail is not visible from here'),
    ],
  },
  {
    what: 'the bucket publishes',
    source: 'topic',
    changes: {
      ...trail({ SnsTopicARN: undefined }),
      ...notification(`<TopicConfiguration><Id>o</Id><Topic>${TOPIC}</Topic>${FILTER}</TopicConfiguration>`),
    },
    findings: [],
  },
  {
    what: 'raw messages',
    source: 'topic',
    changes: subscription({ RawMessageDelivery: 'true' }),
    findings: [],
  },
  {
    what: 'the trail cannot publish',
    source: 'topic',
    changes: status({ LatestNotificationError: 'AuthorizationError' }),
    findings: [problem('publishing', 'cannot publish', `aws sns get-topic-attributes --topic-arn ${TOPIC}`)],
  },
];

const RULE_ARN = `arn:aws:events:${REGION}:${ACCOUNT}:rule`;
/** What deploy/live-on.yml adds. */
const LIVE_RULES = { LiveRule: `${STACK}-live`, ForwardedLiveRule: `${STACK}-live|${STACK}-forwarded` };
const liveRules = (changes: Changes = {}): Changes => ({
  'cloudformation:ListStackResources': (answer, { NextToken }) => {
    const { StackResourceSummaries, ...more } = answer as { StackResourceSummaries: object[] };
    const added = Object.entries(LIVE_RULES).map(([LogicalResourceId, PhysicalResourceId]) => ({
      ...{ LogicalResourceId, PhysicalResourceId },
    }));
    return { ...more, StackResourceSummaries: [...StackResourceSummaries, ...(NextToken === undefined ? added : [])] };
  },
  ...queue({ Policy: livePolicy() }),
  ...changes,
});
const livePolicy = () => {
  const senders: [service: string, arn: string][] = [
    ['s3.amazonaws.com', `arn:aws:s3:::${LOG_BUCKET}`],
    ...Object.values(LIVE_RULES).map((id): [string, string] => [
      'events.amazonaws.com',
      `${RULE_ARN}/${id.replace('|', '/')}`,
    ]),
  ];
  const Statement = senders.flatMap(([service, arn]) => policy(service, 'sqs:SendMessage', arn).Statement);
  return JSON.stringify({ Version: '2012-10-17', Statement });
};

const PARTS: Case[] = [
  {
    what: 'the schedule of verify is switched off',
    changes: rule('VerifyEventsRuleSchedule1', (answer) => ({ ...answer, State: 'DISABLED' })),
    findings: [
      problem(
        'schedules',
        'the schedule of verify is switched off: nothing is verified',
        `aws events enable-rule --region ${REGION} --name physical-VerifyEventsRuleSchedule1`,
      ),
    ],
  },
  {
    what: 'the heartbeat is gone',
    changes: rule('IngestEventsRuleSchedule1', missing('ResourceNotFoundException', 400)),
    findings: [problem('schedules', 'the heartbeat of ingest is gone', DEPLOY)],
  },
  {
    what: 'live=on',
    changes: liveRules(),
    findings: [],
  },
  {
    what: 'the rule of forwarded live events is switched off',
    changes: liveRules({
      'events:DescribeRule': (answer, { Name, EventBusName }) =>
        Name === `${STACK}-forwarded` && EventBusName === `${STACK}-live` ? { ...answer, State: 'DISABLED' } : answer,
    }),
    findings: [
      problem(
        'live events',
        'the rule of forwarded live events is switched off: events come with their log files only',
        `aws events enable-rule --region ${REGION} --name ${STACK}-forwarded --event-bus-name ${STACK}-live`,
      ),
    ],
  },
  {
    what: 'the queue does not take live events',
    changes: liveRules(queue({})),
    findings: [
      problem('live events', `the queue's policy does not name events.amazonaws.com for ${RULE_ARN}/${STACK}-live`),
      problem('live events', `${RULE_ARN}/${STACK}-live/${STACK}-forwarded`),
    ],
  },
  {
    what: 'verify=off',
    changes: {
      'cloudformation:ListStackResources': (answer) =>
        JSON.parse(JSON.stringify(answer).replaceAll('VerifyEventsRuleSchedule1', 'Other')),
      'events:DescribeRule': (answer, { Name }) =>
        Name === 'physical-IngestEventsRuleSchedule1' ? answer : new AwsError('ResourceNotFoundException', 400),
    },
    findings: [],
  },
  {
    what: 'dead letters',
    changes: queue({}, { ApproximateNumberOfMessages: '2', ApproximateNumberOfMessagesNotVisible: '1' }),
    findings: [
      problem(
        'dead letters',
        '2 waiting, 1 in flight',
        `mwaa-trail redrive --queue ${STACK}-ingest-dead-letters --aws-region ${REGION} --dry-run`,
      ),
    ],
  },
  {
    what: 'no dead-letter queue',
    changes: queue({ RedrivePolicy: '' }),
    findings: [problem('queue', 'no dead-letter queue', 'maxReceiveCount')],
  },
  {
    what: 'a long queue',
    changes: queue({ ApproximateNumberOfMessages: '1001' }),
    findings: [warning('queue', '1001 waiting', 'Throttles')],
  },
  {
    what: 'no queue',
    changes: { 'sqs:GetQueueAttributes': missing('QueueDoesNotExist', 400) },
    findings: [
      problem('announcement', 'the ingest queue is gone', DEPLOY),
      problem('dead letters', 'the dead-letter queue is gone', DEPLOY),
      problem('alert failures', "the alert function's queue of failures is gone", DEPLOY),
    ],
  },
  {
    what: 'the mapping is off',
    changes: mapping({ State: 'Disabled' }),
    findings: [
      problem(
        'event source',
        'switched off',
        `aws lambda update-event-source-mapping --region ${REGION} --uuid c0ffee00-0000-4000-8000-000000000000 --enabled`,
      ),
    ],
  },
  {
    what: 'the mapping changes',
    changes: mapping({ State: 'Updating' }),
    findings: [warning('event source', 'Updating')],
  },
  {
    what: 'the mapping cannot read',
    changes: mapping({ LastProcessingResult: 'PROBLEM: Function call failed' }),
    findings: [problem('event source', 'PROBLEM: Function call failed')],
  },
  {
    what: 'partial batch responses are off',
    changes: mapping({ FunctionResponseTypes: [] }),
    findings: [problem('event source', 'lost', '--function-response-types ReportBatchItemFailures')],
  },
  {
    what: 'no mapping',
    changes: mapping({ EventSourceArn: 'arn:other' }),
    findings: [problem('event source', 'nothing takes messages', 'aws lambda create-event-source-mapping')],
  },
  {
    what: 'no function',
    changes: { 'lambda:GetFunctionConfiguration': missing('ResourceNotFoundException') },
    findings: [
      problem('trail', 'the ingest function is gone', DEPLOY),
      problem('verify function', 'the verify function is gone', DEPLOY),
    ],
  },
  {
    what: 'the verify function cannot run',
    changes: lambdaFunction({ State: 'Failed', StateReasonCode: 'EniLimit', StateReason: 'x' }, 'verify'),
    findings: [problem('verify function', 'EniLimit', DEPLOY)],
  },
  {
    what: 'verify has not run for hours',
    changes: { 'dynamodb:GetItem': () => ({ Item: toItem({ begunAt: ago(330).toISOString() }) }) },
    findings: [
      problem('verify function', 'it last ran 5h ago', `aws logs tail /aws/lambda/${STACK}-verify --since 1d`),
    ],
  },
  {
    what: 'verify has never run, although it was deployed days ago',
    changes: { 'dynamodb:GetItem': () => ({}) },
    findings: [problem('verify function', 'it has not run yet', 'schedules')],
  },
  {
    what: 'verify was just deployed',
    changes: {
      'dynamodb:GetItem': () => ({}),
      ...lambdaFunction({ LastModified: ago(20).toISOString().replace('Z', '+0000') }, 'verify'),
    },
    findings: [],
  },
  {
    what: 'runs of verify failed',
    changes: metrics({ Errors: [1, 1], Invocations: [1, 1, 1, 1] }),
    findings: [warning('verify function', '2 of 4 runs of the last six hours failed', '--filter-pattern ERROR')],
  },
  {
    what: 'a message has waited for an hour, and a dead letter for twelve days',
    changes: metrics({ [`${STACK}-ingest`]: [4_000, 60], [`${STACK}-ingest-dead-letters`]: [12 * 86_400] }),
    findings: [
      warning('oldest messages', `${STACK}-ingest: the oldest message is from 1h ago`, 'QueueAge'),
      warning('oldest messages', 'is from 12d ago: SQS deletes a message 14 days after it was first sent'),
    ],
  },
  {
    what: 'the schedules call something else',
    changes: { 'events:ListTargetsByRule': () => ({ Targets: [{ Id: '1', Arn: `${FUNCTION}-old` }] }) },
    findings: [
      problem('schedules', `has other targets, not ${FUNCTION}`, 'aws events put-targets --region us-east-1 --rule'),
      problem('schedules', 'the schedule of verify has other targets', `"Arn":"${VERIFY_FUNCTION}"`),
    ],
  },
  {
    what: 'the quota of a new account',
    changes: {
      'lambda:GetAccountSettings': () => ({
        AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 },
      }),
    },
    findings: [warning('quota', 'quota is 10 concurrent invocations', '--quota-code L-B99A9384 --desired-value 1000')],
  },
  {
    what: 'the function failed',
    changes: lambdaFunction({ State: 'Failed', StateReasonCode: 'InvalidImage', StateReason: 'x' }),
    findings: [problem('function', 'InvalidImage', DEPLOY)],
  },
  {
    what: 'its update failed',
    changes: lambdaFunction({ LastUpdateStatus: 'Failed', LastUpdateStatusReason: 'x' }),
    findings: [problem('function', 'last update', DEPLOY)],
  },
  {
    what: 'it is being updated',
    changes: lambdaFunction({ LastUpdateStatus: 'InProgress' }),
    findings: [warning('function', 'being changed')],
  },
  {
    what: 'it has no quarantine',
    changes: variables({ QUARANTINE_BUCKET: '' }),
    findings: [problem('configuration', 'no QUARANTINE_BUCKET', DEPLOY)],
  },
  {
    what: 'it is throttled',
    changes: { 'lambda:GetFunctionConcurrency': () => ({ ReservedConcurrentExecutions: 0 }) },
    findings: [
      problem(
        'concurrency',
        'is 0',
        `aws lambda delete-function-concurrency --region ${REGION} --function-name ${STACK}-ingest`,
      ),
    ],
  },
];

const READING: Case[] = [
  {
    what: 'the role may not read the log files',
    source: 'bucket',
    changes: mayNot('s3:GetObject'),
    findings: [problem('access', `may not read the log files of ${TRAIL_NAME}`, `--param=logBucket=${LOG_BUCKET}`)],
  },
  {
    what: "the role may not use the key of the stack's own trail",
    changes: { ...trail({ KmsKeyId: 'arn:aws:kms:us-east-1:1:key/other' }), ...mayNot('kms:Decrypt') },
    findings: [problem('key', 'key/other', '--kms-key-id 0f1e2d3c')],
  },
  {
    what: 'the role may not use the key of another trail',
    source: 'topic',
    changes: { ...trail({ KmsKeyId: 'arn:aws:kms:us-east-1:1:key/other' }), ...mayNot('kms:Decrypt') },
    findings: [problem('key', 'key/other', '--param=kmsKeyArn=arn:aws:kms:us-east-1:1:key/other')],
  },
  {
    what: 'a key by its alias',
    source: 'bucket',
    changes: trail({ KmsKeyId: 'arn:aws:kms:us-east-1:1:alias/trail' }),
    findings: [unknown('key', 'by an alias')],
  },
  { what: 'no key at all', source: 'bucket', changes: trail({ KmsKeyId: undefined }), findings: [] },
  ...['BucketOwnerEnforced', 'BucketOwnerPreferred'].map((ownership) => ({
    what: `the bucket of another account has ${ownership}`,
    source: 'topic' as const,
    changes: { ...FOREIGN, 's3:GetBucketOwnershipControls': () => ownershipXml(ownership) },
    findings: [],
  })),
  ...[() => ownershipXml('ObjectWriter'), missing('OwnershipControlsNotFoundError')].map((answer, i) => ({
    what: `objects in the bucket of another account belong to who wrote them (${i + 1})`,
    source: 'topic' as const,
    changes: { ...FOREIGN, 's3:GetBucketOwnershipControls': answer },
    findings: [
      problem(
        'ownership',
        `objects of ${LOG_BUCKET} belong to who wrote them`,
        `with credentials of account 444455556666: aws s3api put-bucket-ownership-controls --bucket ${LOG_BUCKET}`,
      ),
    ],
  })),
  {
    what: 'the Object Ownership of the bucket of another account is not known',
    source: 'topic',
    changes: { ...FOREIGN, 's3:GetBucketOwnershipControls': () => denied('s3:') },
    findings: [
      unknown(
        'ownership',
        's3:GetBucketOwnershipControls',
        'allow the identity that runs doctor s3:GetBucketOwnershipControls',
      ),
    ],
  },
  {
    what: 'S3 or KMS refuses',
    changes: inLedger({
      problems: [failed('AccessDenied (HTTP 403)'), failed('AccessDenied (HTTP 403)'), failed('KMS.DisabledException')],
    }),
    findings: [
      problem(
        'refused log files',
        `refused 2 log files (AccessDenied (HTTP 403)), such as s3://${LOG_BUCKET}/AWSLogs/a.json.gz`,
        `let ${ROLE} s3:GetObject in the bucket's policy (aws s3api get-bucket-policy --bucket ${LOG_BUCKET}) and kms:Decrypt in the key's policy (aws kms get-key-policy --policy-name default --key-id ${KEY}); then mwaa-trail redrive`,
      ),
      problem('refused log files', '1 log file (KMS.DisabledException)', `aws kms enable-key --key-id ${KEY}`),
    ],
  },
  {
    what: 'other failures',
    changes: inLedger({
      problems: [failed('TimeoutError'), { ...failed('x'), state: 'partial', reason: undefined }],
    }),
    findings: [
      warning(
        'failed log files',
        '1 to be read again (TimeoutError)',
        `aws logs tail /aws/lambda/${STACK}-ingest --since 1d --filter-pattern '"failed, to be delivered again"'`,
      ),
      warning('failed log files', '1 to be read again (out of time)'),
    ],
  },
  {
    what: 'things in quarantine',
    changes: inLedger({
      problems: [
        { ...failed('gzip'), state: 'quarantined' },
        { ...failed('x'), state: 'ingested' },
      ],
    }),
    findings: [
      warning(
        'quarantine',
        '1 log file, and records of 1 log file',
        `mwaa-trail quarantine list --bucket ${STACK}-quarantine-${ACCOUNT}-${REGION} --aws-region ${REGION}`,
      ),
    ],
  },
  {
    what: 'nothing was read',
    changes: inLedger({ newest: [] }),
    findings: [problem('freshness', 'has read no log file yet', `aws logs tail /aws/lambda/${STACK}-ingest`)],
  },
  {
    what: 'half an hour behind',
    changes: inLedger({ newest: [ago(35)] }),
    findings: [warning('freshness', 'the newest log file that ingest has read', 'aws logs tail')],
  },
  {
    what: 'hours behind',
    changes: inLedger({ newest: [ago(180)] }),
    findings: [problem('freshness', 'ingest is behind', 'aws logs tail')],
  },
  {
    what: 'hours behind, and no trail visible',
    source: 'topic',
    changes: {
      ...NO_TRAIL,
      ...variables({ LOG_BUCKETS: 'org-logs@444455556666' }),
      ...notification(`<TopicConfiguration><Id>o</Id><Topic>${TOPIC}</Topic>${FILTER}</TopicConfiguration>`),
      ...inLedger({ newest: [ago(7 * 60)] }),
    },
    findings: [unknown('trail', 'no trail visible'), problem('freshness', 'from 7h ago')],
  },
  {
    what: 'no ledger',
    changes: { 'dynamodb:Query': missing('ResourceNotFoundException', 400) },
    findings: [problem('refused log files', 'the table of log files is gone', DEPLOY)],
  },
];

const ALERTS: Case[] = [
  {
    what: 'alerts=off',
    changes: {
      'cloudformation:ListStackResources': (answer) =>
        JSON.parse(JSON.stringify(answer).replaceAll('"LogicalResourceId":"Alert', '"LogicalResourceId":"Other')),
    },
    findings: [],
  },
  {
    what: 'the stream is off',
    changes: { 'dynamodb:DescribeTable': () => ({ Table: {} }) },
    findings: [problem('alert stream', 'the events table has no stream', DEPLOY)],
  },
  {
    what: 'the mapping of the stream is off',
    changes: streamMapping({ State: 'Disabled' }),
    findings: [
      problem('alert stream', 'does not read the stream: Disabled', 'aws lambda update-event-source-mapping --enabled'),
    ],
  },
  {
    what: 'the mapping reads a stream that was replaced',
    changes: streamMapping({ EventSourceArn: STREAM.replace('2026-11-20', '2026-11-01') }),
    findings: [problem('alert stream', 'nothing reads the stream of the events table', 'alerts=off')],
  },
  {
    what: 'the stream cannot be processed',
    changes: streamMapping({ LastProcessingResult: 'PROBLEM: Function call failed' }),
    findings: [problem('alert stream', 'PROBLEM: Function call failed', 'aws logs tail')],
  },
  {
    what: 'nobody is subscribed',
    changes: { 'sns:ListSubscriptionsByTopic': () => ({ Subscriptions: [] }) },
    findings: [warning('alert topic', 'nobody is subscribed', `aws sns subscribe --region ${REGION}`)],
  },
  {
    what: 'a subscription is not confirmed',
    changes: {
      'sns:ListSubscriptionsByTopic': () => ({
        Subscriptions: [{ SubscriptionArn: 'PendingConfirmation', Protocol: 'email', Endpoint: 'bo@example.com' }],
      }),
    },
    findings: [warning('alert topic', 'email bo@example.com is not confirmed', 'confirm it')],
  },
  {
    what: 'the topic is gone',
    changes: { 'sns:ListSubscriptionsByTopic': missing('NotFound') },
    findings: [problem('alert topic', 'the topic of alerts is gone', DEPLOY)],
  },
  {
    what: 'batches failed',
    changes: {
      'sqs:GetQueueAttributes': (answer, { QueueUrl }) =>
        isOfAlerts(QueueUrl) ? { Attributes: attributesOf('arn', { ApproximateNumberOfMessages: '3' }) } : answer,
    },
    findings: [
      problem('alert failures', '3 waiting, 0 in flight', 'mwaa-trail detect --stack mwaa-trail-dev --since 14d'),
    ],
  },
];

const CASES = {
  alerts: ALERTS,
  stack: STACKS,
  trail: TRAILS,
  'retired trail': RETIRED,
  events: EVENTS,
  announcement: ANNOUNCEMENTS,
  parts: PARTS,
  reading: READING,
};

describe.each(Object.entries(CASES))('%s', (_, cases) => {
  test.each(cases)('$what', async ({ source = 'queue', changes, findings: expected }) => {
    const { code, bad } = await findings(accountWith(source, changes));
    expect(bad).toEqual(
      expected.map(({ state, check, text, fix }) =>
        expect.objectContaining({
          state,
          check,
          text: expect.stringContaining(text),
          ...(fix && { fix: expect.stringContaining(fix) }),
        }),
      ),
    );
    expect(code).toBe(expected.some(({ state }) => state === 'problem' || state === 'unknown') ? 1 : 0);
  });
});

describe('further trails', () => {
  const MORE_TOPIC = `arn:aws:sns:${REGION}:444455556666:team-b`;
  /** Trails that deliver to these buckets besides. */
  const delivering = (...trails: object[]): Changes => ({
    'cloudtrail:DescribeTrails': ({ trailList }) => ({
      trailList: [
        ...(trailList as object[]),
        ...trails.map((members) => ({
          ...{ Name: 'team-a', TrailARN: `${TRAIL}-a`, HomeRegion: REGION, IsMultiRegionTrail: true },
          ...{ LogFileValidationEnabled: true, S3BucketName: 'team-a-logs', ...members },
        })),
      ],
    }),
  });
  const subscribedTo = (id: string): Changes => ({
    'cloudformation:ListStackResources': (answer) => ({
      ...answer,
      StackResourceSummaries: [
        ...(answer.StackResourceSummaries as object[]),
        ...[{ LogicalResourceId: 'MoreLogFileSubscription1', PhysicalResourceId: id, LastUpdatedTimestamp: ago(9) }],
      ],
    }),
  });
  /** The buckets of further trails send what they are given; the first one is as before. */
  const further = (content: string): Changes => ({
    's3:GetBucketNotificationConfiguration': (answer, input) =>
      JSON.stringify(input).includes('team-a-logs') ? notificationXml(content) : answer,
  });
  const EVENT_BRIDGE = '<EventBridgeConfiguration/>';
  const A = variables({ MORE_LOG_BUCKETS: 'team-a-logs' });
  const B = variables({ MORE_LOG_BUCKETS: 'team-b-logs/audit@444455556666' });
  const ofB = { Name: 'team-b', S3BucketName: 'team-b-logs', S3KeyPrefix: 'audit' };

  test.each(SOURCES)('of this account, and of an organization, beside those that %s announces', async (source) => {
    const account = accountWith(source, { ...A, ...delivering({}), ...further(EVENT_BRIDGE) });
    expect(await findings(account)).toEqual({ code: 0, bad: [] });
    const published = delivering({ ...ofB, SnsTopicARN: MORE_TOPIC });
    const changes = { ...B, ...published, ...subscribedTo(`${MORE_TOPIC}:5ub5cr1p`) };
    expect(await findings(accountWith(source, changes))).toEqual({ code: 0, bad: [] });
  });

  test.each<[string, Changes, object[]]>([
    [
      'that nothing announces',
      { ...A, ...delivering({}), ...further('') },
      [{ state: 'problem', check: 'announcement', text: 'nothing announces the log files of team-a-logs' }],
    ],
    [
      'of another account, of which nothing is visible from here',
      { ...B, ...subscribedTo(`${MORE_TOPIC}:5ub5cr1p`) },
      [
        { state: 'unknown', check: 'trail', text: expect.stringContaining('delivers to team-b-logs, the bucket of') },
        { state: 'unknown', check: 'announcement', text: expect.stringContaining('moreTopicArns') },
      ],
    ],
    [
      'whose subscription is not confirmed',
      { ...A, ...delivering({}), ...further(EVENT_BRIDGE), ...subscribedTo('PendingConfirmation') },
      [{ state: 'problem', check: 'announcement', text: expect.stringContaining('never confirmed') }],
    ],
    [
      'to whose bucket nothing is delivered',
      { ...A, ...further(EVENT_BRIDGE) },
      [{ state: 'problem', check: 'trail', fix: expect.stringContaining('in --param=moreLogBuckets') }],
    ],
    [
      'that the role may not read',
      {
        ...{ ...B, ...delivering({ ...ofB, SnsTopicARN: MORE_TOPIC }), ...subscribedTo(`${MORE_TOPIC}:5ub5cr1p`) },
        'iam:SimulatePrincipalPolicy': (answer, input) =>
          JSON.stringify(input).includes('team-b-logs') ? simulation('implicitDeny') : answer,
      },
      [{ state: 'problem', check: 'access', fix: expect.stringContaining('with team-b-logs/audit in moreLogBuckets') }],
    ],
  ])('%s', async (_, changes, expected) => {
    expect((await findings(accountWith('queue', changes))).bad).toMatchObject(expected);
  });
});

test('a bucket of another Region brings nothing to the rule', async () => {
  const account = accountWith('bucket', {
    's3:GetBucketNotificationConfiguration': (answer, _, region) =>
      region === 'eu-central-1'
        ? answer
        : new AwsError('PermanentRedirect', 301, 'No.', '<Region>eu-central-1</Region>'),
  });
  const { code, bad } = await findings(account);
  expect(code).toBe(1);
  expect(bad).toMatchObject([
    {
      state: 'problem',
      check: 'announcement',
      text: `bucket ${LOG_BUCKET} is in eu-central-1: EventBridge does not bring its events to ${REGION}`,
    },
  ]);
});

test('a subscription of which nothing is known is one finding', async () => {
  const account = accountWith('topic', {
    'cloudformation:ListStackResources': (answer) =>
      JSON.parse(JSON.stringify(answer).replaceAll(new RegExp(`"${TOPIC}[^"]*"`, 'g'), '"PendingConfirmation"')),
  });
  expect((await findings(account)).bad).toMatchObject([
    { check: 'announcement', text: expect.stringContaining('was never confirmed') },
  ]);
});

test('a stage with a hyphen is deployed under its whole name', async () => {
  const account = accountWith('queue', {
    'cloudformation:DescribeStacks': () => new AwsError('ValidationError', 400, 'it does not exist'),
  });
  const { stdout } = await run(account, ['--stack', 'mwaa-trail-prod-eu', '--format', 'json']);
  const { findings: found } = JSON.parse(stdout) as DoctorReport;
  expect(found).toMatchObject([{ fix: expect.stringContaining('npx serverless deploy --stage prod-eu --region') }]);
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

describe('what hangs on the environment of the function', () => {
  test.each([
    {
      what: 'is wrong',
      Environment: { Variables: environment({ EVENTS_TABLE: '' }) },
      state: 'problem',
      text: 'EVENTS_TABLE is not set',
    },
    {
      what: 'is encrypted',
      Environment: { Error: { ErrorCode: 'AccessDeniedException', Message: 'x' } },
      state: 'unknown',
      text: 'AccessDeniedException',
    },
  ])('$what', async ({ Environment, state, text }) => {
    const { bad } = await findings(accountWith('queue', lambdaFunction({ Environment })));
    expect(bad).toContainEqual(
      expect.objectContaining({ check: 'configuration', state, text: expect.stringContaining(text) }),
    );
    expect(bad.filter(({ check }) => check !== 'configuration').every((one) => one.state === 'unknown')).toBe(true);
  });

  test('any bucket is allowed', async () => {
    const { bad } = await findings(accountWith('queue', variables({ LOG_BUCKETS: '' })));
    expect(bad[0]).toMatchObject({ check: 'trail', state: 'unknown', text: expect.stringContaining('LOG_BUCKETS') });
  });
});

async function callsOf(source: DeployedSource): Promise<ReadonlySet<string>> {
  await run(healthyAccount(source));
  return new Set(aws.calls);
}

describe('a call of its own that is refused', () => {
  test.each(SOURCES)('is unknown, with the action that it needs; announced by %s', async (source) => {
    const healthy = healthyAccount(source);
    await run(healthy);
    const calls = [...aws.calls].filter((name) => name !== 'sts:GetCallerIdentity');
    expect(calls.length).toBeGreaterThan(10);
    // The others are those of the first source.
    const known = source === 'queue' ? new Set<string>() : await callsOf('queue');
    for (const name of calls.filter((one) => !known.has(one))) {
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
    const accounts = SOURCES.map((source) =>
      accountWith(source, source === 'topic' ? trail({ SnsTopicARN: undefined }) : {}),
    );
    for (const account of [...accounts, accountWith('topic', FOREIGN)]) {
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
  return name
    .replace('GetBucketNotificationConfiguration', 'GetBucketNotification')
    .replace('HeadBucket', 'ListBucket')
    .replace('monitoring:', 'cloudwatch:');
}

describe('no stack', () => {
  const noStack = () => new AwsError('ValidationError', 400, `Stack with id ${STACK} does not exist`);

  test('is the only finding', async () => {
    const { code, bad } = await findings(accountWith('queue', { 'cloudformation:DescribeStacks': noStack }));
    expect(bad).toEqual([
      {
        check: 'stack',
        state: 'problem',
        text: `there is no stack ${STACK} in ${REGION}, account ${ACCOUNT}`,
        fix: expect.stringMatching(/aws cloudformation list-stacks --region us-east-1; .*npx serverless deploy/),
      },
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

  const nowhere = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };

  test.each([
    { what: 'expired', account: refused('ExpiredToken'), says: 'the credentials have expired: sign in again' },
    {
      what: 'unknown',
      account: refused('InvalidClientTokenId'),
      says: 'does not accept the credentials (InvalidClientTokenId)',
    },
    {
      what: 'none',
      env: { ...nowhere, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
      says: 'expected credentials, and found none',
    },
    { what: 'no Region', env: { ...nowhere, AWS_REGION: '' }, says: 'expected a Region: set AWS_REGION' },
  ])('$what', async ({ account = {}, env = {}, says }) => {
    const { code, stdout, stderr } = await run(account, [], env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('a usage error', async () => {
    expect(await run({}, ['--format', 'csv'])).toMatchObject({ code: 2, stdout: '' });
  });
});
