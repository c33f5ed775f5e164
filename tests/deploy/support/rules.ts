import { resourceType } from './aws-schema.ts';
import {
  conditionOn,
  identityStatements,
  resourceStatements,
  type Statement,
  servicesOf,
  trustStatements,
} from './policies.ts';
import { type Properties, REGION, type Stack, type StackResource, streamArnOf } from './stack.ts';

/** Returns the violations in a stack, one per line. */
export type Rule = (stack: Stack) => string[];

/** The Serverless Framework creates it for the code's archives, and keeps the last five. */
const DEPLOYMENT_BUCKET = 'ServerlessDeploymentBucket';

const broken = (resources: StackResource[], isGood: (resource: StackResource) => unknown) =>
  resources.filter((resource) => !isGood(resource)).map(({ id }) => id);

const tables = (stack: Stack) => stack.ofType('AWS::DynamoDB::Table');
const buckets = (stack: Stack) => stack.ofType('AWS::S3::Bucket');
const queues = (stack: Stack) => stack.ofType('AWS::SQS::Queue');
const functions = (stack: Stack) => stack.ofType('AWS::Lambda::Function');
const mappings = (stack: Stack) => stack.ofType('AWS::Lambda::EventSourceMapping');
/** Of a queue; the others read the stream of a table. */
const ofQueue = ({ properties }: StackResource) => !String(properties.EventSourceArn).includes('/stream/');
const ownBuckets = (stack: Stack) => buckets(stack).filter(({ id }) => id !== DEPLOYMENT_BUCKET);
const byArn = (stack: Stack, among: StackResource[], arn: unknown) => among.find(({ id }) => stack.arn(id) === arn);

/** By what they react to: `EventPattern` or `ScheduleExpression`. */
const eventRules = (stack: Stack, kind: string) =>
  stack.ofType('AWS::Events::Rule').filter(({ properties }) => kind in properties);

const hasCeiling = ({ OnDemandThroughput: { MaxReadRequestUnits, MaxWriteRequestUnits } = {} }: Properties) =>
  Number(MaxReadRequestUnits) >= 1 && Number(MaxWriteRequestUnits) >= 1;

export const RULES: Readonly<Record<string, Rule>> = {
  'tables are on demand, with a ceiling on the table and on each index': (stack) => [
    ...broken(
      tables(stack),
      ({ properties }) => properties.BillingMode === 'PAY_PER_REQUEST' && hasCeiling(properties),
    ),
    ...tables(stack).flatMap(({ id, properties }) =>
      (properties.GlobalSecondaryIndexes ?? [])
        .filter((index: Properties) => !hasCeiling(index))
        .map(({ IndexName }: Properties) => `${id}.${IndexName}`),
    ),
  ],

  'tables have deletion protection and point-in-time recovery': (stack) =>
    broken(
      tables(stack),
      ({ properties }) =>
        properties.DeletionProtectionEnabled === true &&
        properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true,
    ),

  'tables with indexes are created one after the other': (stack) => {
    // DynamoDB limits how many are in the state CREATING: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
    const indexed = tables(stack).filter(({ properties }) => properties.GlobalSecondaryIndexes);
    const first = indexed.filter(({ dependsOn }) => !indexed.some(({ id }) => dependsOn.includes(id)));
    return first.slice(1).map(({ id }) => id);
  },

  'the time to live of events and status changes is the attribute that ingest writes': (stack) =>
    broken(
      [stack.get('EventsTable'), stack.get('EnvironmentsTable')],
      ({ properties: { TimeToLiveSpecification: ttl } }) => {
        return ttl?.AttributeName === 'expiresAt' && ttl.Enabled === true;
      },
    ),

  // Buckets and keys of a deployment that fails are deleted with it, so that the next finds their names free.
  'resources with data outlive the stack': (stack) => [
    ...broken(
      tables(stack),
      ({ deletionPolicy, updateReplacePolicy }) => deletionPolicy === 'Retain' && updateReplacePolicy === 'Retain',
    ),
    ...broken(
      [...ownBuckets(stack), ...stack.ofType('AWS::KMS::Key')],
      ({ deletionPolicy, updateReplacePolicy }) =>
        deletionPolicy === 'RetainExceptOnCreate' && updateReplacePolicy === 'Retain',
    ),
  ],

  // The topic of alarms is left out: they hold names and numbers only, and CloudWatch cannot publish with the key that AWS manages
  // for SNS.
  'everything at rest is encrypted': (stack) => [
    ...broken(
      tables(stack),
      ({ properties: { SSESpecification: sse } }) => sse?.SSEEnabled === true && sse.SSEType === 'KMS',
    ),
    ...broken(
      stack.ofType('AWS::SNS::Topic').filter(({ id }) => id !== 'AlarmTopic'),
      ({ properties }) => properties.KmsMasterKeyId,
    ),
    ...broken(queues(stack), ({ properties }) => properties.SqsManagedSseEnabled === true || properties.KmsMasterKeyId),
    ...broken(buckets(stack), ({ properties: { BucketEncryption } }) =>
      BucketEncryption?.ServerSideEncryptionConfiguration?.every((rule: Properties) =>
        /^(AES256|aws:kms)$/.test(rule.ServerSideEncryptionByDefault?.SSEAlgorithm),
      ),
    ),
    ...broken(stack.ofType('AWS::CloudTrail::Trail'), ({ properties }) => properties.KMSKeyId),
    ...broken(stack.ofType('AWS::KMS::Key'), ({ properties }) => properties.EnableKeyRotation === true),
  ],

  'buckets are not public': (stack) =>
    broken(buckets(stack), ({ properties: { PublicAccessBlockConfiguration: block = {} } }) =>
      ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'].every(
        (name) => block[name],
      ),
    ),

  'buckets require TLS': (stack) =>
    broken(buckets(stack), ({ id }) =>
      resourceStatements(stack).some(
        (statement) =>
          statement.effect === 'Deny' &&
          statement.principal === '*' &&
          statement.actions.includes('s3:*') &&
          statement.resources.includes(stack.arn(id)) &&
          statement.resources.includes(`${stack.arn(id)}/*`) &&
          String(statement.condition.Bool?.['aws:SecureTransport']) === 'false',
      ),
    ),

  'buckets have one owner and a lifecycle': (stack) =>
    broken(
      ownBuckets(stack),
      ({ properties: { OwnershipControls, LifecycleConfiguration } }) =>
        OwnershipControls?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced' &&
        LifecycleConfiguration?.Rules?.some((rule: Properties) => rule.Status === 'Enabled'),
    ),

  'log files are versioned': (stack) =>
    broken(
      buckets(stack).filter(({ id }) => id === 'LogBucket'),
      ({ properties }) => properties.VersioningConfiguration?.Status === 'Enabled',
    ),

  // Without versions there is no lock. A lifecycle that ends before the lock would leave delete markers on locked versions.
  'a lock on objects is complete': (stack) =>
    broken(
      buckets(stack).filter(({ properties }) => properties.ObjectLockEnabled || properties.ObjectLockConfiguration),
      ({ properties }) => {
        const { ObjectLockEnabled, ObjectLockConfiguration, VersioningConfiguration, LifecycleConfiguration } =
          properties;
        const { Mode, Days } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
        const expirations = LifecycleConfiguration.Rules.flatMap(
          ({ ExpirationInDays = [] }: Properties) => ExpirationInDays,
        );
        return (
          ObjectLockEnabled === true &&
          VersioningConfiguration?.Status === 'Enabled' &&
          ['GOVERNANCE', 'COMPLIANCE'].includes(Mode) &&
          expirations.every((days: number) => Number(days) >= Number(Days)) &&
          LifecycleConfiguration.Rules.some((rule: Properties) => rule.NoncurrentVersionExpiration)
        );
      },
    ),

  // Otherwise a quarantined object would be announced as a log file and be quarantined again, endlessly.
  'the quarantine is a separate bucket without notifications': (stack) => {
    const quarantine = stack.get('QuarantineBucket').properties;
    const { LOG_BUCKETS = '' } = stack.get('IngestLambdaFunction').properties.Environment.Variables;
    const listened = LOG_BUCKETS.split(',').map((entry: string) => entry.replace(/@.*/, ''));
    const rules = eventRules(stack, 'EventPattern').map(({ properties }) => JSON.stringify(properties.EventPattern));
    const problems = [];
    if (quarantine.NotificationConfiguration) problems.push('QuarantineBucket notifies');
    if (listened.includes('')) problems.push('every bucket is listened to');
    if (listened.includes(quarantine.BucketName)) problems.push('QuarantineBucket is read');
    if (rules.some((pattern) => pattern.includes(quarantine.BucketName)))
      problems.push('a rule names QuarantineBucket');
    return problems;
  },

  'the bucket announces only log files': (stack) =>
    buckets(stack).flatMap(
      ({
        id,
        properties: { NotificationConfiguration: { QueueConfigurations = [], LambdaConfigurations = [] } = {} },
      }) =>
        [...QueueConfigurations, ...LambdaConfigurations].flatMap(({ Event, Filter }: Properties) => {
          const rules = new Map(Filter?.S3Key?.Rules?.map(({ Name, Value }: Properties) => [Name, Value]));
          const isNarrow = rules.get('suffix') === '.json.gz' && String(rules.get('prefix')).endsWith('AWSLogs/');
          return Event === 's3:ObjectCreated:*' && isNarrow ? [] : [id];
        }),
    ),

  'a queue that a function reads has a dead-letter queue': (stack) =>
    mappings(stack)
      .filter(ofQueue)
      .flatMap(({ id, properties }) => {
        const queue = byArn(stack, queues(stack), properties.EventSourceArn);
        const reader = byArn(stack, functions(stack), properties.FunctionName);
        const { RedrivePolicy, VisibilityTimeout, MessageRetentionPeriod } = queue?.properties ?? {};
        const letters = byArn(stack, queues(stack), RedrivePolicy?.deadLetterTargetArn);
        const problems = [];
        if (!(RedrivePolicy?.maxReceiveCount >= 5)) problems.push('received fewer than five times');
        if (letters === undefined || letters === queue) problems.push('no dead-letter queue');
        // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        if (!(VisibilityTimeout >= 6 * reader?.properties.Timeout))
          problems.push('visible before six times the time-out');
        // A dead letter's age counts from when it was first sent.
        if (MessageRetentionPeriod !== 1_209_600 || letters?.properties.MessageRetentionPeriod !== 1_209_600) {
          problems.push('kept for less than 14 days');
        }
        if (!properties.FunctionResponseTypes?.includes('ReportBatchItemFailures'))
          problems.push('batches fail as a whole');
        return problems.map((problem) => `${id}: ${problem}`);
      }),

  'of a stream that a function reads, new items alone are read, and none is lost': (stack) =>
    mappings(stack)
      .filter((mapping) => !ofQueue(mapping))
      .flatMap(({ id, properties }) => {
        const table = tables(stack).find(
          (one) => one.properties.StreamSpecification && streamArnOf(one) === properties.EventSourceArn,
        );
        const reader = byArn(stack, functions(stack), properties.FunctionName);
        const failures = byArn(stack, queues(stack), properties.DestinationConfig?.OnFailure?.Destination);
        const mayWrite = identityStatements(stack).some(
          (statement) =>
            stack.arn(statement.in) === reader?.properties.Role &&
            statement.actions.includes('sqs:SendMessage') &&
            statement.resources.includes(properties.DestinationConfig?.OnFailure?.Destination),
        );
        const patterns = properties.FilterCriteria?.Filters?.map(({ Pattern }: Properties) => Pattern).join();
        const checks: Readonly<Record<string, unknown>> = {
          'no new images': table?.properties.StreamSpecification.StreamViewType === 'NEW_IMAGE',
          'not from the beginning': properties.StartingPosition === 'TRIM_HORIZON',
          'not new items alone': patterns === '{"eventName":["INSERT"]}',
          'batches fail as a whole': properties.FunctionResponseTypes?.includes('ReportBatchItemFailures'),
          'one event can hold up the others': properties.BisectBatchOnFunctionError === true,
          'too few attempts': properties.MaximumRetryAttempts >= 5,
          // A stream keeps changes for a day.
          'given up too late': properties.MaximumRecordAgeInSeconds <= 86_400 / 2,
          'no queue for what failed': failures?.properties.MessageRetentionPeriod === 1_209_600 && mayWrite,
        };
        return Object.entries(checks).flatMap(([problem, isGood]) => (isGood ? [] : [`${id}: ${problem}`]));
      }),

  // Without a reservation, which an account with a quota of 10 cannot have. A bucket that calls the function can only be
  // bounded by one: that is the user's decision.
  'the concurrency of functions is limited': (stack) =>
    broken(functions(stack), ({ id, properties: { ReservedConcurrentExecutions } }) => {
      if (ReservedConcurrentExecutions >= 1 || isInvokedBy(stack, id, 's3.amazonaws.com')) return true;
      const sources = mappings(stack).filter(({ properties }) => properties.FunctionName === stack.arn(id));
      // Of a stream: one invocation for each shard.
      const isBounded = sources.every((source) =>
        ofQueue(source)
          ? source.properties.ScalingConfig?.MaximumConcurrency <= 10
          : (source.properties.ParallelizationFactor ?? 1) === 1,
      );
      const isThrottled = !isInvokedBy(stack, id, 'apigateway.amazonaws.com') || stageIsThrottled(stack);
      return isBounded && isThrottled;
    }),

  'functions run on arm64, with a time-out, logs that expire, and a role of their own': (stack) => {
    const roles = functions(stack).map(({ properties }) => properties.Role);
    return broken(functions(stack), ({ properties }) => {
      const logs = stack
        .ofType('AWS::Logs::LogGroup')
        .find(({ properties: { LogGroupName } }) => LogGroupName === `/aws/lambda/${properties.FunctionName}`);
      return (
        properties.Architectures?.join() === 'arm64' &&
        properties.Runtime === 'nodejs24.x' &&
        properties.Timeout >= 1 &&
        logs !== undefined &&
        roles.filter((role) => role === properties.Role).length === 1
      );
    });
  },

  'log groups expire': (stack) =>
    broken(stack.ofType('AWS::Logs::LogGroup'), ({ properties }) => Number(properties.RetentionInDays) > 0),

  'failed direct invocations go to a dead-letter queue': (stack) =>
    broken(functions(stack), ({ id, properties: { FunctionName, Role } }) => {
      if (!isInvokedBy(stack, id, 's3.amazonaws.com')) return true;
      const target = stack
        .ofType('AWS::Lambda::EventInvokeConfig')
        .find(({ properties }) => properties.FunctionName === FunctionName)?.properties.DestinationConfig
        ?.OnFailure?.Destination;
      const mayWrite = identityStatements(stack).some(
        (statement) =>
          stack.arn(statement.in) === Role &&
          statement.actions.includes('sqs:SendMessage') &&
          statement.resources.includes(target),
      );
      return byArn(stack, queues(stack), target) && mayWrite;
    }),

  'undeliverable messages of rules and topics go to a dead-letter queue': (stack) => [
    ...broken(eventRules(stack, 'EventPattern'), ({ properties }) =>
      properties.Targets.every(({ DeadLetterConfig }: Properties) =>
        takesFrom(stack, DeadLetterConfig?.Arn, 'events.amazonaws.com'),
      ),
    ),
    // A topic of another Region can have none: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    ...broken(
      stack.ofType('AWS::SNS::Subscription').filter(({ properties }) => properties.Protocol !== 'email'),
      ({ properties }) =>
        isOfAnotherRegion(properties.TopicArn)
          ? properties.RedrivePolicy === undefined
          : takesFrom(stack, properties.RedrivePolicy?.deadLetterTargetArn, 'sns.amazonaws.com'),
    ),
  ],

  'a subscription is made in the Region of its topic': (stack) =>
    broken(stack.ofType('AWS::SNS::Subscription'), ({ properties: { TopicArn, Region } }) =>
      isOfAnotherRegion(TopicArn) ? Region === TopicArn.split(':')[3] : Region === undefined,
    ),

  'senders of notifications may write to the queue': (stack) => {
    const bySubscription = stack
      .ofType('AWS::SNS::Subscription')
      .filter(({ properties }) => properties.Protocol === 'sqs');
    const byRule = eventRules(stack, 'EventPattern').flatMap(({ properties }) => properties.Targets);
    const byBucket = buckets(stack).flatMap(
      ({ properties }) => properties.NotificationConfiguration?.QueueConfigurations ?? [],
    );
    const senders: [service: string, queue: string][] = [
      ...bySubscription.map(({ properties }) => ['sns.amazonaws.com', properties.Endpoint] as [string, string]),
      ...byRule.map(({ Arn }: Properties) => ['events.amazonaws.com', Arn] as [string, string]),
      ...byBucket.map(({ Queue }: Properties) => ['s3.amazonaws.com', Queue] as [string, string]),
    ];
    return senders.filter(([service, queue]) => !takesFrom(stack, queue, service)).map((sender) => sender.join(' -> '));
  },

  // Earlier messages are lost, and some services test the permission when they are created.
  'permissions exist before anything is sent': (stack) => {
    const waitsFor = ({ dependsOn }: StackResource, ...types: string[]) =>
      types.every((type) => dependsOn.some((id) => stack.get(id).type === type));
    const notifying = buckets(stack).filter(({ properties }) => properties.NotificationConfiguration);
    const calling = notifying.filter(({ properties }) => properties.NotificationConfiguration.LambdaConfigurations);
    const subscribed = stack.ofType('AWS::SNS::Subscription').filter(({ properties }) => properties.Protocol === 'sqs');
    return [
      ...broken(notifying, (bucket) => waitsFor(bucket, 'AWS::SQS::QueuePolicy')),
      ...broken(calling, (bucket) => waitsFor(bucket, 'AWS::Lambda::Permission')),
      ...broken([...subscribed, ...eventRules(stack, 'EventPattern')], (sender) =>
        waitsFor(sender, 'AWS::SQS::QueuePolicy', 'AWS::IAM::Policy'),
      ),
      ...broken(stack.ofType('AWS::CloudTrail::Trail'), (trail) =>
        waitsFor(trail, 'AWS::S3::BucketPolicy', 'AWS::IAM::Policy', 'AWS::Lambda::EventSourceMapping'),
      ),
      ...broken(stack.ofType('AWS::CloudWatch::Alarm'), (alarm) => waitsFor(alarm, 'AWS::SNS::TopicPolicy')),
    ];
  },

  'every resource that can have tags has them': (stack) =>
    broken(stack.resources, ({ type, properties }) => {
      const { tagInformation } = resourceType(type);
      if (tagInformation === undefined) return true;
      const tags = properties[tagInformation.tagPropertyName];
      if (tagInformation.variant === 'map') return tags?.project === 'mwaa-trail';
      return tags?.some(({ Key, Value }: Properties) => Key === 'project' && Value === 'mwaa-trail');
    }),

  // Of buckets in the world; of dashboards and roles in the account; of a trail in all Regions that it covers.
  'names that must be unique beyond the Region contain the Region': (stack) => {
    const named = ['AWS::S3::Bucket', 'AWS::CloudWatch::Dashboard', 'AWS::CloudTrail::Trail', 'AWS::IAM::Role'];
    const nameOf = ({ properties }: StackResource): string | undefined =>
      properties.BucketName ?? properties.DashboardName ?? properties.TrailName ?? properties.RoleName;
    return broken(stack.ofType(...named), (resource) => {
      const name = nameOf(resource);
      // CloudFormation generates a name; or the user chose it.
      return name === undefined || name.startsWith('our-own-') || name.includes(REGION);
    });
  },

  'every route requires IAM authorization': (stack) =>
    broken(stack.ofType('AWS::ApiGatewayV2::Route'), ({ properties }) => properties.AuthorizationType === 'AWS_IAM'),

  'the API is throttled and its access logged': (stack) => (stageIsThrottled(stack) ? [] : ['HttpApiStage']),

  'services act only for the named sources, in this account': (stack) =>
    resourceStatements(stack)
      .filter((statement) => statement.effect === 'Allow' && servicesOf(statement).length > 0)
      .filter((statement) => !isForItsSource(statement))
      .map((statement) => `${statement.in}: ${servicesOf(statement)}`),

  'only Lambda can assume roles, and named accounts that of readers': (stack) =>
    trustStatements(stack)
      .filter((statement) => !(statement.in === 'ReaderRole' ? isForAccounts(statement) : isForLambda(statement)))
      .map((statement) => statement.in),

  'roles have names, so that policies of other accounts can name them, and the same path and boundary': (stack) => {
    const roles = stack.ofType('AWS::IAM::Role');
    const [first] = roles;
    return broken(
      roles,
      ({ properties }) =>
        properties.RoleName?.length <= 64 &&
        properties.Path === first?.properties.Path &&
        properties.PermissionsBoundary === first?.properties.PermissionsBoundary,
    );
  },

  'permissions name actions and resources': (stack) => {
    const identity = identityStatements(stack).filter(
      ({ actions, resources }) =>
        actions.some((action) => action.includes('*')) ||
        (!actions.every((action) => ON_EVERYTHING.includes(action)) &&
          resources.some((resource) => !namesOne(resource))),
    );
    // A key's own policy has no other resource than itself, and its account keeps the key; CloudTrail uses both GenerateDataKey.
    const OF_KEYS = ['kms:*', 'kms:GenerateDataKey*'];
    const resource = resourceStatements(stack).filter(
      (statement) =>
        statement.effect === 'Allow' &&
        (statement.actions.some((action) => action.includes('*') && !OF_KEYS.includes(action)) ||
          statement.principal === '*' ||
          (stack.get(statement.in).type !== 'AWS::KMS::Key' && statement.resources.includes('*'))),
    );
    const negated = [...identityStatements(stack), ...resourceStatements(stack)].filter(
      ({ text }) => 'NotAction' in text || 'NotResource' in text || 'NotPrincipal' in text,
    );
    const managed = stack.ofType('AWS::IAM::Role').filter(({ properties }) => properties.ManagedPolicyArns?.length > 0);
    return [...identity, ...resource, ...negated].map((statement) => statement.in).concat(managed.map(({ id }) => id));
  },

  'the trail records everything, and can be verified': (stack) =>
    broken(stack.ofType('AWS::CloudTrail::Trail'), ({ properties }) => {
      const selectors = JSON.stringify(properties.AdvancedEventSelectors);
      return (
        properties.IsLogging === true &&
        properties.IsMultiRegionTrail === true &&
        properties.IncludeGlobalServiceEvents === true &&
        properties.EnableLogFileValidation === true &&
        // Whoever records no management events expects days without log files.
        selectors.includes('{"Field":"eventCategory","Equals":["Management"]}') ===
          stack.resources.some(({ id }) => id === 'NoLogFilesAlarm') &&
        selectors.includes('{"Field":"resources.type","Equals":["AWS::MWAA::Environment"]}')
      );
    }),
};

const isForLambda = ({ principal, actions }: Statement) =>
  JSON.stringify(principal) === '{"Service":"lambda.amazonaws.com"}' && actions.join() === 'sts:AssumeRole';

/** Not even an account's root may be another's: an account is named by its ID alone. */
const isForAccounts = ({ principal, actions }: Statement) =>
  Object.keys(principal as object).join() === 'AWS' &&
  [(principal as { AWS: string | string[] }).AWS].flat().every((account) => /^\d{12}$/.test(account)) &&
  actions.join() === 'sts:AssumeRole,sts:SetSourceIdentity';

/** A service, the part of its sources' ARN that tells it, and whether the account stands in it. */
const SOURCES: Readonly<Record<string, { arn: RegExp; hasAccount: boolean }>> = {
  's3.amazonaws.com': { arn: /^arn:aws:s3:::[^*]+$/, hasAccount: false },
  'sns.amazonaws.com': { arn: /^arn:aws:sns:[^*]+$/, hasAccount: true },
  'events.amazonaws.com': { arn: /^arn:aws:events:[^*]+$/, hasAccount: true },
  'cloudtrail.amazonaws.com': { arn: /^arn:aws:cloudtrail:[^*]+$/, hasAccount: true },
  'cloudwatch.amazonaws.com': { arn: /^arn:aws:cloudwatch:[^*]+:alarm:[^*]+\*$/, hasAccount: true },
  'apigateway.amazonaws.com': { arn: /^arn:aws:execute-api:[^*]+\/\*$/, hasAccount: true },
};

/**
 * The confused deputy: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html. The account is compared too;
 * where the source's ARN has it, a request without it may pass: not every service is documented to send it.
 */
function isForItsSource(statement: Statement): boolean {
  const arn = conditionOn(statement, 'aws:SourceArn');
  const account = conditionOn(statement, 'aws:SourceAccount');
  return servicesOf(statement).every((service) => {
    const source = SOURCES[service.replace(/^sns\.[\w-]+\.amazonaws/, 'sns.amazonaws')];
    const isExact = arn.values.length === 1 && !arn.operators.some((operator) => operator.endsWith('IfExists'));
    if (!source?.arn.test(arn.values[0] ?? '') || !isExact) return false;
    // The Framework writes permissions to invoke, with the account in the ARN alone.
    if (source.hasAccount && statement.actions.join() === 'lambda:InvokeFunction') return true;
    const owner = source.hasAccount ? arn.values[0]!.split(':')[4] : account.values[0];
    const operators = source.hasAccount ? /^StringEquals(IfExists)?$/ : /^StringEquals$/;
    return account.values.join() === owner && /^\d{12}$/.test(owner ?? '') && operators.test(account.operators.join());
  });
}

/** Actions that AWS does not restrict to resources. */
const ON_EVERYTHING = ['cloudtrail:ListPublicKeys', 'dynamodb:ListStreams'];

/** One thing, or all within one thing: `*` and `name*` are others, too. */
function namesOne(resource: string): boolean {
  const [, , , , , ...rest] = resource.split(':');
  const name = rest.join(':');
  return name !== '' && !/^[^/:]*\*/.test(name);
}

function isInvokedBy(stack: Stack, id: string, service: string): boolean {
  const { FunctionName } = stack.get(id).properties;
  return stack
    .ofType('AWS::Lambda::Permission')
    .some(
      ({ properties }) =>
        properties.Principal === service && [FunctionName, stack.arn(id)].includes(properties.FunctionName),
    );
}

const isOfAnotherRegion = (arn: string) => arn.split(':')[3] !== REGION;

/** Whether a queue's policy allows a service to send. */
function takesFrom(stack: Stack, arn: string | undefined, service: string): boolean {
  return resourceStatements(stack).some(
    (statement) =>
      statement.effect === 'Allow' &&
      servicesOf(statement).includes(service) &&
      statement.actions.includes('sqs:SendMessage') &&
      arn !== undefined &&
      statement.resources.includes(arn),
  );
}

function stageIsThrottled(stack: Stack): boolean {
  const stages = stack.ofType('AWS::ApiGatewayV2::Stage');
  return stages.every(({ properties: { DefaultRouteSettings: settings, AccessLogSettings } }) => {
    return (
      settings?.ThrottlingRateLimit <= 100 && settings.ThrottlingBurstLimit <= 200 && AccessLogSettings?.DestinationArn
    );
  });
}
