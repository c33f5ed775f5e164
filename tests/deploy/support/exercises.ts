import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Context } from 'aws-lambda';
import { createAlertHandler } from '../../../functions/alert-handler.ts';
import { createExportHandler, type ExportReport } from '../../../functions/export-handler.ts';
import { createIngestHandler } from '../../../functions/ingest-handler.ts';
import { createQueryHandler } from '../../../functions/query-handler.ts';
import { createVerifyHandler } from '../../../functions/verify-handler.ts';
import { Alerter } from '../../../shared/alert/alerter.ts';
import { storedFindings } from '../../../shared/alert/stored-findings.ts';
import { TableState } from '../../../shared/alert/table-state.ts';
import { toAuditEvent } from '../../../shared/audit-event/to-audit-event.ts';
import { DAY_MS, isoTime } from '../../../shared/cloudtrail/times.ts';
import {
  readAlertConfig,
  readConfig,
  readExportConfig,
  readMoreLogBuckets,
  readQueryConfig,
  readVerifyConfig,
} from '../../../shared/config.ts';
import { LEVELS } from '../../../shared/detect/level.ts';
import { readRules } from '../../../shared/detect/read-rules.ts';
import { bucketPlace } from '../../../shared/export/bucket.ts';
import { FORMATS, SCHEMA_NAMES } from '../../../shared/export/manifest.ts';
import { listedKeys } from '../../../shared/integrity/list-public-keys.ts';
import { writeEnvironments } from '../../../shared/store/environments-table.ts';
import { toEventItem } from '../../../shared/store/event-item.ts';
import { putEvent } from '../../../shared/store/events-table.ts';
import { writeFinding } from '../../../shared/store/findings.ts';
import { liveEvent } from '../../support/deliveries.ts';
import { httpEvent } from '../../support/http-event.ts';
import { mwaaRecord } from '../../support/mwaa-record.ts';
import { SignedBucket, signingKey, TRAIL_START } from '../../support/signed-trail.ts';
import { ingestLogFile, logFileKey, logFileOf, NOW, sqsEvent } from '../../support/world.ts';
import { type Call, type Need, recordCalls } from './calls.ts';
import { type DeployedWorld, putLog } from './deployed-world.ts';
import { REGION, type Stack, streamArnOf } from './stack.ts';

/** A function of the stack, and the permissions that it needs. */
export interface Exercise {
  /** The logical id of the function and of its role. */
  function: string;
  role: string;
  /** Makes the function do all it does, and returns the requests that it sent. */
  run(world: DeployedWorld, keyPrefix: string): Promise<Call[]>;
  /** The requests that Lambda makes with the function's role, besides writing its log. */
  byLambda(stack: Stack): Need[];
}

/** All functions; they run in this order on the same tables and buckets. */
export const EXERCISES: readonly Exercise[] = [
  { function: 'IngestLambdaFunction', role: 'IngestRole', run: ingest, byLambda: polling },
  { function: 'QueryLambdaFunction', role: 'QueryRole', run: query, byLambda: () => [] },
  { function: 'VerifyLambdaFunction', role: 'VerifyRole', run: verify, byLambda: () => [] },
  { function: 'AlertLambdaFunction', role: 'AlertRole', run: alert, byLambda: readingStream },
  { function: 'ExportLambdaFunction', role: 'ExportRole', run: exporting, byLambda: () => [] },
];

/** The log is written by every function. */
export function loggingNeeds(stack: Stack, functionId: string): Need[] {
  const { FunctionName } = stack.get(functionId).properties;
  const stream = `arn:aws:logs:${REGION}:111122223333:log-group:/aws/lambda/${FunctionName}:log-stream:2026/11/20/1`;
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({ action, resource: stream, context: {} }));
}

/** The mapping that reads the queue, and the destination of direct invocations that fail. */
function polling(stack: Stack): Need[] {
  const poll = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'].map((action) => ({
    action,
    resource: stack.arn('IngestQueue'),
    context: {},
  }));
  return [...poll, { action: 'sqs:SendMessage', resource: stack.arn('IngestDeadLetterQueue'), context: {} }];
}

/** The mapping that reads the stream, and the queue of batches that failed. */
function readingStream(stack: Stack): Need[] {
  const stream = streamArnOf(stack.get('EventsTable'));
  const read = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'].map((action) => ({
    action,
    resource: stream,
    context: {},
  }));
  return [
    ...read,
    { action: 'dynamodb:ListStreams', resource: '*', context: {} },
    { action: 'sqs:SendMessage', resource: stack.arn('AlertDeadLetterQueue'), context: {} },
  ];
}

/** What CloudTrail says of a call. */
const record = (eventID: string, more: object = {}) =>
  mwaaRecord(eventID, {
    userIdentity: { type: 'IAMUser', userName: 'ana', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    errorCode: 'AccessDenied',
    ...more,
  });

async function ingest(world: DeployedWorld, keyPrefix: string): Promise<Call[]> {
  const calls: Call[] = [];
  const failures: unknown[] = [];
  const config = readConfig(world.environmentOf('IngestLambdaFunction'));
  let now = NOW;
  const handler = createIngestHandler(
    {
      config,
      ...world.recorded(calls),
      now: () => now,
      sleep: async () => {},
    },
    { logFile: () => {}, nothingAnnounced: () => {}, failed: (_, error) => failures.push(error) },
  );
  const keyOf = (name: string) => logFileKey(name).replace('AWSLogs/', keyPrefix);
  const announce = (...names: string[]) => ({ s3Bucket: world.logBucket, s3ObjectKey: names.map(keyOf) });
  const handle = (event: unknown, context: Partial<Context> = {}) => handler(event, context as Context);
  const put = (name: string, ...records: unknown[]) => putLog(world, keyOf(name), logFileOf(records));

  await put(
    'first',
    record('a'),
    record('b', { requestParameters: null }),
    record('s', { eventSource: 's3.amazonaws.com' }),
  );
  await handle(sqsEvent(announce('first')));
  // Again; events that are known, and one of the same id that is another; an addendum that replaces one; bad records.
  await put('second', record('a'), record('b', { awsRegion: 'us-east-1' }), 'null', record(''), record('c'));
  const addendum = { reason: 'UPDATED_DATA', originalEventID: 'a', updatedFields: 'eventTime' };
  await put('third', record('a', { eventTime: '2026-11-02T09:16:00Z', addendum }));
  await handle(sqsEvent(announce('first'), announce('second'), announce('third')));
  // A bad file, one that is missing, one that comes late, one that another replaces, and what is no log file.
  await putLog(world, keyOf('bad'), Buffer.from('{"Records":'));
  await handle(sqsEvent(announce('bad', 'missing', 'late')));
  await put('late', record('late'));
  await put('first', record('a'), record('d', { eventTime: '2026-11-01T09:15:00Z' }));
  const digest = { s3Bucket: world.logBucket, s3ObjectKey: [logFileKey('x', 'CloudTrail-Digest')] };
  await handle(sqsEvent(announce('late'), announce('first'), announce('bad'), digest));
  // Of further trails: one, and one that is missing.
  for (const { name, prefix } of readMoreLogBuckets(
    world.environmentOf('IngestLambdaFunction').MORE_LOG_BUCKETS ?? '',
  )) {
    const [there, missing] = ['there', 'missing'].map((key) => `${prefix}${logFileKey(key)}`);
    await putLog(world, there!, logFileOf([record(name)]), name);
    await handle(sqsEvent({ s3Bucket: name, s3ObjectKey: [there, missing] }));
  }
  // Directly, and one for which the time is up.
  await put('direct', record('direct'));
  const direct = { eventSource: 'aws:s3', eventName: 'ObjectCreated:Put' };
  const s3 = { bucket: { name: world.logBucket }, object: { key: encodeURIComponent(keyOf('direct')) } };
  await handle({ Records: [{ ...direct, s3 }] });
  await put('unfinished', ...Array.from({ length: 40 }, (_, i) => record(`unfinished-${i}`)));
  let answers = 0;
  await handle(sqsEvent(announce('unfinished')), {
    getRemainingTimeInMillis: () => {
      answers += 1;
      return answers < 6 ? 60_000 : 9_000;
    },
  });
  await handle(sqsEvent(announce('unfinished')));
  const heartbeat = { source: 'aws.events', 'detail-type': 'Scheduled Event' };
  await handle(heartbeat);
  // One that its log file brings a day too late.
  if (config.liveAccounts.length > 0) {
    await handle(sqsEvent(liveEvent(JSON.stringify(record('live')))));
    now += DAY_MS + 1;
    await handle(heartbeat);
    await put('live', record('live'));
    await handle(sqsEvent(announce('live')));
    await handle(heartbeat);
  }
  const unexpected = failures.filter((failure) => !/out-of-time/.test(String((failure as { code?: string }).code)));
  if (unexpected.length > 0) throw new AggregateError(unexpected, 'ingest failed');
  return calls;
}

/** At least one for each route and each index. */
export const QUESTIONS: readonly string[] = [
  '/events',
  '/events?environment=prod-etl&environment=dev',
  '/events?principal=ana',
  '/events?user=ana',
  '/events?role=Admin',
  '/events?eventName=UpdateEnvironment',
  '/events?errors=true',
  '/events?errorCode=AccessDenied',
  '/events?accessKeyId=AKIAIOSFODNN7EXAMPLE',
  '/events?sourceIp=192.0.2.1&order=oldest-first&limit=2',
  '/events/a',
  '/environments',
  '/environments/prod-etl/events?readOnly=false',
  '/environments/prod-etl/summary?since=30d',
  '/environments/prod-etl/history',
  '/environments/prod-etl/events/a',
  '/environments/prod-etl/compare?id=a&id=c',
  '/environments/prod-etl/timeline',
  '/environments/prod-etl/values?of=user',
  '/environments/prod-etl/likely-causes?user=nobody',
  '/environments/prod-etl/users',
  '/environments/prod-etl/findings',
  '/environments/prod-etl/users/ana',
  '/compare?id=a&id=b',
  '/timeline?since=7d',
  '/summary',
  '/values?of=errorCode',
  '/likely-causes?environment=prod&user=nobody&action=environment.update',
  '/users',
  '/users/ana',
  '/news?since=90d',
  '/coverage',
  '/verification',
  '/quarantine',
  '/findings?level=low&since=7d',
  '/openapi.json',
];

async function query(world: DeployedWorld): Promise<Call[]> {
  const calls: Call[] = [];
  const { stateTable, alerts, ...tables } = readQueryConfig(world.environmentOf('QueryLambdaFunction'));
  const { dynamo } = world.recorded(calls);
  const failed = (error: unknown) => {
    throw error;
  };
  for (const question of QUESTIONS) {
    // A new one each time: it remembers how complete the trail is.
    const handler = createQueryHandler(
      { dynamo, tables, now: () => NOW },
      { failed, findings: storedFindings(stateTable ?? '', alerts) },
    );
    const { statusCode, body } = await handler(httpEvent(question), {} as Context);
    if (statusCode !== 200) throw new Error(`${question}: ${statusCode} ${body}`);
  }
  return calls;
}

/** Digests of three hours; one log file is not ingested, and looked for again when its digest is gone. */
async function verify(world: DeployedWorld, keyPrefix: string): Promise<Call[]> {
  const bucket = new SignedBucket(world.logBucket, { prefix: keyPrefix.replace('AWSLogs/', '') });
  const { logFiles, digests } = bucket.addTrail({ hours: 3 });
  await bucket.upload(world.s3);
  for (const { name, prefix } of readMoreLogBuckets(
    world.environmentOf('VerifyLambdaFunction').MORE_LOG_BUCKETS ?? '',
  )) {
    const another = new SignedBucket(name, { prefix });
    another.addTrail({ hours: 1 });
    await another.upload(world.s3);
  }
  const config = readConfig(world.environmentOf('IngestLambdaFunction'));
  const ingestDeps = { ...world.recorded([]), config, now: () => NOW, sleep: async () => {} };
  for (const { bucket, key } of logFiles.slice(1)) await ingestLogFile({ bucket, key }, ingestDeps);

  const calls: Call[] = [];
  let now = Date.parse(digests.at(-1)!.end) + 60_000;
  const { graceHours, ...verifyConfig } = readVerifyConfig(world.environmentOf('VerifyLambdaFunction'));
  const failures: unknown[] = [];
  const handler = createVerifyHandler(
    {
      ...verifyConfig,
      ...world.recorded(calls),
      since: TRAIL_START,
      graceMs: graceHours * 3600 * 1000,
      createKeys: () =>
        listedKeys(
          () => now,
          (region) => recordCalls(cloudTrail(region), calls),
        ),
      now: () => now,
      sleep: async () => {},
    },
    { digest: () => {}, retired: () => {}, failed: (_, error) => void failures.push(error), end: () => {} },
  );
  await handler({}, {} as Context);
  await world.s3.send(new DeleteObjectCommand({ Bucket: world.logBucket, Key: digests[0]!.key }));
  now += 3600 * 1000;
  await handler({}, {} as Context);
  if (failures.length > 0) throw new AggregateError(failures, 'verify failed');
  return calls;
}

/** Fields by which a rule of one's own may look for first times: the store is asked through the index of each. */
const FIRST_TIMES = [
  ...['mwaa.environment', 'mwaa.user', 'mwaa.role', 'mwaa.principal', 'mwaa.errorCode', 'mwaa.accessKeyId'],
  ...['mwaa.eventName', 'mwaa.region'],
];

const ruleAbout = (field: string) => `
title: First ${field}
id: ${field}
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventVersion: '1.11'}, condition: selection}
x-mwaa-trail: {first-seen: {fields: [${field}]}}
---
title: One ${field}
id: one-${field}
name: one-${field}
level: high
logsource: {product: aws, service: cloudtrail}
detection: {selection: {eventVersion: '1.11'}, condition: selection}
---
title: Many ${field}
id: many-${field}
correlation: {type: event_count, rules: [one-${field}], group-by: [${field}], timespan: 10m, condition: {gte: 1}, generate: true}
`;

/** An event in which all is new, and that has all that rules may group by. */
async function alert(world: DeployedWorld): Promise<Call[]> {
  const environment = world.environmentOf('AlertLambdaFunction');
  const { stateTable, topic, bus, level, stack, ...tables } = readAlertConfig(environment, LEVELS);
  const role = 'arn:aws:iam::111122223333:role/Deploy';
  const text = JSON.stringify(
    record('new', {
      eventTime: new Date(NOW).toISOString(),
      userIdentity: {
        ...{ type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/Deploy/ana', accessKeyId: 'ASIANEW' },
        sessionContext: { sessionIssuer: { type: 'Role', arn: role, userName: 'Deploy' } },
      },
    }),
  );
  const prepared = world.recorded([]).dynamo;
  const read = toAuditEvent(text, { provisional: true, keyAccount: undefined, now: NOW });
  if (read.kind !== 'event') throw new Error('expected an event');
  const item = toEventItem(read.event, { ingestedAt: new Date(NOW).toISOString() });
  await putEvent(prepared, tables.eventsTable, item);
  const missing = { kind: 'digest-missing', account: '111122223333', region: REGION, bucket: world.logBucket };
  await writeFinding(
    prepared,
    tables.logFilesTable,
    { ...missing, digest: 'digest', detail: 'a sentence' },
    new Date(NOW).toISOString(),
  );
  const calls: Call[] = [];
  const { dynamo } = world.recorded(calls);
  const answering = <Client extends { middlewareStack: object }>(client: Client, output: object): Client => {
    const answer = () => async () => ({ output: { $metadata: {}, ...output }, response: {} });
    const stack = client.middlewareStack as { add(middleware: unknown, options: object): void };
    stack.add(answer, { step: 'initialize', priority: 'low' });
    return recordCalls(client, calls);
  };
  const table = { dynamo, name: stateTable };
  const clock = { now: () => NOW, sleep: async () => {} };
  const destinations = {
    ...{ topic, bus, level, stack, sleep: clock.sleep },
    sns: answering(new SNSClient({ region: REGION }), {}),
    events: answering(new EventBridgeClient({ region: REGION }), { Entries: [{ EventId: '1' }] }),
  };
  const folder = { files: [{ path: 'own.yml', text: FIRST_TIMES.map(ruleAbout).join('---') }], lists: undefined };
  const state = new TableState(table, { dynamo, tables, now: clock.now });
  const { rules } = readRules([folder]);
  const alerter = new Alerter(rules, state, destinations);
  const failures: unknown[] = [];
  const handler = createAlertHandler(
    { alerter, destinations, table, tables, ...clock },
    { event: () => {}, finding: () => {}, failed: (_, error) => void failures.push(error), end: () => {} },
  );
  const NewImage = Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') },
    ]),
  );
  const batch = { Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage } }] };
  for (let delivery = 0; delivery < 2; delivery += 1) await handler(batch, {} as Context);
  // What schedules ask, if the stack has them.
  for (const { properties } of world.stack.ofType('AWS::Events::Rule')) {
    const [target] = properties.Targets;
    if (target.Id === 'alert') await handler(JSON.parse(target.Input), {} as Context);
  }
  if (failures.length > 0) throw new AggregateError(failures, 'alert failed');
  return calls;
}

/** All days; then one that lost its only event; then a file in parts, and one that ends early. */
async function exporting(world: DeployedWorld): Promise<Call[]> {
  const environment = world.environmentOf('ExportLambdaFunction');
  const { bucket, prefix, format, schema, ...tables } = readExportConfig(environment, FORMATS, SCHEMA_NAMES);
  const calls: Call[] = [];
  const { s3, dynamo } = world.recorded(calls);
  const prepared = world.recorded([]).dynamo;
  const place = bucketPlace(s3, bucket, prefix);
  const runs: ExportReport[] = [];
  const handler = createExportHandler(
    { place, format, schema, dynamo, tables, now: () => NOW + 30 * DAY_MS },
    { end: (report) => void runs.push(report) },
  );
  await handler({}, {} as Context);
  await prepared.send(new DeleteItemCommand({ TableName: tables.eventsTable, Key: { eventId: { S: 'd' } } }));
  const changed = { environments: new Map(), days: new Set(['2026-11-01', '2026-11-02']) };
  await writeEnvironments(prepared, tables.environmentsTable, changed, isoTime(NOW + 10 * DAY_MS));
  await handler({}, {} as Context);
  if (!runs[0]?.files.written || !runs[1]?.files.removed || !runs[1]?.files.unchanged)
    throw new Error(JSON.stringify(runs));
  for (const end of ['commit', 'discard'] as const) {
    const draft = await place.create('in-parts');
    for (let part = 0; part < 2; part += 1) await draft.write(Buffer.alloc(9 * 1024 * 1024));
    await draft[end]();
  }
  await place.read('in-parts');
  await place.remove('in-parts');
  return calls;
}

/** A CloudTrail that only lists the public key of a Region. */
function cloudTrail(region: string): CloudTrailClient {
  const client = new CloudTrailClient({ region });
  const { fingerprint, value } = signingKey(region).publicKey;
  const output = { $metadata: {}, PublicKeyList: [{ Fingerprint: fingerprint, Value: value }] };
  client.middlewareStack.add(() => async () => ({ output, response: {} }) as never, {
    step: 'initialize',
    priority: 'low',
  });
  return client;
}
