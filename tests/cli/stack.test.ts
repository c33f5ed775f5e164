import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyAwsOptions } from '../../cli/lib/aws-settings.ts';
import { deadLetterQueueOf, ingestQueueOf, storeOf, tablesOf } from '../../cli/lib/stores.ts';
import { ROOT } from '../support/cli.ts';
import { environment, healthyAccount, STACK } from '../support/deployed-account.ts';
import { EventStore } from '../support/event-store.ts';
import { AwsError, type FakeAws, startFakeAws } from '../support/fake-aws.ts';
import { generateEvents } from '../support/generate-records.ts';
import { allCommands, awsSettings, runInProcess } from '../support/program.ts';
import { useServers } from '../support/servers.ts';
import { logFileKey, logFileOf } from '../support/world.ts';

/** Of a stack of this name. */
const TABLES = { eventsTable: 'test-events', logFilesTable: 'test-log-files', environmentsTable: 'test-environments' };
const clock = { now: Date.parse('2026-11-20T12:00:00Z') };
let store: EventStore;
const { s3 } = useServers();
let aws: FakeAws;
beforeAll(async () => {
  [store, aws] = await Promise.all([EventStore.start(clock, TABLES), startFakeAws()]);
  await store.add({ id: 'a', time: '2026-11-10T00:00:00Z', environment: 'prod-etl' });
  await s3.client.send(new CreateBucketCommand({ Bucket: environment().QUARANTINE_BUCKET }));
});
afterAll(() => Promise.all([store.stop(), aws.stop()]));

const settings = (more: Record<string, string> = {}) => ({
  ...awsSettings({ s3: s3.endpoint, dynamo: store.endpoint }),
  AWS_ENDPOINT_URL_CLOUDFORMATION: aws.endpoint,
  AWS_ENDPOINT_URL_SQS: aws.endpoint,
  AWS_ENDPOINT_URL_LAMBDA: aws.endpoint,
  MWAA_TRAIL_STACK: '',
  ...more,
});
const run = (args: string[], more?: Record<string, string>) => runInProcess(args, settings(more));

test('the names are those that serverless.yml gives', () => {
  const yaml = readFileSync(join(ROOT, 'serverless.yml'), 'utf8').replace(/\$\{self:service\}-\$\{sls:stage\}/g, STACK);
  const named = [...yaml.matchAll(/^ +(?:TableName|QueueName): (\S+)$/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(
    [
      ...Object.values(tablesOf(STACK)),
      // No command reads or writes what the alert function remembers.
      `${STACK}-alert-state`,
      ingestQueueOf(STACK),
      deadLetterQueueOf(STACK),
    ].sort(),
  );
});

describe('which store is meant', () => {
  const deployed = (stack: string, tables = tablesOf(stack)) => ({ kind: 'deployed', stack, tables });
  const PROD = { MWAA_TRAIL_STACK: 'prod' };

  test.each([
    ['nothing', {}, {}, { kind: 'local', folder: '.mwaa-trail' }],
    ['a folder', { store: 'x' }, {}, { kind: 'local', folder: 'x' }],
    ['a stack', { stack: 's' }, {}, deployed('s')],
    ['the environment', {}, PROD, deployed('prod')],
    ['an empty variable', {}, { MWAA_TRAIL_STACK: '' }, { kind: 'local', folder: '.mwaa-trail' }],
    ['a folder, over the environment', { store: 'x' }, PROD, { kind: 'local', folder: 'x' }],
    ['a stack, over the environment', { stack: 's' }, PROD, deployed('s')],
    ['a table, over the environment', { table: 's-events' }, PROD, deployed('s')],
    ['a stack, over names of tables', { stack: 's' }, { LOG_FILES_TABLE: 'l', ENVIRONMENTS_TABLE: 'e' }, deployed('s')],
    ['a restored table', { table: 't', stack: 's' }, {}, deployed('s', { ...tablesOf('s'), eventsTable: 't' })],
    ['a restored table of the environment', { table: 't' }, PROD, deployedTable('t', 'prod')],
    [
      'tables one by one',
      { table: 't' },
      { LOG_FILES_TABLE: 'l', ENVIRONMENTS_TABLE: 'e' },
      { kind: 'deployed', tables: { eventsTable: 't', logFilesTable: 'l', environmentsTable: 'e' } },
    ],
  ])('%s', (_, options, env, expected) => {
    expect(storeOf(options, env)).toEqual(expected);
  });

  function deployedTable(eventsTable: string, stack: string) {
    return { kind: 'deployed', tables: { ...tablesOf(stack), eventsTable } };
  }

  test.each([
    [['query', '--table', 'T'], /--table: expected a name that ends in -events.*--stack/],
    [['query', '--stack', 'a b'], /'--stack <name>' argument 'a b' is invalid. Expected the name of a stack/],
    [['query', '--stack', 's', '--store', 'x'], /cannot be used with/],
    [['quarantine', 'list', '--table', 's-events'], /--table: .*--stack/],
    [['quarantine', 'replay', '--all', '--bucket', 'b'], /--bucket: expected --table, too.*--stack/],
    [['redrive'], /--stack/],
    [['query', '--profile', 'audit'], /--profile: expected only for a deployed store: .*--stack/],
    [['serve', '--store', 'x', '--aws-region', 'eu-west-1'], /--aws-region: expected only for a deployed store/],
    [['quarantine', 'list', '--profile', 'audit'], /--profile: expected only for a deployed store/],
    [['doctor', '--region', 'eu-west-1'], /--aws-region/],
    [['backfill', 's3://trail', '--via-queue'], /--via-queue: expected the name of a queue, or --stack/],
  ])('not understood: %j', async (args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(says) });
  });
});

describe('a stack is named once', () => {
  test.each([
    ['query', '--format', 'json'],
    ['summary', '--format', 'json'],
    ['environments'],
    ['show', 'a'],
    ['compare', 'a', 'a', '--all'],
    ['coverage', '--since', '2026-11-01'],
  ])('%s', async (...args) => {
    const flag = await run([...args.filter((arg) => arg !== undefined), '--stack', 'test']);
    const variable = await run(
      args.filter((arg) => arg !== undefined),
      { MWAA_TRAIL_STACK: 'test' },
    );
    const table = await run([...args.filter((arg) => arg !== undefined), '--table', store.tables.eventsTable]);
    expect(flag.code).toBe(0);
    expect(variable).toEqual(flag);
    expect(table).toEqual(flag);
  });

  test('tables that are not there are named', async () => {
    const { code, stderr } = await run(['query', '--stack', 'mwaa-trail-prdo']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/mwaa-trail-prdo-events.*to exist/) });
  });

  test('CloudFormation tells the quarantine bucket', async () => {
    aws.become(healthyAccount('queue'));
    expect(await run(['quarantine', 'list', '--stack', STACK])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'The quarantine is empty.\n',
    });
    // A name in the environment is not that of this stack.
    const other = await run(['quarantine', 'list', '--stack', STACK], { QUARANTINE_BUCKET: 'another' });
    expect(other.code).toBe(0);
  });

  test.each([
    [
      'not found',
      new AwsError('ValidationError', 400, 'Stack with id x does not exist'),
      'expected a stack of this name',
    ],
    ['not allowed', new AwsError('AccessDenied', 403), 'cloudformation:ListStackResources'],
    ['without one', { StackResourceSummaries: [] }, 'expected it to have a quarantine bucket'],
  ])('a stack that is %s', async (_, answer, says) => {
    aws.become({ 'cloudformation:ListStackResources': () => answer });
    for (const args of [
      ['quarantine', 'list'],
      ['backfill', 's3://trail'],
    ]) {
      const { code, stdout, stderr } = await run([...args, '--stack', STACK]);
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(says) });
    }
  });

  describe('the ingest function says what is kept, and for how long', () => {
    const IMPORT = ['backfill', 's3://trail', '--stack', 'test', '--quarantine', environment().QUARANTINE_BUCKET!];
    const Key = logFileKey('x');
    beforeAll(async () => {
      await s3.client.send(new CreateBucketCommand({ Bucket: 'trail' }));
      const sources = ['s3.amazonaws.com', 'airflow.amazonaws.com'];
      const records = generateEvents(12, 2, 2).map(({ record }, i) => ({ ...record, eventSource: sources[i] }));
      await s3.client.send(new PutObjectCommand({ Bucket: 'trail', Key, Body: logFileOf(records) }));
    });
    const runsWith = (answer: object | AwsError) => {
      const asked: unknown[] = [];
      aws.become({
        'lambda:GetFunctionConfiguration': ({ path }) => {
          asked.push(path);
          return answer;
        },
      });
      return asked;
    };
    const stored = async () =>
      JSON.parse((await run(['query', '--stack', 'test', '--all', '--format', 'json', '--full'])).stdout).filter(
        ({ logFile }: { logFile?: string }) => logFile === `trail/${Key}`,
      );

    test('backfill', async () => {
      const Variables = { EVENT_SOURCES: 's3.amazonaws.com', RETENTION_DAYS: '40000' };
      const asked = runsWith({ Environment: { Variables } });
      const { code, stdout } = await run([...IMPORT, '--format', 'json']);
      expect({ code, stdout }).toMatchObject({ code: 0 });
      expect(asked).toEqual([expect.stringContaining('/functions/test-ingest/')]);
      const [event, ...more] = await stored();
      expect(more).toEqual([]);
      expect(event).toMatchObject({ eventSource: 's3.amazonaws.com', expiresAt: expect.anything() });
    });

    test('the environment wins, and then nothing is asked', async () => {
      const asked = runsWith(new AwsError('AccessDeniedException', 403));
      expect(await run(IMPORT, { EVENT_SOURCES: '', RETENTION_DAYS: '' })).toMatchObject({ code: 0 });
      expect(asked).toEqual([]);
      expect(await stored()).toHaveLength(2);
    });

    test.each([
      [
        'not there',
        new AwsError('ResourceNotFoundException', 404),
        'expected its function test-ingest in this account',
      ],
      ['not to be asked', new AwsError('AccessDeniedException', 403), 'set EVENT_SOURCES and RETENTION_DAYS as it has'],
      [
        'with a key that may not be used',
        { Environment: { Error: { ErrorCode: 'AccessDenied', Message: 'x' } } },
        '(AccessDenied): set EVENT_SOURCES and RETENTION_DAYS as it has',
      ],
    ])('a function that is %s', async (_, answer, says) => {
      for (const args of [IMPORT, ['quarantine', 'replay', '--all', '--stack', 'test']]) {
        runsWith(answer);
        const { code, stdout, stderr } = await run(args);
        expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(says) });
      }
    });
  });

  test('redrive finds the dead-letter queue', async () => {
    const asked: unknown[] = [];
    aws.become({
      'sqs:GetQueueUrl': ({ QueueName }) => {
        asked.push(QueueName);
        return new AwsError('QueueDoesNotExist', 400);
      },
    });
    expect((await run(['redrive', '--dry-run', '--stack', STACK])).code).toBe(1);
    expect((await run(['redrive', '--dry-run'], { MWAA_TRAIL_STACK: 'other' })).code).toBe(1);
    expect((await run(['redrive', '--dry-run', '--queue', 'q'], { MWAA_TRAIL_STACK: 'other' })).code).toBe(1);
    expect(asked).toEqual([`${STACK}-ingest-dead-letters`, 'other-ingest-dead-letters', 'q']);
  });
});

describe('AWS settings', () => {
  test('every command that may ask AWS has the flags, and --region is never one of them', async () => {
    for (const command of await allCommands()) {
      const flags = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long);
      const asks =
        !['replay', 'scan', 'completion'].includes(command.name()) || command.parent?.name() === 'quarantine';
      for (const flag of ['--stack', '--profile', '--aws-region']) {
        expect([command.name(), flag, flags.includes(flag)]).toEqual([command.name(), flag, asks]);
      }
    }
  });

  test('a profile wins over access keys, a Region that is named over others', () => {
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c', AWS_REGION: 'd' };
    applyAwsOptions({ profile: 'audit', awsRegion: 'eu-west-1' }, env);
    expect(env).toEqual({ AWS_PROFILE: 'audit', AWS_REGION: 'eu-west-1' });
  });

  test.each([
    [{ AWS_DEFAULT_REGION: 'x' }, 'x'],
    [{ AWS_REGION: 'y', AWS_DEFAULT_REGION: 'x' }, 'y'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'x' }, 'x'],
    [{}, undefined],
  ])('the Region of %j', (env: Record<string, string>, region) => {
    applyAwsOptions({}, env);
    expect(env.AWS_REGION || undefined).toBe(region);
  });

  test('the flags reach the SDK', async () => {
    const regions: unknown[] = [];
    const server = createServer((request, response) => {
      regions.push(/Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1]);
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"__type":"AccessDeniedException"}');
    }).listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = await run(['query', '--stack', 's', '--region', 'us-west-2', '--aws-region', 'eu-north-1'], {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    });
    server.close();
    expect(asked.code).toBe(1);
    expect(new Set(regions)).toEqual(new Set(['eu-north-1']));
  });
});
