import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, test } from '@jest/globals';
import { awsSettings, type Ended, runInProcess } from '../support/program.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  logFileKey,
  logFileOf,
  type PutFile,
  putLogFile,
  putObject,
  s3Event,
  type World,
} from '../support/world.ts';

const RECORD = { eventSource: 's3.amazonaws.com' };
/** The day of `logFileKey`. */
const DAY = '2026-11-02';
/** Embedded S3 stores objects now: what is younger than an hour is on its way. */
const LATER = 3 * 3600 * 1000;

const servers = useServers();
let world: World;

beforeAll(async () => {
  world = await createWorld(servers);
  const files = [await putLogFile(world, 'a', [RECORD]), await putLogFile(world, 'b', [RECORD])];
  const bad = await putLogFile(world, 'bad', Buffer.from('{"Records":[{'));
  const member = await put('AWSLogs/o-abc123/444455556666/CloudTrail/us-east-1/2026/11/02/x.json.gz');
  await world.handle(s3Event(...files, bad, member));
  await verified(files[0]!);
  // Never announced.
  await putLogFile(world, 'lost', [RECORD]);
  await put('AWSLogs/o-abc123/555566667777/CloudTrail/us-east-1/2026/11/03/x.json.gz');
  // No log files of this trail.
  await put(logFileKey('digest', 'CloudTrail-Digest'));
  await put('AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/');
  await put('other/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/x.json.gz');
});

function put(key: string): Promise<PutFile> {
  return putObject(world, key, logFileOf([RECORD]));
}

async function verified(file: PutFile): Promise<void> {
  await world.dynamo.send(
    new UpdateItemCommand({
      TableName: world.deps.config.logFilesTable,
      Key: { logFile: { S: `${file.bucket}/${file.key}` } },
      UpdateExpression: 'SET verification = :verified',
      ExpressionAttributeValues: { ':verified': { S: 'verified' } },
    }),
  );
}

async function coverage(args: readonly string[], clock = Date.now() + LATER): Promise<Ended> {
  const { eventsTable } = world.deps.config;
  const settings = awsSettings({ s3: servers.s3.endpoint, dynamo: servers.dynamo.endpoint });
  const realNow = Date.now;
  // Requests to embedded servers are signed with the time of the clock, which they do not look at.
  Date.now = () => clock;
  try {
    return await runInProcess(['coverage', '--table', eventsTable, ...args], settings);
  } finally {
    Date.now = realNow;
  }
}

const TIMES = ['--since', DAY, '--until', '2026-11-04'];
const rowsOf = ({ stdout }: Ended) => JSON.parse(stdout) as Record<string, unknown>[];

test('the ledger alone: what was ingested, verified and quarantined', async () => {
  const ended = await coverage([...TIMES, '--format', 'json']);
  const none = { partly: 0, altered: 0, failed: 0, discarded: 0 };
  expect(rowsOf(ended)).toEqual([
    { account: '111122223333', region: 'eu-west-1', day: DAY, ...none, ingested: 2, verified: 1, quarantined: 1 },
    { account: '444455556666', region: 'us-east-1', day: DAY, ...none, ingested: 1, verified: 0, quarantined: 0 },
  ]);
  expect(ended.code).toBe(1);
});

test('with the bucket: what was delivered and never seen, members of an organization too', async () => {
  const args = [...TIMES, '--bucket', `s3://${world.logBucket}`, '--format', 'json'];
  const rows = rowsOf(await coverage(args));
  expect(rows).toMatchObject([
    { account: '111122223333', day: DAY, delivered: 4, ingested: 2, quarantined: 1, missing: 1, gone: 0 },
    { account: '444455556666', day: DAY, delivered: 1, ingested: 1, missing: 0 },
    { account: '555566667777', day: '2026-11-03', delivered: 1, ingested: 0, missing: 1 },
  ]);
  const lately = rowsOf(await coverage(args, Date.now()));
  expect(lately).toMatchObject([{ missing: 0, underway: 1 }, { missing: 0 }, { missing: 0, underway: 1 }]);
});

test('a prefix is a trail of its own', async () => {
  const args = [...TIMES, '--bucket', `s3://${world.logBucket}/other`, '--format', 'json'];
  expect(rowsOf(await coverage(args))).toMatchObject([{ delivered: 1, ingested: 0, missing: 1 }]);
});

test('lists only what is asked for', async () => {
  const bucket = ['--bucket', `s3://${world.logBucket}`];
  const one = rowsOf(await coverage([...TIMES, ...bucket, '--account', '444455556666', '--format', 'json']));
  expect(one).toMatchObject([{ account: '444455556666', delivered: 1, ingested: 1 }]);
  const two = rowsOf(await coverage([...TIMES, '--region', 'us-east-1', '--region', 'eu-west-1', '--format', 'json']));
  expect(two).toHaveLength(2);
});

test('an account and a Region that are not there: exit code 1, and those that are', async () => {
  const bucket = ['--bucket', `s3://${world.logBucket}`];
  for (const args of [
    ['--account', '999999999999'],
    ['--region', 'eu-central-1'],
    ['--account', '-', ...bucket],
  ]) {
    const { code, stderr } = await coverage([...TIMES, ...args]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'There are log files for --account 111122223333 --region eu-west-1, --account 444455556666 --region us-east-1.',
    );
  }
  expect(await coverage(['--since', '2020-01-01', '--until', '2020-01-02', ...bucket])).toMatchObject({ code: 0 });
  const empty = await coverage(['--since', '2020-01-01', '--until', '2020-01-02', '--account', '999999999999']);
  expect(empty).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('No log files of this period were ingested'),
  });
});

test('every log file of the ledger is counted', async () => {
  const { dynamo, deps } = world;
  const rows = rowsOf(await coverage([...TIMES, '--format', 'json']));
  const sum = rows.reduce((n, row) => n + Number(row.ingested) + Number(row.quarantined) + Number(row.failed), 0);
  const keys = [logFileKey('a'), logFileKey('b'), logFileKey('bad'), logFileKey('lost')].map(
    (key) => `${world.logBucket}/${key}`,
  );
  const items = await Promise.all(
    keys.map((S) => dynamo.send(new GetItemCommand({ TableName: deps.config.logFilesTable, Key: { logFile: { S } } }))),
  );
  expect(sum).toBe(items.filter(({ Item }) => Item).length + 1);
});

test('a table, a map with the days to look at, and CSV', async () => {
  const table = await coverage(TIMES);
  expect(table.stdout).toMatch(
    /^DAY +ACCOUNT +REGION +INGESTED +PARTLY +VERIFIED .*\n2026-11-02 +111122223333 .*\n.*\n$/,
  );
  const map = await coverage([...TIMES, '--format', 'map']);
  const lines = Buffer.from(map.stdout, 'latin1').toString();
  expect(lines).toMatch(/^111122223333 eu-west-1 {2}!·$/m);
  expect(lines).toMatch(/^444455556666 us-east-1 {2}o·$/m);
  expect(lines).toMatch(/^2026-11-02 +111122223333 +eu-west-1 +2 +0 +1 +0 +1 +0 +0$/m);
  const csv = await coverage([...TIMES, '--format', 'csv']);
  expect(csv.stdout.split('\r\n')).toHaveLength(4);
});

test('nothing to look at is 0, and nothing at all is said', async () => {
  expect(await coverage([...TIMES, '--account', '444455556666'])).toMatchObject({ code: 0, stderr: '' });
  const ended = await coverage(['--since', '2020-01-01', '--until', '2020-02-01', '--format', 'json']);
  expect(ended).toMatchObject({ code: 0, stdout: '[]\n', stderr: expect.stringContaining('No log files') });
});

test.each([
  [['--since', 'soon'], '--since: expected'],
  [['--until', 'then'], '--until: expected'],
  [['--since', '90d', '--until', '100d'], '--since: expected a time before --until'],
  [['--since', '2026-11-02T12:00:00Z', '--until', '2026-11-02T12:00:00Z'], '--since: expected a time before --until'],
  [['--bucket', 'logs'], 's3://BUCKET'],
  [['--format', 'xml'], 'Allowed choices'],
])('%j is refused', async (args, message) => {
  expect(await coverage(args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});

test('a bucket needs a table', async () => {
  const ended = await runInProcess(['coverage', '--bucket', 's3://logs']);
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('--table') });
});
