import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROOT } from '../support/cli.ts';
import { generateEvents } from '../support/generate-records.ts';
import {
  createWorld,
  ledgerItem,
  putLogFile,
  quarantined,
  type Servers,
  s3Event,
  sqsEvent,
  startServers,
  storedEvents,
} from '../support/world.ts';

const BUNDLE = join(ROOT, 'dist', 'ingest', 'index.cjs');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const SCRIPT = `
  const { handler } = require(${JSON.stringify(BUNDLE)});
  handler(JSON.parse(process.argv[1]), {}).then(
    (answer) => console.log(JSON.stringify({ answer })),
    (error) => { console.error(String(error)); process.exitCode = 1; },
  );`;

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
}, 60_000);
afterAll(() => servers.stop());

const invoke = (event: object, env: Record<string, string>) =>
  promisify(execFile)(NODE, ['-e', SCRIPT, JSON.stringify(event)], { env, timeout: 60_000 });

test('the deployed bundle, told by its environment variables alone', async () => {
  const world = await createWorld(servers);
  const { eventsTable, logFilesTable, environmentsTable } = world.deps.config;
  const env = {
    EVENTS_TABLE: eventsTable,
    LOG_FILES_TABLE: logFilesTable,
    ENVIRONMENTS_TABLE: environmentsTable,
    QUARANTINE_BUCKET: world.quarantineBucket,
    LOG_BUCKETS: world.logBucket,
    EVENT_SOURCES: '',
    RETENTION_DAYS: '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_S3: servers.s3.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: servers.dynamo.endpoint,
    S3_FORCE_PATH_STYLE: 'true',
  };
  const events = generateEvents(21, 12, 2);
  const canary = { ...events[0]!.record, eventID: '', userAgent: 'CANARY' };
  const good = await putLogFile(world, 'bundle', [...events.map(({ record }) => record), canary]);
  const bad = await putLogFile(world, 'bundle-bad', Buffer.from('{"Records":"CANARY"}'));
  const foreign = { ...good, bucket: 'foreign' };
  const { stdout, stderr } = await invoke(sqsEvent(s3Event(good), s3Event(bad), s3Event(foreign)), env);
  // The rest of it are metrics.
  const answer = stdout.split('\n').find((line) => line.startsWith('{"answer"'));
  expect(JSON.parse(answer!)).toEqual({ answer: { batchItemFailures: [{ itemIdentifier: 'm2' }] } });
  expect([...(await storedEvents(world)).keys()].sort()).toEqual(events.map(({ expected }) => expected.eventId).sort());
  expect(await ledgerItem(world, good)).toMatchObject({ recordsRead: { N: '13' }, recordsQuarantined: { N: '1' } });
  expect(await ledgerItem(world, bad)).toMatchObject({ state: { S: 'quarantined' } });
  expect((await quarantined(world)).size).toBe(4);
  // One line of JSON for each file, without record content.
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'ERROR', service: 'mwaa-trail-ingest' });
  expect(stdout + stderr).not.toContain('CANARY');

  const missing = await invoke(sqsEvent(s3Event(good)), { ...env, EVENTS_TABLE: '', RETENTION_DAYS: 'x' }).catch(
    (error: { stderr: string }) => error,
  );
  expect(missing.stderr).toContain('EVENTS_TABLE is not set; RETENTION_DAYS must be');
}, 120_000);
