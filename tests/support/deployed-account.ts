import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import finishTemplate from '../../deploy/finish-template.cjs';
import { toItem } from '../../shared/store/item.ts';
import { PROBLEMS, WATERMARKS } from '../../shared/store/ledger-entry.ts';
import { TAGS } from './cloudformation-tags.ts';
import type { Account, Input } from './fake-aws.ts';
import { AwsError } from './fake-aws.ts';

/** The ways in which a stack can be deployed: the parameters `source` and `notify` of serverless.yml. */
export const SOURCES = ['queue', 'function', 'bucket', 'topic'] as const;
export type DeployedSource = (typeof SOURCES)[number];

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const STACK = 'mwaa-trail-dev';
export const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/0f1e2d3c`;
export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:trail`;
export const ALERT_TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:${STACK}-alerts`;
export const STREAM = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${STACK}-events/stream/2026-11-20T00:00:00.000`;
export const TRAIL_NAME = `${STACK}-${REGION}`;
export const TRAIL = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/${TRAIL_NAME}`;
export const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:${STACK}-ingest`;
export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${STACK}-ingest`;
export const VERIFY_FUNCTION = FUNCTION.replace('-ingest', '-verify');
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/ingest`;
export const LOG_BUCKET = `${STACK}-logs-${ACCOUNT}-${REGION}`;

const MINUTE_MS = 60_000;
/** Doctor looks at the clock. */
export const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS);

/** An account in which everything is as it should be, five minutes after the last log file. */
export function healthyAccount(source: DeployedSource): Account {
  const template = deployed(source);
  const trail = {
    Name: TRAIL_NAME,
    TrailARN: TRAIL,
    HomeRegion: REGION,
    S3BucketName: LOG_BUCKET,
    IsMultiRegionTrail: true,
    LogFileValidationEnabled: true,
    KmsKeyId: KEY,
    ...(source === 'topic' && { SnsTopicARN: TOPIC }),
  };
  return {
    'sts:GetCallerIdentity': () => ({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/olivia`, UserId: 'AIDA' }),
    'cloudformation:DescribeStacks': () => ({
      Stacks: [{ StackName: STACK, CreationTime: ago(9999), StackStatus: 'UPDATE_COMPLETE' }],
    }),
    'cloudformation:ListStackResources': ({ NextToken }) => pageOf(resourceSummaries(template), NextToken),
    'cloudtrail:DescribeTrails': () => ({ trailList: [trail] }),
    'cloudtrail:GetTrailStatus': () => ({
      IsLogging: true,
      StartLoggingTime: ago(9999),
      LatestDeliveryTime: ago(5),
      LatestDigestDeliveryTime: ago(40),
    }),
    'cloudtrail:GetEventSelectors': () => ({
      TrailARN: TRAIL,
      AdvancedEventSelectors: trailProperties(template).AdvancedEventSelectors,
    }),
    'lambda:GetFunctionConfiguration': ({ path }) => ({
      FunctionName: isVerify(path) ? `${STACK}-verify` : `${STACK}-ingest`,
      FunctionArn: isVerify(path) ? VERIFY_FUNCTION : FUNCTION,
      Role: ROLE,
      State: 'Active',
      LastUpdateStatus: 'Successful',
      LastModified: '2026-11-20T10:00:00.000+0000',
      Environment: { Variables: environment() },
    }),
    'lambda:GetFunctionConcurrency': () => ({}),
    'lambda:GetAccountSettings': () => ({
      AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 },
    }),
    // Nothing waits, and no run failed.
    'monitoring:GetMetricData': () => ({ MetricDataResults: [] }),
    'lambda:ListEventSourceMappings': () => ({
      EventSourceMappings: [
        {
          UUID: 'c0ffee00-0000-4000-8000-000000000000',
          EventSourceArn: QUEUE,
          State: 'Enabled',
          LastModified: ago(9999),
          FunctionResponseTypes: ['ReportBatchItemFailures'],
        },
        {
          UUID: 'beef0000-0000-4000-8000-000000000000',
          EventSourceArn: STREAM,
          State: 'Enabled',
          LastProcessingResult: 'OK',
        },
      ],
    }),
    'lambda:GetPolicy': () => ({
      Policy: JSON.stringify(policy('s3.amazonaws.com', 'lambda:InvokeFunction', `arn:aws:s3:::${LOG_BUCKET}`)),
    }),
    'iam:SimulatePrincipalPolicy': () => simulation('allowed'),
    'events:DescribeRule': ({ Name }) => ({ Name, State: 'ENABLED', EventPattern: '{}' }),
    'events:ListTargetsByRule': ({ Rule }) => ({ Targets: [{ Id: '1', Arn: TARGETS[String(Rule)] ?? QUEUE }] }),
    'events:TestEventPattern': () => ({ Result: true }),
    'sqs:GetQueueAttributes': ({ QueueUrl }) => ({
      Attributes: isDeadLetters(QueueUrl)
        ? attributesOf(`arn:aws:sqs:${REGION}:${ACCOUNT}:${String(QueueUrl).split('/').at(-1)}`)
        : queueAttributes(source),
    }),
    'sns:GetSubscriptionAttributes': () => ({
      Attributes: new Map(
        Object.entries({
          TopicArn: TOPIC,
          Endpoint: QUEUE,
          PendingConfirmation: 'false',
          FilterPolicyScope: 'MessageBody',
          FilterPolicy: JSON.stringify(template.Resources.LogFileSubscription?.Properties?.FilterPolicy),
        }),
      ),
    }),
    's3:GetBucketNotificationConfiguration': () => notificationXml(NOTIFICATIONS[source]),
    's3:GetBucketOwnershipControls': () => ownershipXml('BucketOwnerEnforced'),
    'dynamodb:DescribeTable': () => ({
      Table: { StreamSpecification: { StreamEnabled: true }, LatestStreamArn: STREAM },
    }),
    'sns:ListSubscriptionsByTopic': () => ({
      Subscriptions: [{ SubscriptionArn: `${ALERT_TOPIC}:5ub5cr1p`, Protocol: 'email', Endpoint: 'ana@example.com' }],
    }),
    'dynamodb:Query': (input) => ledger({})(input),
    'dynamodb:GetItem': () => ({ Item: toItem({ begunAt: ago(30).toISOString() }) }),
  };
}

const isVerify = (path: unknown) => String(path).includes(`/${STACK}-verify/`);

/** What the schedules call. */
const TARGETS: Readonly<Record<string, string>> = {
  'physical-IngestEventsRuleSchedule1': FUNCTION,
  'physical-VerifyEventsRuleSchedule1': VERIFY_FUNCTION,
};

/** What IAM says of a role's policies. */
export function simulation(EvalDecision: 'allowed' | 'implicitDeny') {
  return { EvaluationResults: [{ EvalActionName: 'action', EvalDecision }] };
}

/** What a queue answers, of a queue that has nothing in it. */
export function attributesOf(arn: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { QueueArn: arn, ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0', ...more };
}

export function queueAttributes(source: DeployedSource, more: Readonly<Record<string, string>> = {}) {
  const { service, arn } = SENDERS[source];
  return attributesOf(QUEUE, {
    Policy: JSON.stringify(policy(service, 'sqs:SendMessage', arn)),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${QUEUE}-dead-letters`, maxReceiveCount: 5 }),
    ...more,
  });
}

export function isDeadLetters(queueUrl: unknown): boolean {
  return String(queueUrl).endsWith('-dead-letters');
}

export function policy(service: string, action: string, sourceArn: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: service },
        Action: action,
        Resource: '*',
        Condition: { ArnEquals: { 'aws:SourceArn': sourceArn }, StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      },
    ],
  };
}

const SENDERS: Readonly<Record<DeployedSource, { service: string; arn: string }>> = {
  queue: { service: 's3.amazonaws.com', arn: `arn:aws:s3:::${LOG_BUCKET}` },
  function: { service: 's3.amazonaws.com', arn: `arn:aws:s3:::${LOG_BUCKET}` },
  bucket: { service: 'events.amazonaws.com', arn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/physical-LogFileRule` },
  topic: { service: 'sns.amazonaws.com', arn: TOPIC },
};

export const FILTER =
  '<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>Prefix</Name><Value>AWSLogs/</Value></FilterRule>' +
  '<FilterRule><Name>Suffix</Name><Value>.json.gz</Value></FilterRule></S3Key></Filter>';
const NOTIFICATIONS: Readonly<Record<DeployedSource, string>> = {
  queue: `<QueueConfiguration><Id>a</Id><Queue>${QUEUE}</Queue>${FILTER}</QueueConfiguration>`,
  function: `<CloudFunctionConfiguration><Id>a</Id><CloudFunction>${FUNCTION}</CloudFunction>${FILTER}</CloudFunctionConfiguration>`,
  bucket: '<EventBridgeConfiguration/>',
  topic: '',
};

export function notificationXml(content: string): string {
  return `<?xml version="1.0"?><NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</NotificationConfiguration>`;
}

export function ownershipXml(ownership: string): string {
  return `<?xml version="1.0"?><OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ObjectOwnership>${ownership}</ObjectOwnership></Rule></OwnershipControls>`;
}

/** The variables of the function, as serverless.yml sets them. */
export function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    EVENTS_TABLE: `${STACK}-events`,
    LOG_FILES_TABLE: `${STACK}-log-files`,
    ENVIRONMENTS_TABLE: `${STACK}-environments`,
    QUARANTINE_BUCKET: `${STACK}-quarantine-${ACCOUNT}-${REGION}`,
    LOG_BUCKETS: LOG_BUCKET,
    EVENT_SOURCES: 'airflow.amazonaws.com',
    RETENTION_DAYS: '',
    ...more,
  };
}

/** What the ledger answers: the newest log file of the home Region five minutes old, unless told otherwise. */
export function ledger({ newest = [ago(5)], problems = [] }: { newest?: Date[]; problems?: object[] }) {
  return ({ ExpressionAttributeValues }: Input) => {
    const { ':listing': listing } = ExpressionAttributeValues as Record<string, { S: string }>;
    const items = {
      [WATERMARKS]: newest.map((time) => ({ account: ACCOUNT, region: REGION, deliveredAt: time.toISOString() })),
      [PROBLEMS]: problems,
    }[listing!.S]!;
    return { Items: items.map((item) => toItem(item as Parameters<typeof toItem>[0])) };
  };
}

/** CloudFormation lists a hundred at a time; here fewer, so that there is more than a page. */
function pageOf(summaries: object[], token: unknown): object {
  const start = Number(token ?? 0);
  const next = start + 5 < summaries.length ? { NextToken: String(start + 5) } : {};
  return { StackResourceSummaries: summaries.slice(start, start + 5), ...next };
}

function resourceSummaries({ Resources }: Template): object[] {
  return Object.entries(Resources).map(([LogicalResourceId, { Type }]) => ({
    LogicalResourceId,
    ResourceType: Type,
    PhysicalResourceId: PHYSICAL_IDS[LogicalResourceId] ?? `physical-${LogicalResourceId}`,
    ResourceStatus: 'CREATE_COMPLETE',
    LastUpdatedTimestamp: ago(9999),
  }));
}

const PHYSICAL_IDS: Readonly<Record<string, string>> = {
  IngestLambdaFunction: `${STACK}-ingest`,
  IngestQueue: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${STACK}-ingest`,
  IngestDeadLetterQueue: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${STACK}-ingest-dead-letters`,
  EventsTable: `${STACK}-events`,
  AlertLambdaFunction: `${STACK}-alert`,
  VerifyLambdaFunction: `${STACK}-verify`,
  AlertDeadLetterQueue: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${STACK}-alert-dead-letters`,
  AlertTopic: ALERT_TOPIC,
  LogFilesTable: `${STACK}-log-files`,
  QuarantineBucket: `${STACK}-quarantine-${ACCOUNT}-${REGION}`,
  LogBucket: LOG_BUCKET,
  Trail: TRAIL_NAME,
  TrailKey: KEY.split('/')[1]!,
  LogFileSubscription: `${TOPIC}:5ub5cr1p`,
};

interface Template {
  Conditions?: Record<string, unknown>;
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

/** The selectors of the trail that deploy/new-trail.yml makes; those of an existing one are to be the same. */
function trailProperties(template: Template): { AdvancedEventSelectors?: object[] } {
  return (template.Resources.Trail ?? deployed('queue').Resources.Trail)?.Properties ?? {};
}

const templates = new Map<DeployedSource, Template>();

/** The template with the usual parameters. Reading it takes longer than a run of doctor. */
function deployed(source: DeployedSource): Template {
  const template = templates.get(source) ?? templateOf(source);
  templates.set(source, template);
  return template;
}

/** The template of a deployment, as far as doctor looks at it, out of serverless.yml and deploy/. */
export function templateOf(source: DeployedSource, parameters: Readonly<Record<string, string>> = {}): Template {
  const file = { queue: 'new-trail', function: 'new-trail', bucket: 'bucket', topic: 'topic' }[source];
  const values = {
    source: file,
    notify: source === 'function' ? 'function' : 'queue',
    logBucket: LOG_BUCKET,
    kmsKeyArn: file === 'new-trail' ? '' : KEY,
    keyPrefix: 'AWSLogs/',
    topicArn: TOPIC,
    live: 'off',
    topicRegion: REGION,
    topicSenders: 'sns.amazonaws.com',
    ...parameters,
  };
  const own = readYaml('serverless.yml', values) as { resources: [Template] };
  const others = ['log-files', file].map((name) => readYaml(`deploy/${name}.yml`, values) as Template);
  const parts = [...own.resources.slice(0, 1), ...others];
  const template: Template = {
    Conditions: Object.assign({}, ...parts.map(({ Conditions }) => Conditions)),
    Resources: Object.assign(
      // What the Framework makes of functions and their events, and parts of deploy/alert-on.yml.
      {
        IngestLambdaFunction: { Type: 'AWS::Lambda::Function' },
        NoLogFilesAlarm: { Type: 'AWS::CloudWatch::Alarm' },
        IngestEventsRuleSchedule1: { Type: 'AWS::Events::Rule' },
        VerifyEventsRuleSchedule1: { Type: 'AWS::Events::Rule' },
        VerifyLambdaFunction: { Type: 'AWS::Lambda::Function' },
        AlertLambdaFunction: { Type: 'AWS::Lambda::Function' },
        AlertTopic: { Type: 'AWS::SNS::Topic' },
        AlertDeadLetterQueue: { Type: 'AWS::SQS::Queue' },
      },
      ...parts.map(({ Resources }) => Resources),
    ),
  };
  finishTemplate.decideConditions(template);
  return template;
}

/** A file of the deployment with its parameters filled in, and the files that it names. */
function readYaml(path: string, values: Readonly<Record<string, string>>): unknown {
  const text = readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
    .replace(/\$\{param:(\w+)\}/g, (_, name: string) => values[name] ?? '')
    .replace(/\$\{self:service\}-\$\{sls:stage\}/g, STACK)
    .replace(/\$\{self:provider\.region\}/g, REGION);
  return filledIn(parse(text, { customTags: TAGS }), values);
}

function filledIn(value: unknown, values: Readonly<Record<string, string>>): unknown {
  const [, path, member] =
    typeof value === 'string' ? (/^\$\{file\(\.\/([^)]+)\)(?::(\w+))?\}$/.exec(value) ?? []) : [];
  if (path?.startsWith('deploy/')) {
    // The sources of serverless.yml are read on their own.
    if (!/^deploy\/(notify-(queue|function))\.yml$/.test(path)) return {};
    const content = readYaml(path, values) as Record<string, unknown>;
    return member === undefined ? content : content[member];
  }
  if (Array.isArray(value)) return value.map((one) => filledIn(one, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filledIn(one, values)]));
}

export const denied = (name: string) =>
  name.startsWith('sns:')
    ? new AwsError('AuthorizationError', 403)
    : name.startsWith('cloudtrail:') || name.startsWith('dynamodb:')
      ? new AwsError('AccessDeniedException', 400)
      : new AwsError(name.startsWith('lambda:') ? 'AccessDeniedException' : 'AccessDenied', 403);
