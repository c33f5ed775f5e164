import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { packageRoot } from '../../local/table-definitions.ts';
import { readConfig } from '../../shared/config.ts';
import { STATUS_CHANGE } from '../../shared/delivery/notifications.ts';
import { TAGS } from '../support/cloudformation-tags.ts';
import { scaled } from '../support/scale.ts';
import { schemaProblems } from './support/aws-schema.ts';
import { packagedEach, packageVariants, VARIANTS, type Variant } from './support/compile.ts';
import { identityStatements, resourceStatements, servicesOf, trustStatements } from './support/policies.ts';
import { RULES } from './support/rules.ts';
import { isAllowed } from './support/simulate.ts';
import { type Properties, REGION, resolveTemplate, type Stack, type Template } from './support/stack.ts';

const NAMES = Object.keys(VARIANTS) as Variant[];
const TABLES = { EVENTS_TABLE: 'events', LOG_FILES_TABLE: 'log-files', ENVIRONMENTS_TABLE: 'environments' };

const STREAM = 'AlertEventSourceMappingDynamodbEventsTable';

let templates: Map<Variant, Template>;
let stacks: Map<Variant, Stack>;
beforeAll(async () => {
  templates = await packageVariants();
  stacks = new Map([...templates].map(([name, template]) => [name, resolveTemplate(template)]));
}, 240_000);

describe.each(NAMES)('%s', (name) => {
  test('is valid in the schema that AWS publishes', () => {
    expect(stacks.get(name)!.resources.length).toBeGreaterThan(40);
    expect(stacks.get(name)!.resources.flatMap(schemaProblems)).toEqual([]);
  });

  test.each(Object.entries(RULES))('%s', (_, rule) => {
    expect(rule(stacks.get(name)!)).toEqual([]);
  });
});

const properties = (variant: Variant, id: string) => stacks.get(variant)!.get(id).properties;

describe('parameters take effect', () => {
  const OPTIONS = 'a new trail with every option';

  test('the tables use the given key, or the AWS managed key', () => {
    for (const table of ['EventsTable', 'LogFilesTable', 'EnvironmentsTable', 'AlertStateTable']) {
      expect(properties(OPTIONS, table).SSESpecification.KMSMasterKeyId).toBe(VARIANTS[OPTIONS].tableKmsKeyArn);
      expect(properties('a new trail', table).SSESpecification).not.toHaveProperty('KMSMasterKeyId');
    }
  });

  test('log files use the given key, or one of the stack', () => {
    const OWN = 'a new trail with a bucket and a key of its own names, not verified';
    const keysIn = (variant: Variant) => [
      properties(variant, 'Trail').KMSKeyId,
      properties(variant, 'LogBucket').BucketEncryption.ServerSideEncryptionConfiguration[0]
        .ServerSideEncryptionByDefault.KMSMasterKeyID,
      statementOf(stacks.get(variant)!, 'IngestSourcePolicy', 2).Resource,
    ];
    expect(keysIn(OWN)).toEqual(Array(3).fill(VARIANTS[OWN].kmsKeyArn));
    expect(() => properties(OWN, 'TrailKey')).toThrow('no resource');
    expect(keysIn('a new trail')).toEqual(Array(3).fill(stacks.get('a new trail')!.arn('TrailKey')));
  });

  test('the ceilings', () => {
    const ceiling = { MaxReadRequestUnits: '50', MaxWriteRequestUnits: '60' };
    const { OnDemandThroughput, GlobalSecondaryIndexes } = properties(OPTIONS, 'EventsTable');
    expect(OnDemandThroughput).toEqual(ceiling);
    expect(GlobalSecondaryIndexes.map((index: Properties) => index.OnDemandThroughput)).toEqual(Array(8).fill(ceiling));
  });

  test('the mail address', () => {
    for (const subscription of ['AlarmEmail', 'AlertEmail']) {
      expect(properties(OPTIONS, subscription).Endpoint).toBe('security@example.com');
      expect(() => properties('a new trail', subscription)).toThrow('no resource');
    }
  });

  test('the least level of alerts', () => {
    const levelOf = (variant: Variant) => properties(variant, 'AlertLambdaFunction').Environment.Variables.ALERT_LEVEL;
    expect(levelOf(OPTIONS)).toBe('high');
    expect(levelOf('a new trail')).toBe('medium');
  });

  test('log files are kept forever, unless a number of days is given', () => {
    const expirations = (variant: Variant) =>
      properties(variant, 'LogBucket').LifecycleConfiguration.Rules.flatMap(
        ({ ExpirationInDays }: Properties) => ExpirationInDays ?? [],
      );
    expect(expirations('a new trail')).toEqual([]);
    expect(expirations(OPTIONS)).toEqual(['800']);
  });

  test('concurrency', () => {
    const reserved = (variant: Variant) =>
      stacks
        .get(variant)!
        .ofType('AWS::Lambda::Function')
        .map(({ properties }) => properties.ReservedConcurrentExecutions);
    // A new account cannot reserve any.
    expect(reserved('a new trail')).toEqual([undefined, undefined, undefined, undefined]);
    expect(reserved('a new trail with a bucket of its own name that calls the function')).toEqual(
      reserved('a new trail'),
    );
    // With a queue the mapping has the limit; a reservation below it would only make Lambda refuse messages.
    expect(reserved(OPTIONS)).toEqual([undefined, '20', '1', undefined]);
    expect(reserved('a new trail that calls the function')).toEqual(['10', undefined, undefined, undefined]);
  });
});

test("a trail of MWAA's data events alone records nothing else, and is not expected to deliver always", () => {
  const stack = stacks.get("a new trail of MWAA's data events alone")!;
  expect(stack.get('Trail').properties.AdvancedEventSelectors).toEqual([
    {
      Name: 'MWAA data events',
      FieldSelectors: [
        { Field: 'eventCategory', Equals: ['Data'] },
        { Field: 'resources.type', Equals: ['AWS::MWAA::Environment'] },
      ],
    },
  ]);
  expect(() => stack.get('NoLogFilesAlarm')).toThrow('no resource');
  // A trail that is off is still noticed: digests come every hour.
  expect(stack.get('DigestAgeAlarm').properties.Threshold).toBe(14_400);
});

test('roles have the given path and boundary, and readers may call the API alone', async () => {
  const stack = stacks.get('a new trail with every option')!;
  for (const { properties } of stack.ofType('AWS::IAM::Role'))
    expect(properties).toMatchObject({
      ...{ Path: '/platform/audit/', PermissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary' },
    });
  const { AssumeRolePolicyDocument, Policies } = stack.get('ReaderRole').properties;
  expect(AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ AWS: ['444455556666', '777788889999'] });
  const reader = [{ name: 'reader', policy: Policies[0].PolicyDocument }];
  const api = `arn:aws:execute-api:${REGION}:111122223333:HttpApi/$default`;
  const may = (action: string, resource: string) => isAllowed(reader, { action, resource, context: {} });
  expect(await may('execute-api:Invoke', `${api}/GET/environments/prod/events`)).toBe(true);
  expect(await may('execute-api:Invoke', `${api}/POST/events`)).toBe(false);
  expect(await may('execute-api:Invoke', `${api.replace('HttpApi', 'Another')}/GET/events`)).toBe(false);
  expect(await may('dynamodb:Query', `${stack.arn('EventsTable')}/index/byDay`)).toBe(false);
  expect(() => stacks.get('a new trail')!.get('ReaderRole')).toThrow('no resource');
});

test('outputs name everything that others refer to', () => {
  const outputs = (name: Variant) => Object.keys(templates.get(name)!.Outputs!).sort();
  const own = (name: Variant) => outputs(name).filter((id) => !/^(Serverless|HttpApi|Export)|Qualified/.test(id));
  expect(own('the bucket of a trail, encrypted')).toEqual([
    ...['AlarmTopicArn', 'AlertDeadLetterQueueArn', 'AlertDeadLetterQueueUrl', 'AlertFunctionArn', 'AlertRoleArn'],
    ...['AlertTopicArn', 'EnvironmentsTableArn', 'EnvironmentsTableName', 'EventBusArn', 'EventBusName'],
    ...['EventsTableArn', 'EventsTableName', 'IngestDeadLetterQueueArn', 'IngestDeadLetterQueueUrl'],
    ...['IngestFunctionArn', 'IngestQueueArn', 'IngestQueueUrl', 'IngestRoleArn', 'LogFilesTableArn'],
    ...['LogFilesTableName', 'QuarantineBucketName', 'QueryFunctionArn', 'QueryRoleArn', 'VerifyFunctionArn'],
    'VerifyRoleArn',
  ]);
  expect(outputs('the bucket of a trail, encrypted').filter((id) => id.startsWith('Export'))).toEqual([
    ...['ExportBucketName', 'ExportFunctionArn', 'ExportLambdaFunctionQualifiedArn', 'ExportPlace', 'ExportRoleArn'],
  ]);
  const more = (name: Variant) => own(name).filter((id) => !own('the bucket of a trail, encrypted').includes(id));
  expect(more('a new trail')).toEqual(['LogBucketName', 'TrailArn', 'TrailKeyArn']);
  expect(more('a new trail with every option')).toEqual([
    'LiveBusArn',
    'LogBucketName',
    'ReaderRoleArn',
    'TrailArn',
    'TrailKeyArn',
  ]);
  expect(outputs('a new trail')).toEqual(expect.arrayContaining(['HttpApiId', 'HttpApiUrl']));
});

describe('further trails', () => {
  const NAME = "the topic of an organization's trail, and further trails";

  test('have a subscription for each topic, with the filter of the first, and a rule for all buckets', () => {
    const stack = stacks.get(NAME)!;
    const { FilterPolicy, FilterPolicyScope } = stack.get('LogFileSubscription').properties;
    const subscriptions = stack.ofType('AWS::SNS::Subscription').filter(({ id }) => id.startsWith('More'));
    expect(subscriptions.map(({ properties }) => properties.TopicArn)).toEqual(VARIANTS[NAME].moreTopicArns.split(','));
    for (const { properties } of subscriptions)
      expect(properties).toMatchObject({ Endpoint: stack.arn('IngestQueue'), FilterPolicy, FilterPolicyScope });
    const { detail } = stack.get('MoreLogFileRule').properties.EventPattern;
    expect(detail.bucket.name).toEqual(['our-own-trail', 'another-trail']);
  });

  test('are read below their prefixes, and nothing else of their buckets', async () => {
    const mayRead = (role: string, key: string) => {
      const statements = identityStatements(stacks.get(NAME)!).filter((statement) => statement.in === role);
      const policy = { Version: '2012-10-17', Statement: statements.map(({ text }) => text) };
      return isAllowed([{ name: role, policy }], {
        action: 's3:GetObject',
        resource: `arn:aws:s3:::${key}`,
        context: {},
      });
    };
    const KEYS = [
      ['another-trail/of/team-b/AWSLogs/1/CloudTrail/x.json.gz', ['IngestRole']],
      ['another-trail/of/team-b/AWSLogs/1/CloudTrail-Digest/x.json.gz', ['VerifyRole']],
      ['another-trail/AWSLogs/1/CloudTrail/x.json.gz', []],
      ['another-trail/of/team-b/AWSLogs/1/Config/x.json.gz', []],
      ['our-own-trail/AWSLogs/1/CloudTrail/x.json.gz', ['IngestRole']],
      ['our-own-trail/of/team-b/AWSLogs/1/CloudTrail/x.json.gz', []],
      ['our-own-trail-2/AWSLogs/1/CloudTrail/x.json.gz', []],
    ] as const;
    for (const [key, readers] of KEYS) {
      const may = [];
      for (const role of ['IngestRole', 'VerifyRole', 'QueryRole', 'AlertRole'])
        if (await mayRead(role, key)) may.push(role);
      expect([key, may]).toEqual([key, readers]);
    }
  });

  test('each function knows them', () => {
    for (const id of ['IngestLambdaFunction', 'VerifyLambdaFunction']) {
      const { MORE_LOG_BUCKETS } = properties(NAME, id).Environment.Variables;
      expect(MORE_LOG_BUCKETS).toBe(VARIANTS[NAME].moreLogBuckets);
    }
  });
});

describe('a live stack can change to another variant', () => {
  const pairs = NAMES.flatMap((from) => NAMES.filter((to) => to !== from).map((to) => [from, to] as const));

  test('CloudFormation cannot change the type of a resource', () => {
    const typesOf = (name: Variant) => new Map(stacks.get(name)!.resources.map(({ id, type }) => [id, type]));
    for (const [from, to] of pairs) {
      const before = typesOf(from);
      const changed = [...typesOf(to)].filter(([id, type]) => (before.get(id) ?? type) !== type);
      expect([from, to, changed]).toEqual([from, to, []]);
    }
  });

  test.each(NAMES)('%s has one policy for both queues, with the same ID', (name) => {
    // A second policy, or one with another ID, would clear the queue's policy when it is deleted.
    const policies = stacks.get(name)!.ofType('AWS::SQS::QueuePolicy');
    expect(policies.map(({ id }) => id)).toEqual(['IngestQueuePolicy']);
    expect(policies[0]!.properties.Queues).toHaveLength(2);
  });

  test.each(NAMES)('%s still allows the senders of the other variants of the same bucket', (name) => {
    const { topicArn, moreTopicArns }: Record<string, string> = VARIANTS[name];
    const stack = stacks.get(name)!;
    const senders = resourceStatements(stack)
      .filter((statement) => statement.in === 'IngestQueuePolicy')
      .filter(({ resources }) => resources.includes(stack.arn('IngestQueue')))
      .flatMap(servicesOf);
    const bySns = senders.filter((service) => service.startsWith('sns.'));
    expect([...new Set(senders)]).toEqual(['s3.amazonaws.com', 'events.amazonaws.com', ...new Set(bySns)]);
    expect(bySns.includes('sns.amazonaws.com')).toBe((topicArn ?? moreTopicArns) !== undefined);
  });

  // https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
  test('SNS of any Region may send in every name that it has', async () => {
    const NAMES_OF = {
      'us-east-1': [],
      'ap-southeast-7': ['sns.ap-southeast-7.amazonaws.com'],
      'ap-northeast-3': ['sns.ap-northeast-3.amazonaws.com'],
    };
    const topics = Object.keys(NAMES_OF).map((region) => `arn:aws:sns:${region}:999988887777:org-trail`);
    const templates = await packagedEach(
      topics.map((topicArn) => ({ source: 'topic', topicArn, logBucket: 'org-trail' })),
    );
    const senders = templates.map((template) =>
      resourceStatements(resolveTemplate(template))
        .filter((statement) => statement.in === 'IngestQueuePolicy')
        .flatMap(servicesOf)
        .filter((service) => service.startsWith('sns.')),
    );
    expect(senders).toEqual(Object.values(NAMES_OF).map((names) => ['sns.amazonaws.com', ...names]));
  });

  test('tables, queues, functions and their roles keep their IDs and names', () => {
    const lasting = (name: Variant) =>
      stacks
        .get(name)!
        .resources.filter(({ id }) => /^(Events|LogFiles|Environments|Ingest|Query|Quarantine)/.test(id))
        .filter(({ type }) => type !== 'AWS::Lambda::Version')
        .map(({ id, type }) => `${id} ${type}`)
        .sort();
    for (const name of NAMES) expect(lasting(name)).toEqual(lasting('a new trail'));
  });
});

describe('the compiled template', () => {
  /** Returns each text of a template with its path. */
  function* textsOf(value: unknown, place: readonly string[] = []): Generator<[place: string, text: string]> {
    if (typeof value === 'string') yield [place.join('.'), value];
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) yield* textsOf(member, [...place, name]);
    }
  }

  test.each(NAMES)('%s: contains no conditions, so no branch has a value of the wrong type', (name) => {
    const template = templates.get(name)!;
    expect(template).not.toHaveProperty('Conditions');
    expect(JSON.stringify(template)).not.toMatch(/"(Fn::If|AWS::NoValue)"/);
    expect(Object.values(template.Resources).filter((resource) => 'Condition' in resource)).toEqual([]);
    // An empty text is valid only in the functions' environment.
    const empty = [...textsOf(template)].filter(
      ([place, text]) => text === '' && !/Variables\.|Fn::Join\.(0|1\.\d+)$/.test(place),
    );
    expect(empty).toEqual([]);
  });

  test.each(NAMES)('%s: works in every AWS partition', (name) => {
    const given = Object.values(VARIANTS[name]).flatMap((value: string) => value.split(/,\s*/));
    const suspicious = [...textsOf(templates.get(name))].filter(
      ([place, text]) =>
        /arn:aws|amazonaws\.com/.test(text) &&
        !text.split(/,\s*/).every((one) => given.includes(one)) &&
        // Services have this name in every partition.
        !(/\.(Principal|Service(\.\d)?)$/.test(place) && /^([a-z0-9]+|sns\.[a-z0-9-]+)\.amazonaws\.com$/.test(text)) &&
        !(/(EVENT_SOURCES|eventSource\.\d)$/.test(place) && text.startsWith('airflow')),
    );
    expect(suspicious).toEqual([]);
  });

  test('policies and documents work in every AWS partition', () => {
    // Answers on the samples, which are of the partition aws.
    const SHOWS_SAMPLES = new Set(['docs/questions.md']);
    const files = [
      'README.md',
      ...['docs', 'deploy', 'deploy/policies'].flatMap((folder) =>
        readdirSync(join(packageRoot(), folder)).map((name) => `${folder}/${name}`),
      ),
    ].filter((path) => /(\.md|\.yml|policies\/.*\.json)$/.test(path) && !SHOWS_SAMPLES.has(path));
    expect(files.length).toBeGreaterThan(15);
    const wrong = files.filter((path) => {
      const text = readFileSync(join(packageRoot(), path), 'utf8');
      // A condition on what a service is called in the Region, such as s3.eu-west-1.amazonaws.com.
      return /arn:aws|ViaService.*amazonaws\.com/.test(text);
    });
    expect(wrong).toEqual([]);
  });

  const cfnLint = spawnSync('cfn-lint', ['--version']).status === 0 ? test : test.skip;
  cfnLint(
    'has no errors for cfn-lint',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-lint-'));
      try {
        const every = templates.get('a new trail with every option')!;
        const linted = scaled([every], [...templates.values()]);
        const files = linted.map((template, i) => [join(folder, `${i}.json`), template] as const);
        for (const [file, template] of files) await writeFile(file, JSON.stringify(template));
        const paths = files.map(([file]) => file);
        const command = [
          '--regions',
          REGION,
          '--non-zero-exit-code',
          'error',
          '--ignore-checks',
          'W',
          '--format',
          'parseable',
        ];
        const { stdout, status } = spawnSync('cfn-lint', [...command, '--template', ...paths], { encoding: 'utf8' });
        expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    120_000,
  );
});

test.each(NAMES)('%s: the API has no billed metrics', (name) => {
  const settings = stacks.get(name)!.get('HttpApiStage').properties.DefaultRouteSettings;
  expect(settings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
});

const NOT_VERIFIED = NAMES.filter((name) => (VARIANTS[name] as Record<string, string>).verify === 'off');

test.each(NOT_VERIFIED)('%s: has no resources for verification', (name) => {
  const of = (variant: Variant) => stacks.get(variant)!.resources.map(({ id }) => id);
  const gone = of('a new trail').filter((id) => !of(name).includes(id) && !/LambdaVersion/.test(id));
  // Except the trail's own resources, and those of alerts, which one of them has off, too.
  expect(gone.filter((id) => !/^(LogBucket|Trail|Alert(?!Evidence)|EventBus$)/.test(id)).sort()).toEqual([
    'AlertEvidencePermission',
    'AlertEvidenceSchedule',
    'DigestAgeAlarm',
    'DigestsInvalidAlarm',
    'DigestsMissingAlarm',
    'DigestsUncheckedAlarm',
    'FilesFailedVerificationAlarm',
    'FilesNotIngestedAlarm',
    'LoggingGapsAlarm',
    'VerifyErrorsAlarm',
    'VerifyEventsRuleSchedule1',
    'VerifyLambdaEvConf',
    'VerifyLambdaFunction',
    'VerifyLambdaPermissionEventsRuleSchedule1',
    'VerifyLogGroup',
    'VerifyNotRunningAlarm',
    'VerifyRole',
    'VerifySourcePolicy',
  ]);
  expect(stacks.get(name)!.get('Dashboard').properties.DashboardBody).not.toContain('erif');
});

test('exports go below a prefix of a bucket of the stack, or of a given one; without them nothing is left', () => {
  const placeOf = (variant: Variant) => {
    const stack = stacks.get(variant)!;
    const { EXPORT_BUCKET, EXPORT_PREFIX, EXPORT_FORMAT, EXPORT_SCHEMA } =
      stack.get('ExportLambdaFunction').properties.Environment.Variables;
    const buckets = stack.resources.filter(({ id }) => /^ExportBucket/.test(id)).map(({ id }) => id);
    return [`${EXPORT_BUCKET}/${EXPORT_PREFIX}`, EXPORT_FORMAT, EXPORT_SCHEMA, buckets];
  };
  expect(placeOf('a new trail with every option')).toEqual([
    'mwaa-trail-dev-export-111122223333-eu-west-1/mwaa-trail-dev/native-parquet/',
    ...['parquet', 'native', ['ExportBucket', 'ExportBucketPolicy']],
  ]);
  expect(placeOf('the bucket of a trail, encrypted')).toEqual([
    'analytics/mwaa-trail-dev/ocsf-ndjson/',
    ...['ndjson', 'ocsf', []],
  ]);
  expect(templates.get('a new trail with every option')!.Resources.ExportBucket).toMatchObject({
    ...{ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' },
  });
  expect(JSON.stringify(templates.get('a new trail'))).not.toMatch(/[Ee]xport(?!")/);
});

test('with alerts=off, only the table and its stream stay', () => {
  const stack = stacks.get('a bucket, encrypted, that is a replica and not verified')!;
  const left = stack.resources.filter(({ id }) => /^(Alert|EventBus)/.test(id));
  expect(left.map(({ id }) => id)).toEqual(['AlertStateTable']);
  expect(stack.get('EventsTable').properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' });
});

test('only what is asked for is scheduled, and may be read', () => {
  const of = (variant: Variant) => {
    const stack = stacks.get(variant)!;
    const role = JSON.stringify(stack.get('AlertRole').properties.Policies);
    const schedules = stack.resources.filter(({ id }) => /^Alert.*Schedule$/.test(id));
    return {
      schedules: schedules.map(({ properties }) => [properties.ScheduleExpression, properties.Targets[0].Input]),
      readsLedger: role.includes('byListing'),
    };
  };
  const evidence = ['rate(15 minutes)', '{"check":"verification"}'];
  const digest = ['cron(0 7 ? * MON *)', '{"digest":7}'];
  expect(of('a new trail')).toEqual({ schedules: [evidence], readsLedger: true });
  expect(of('a new trail with every option')).toEqual({ schedules: [evidence, digest], readsLedger: true });
  expect(of('a new trail with a bucket and a key of its own names, not verified')).toEqual({
    schedules: [],
    readsLedger: false,
  });
});

describe('live events', () => {
  const ALL = 'a new trail with every option';
  const ON = 'the topic of a trail in another account';
  const STACK = 'mwaa-trail-dev';
  const rulesOf = (variant: Variant) =>
    ['LiveRule', 'ForwardedLiveRule'].map((id) => stacks.get(variant)!.get(id).properties);

  test('without them, the template has no trace of them', () => {
    const traces = (variant: Variant) =>
      JSON.stringify(templates.get(variant)).match(
        /\b[Ll]ive\b|(?<!TimeTo)Live[A-Z]|LIVE|via CloudTrail|NeverDelivered/g,
      ) ?? [];
    expect(traces('a new trail')).toEqual([]);
    expect(traces(ON).length).toBeGreaterThan(20);
  });

  test.each<[Variant, string, string[], string[]]>([
    [
      ALL,
      'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
      ['111122223333', '444455556666', '999988887777'],
      ['airflow.amazonaws.com', 'airflow-serverless.amazonaws.com'],
    ],
    [ON, 'ENABLED', ['111122223333'], ['airflow.amazonaws.com']],
  ])(
    '%s: both rules match what AWS sends of the named accounts and event sources alone',
    (variant, state, accounts, eventSource) => {
      for (const { State, EventPattern } of rulesOf(variant)) {
        expect(State).toBe(state);
        expect(EventPattern).toEqual({
          source: [{ prefix: 'aws.' }],
          account: accounts,
          $or: [
            {
              'detail-type': ['API Call', 'Service Event', 'Console Action'].map(
                (type) => `AWS ${type} via CloudTrail`,
              ),
              detail: { eventSource },
            },
            { 'detail-type': [STATUS_CHANGE] },
          ],
        });
      }
      const { LIVE_ACCOUNTS } = properties(variant, 'IngestLambdaFunction').Environment.Variables;
      expect(readConfig({ ...TABLES, LIVE_ACCOUNTS }).liveAccounts).toEqual(accounts);
    },
  );

  test.each([ALL, ON] as const)('%s: the queues take messages of both rules, by their ARNs', (variant) => {
    const stack = stacks.get(variant)!;
    const [, bus] = rulesOf(variant).map(({ EventBusName }) => EventBusName);
    expect(bus).toBe(`${STACK}-live`);
    const senders = resourceStatements(stack)
      .filter((statement) => servicesOf(statement).includes('events.amazonaws.com'))
      .filter(({ resources }) =>
        ['IngestQueue', 'IngestDeadLetterQueue'].every((id) => resources.includes(stack.arn(id))),
      )
      .map(({ condition }) => condition.ArnEquals?.['aws:SourceArn']);
    const ruleArn = (name: string) => `arn:aws:events:${REGION}:111122223333:rule/${name}`;
    expect(senders).toEqual([`${STACK}-log-files`, `${STACK}-live`, `${bus}/${STACK}-forwarded`].map(ruleArn));
  });

  test('other accounts may put events on the bus if they are named', () => {
    expect(properties(ALL, 'LiveBusPolicy').Statement).toMatchObject({
      Principal: { AWS: ['444455556666', '999988887777'] },
      Action: 'events:PutEvents',
      Resource: stacks.get(ALL)!.arn('LiveBus'),
    });
    expect(() => properties(ON, 'LiveBusPolicy')).toThrow('no resource');
  });

  test('the template that forwards them is valid, and allows no more than that', () => {
    const text = readFileSync(join(packageRoot(), 'deploy/forward-live.yml'), 'utf8');
    const { Parameters, ...template } = parse(text, { customTags: TAGS }) as Template & { Parameters: Properties };
    const BusArn = `arn:aws:events:${REGION}:111122223333:event-bus/${STACK}-live`;
    expect(BusArn).toMatch(new RegExp(Parameters.BusArn.AllowedPattern));
    const defaults = Object.fromEntries(
      Object.entries(Parameters).map(([name, { Type, Default }]) => [
        name,
        Type === 'CommaDelimitedList' ? Default.split(',') : Default,
      ]),
    );
    const stack = resolveTemplate(template, { ...defaults, BusArn });
    expect(stack.resources.flatMap(schemaProblems)).toEqual([]);
    const rule = stack.get('Rule').properties;
    const { EventPattern, State } = properties(ON, 'LiveRule');
    expect({ ...rule, Name: '', Description: '', Targets: [] }).toEqual({
      EventPattern,
      State,
      Name: '',
      Description: '',
      Targets: [],
    });
    expect(rule.Targets).toMatchObject([{ Arn: BusArn, DeadLetterConfig: { Arn: stack.arn('DeadLetterQueue') } }]);
    expect(identityStatements(stack).map(({ actions, resources }) => [actions, resources])).toEqual([
      [['events:PutEvents'], [BusArn]],
    ]);
    for (const statement of [...trustStatements(stack), ...resourceStatements(stack)]) {
      expect(statement).toMatchObject({ principal: { Service: 'events.amazonaws.com' } });
      expect(statement.condition.ArnEquals?.['aws:SourceArn']).toBe(
        `arn:aws:events:${REGION}:111122223333:rule/${rule.Name}`,
      );
    }
    for (const name of [
      'everything at rest is encrypted',
      'undeliverable messages of rules and topics go to a dead-letter queue',
      'services act only for the named sources, in this account',
      'permissions name actions and resources',
    ] as const) {
      expect([name, RULES[name]!(stack)]).toEqual([name, []]);
    }
  });
});

test('the verify function is configured with the bucket that digests name', () => {
  const original = (variant: Variant) =>
    stacks.get(variant)!.get('VerifyLambdaFunction').properties.Environment.Variables.ORIGINAL_LOG_BUCKET;
  expect(original('a new trail with every option')).toBe('original-logs');
  expect(original('a new trail')).toBe('');
});

describe('a wrong template is detected', () => {
  const spoilt = (spoil: (stack: Stack) => void, variant: Variant = 'a new trail') => {
    const copy = stacks.get(variant)!.copy();
    spoil(copy);
    return copy;
  };

  test('every misspelled property', () => {
    let count = 0;
    for (const resource of stacks.get('a new trail')!.resources) {
      for (const name of Object.keys(resource.properties)) {
        const { [name]: value, ...others } = resource.properties;
        const problems = schemaProblems({ ...resource, properties: { ...others, [`${name}s`]: value } });
        expect(problems).toContain(`${resource.id}: there is no ${name}s`);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(250);
  });

  test.each<[string, (stack: Stack) => void]>([
    ['EventsTable: KeySchema is required', (stack) => delete stack.get('EventsTable').properties.KeySchema],
    [
      'EventsTable.GlobalSecondaryIndexes[2]: Projection is required',
      (stack) => delete stack.get('EventsTable').properties.GlobalSecondaryIndexes[2].Projection,
    ],
    [
      'EventsTable.OnDemandThroughput: there is no MaxReadUnits',
      (stack) => set(stack, 'EventsTable', 'OnDemandThroughput', { MaxReadUnits: 1 }),
    ],
    [
      'EventsTable.OnDemandThroughput.MaxReadRequestUnits: expected integer',
      (stack) => set(stack, 'EventsTable', 'OnDemandThroughput', { MaxReadRequestUnits: 'many' }),
    ],
    [
      'EventsTable.DeletionProtectionEnabled: expected boolean',
      (stack) => set(stack, 'EventsTable', 'DeletionProtectionEnabled', 'yes'),
    ],
    [
      'IngestQueue.VisibilityTimeout: expected integer',
      (stack) => set(stack, 'IngestQueue', 'VisibilityTimeout', '30m'),
    ],
    [
      'QueryLambdaFunction.Architectures: expected array',
      (stack) => set(stack, 'QueryLambdaFunction', 'Architectures', 'arm64'),
    ],
    ['LogBucket.BucketName: expected string', (stack) => set(stack, 'LogBucket', 'BucketName', { Ref: 'x' })],
    [
      'LogBucket.LifecycleConfiguration.Rules[0]: Status is required',
      (stack) => delete stack.get('LogBucket').properties.LifecycleConfiguration.Rules[0].Status,
    ],
    [
      'QueryLambdaFunction.Environment.Variables: expected map',
      (stack) => set(stack, 'QueryLambdaFunction', 'Environment', { Variables: ['A=1'] }),
    ],
  ])('%s', (problem, spoil) => {
    expect(spoilt(spoil).resources.flatMap(schemaProblems)).toContain(problem);
  });

  test.each<[string, object]>([
    [
      'no resource Absent',
      { Resources: { A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Absent' } } } } },
    ],
    ['no resource Absent', { Resources: { A: { Type: 'AWS::SQS::Queue', DependsOn: 'Absent' } } }],
    ['no resource Absent', { Resources: {}, Outputs: { A: { Value: { 'Fn::GetAtt': ['Absent', 'Arn'] } } } }],
    [
      'has no attribute Url',
      {
        Resources: {
          A: { Type: 'AWS::SQS::Queue' },
          B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::GetAtt': ['A', 'Url'] } } },
        },
      },
    ],
    [
      'a circle: A -> B -> A',
      {
        Resources: {
          A: { Type: 'AWS::SQS::Queue', DependsOn: 'B' },
          B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'A' } } },
        },
      },
    ],
    ['no condition Absent', { Resources: { A: { Type: 'AWS::SQS::Queue', Condition: 'Absent' } } }],
    [
      'AWS has no resource type AWS::SQS::Que',
      {
        Resources: {
          A: { Type: 'AWS::SQS::Que' },
          B: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'A' } } },
        },
      },
    ],
    [
      'no function Fn::Conjure',
      { Resources: { A: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Conjure': 'A' } } } } },
    ],
  ])('%s', (problem, template) => {
    expect(() => resolveTemplate(template as never)).toThrow(problem);
  });

  /** By the rule's name: a change that the rule must detect. */
  const PLANTED: Readonly<Record<string, [Variant, (stack: Stack) => void][]>> = {
    'tables are on demand, with a ceiling on the table and on each index': [
      ['a new trail', (stack) => delete stack.get('LogFilesTable').properties.OnDemandThroughput],
      [
        'a new trail',
        (stack) => delete stack.get('EventsTable').properties.GlobalSecondaryIndexes[3].OnDemandThroughput,
      ],
      ['a new trail', (stack) => delete stack.get('EventsTable').properties.OnDemandThroughput.MaxReadRequestUnits],
      ['a new trail', (stack) => set(stack, 'EventsTable', 'BillingMode', 'PROVISIONED')],
    ],
    'tables have deletion protection and point-in-time recovery': [
      ['a new trail', (stack) => delete stack.get('EventsTable').properties.DeletionProtectionEnabled],
      ['a new trail', (stack) => delete stack.get('EnvironmentsTable').properties.PointInTimeRecoverySpecification],
    ],
    'tables with indexes are created one after the other': [
      ['a new trail', (stack) => stack.get('LogFilesTable').dependsOn.splice(0)],
    ],
    'the time to live of events and status changes is the attribute that ingest writes': [
      [
        'a new trail',
        (stack) => set(stack, 'EventsTable', 'TimeToLiveSpecification', { AttributeName: 'ttl', Enabled: true }),
      ],
    ],
    'resources with data outlive the stack': [
      ['a new trail', (stack) => delete stack.get('TrailKey').deletionPolicy],
      ['a new trail', (stack) => delete stack.get('LogBucket').updateReplacePolicy],
      ['a new trail', (stack) => Object.assign(stack.get('EventsTable'), { deletionPolicy: 'RetainExceptOnCreate' })],
      ['a new trail', (stack) => Object.assign(stack.get('QuarantineBucket'), { deletionPolicy: 'Retain' })],
    ],
    'everything at rest is encrypted': [
      ['a new trail', (stack) => delete stack.get('IngestDeadLetterQueue').properties.SqsManagedSseEnabled],
      ['a new trail', (stack) => delete stack.get('QuarantineBucket').properties.BucketEncryption],
      ['a new trail', (stack) => delete stack.get('EnvironmentsTable').properties.SSESpecification],
      ['a new trail', (stack) => delete stack.get('Trail').properties.KMSKeyId],
      ['a new trail', (stack) => delete stack.get('AlertTopic').properties.KmsMasterKeyId],
      ['a new trail', (stack) => delete stack.get('TrailKey').properties.EnableKeyRotation],
    ],
    'buckets are not public': [
      [
        'a new trail',
        (stack) => delete stack.get('LogBucket').properties.PublicAccessBlockConfiguration.BlockPublicPolicy,
      ],
    ],
    'buckets require TLS': [
      ['a new trail', (stack) => stack.get('QuarantineBucketPolicy').properties.PolicyDocument.Statement.pop()],
      ['a new trail', (stack) => stack.get('LogBucketPolicy').properties.PolicyDocument.Statement[2].Resource.pop()],
    ],
    'buckets have one owner and a lifecycle': [
      ['a new trail', (stack) => delete stack.get('LogBucket').properties.LifecycleConfiguration],
      ['a new trail', (stack) => delete stack.get('QuarantineBucket').properties.OwnershipControls],
    ],
    'log files are versioned': [
      ['a new trail', (stack) => delete stack.get('LogBucket').properties.VersioningConfiguration],
    ],
    'a lock on objects is complete': [
      ['a new trail with every option', (stack) => delete stack.get('LogBucket').properties.ObjectLockEnabled],
      [
        'a new trail with every option',
        (stack) => delete stack.get('QuarantineBucket').properties.VersioningConfiguration,
      ],
      [
        'a new trail with every option',
        (stack) => stack.get('QuarantineBucket').properties.LifecycleConfiguration.Rules.pop(),
      ],
      [
        'a new trail with every option',
        (stack) => {
          stack.get('LogBucket').properties.ObjectLockConfiguration.Rule.DefaultRetention.Days = '801';
        },
      ],
    ],
    'the quarantine is a separate bucket without notifications': [
      ['a new trail', (stack) => set(stack, 'QuarantineBucket', 'NotificationConfiguration', {})],
      [
        'a new trail',
        (stack) => set(stack, 'QuarantineBucket', 'BucketName', stack.get('LogBucket').properties.BucketName),
      ],
      [
        'the bucket of a trail, encrypted',
        (stack) => set(stack, 'QuarantineBucket', 'BucketName', 'an-existing-trail'),
      ],
      ['a new trail', (stack) => set(stack, 'IngestLambdaFunction', 'Environment', { Variables: { LOG_BUCKETS: '' } })],
    ],
    'the bucket announces only log files': [
      [
        'a new trail',
        (stack) => delete stack.get('LogBucket').properties.NotificationConfiguration.QueueConfigurations[0].Filter,
      ],
      [
        'a new trail that calls the function',
        (stack) =>
          stack.get('LogBucket').properties.NotificationConfiguration.LambdaConfigurations[0].Filter.S3Key.Rules.pop(),
      ],
    ],
    'a queue that a function reads has a dead-letter queue': [
      ['a new trail', (stack) => set(stack, 'IngestQueue', 'VisibilityTimeout', 1_799)],
      ['a new trail', (stack) => delete stack.get('IngestQueue').properties.RedrivePolicy],
      [
        'a new trail',
        (stack) => Object.assign(stack.get('IngestQueue').properties.RedrivePolicy, { maxReceiveCount: 4 }),
      ],
      ['a new trail', (stack) => delete stack.get('IngestDeadLetterQueue').properties.MessageRetentionPeriod],
      [
        'a new trail',
        (stack) => delete stack.get('IngestEventSourceMappingSQSIngestQueue').properties.FunctionResponseTypes,
      ],
    ],
    'of a stream that a function reads, new items alone are read, and none is lost': [
      ['a new trail', (stack) => set(stack, STREAM, 'StartingPosition', 'LATEST')],
      ['a new trail', (stack) => delete stack.get(STREAM).properties.FilterCriteria],
      ['a new trail', (stack) => delete stack.get(STREAM).properties.FunctionResponseTypes],
      ['a new trail', (stack) => delete stack.get(STREAM).properties.BisectBatchOnFunctionError],
      ['a new trail', (stack) => set(stack, STREAM, 'MaximumRetryAttempts', 0)],
      ['a new trail', (stack) => set(stack, STREAM, 'MaximumRecordAgeInSeconds', 86_400)],
      ['a new trail', (stack) => delete stack.get(STREAM).properties.DestinationConfig],
      ['a new trail', (stack) => set(stack, 'EventsTable', 'StreamSpecification', { StreamViewType: 'KEYS_ONLY' })],
      ['a new trail', (stack) => set(stack, 'AlertDeadLetterQueue', 'MessageRetentionPeriod', 345_600)],
    ],
    'the concurrency of functions is limited': [
      ['a new trail', (stack) => set(stack, STREAM, 'ParallelizationFactor', 10)],
      ['a new trail', (stack) => delete stack.get('IngestEventSourceMappingSQSIngestQueue').properties.ScalingConfig],
      ['a new trail', (stack) => delete stack.get('HttpApiStage').properties.DefaultRouteSettings],
    ],
    'functions run on arm64, with a time-out, logs that expire, and a role of their own': [
      ['a new trail', (stack) => set(stack, 'QueryLambdaFunction', 'Role', stack.arn('IngestRole'))],
      ['a new trail', (stack) => set(stack, 'QueryLambdaFunction', 'Architectures', ['x86_64'])],
      ['a new trail', (stack) => set(stack, 'QueryLogGroup', 'LogGroupName', '/aws/lambda/another')],
    ],
    'log groups expire': [['a new trail', (stack) => delete stack.get('HttpApiLogGroup').properties.RetentionInDays]],
    'failed direct invocations go to a dead-letter queue': [
      [
        'a new trail that calls the function',
        (stack) => delete stack.get('IngestInvokeConfig').properties.DestinationConfig,
      ],
      [
        'a new trail that calls the function',
        (stack) => void stack.get('IngestRole').properties.Policies[0].PolicyDocument.Statement.pop(),
      ],
    ],
    'undeliverable messages of rules and topics go to a dead-letter queue': [
      [
        'the bucket of a trail, encrypted',
        (stack) => delete stack.get('LogFileRule').properties.Targets[0].DeadLetterConfig,
      ],
      [
        'the bucket of a trail, encrypted',
        (stack) => stack.get('IngestQueuePolicy').properties.PolicyDocument.Statement[1].Resource.pop(),
      ],
      [
        'the topic of a trail in another account',
        (stack) => delete stack.get('LogFileSubscription').properties.RedrivePolicy,
      ],
      [
        'the topic of a trail in another Region, which is opted in to',
        (stack) =>
          set(stack, 'LogFileSubscription', 'RedrivePolicy', {
            deadLetterTargetArn: stack.arn('IngestDeadLetterQueue'),
          }),
      ],
    ],
    'a subscription is made in the Region of its topic': [
      [
        'the topic of a trail in another Region, which is opted in to',
        (stack) => delete stack.get('LogFileSubscription').properties.Region,
      ],
      ['the topic of a trail in another account', (stack) => set(stack, 'LogFileSubscription', 'Region', 'eu-west-1')],
    ],
    'senders of notifications may write to the queue': [
      ['a new trail', (stack) => stack.get('IngestQueuePolicy').properties.PolicyDocument.Statement.shift()],
      [
        'the topic of a trail in another account',
        (stack) => {
          statementOf(stack, 'IngestQueuePolicy', 2).Principal.Service = 's3.amazonaws.com';
        },
      ],
    ],
    'permissions exist before anything is sent': [
      ['a new trail', (stack) => stack.get('Trail').dependsOn.splice(0)],
      ['a new trail', (stack) => without(stack, 'Trail', 'IngestSourcePolicy')],
      ['a new trail', (stack) => without(stack, 'LogBucket', 'IngestQueuePolicy')],
      ['a new trail', (stack) => without(stack, 'DeadLettersWaitingAlarm', 'AlarmTopicPolicy')],
      ['a new trail that calls the function', (stack) => without(stack, 'LogBucket', 'LogBucketPermission')],
      ['the bucket of a trail, encrypted', (stack) => without(stack, 'LogFileRule', 'IngestQueuePolicy')],
      [
        'the topic of a trail in another account',
        (stack) => without(stack, 'LogFileSubscription', 'IngestQueuePolicy'),
      ],
    ],
    'every resource that can have tags has them': [
      ['a new trail', (stack) => delete stack.get('QueryRole').properties.Tags],
      ['a new trail', (stack) => stack.get('QuarantineBucket').properties.Tags.pop()],
      ['a new trail', (stack) => delete stack.get('HttpApi').properties.Tags],
    ],
    'names that must be unique beyond the Region contain the Region': [
      ['a new trail', (stack) => set(stack, 'Dashboard', 'DashboardName', 'mwaa-trail-dev')],
      [
        'a new trail',
        (stack) => set(stack, 'QuarantineBucket', 'BucketName', 'mwaa-trail-dev-quarantine-111122223333'),
      ],
      ['a new trail', (stack) => set(stack, 'QueryRole', 'RoleName', 'mwaa-trail-dev-query')],
    ],
    'every route requires IAM authorization': [
      ['a new trail', (stack) => delete stack.ofType('AWS::ApiGatewayV2::Route')[4]!.properties.AuthorizationType],
      ['a new trail', (stack) => set(stack, 'HttpApiRouteGetCompare', 'AuthorizationType', 'NONE')],
    ],
    'the API is throttled and its access logged': [
      ['a new trail', (stack) => delete stack.get('HttpApiStage').properties.DefaultRouteSettings],
      ['a new trail', (stack) => delete stack.get('HttpApiStage').properties.AccessLogSettings],
    ],
    'services act only for the named sources, in this account': [
      ['a new trail', (stack) => delete statementOf(stack, 'IngestQueuePolicy').Condition],
      ['a new trail', (stack) => delete statementOf(stack, 'IngestQueuePolicy').Condition.StringEquals],
      ['a new trail', (stack) => delete statementOf(stack, 'LogBucketPolicy').Condition.StringEquals],
      ['a new trail', (stack) => delete stack.get('TrailKey').properties.KeyPolicy.Statement[1].Condition],
      ['a new trail', (stack) => delete statementOf(stack, 'AlarmTopicPolicy').Condition],
      [
        'a new trail that calls the function',
        (stack) => delete stack.get('LogBucketPermission').properties.SourceAccount,
      ],
      [
        'the bucket of a trail, encrypted',
        (stack) => {
          statementOf(stack, 'IngestQueuePolicy', 1).Principal.Service = 'sns.amazonaws.com';
        },
      ],
      [
        'the topic of a trail in another account',
        (stack) => {
          statementOf(stack, 'IngestQueuePolicy', 2).Condition.StringEqualsIfExists['aws:SourceAccount'] =
            '111122223333';
        },
      ],
    ],
    'only Lambda can assume roles, and named accounts that of readers': [
      [
        'a new trail',
        (stack) => {
          stack.get('QueryRole').properties.AssumeRolePolicyDocument.Statement[0].Principal = { AWS: '*' };
        },
      ],
      [
        'a new trail with every option',
        (stack) => {
          stack.get('ReaderRole').properties.AssumeRolePolicyDocument.Statement[0].Principal.AWS.push('*');
        },
      ],
    ],
    'roles have names, so that policies of other accounts can name them, and the same path and boundary': [
      ['a new trail', (stack) => delete stack.get('VerifyRole').properties.RoleName],
      ['a new trail with every option', (stack) => delete stack.get('ReaderRole').properties.PermissionsBoundary],
      ['a new trail with every option', (stack) => set(stack, 'AlertRole', 'Path', '/')],
    ],
    'permissions name actions and resources': [
      ['a new trail', (stack) => allow(stack, 'QueryRole', 'dynamodb:*', stack.arn('EventsTable'))],
      ['a new trail', (stack) => allow(stack, 'QueryRole', 'dynamodb:Query', '*')],
      ['a new trail', (stack) => allow(stack, 'QueryRole', 'cloudtrail:*', '*')],
      [
        'a new trail',
        (stack) => allow(stack, 'QueryRole', 'dynamodb:Query', 'arn:aws:dynamodb:eu-west-1:111122223333:*'),
      ],
      ['a new trail', (stack) => allow(stack, 'IngestRole', 's3:GetObject', 'arn:aws:s3:::mwaa-trail-*/AWSLogs/*')],
      [
        'a new trail',
        (stack) => set(stack, 'IngestRole', 'ManagedPolicyArns', ['arn:aws:iam::aws:policy/AdministratorAccess']),
      ],
      ['a new trail', (stack) => Object.assign(statementOf(stack, 'LogBucketPolicy'), { Principal: '*' })],
      [
        'a new trail',
        (stack) => Object.assign(statementOf(stack, 'IngestSourcePolicy'), { NotResource: 'arn:aws:s3:::x' }),
      ],
    ],
    'the trail records everything, and can be verified': [
      ['a new trail', (stack) => stack.get('Trail').properties.AdvancedEventSelectors.pop()],
      ['a new trail', (stack) => set(stack, 'Trail', 'EnableLogFileValidation', false)],
      ['a new trail', (stack) => stack.get('Trail').properties.AdvancedEventSelectors.shift()],
      [
        "a new trail of MWAA's data events alone",
        (stack) => stack.get('Trail').properties.AdvancedEventSelectors.pop(),
      ],
    ],
  };

  test('each rule has a case', () => {
    expect(Object.keys(PLANTED)).toEqual(Object.keys(RULES));
  });

  const cases = Object.entries(PLANTED).flatMap(([name, plants]) =>
    plants.map(([variant, plant], i) => [name, i + 1, variant, plant] as const),
  );
  test.each(cases)('%s (%i)', (name, _, variant, plant) => {
    const rule = RULES[name]!;
    expect(rule(stacks.get(variant)!)).toEqual([]);
    expect(rule(spoilt(plant, variant))).not.toEqual([]);
  });
});

function set(stack: Stack, id: string, name: string, value: unknown): void {
  stack.get(id).properties[name] = value;
}

const statementOf = (stack: Stack, id: string, i = 0): Properties =>
  stack.get(id).properties.PolicyDocument.Statement[i];

function without(stack: Stack, id: string, dependency: string): void {
  const { dependsOn } = stack.get(id);
  expect(dependsOn).toContain(dependency);
  dependsOn.splice(dependsOn.indexOf(dependency), 1);
}

function allow(stack: Stack, role: string, Action: string, Resource: string): void {
  stack.get(role).properties.Policies[0].PolicyDocument.Statement.push({ Effect: 'Allow', Action, Resource });
}
