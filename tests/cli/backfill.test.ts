import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, type ListObjectsV2CommandInput } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { estimateCost } from '../../cli/backfill/estimate.ts';
import { FairQueue } from '../../cli/backfill/fair-queue.ts';
import { listBucket } from '../../cli/backfill/list-bucket.ts';
import { ByteBudget, processFiles } from '../../cli/log-files/process-files.ts';
import { progressOf, showProgress } from '../../cli/log-files/progress.ts';
import { Tally } from '../../cli/log-files/tally.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { type FaultProxies, startFaultProxies } from '../faults/support/fault-proxy.ts';
import { SAMPLES, useWorkingFolder } from '../support/cli.ts';
import { generateEvents, generateOthers } from '../support/generate-records.ts';
import { awsSettings, runAsText, runInProcess } from '../support/program.ts';
import { SEED, scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  dumpTable,
  logFileOf,
  type PutFile,
  putObject,
  quarantined,
  s3Event,
  type World,
} from '../support/world.ts';

const servers = useServers();
let proxies: FaultProxies;
const folder = useWorkingFolder();
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  proxies = await startFaultProxies(servers);
});
afterAll(async () => {
  await proxies.stop();
});

interface Report {
  source: string;
  interrupted: boolean;
  files: { skipped: Record<string, number>; [count: string]: unknown };
  records: Record<string, number>;
  bytes: Record<string, number>;
  notListed: string[];
  problems: { logFile: string; outcome: string; detail: string }[];
  archived: { bucket: string; key: string; tier: string; restoring: boolean }[];
  foundInstead?: Record<'organizations' | 'accounts' | 'regions' | 'days', string[]>;
  estimate?: { dollars: number; events: number; basis: string; lines: { dollars: number; arithmetic: string }[] };
}

interface Filter {
  since: string | undefined;
  until: string | undefined;
  accounts: string[] | undefined;
  regions: string[] | undefined;
  organization: string | undefined;
}

/** A world with a bucket of its own. */
async function createTrail(): Promise<World> {
  const world = await createWorld(servers);
  world.logBucket = `trail-${randomUUID().slice(0, 8)}`;
  await world.s3.send(new CreateBucketCommand({ Bucket: world.logBucket }));
  return world;
}

const settings = () => awsSettings({ s3: proxies.s3.endpoint, dynamo: proxies.dynamo.endpoint });
/** A client of S3 behind the proxy. */
const s3ClientOf = (endpoint: string) =>
  createS3Client(
    { S3_FORCE_PATH_STYLE: 'true' },
    { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } },
  );
const into = ({ deps, quarantineBucket }: World) => [
  ...['--table', deps.config.eventsTable, '--quarantine', quarantineBucket, '--format', 'json'],
];

async function backfill(world: World, ...args: string[]): Promise<{ code: number; stderr: string; report: Report }> {
  return backfillUntil(new AbortController().signal, world, ...args);
}

async function backfillUntil(
  signal: AbortSignal,
  world: World,
  ...args: string[]
): Promise<{ code: number; stderr: string; report: Report }> {
  const { code, stdout, stderr } = await runInProcess(
    ['backfill', `s3://${world.logBucket}`, ...into(world), ...args],
    settings(),
    { signal },
  );
  return { code, stderr, report: JSON.parse(stdout || '{}') as Report };
}

/** What is the same, whoever came first. */
async function eventsOf({ dynamo, deps }: World): Promise<object[]> {
  const items = await dumpTable(dynamo, deps.config.eventsTable);
  return items
    .map(({ logFile, recordIndex, ingestedAt, expiresAt, backfilled, ...item }) => item)
    .sort((a, b) => (a.eventId!.S! < b.eventId!.S! ? -1 : 1));
}

interface KeyParts {
  prefix?: string;
  organization?: string | undefined;
  account?: string;
  service?: string;
  region?: string;
  day?: string;
  minute?: string;
  name: string;
}

function keyOf(parts: KeyParts): string {
  const { prefix, organization, account = '111122223333', service = 'CloudTrail', name } = parts;
  const { region = 'eu-west-1', day = '2026-11-02', minute = '0915' } = parts;
  const file = `${account}_${service}_${region}_${day.replaceAll('-', '')}T${minute}Z_${name}.json.gz`;
  const folders = [prefix, 'AWSLogs', organization, account, service, region, ...day.split('-'), file];
  return folders.filter((part) => part !== undefined).join('/');
}

const records = (seed: number, count: number) => generateEvents(seed, count, 3).map(({ record }) => record);

describe('what is read', () => {
  const some = <T>(values: readonly T[]) => fc.option(fc.subarray([...values], { minLength: 1 }), { nil: undefined });
  const DAYS = ['2025-12-31', '2026-01-01', '2026-10-30', '2026-10-31', '2026-11-01', '2026-11-02'];
  const parts = fc.record({
    organization: fc.constantFrom(undefined, undefined, 'o-abc123', 'o-xyz'),
    account: fc.constantFrom('111122223333', '444455556666'),
    service: fc.constantFrom('CloudTrail', 'CloudTrail', 'CloudTrail', 'CloudTrail-Digest', 'CloudTrail-Insight'),
    region: fc.constantFrom('eu-west-1', 'us-east-1'),
    day: fc.constantFrom(...DAYS),
    minute: fc.constantFrom('0000', '0915', '2359'),
  });
  const times = fc.constantFrom(
    undefined,
    '2026-01-01',
    '2026-10-31T09:15:00Z',
    '2026-10-31T09:15:30Z',
    '2026-11-02',
    '2026-11-03',
  );
  const filters = fc.record({
    since: times,
    until: times,
    accounts: some(['111122223333', '444455556666', '999999999999']),
    regions: some(['eu-west-1', 'us-east-1']),
    organization: fc.constantFrom(undefined, undefined, 'o-abc123'),
  });

  test('any bucket, any filters: the events of live ingestion of these files, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(parts, { minLength: 1, maxLength: 14 }),
        filters,
        fc.constantFrom(undefined, 'my/trail'),
        fc.nat(1_000),
        async (objects, filter, prefix, seed) => {
          const { since, until, accounts, regions, organization } = filter;
          if (since !== undefined && until !== undefined && Date.parse(since) >= Date.parse(until)) return;
          const [world, live] = [await createTrail(), await createWorld(servers)];
          const wanted: PutFile[] = [];
          for (const [i, object] of objects.entries()) {
            const key = keyOf({ ...object, ...(prefix && { prefix }), name: `n${i}` });
            // Some events stand in several files.
            const content = [...records(seed + (i % 5), 2), ...records(seed + 1_000 + i, 1), ...generateOthers(i, 2)];
            const file = await putObject(world, key, logFileOf(content));
            const from = Date.parse(`${object.day}T${object.minute.slice(0, 2)}:${object.minute.slice(2)}:00Z`);
            const isWanted =
              object.service === 'CloudTrail' &&
              // The name has the minute, the delivery was within it.
              (since === undefined || from + 59_999 >= Date.parse(since)) &&
              (until === undefined || from < Date.parse(until)) &&
              (accounts === undefined || accounts.includes(object.account)) &&
              (regions === undefined || regions.includes(object.region)) &&
              (organization === undefined || organization === object.organization);
            if (isWanted) wanted.push(file);
          }
          for (const file of wanted) await live.handle(s3Event(file));
          const { code, report } = await runBackfill(world, prefix, filter);
          // Of an account that is not asked for nobody knows what it has.
          const others = objects.some(
            (object) =>
              object.service === 'CloudTrail' ||
              accounts?.includes(object.account) === false ||
              (organization !== undefined && organization !== object.organization),
          );
          expect(code).toBe(wanted.length === 0 && others ? 1 : 0);
          expect(report.foundInstead !== undefined).toBe(code === 1);
          expect(report.files).toMatchObject({ read: wanted.length, failed: 0, left: 0 });
          expect(report.records.read).toBe(wanted.length * 5);
          expect(await eventsOf(world)).toEqual(await eventsOf(live));
          const ledger = await dumpTable(world.dynamo, world.deps.config.logFilesTable);
          const files = ledger.filter(({ objectKey }) => objectKey).map(({ objectKey }) => objectKey!.S);
          expect(files.sort()).toEqual(wanted.map(({ key }) => key).sort());
          expect(await environmentsOf(world)).toEqual(await environmentsOf(live));
        },
      ),
      { seed: SEED, numRuns: scaled(15, 500) },
    );
  }, 600_000);

  async function runBackfill(
    world: World,
    prefix: string | undefined,
    { since, until, accounts = [], regions = [], organization }: Filter,
  ) {
    const flags = [
      ...(since === undefined ? [] : ['--since', since]),
      ...(until === undefined ? [] : ['--until', until]),
      ...accounts.flatMap((account) => ['--account', account]),
      ...regions.flatMap((region) => ['--region', region]),
      ...(organization === undefined ? [] : ['--organization', organization]),
    ];
    const { code, stdout, stderr } = await runInProcess(
      ['backfill', `s3://${world.logBucket}${prefix ? `/${prefix}/` : ''}`, ...into(world), ...flags],
      settings(),
    );
    expect(stderr).toBe('');
    return { code, report: JSON.parse(stdout) as Report };
  }

  async function environmentsOf({ dynamo, deps }: World): Promise<string[]> {
    const items = await dumpTable(dynamo, deps.config.environmentsTable);
    // When it was: a clock that stands still, and that of this machine.
    return items.map(({ changedOn, ...item }) => JSON.stringify(Object.entries(item).sort())).sort();
  }

  test('only the prefixes that are asked for are listed', async () => {
    const world = await createTrail();
    const days = ['2025-12-31', '2026-10-31', '2026-11-01', '2026-11-02'];
    for (const account of ['111122223333', '444455556666']) {
      for (const region of ['eu-west-1', 'us-east-1']) {
        for (const day of days) await putObject(world, keyOf({ account, region, day, name: 'a' }), logFileOf([]));
      }
    }
    await putObject(world, 'AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2026/x.log.gz', logFileOf([]));
    const asked: ListObjectsV2CommandInput[] = [];
    const noting = {
      ...world.s3,
      config: world.s3.config,
      send: (command: { input: ListObjectsV2CommandInput }) => {
        asked.push(command.input);
        return world.s3.send(command as never);
      },
    };
    Object.setPrototypeOf(noting, Object.getPrototypeOf(world.s3) as object);
    const found: string[] = [];
    const tally = new Tally();
    const selection = { accounts: ['111122223333'], regions: ['eu-west-1'], since: '2026-10-31T00:00:00.000Z' };
    const take = async (objects: readonly { key: string }[]) => found.push(...objects.map(({ key }) => key));
    await listBucket(noting as never, world.logBucket, '', selection)(take, tally, new AbortController().signal);
    const region = 'AWSLogs/111122223333/CloudTrail/eu-west-1/';
    expect(asked.map(({ Prefix }) => Prefix).sort()).toEqual(
      [
        'AWSLogs/',
        'AWSLogs/111122223333/',
        'AWSLogs/111122223333/CloudTrail/',
        region,
        `${region}2026/`,
        `${region}2026/10/`,
        `${region}2026/10/31/`,
        `${region}2026/11/`,
        `${region}2026/11/01/`,
        `${region}2026/11/02/`,
      ].sort(),
    );
    expect(found).toHaveLength(3);
    expect([...tally.passedOver]).toEqual(['AWSLogs/111122223333/elasticloadbalancing/']);
  });

  test('digests and others are counted, as live ingestion skips them; a second run reads nothing', async () => {
    const world = await createTrail();
    for (const name of ['a', 'b']) await putObject(world, keyOf({ name }), logFileOf(records(7, 3)));
    await putObject(world, keyOf({ service: 'CloudTrail-Digest', name: 'd' }), logFileOf([]));
    await putObject(world, keyOf({ service: 'CloudTrail-Digest', day: '2026-11-03', name: 'd' }), logFileOf([]));
    await putObject(world, keyOf({ service: 'CloudTrail-Insight', name: 'i' }), logFileOf([]));
    await putObject(world, 'AWSLogs/111122223333/CloudTrail/', Buffer.alloc(0));
    await putObject(world, keyOf({ name: 'c' }).replace('.json.gz', '.txt'), Buffer.from('x'));
    const first = await backfill(world, '--until', '2026-11-03');
    expect(first).toMatchObject({ code: 0, stderr: '', report: { problems: [] } });
    expect(first.report.files).toEqual({
      ...{ listed: 6, read: 2, alreadyKnown: 0, quarantined: 0, failed: 0, unreadable: 0, archived: 0, left: 0 },
      skipped: { 'folder-marker': 1, 'digest-file': 1, 'insight-file': 1, 'not-a-cloudtrail-log-file': 1 },
    });
    expect(first.report.records).toEqual({ read: 6, stored: 3, known: 3, filteredOut: 0, quarantined: 0 });

    const before = [proxies.s3.requests.length, proxies.dynamo.requests.length] as const;
    const second = await backfill(world, '--until', '2026-11-03');
    expect(second.report.files).toMatchObject({ read: 0, alreadyKnown: 2 });
    const s3Requests = proxies.s3.requests.slice(before[0]);
    expect(s3Requests.filter(({ operation, key }) => operation !== 'GetObject' || key !== '')).toEqual([]);
    // One question for the day, not one for each file.
    expect(proxies.dynamo.requests.slice(before[1]).map(({ operation }) => operation)).toEqual(['Query']);
  });

  test('an object that changed is read again; live ingestion takes what backfill has done for done, too', async () => {
    const world = await createTrail();
    const key = keyOf({ name: 'a' });
    const old = await putObject(world, key, logFileOf(records(1, 2)));
    await backfill(world);
    await world.handle(s3Event(old));
    expect(world.notified.at(-1)).toContain('already-ingested');
    const changed = await putObject(world, key, logFileOf(records(2, 2)));
    expect((await backfill(world)).report.files).toMatchObject({ read: 1, alreadyKnown: 0 });
    await world.handle(s3Event(changed));
    expect(world.notified.at(-1)).toContain('already-ingested');
    expect(await eventsOf(world)).toHaveLength(4);
  });

  test('a prefix below AWSLogs, a bucket without a trail, a prefix that is none', async () => {
    const world = await createTrail();
    const nothing = await backfill(world);
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('expected something below it') });
    for (const day of ['2026-11-01', '2026-11-02']) await putObject(world, keyOf({ day, name: 'a' }), logFileOf([]));
    const run = (prefix: string) =>
      runInProcess(['backfill', `s3://${world.logBucket}/${prefix}`, ...into(world)], settings());
    const day = await run('AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02');
    expect((JSON.parse(day.stdout) as Report).files).toMatchObject({ listed: 1, read: 1 });
    expect((JSON.parse((await run('AWSLogs')).stdout) as Report).files).toMatchObject({ read: 1, alreadyKnown: 1 });
    expect(await run('AWSLogs/1234')).toMatchObject({ code: 1, stderr: expect.stringContaining('no folder 1234') });
    expect(await run('elsewhere')).toMatchObject({ code: 1 });
  });
});

describe('nothing selected of what is there', () => {
  const DAYS = ['2025-12-31', '2026-10-30', '2026-11-02'];

  async function trail(): Promise<World> {
    const world = await createTrail();
    for (const day of DAYS) await putObject(world, keyOf({ day, name: 'a' }), logFileOf([]));
    await putObject(world, keyOf({ account: '444455556666', region: 'us-east-1', name: 'b' }), logFileOf([]));
    await putObject(world, keyOf({ account: '444455556666', service: 'CloudTrail-Digest', name: 'd' }), logFileOf([]));
    return world;
  }

  test.each<[string, string[], Partial<NonNullable<Report['foundInstead']>>]>([
    ['account', ['--account', '999999999999'], { accounts: ['111122223333', '444455556666'] }],
    ['Region', ['--region', 'eu-central-1'], { regions: ['eu-west-1', 'us-east-1'] }],
    ['account and Region', ['--account', '111122223333', '--region', 'us-east-1'], { regions: ['eu-west-1'] }],
    ['a year', ['--since', '2027-01-01'], { days: ['2025-12-31', '2026-11-02'] }],
    ['a time of the day', ['--since', '2026-11-02T10:00:00Z'], { days: ['2025-12-31', '2026-11-02'] }],
    ['times before', ['--until', '2025-12-31'], { days: ['2025-12-31', '2026-11-02'] }],
    ['times between', ['--since', '2026-01-01', '--until', '2026-02-01'], { days: ['2025-12-31', '2026-11-02'] }],
    ['organization', ['--organization', 'o-abc123'], { accounts: ['111122223333', '444455556666'], organizations: [] }],
  ])('%s: exit code 1, and what is there', async (_, flags, instead) => {
    const world = await trail();
    const { code, report } = await backfill(world, ...flags);
    expect(code).toBe(1);
    expect(report).toMatchObject({ files: { read: 0, left: 0 }, problems: [], foundInstead: instead });
    expect((await backfill(world, ...flags, '--dry-run')).code).toBe(1);
    const people = await runInProcess(
      ['backfill', `s3://${world.logBucket}`, ...into(world), ...flags, '--format', 'table'],
      settings(),
    );
    expect(people.stdout).toContain('NOTHING SELECTED');
    for (const name of Object.values(instead).flat()) expect(people.stdout).toContain(name);
  });

  test('something that was selected before, and is known, is something', async () => {
    const world = await trail();
    await backfill(world);
    expect(await backfill(world, '--account', '444455556666')).toMatchObject({ code: 0 });
  });
});

describe('archived objects', () => {
  /** Makes the proxy tell of objects, by a part of their keys, as S3 does of archived ones. */
  function archive(states: Readonly<Record<string, { storageClass: string; tier?: string; restore?: boolean }>>): void {
    const stateOf = (key: string) => Object.entries(states).find(([part]) => key.includes(part))?.[1];
    proxies.s3.script = ({ operation, key, headers }) => {
      const state = stateOf(key);
      if (operation !== 'GetObject' || (key !== '' && (!state || state.restore === false))) return undefined;
      if (state && key !== '') {
        const tier = state.tier === undefined ? '' : `<AccessTier>${state.tier}</AccessTier>`;
        const error = `<Error><Code>InvalidObjectState</Code><Message>m</Message><StorageClass>${state.storageClass}</StorageClass>${tier}</Error>`;
        const answer = { status: 403, headers: { 'content-type': 'application/xml' }, body: Buffer.from(error) };
        return (exchange) => exchange.answer(answer);
      }
      return async ({ forward, answer }) => {
        const listing = await forward();
        const body = listing.body.toString().replace(/<Contents>.*?<\/Contents>/gs, (object) => {
          const { storageClass, restore } = stateOf(object) ?? { storageClass: 'STANDARD' };
          const asked = headers['x-amz-optional-object-attributes'] === 'RestoreStatus';
          const status =
            restore === undefined || !asked
              ? ''
              : `<RestoreStatus><IsRestoreInProgress>${restore}</IsRestoreInProgress></RestoreStatus>`;
          return object.replace('>STANDARD<', `>${storageClass}<`).replace('</Contents>', `${status}</Contents>`);
        });
        answer({ ...listing, body: Buffer.from(body) });
      };
    };
  }
  afterEach(() => {
    proxies.s3.script = () => undefined;
  });

  test.each(['--dry-run', undefined])('are counted and left out, the rest is read: %s', async (dryRun) => {
    const world = await createTrail();
    for (const name of ['good', 'glacier', 'deep', 'restoring', 'restored', 'instant', 'tiered']) {
      await putObject(world, keyOf({ name }), logFileOf(records(60, 2)));
    }
    await putObject(world, keyOf({ service: 'CloudTrail-Digest', name: 'glacier' }), logFileOf([]));
    archive({
      glacier: { storageClass: 'GLACIER' },
      deep: { storageClass: 'DEEP_ARCHIVE' },
      restoring: { storageClass: 'GLACIER', restore: true },
      restored: { storageClass: 'GLACIER', restore: false },
      instant: { storageClass: 'GLACIER_IR', restore: false },
      tiered: { storageClass: 'INTELLIGENT_TIERING', tier: 'ARCHIVE_ACCESS' },
    });
    const flags = dryRun ? [dryRun] : [];
    const { code, stderr, report } = await backfill(world, ...flags);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(report.files).toMatchObject({
      ...{ listed: 8, archived: 4, quarantined: 0, failed: 0, left: 0, skipped: { 'digest-file': 1 } },
      ...(dryRun ? { toRead: 3 } : { read: 3 }),
    });
    const byTier = report.archived.map(({ key, tier, restoring }) => [/_([a-z]+)\./.exec(key)?.[1], tier, restoring]);
    expect(byTier.sort()).toEqual([
      ['deep', 'DEEP_ARCHIVE', false],
      ['glacier', 'GLACIER', false],
      ['restoring', 'GLACIER', true],
      ['tiered', 'ARCHIVE_ACCESS', false],
    ]);
    expect((await quarantined(world)).size).toBe(0);
    // They are not in the ledger as done: restored, they are read.
    archive({});
    expect(await backfill(world)).toMatchObject({ code: 0, report: { files: { read: dryRun ? 7 : 4, archived: 0 } } });
  });

  test('people are told how to restore them; what is done already need not be', async () => {
    const world = await createTrail();
    for (const name of ['one', "o'ther"]) await putObject(world, keyOf({ name }), logFileOf(records(61, 1)));
    archive({
      "o'ther": { storageClass: 'GLACIER' },
      one: { storageClass: 'INTELLIGENT_TIERING', tier: 'ARCHIVE_ACCESS' },
    });
    const run = () =>
      runInProcess(['backfill', `s3://${world.logBucket}`, ...into(world), '--format', 'table'], settings());
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/^archived +2 /m);
    expect(stdout).toContain('2 log files are archived, and not read. Restore them');
    const key = keyOf({ name: "o'ther" }).replace("'", `'\\''`);
    expect(stdout).toContain(
      `aws s3api restore-object --bucket ${world.logBucket} --key '${key}' --restore-request '{"Days":7,"GlacierJobParameters":{"Tier":"Bulk"}}'\n`,
    );
    expect(stdout).toContain(
      `--key ${keyOf({ name: 'one' })} --restore-request '{"GlacierJobParameters":{"Tier":"Bulk"}}'\n`,
    );
    archive({});
    expect((await run()).code).toBe(0);
    archive({ one: { storageClass: 'GLACIER' }, "o'ther": { storageClass: 'DEEP_ARCHIVE' } });
    const known = await backfill(world);
    expect(known).toMatchObject({ code: 0, report: { files: { alreadyKnown: 2, archived: 0 } } });
  });

  test('the function fails on one, and sets nothing aside', async () => {
    const world = await createWorld(servers, {}, { s3: s3ClientOf(proxies.s3.endpoint) });
    const file = await putObject(world, keyOf({ name: 'frozen' }), logFileOf(records(62, 1)));
    archive({ frozen: { storageClass: 'DEEP_ARCHIVE' } });
    await expect(world.handle(s3Event(file))).rejects.toThrow(/object-archived: .* found it archived \(DEEP_ARCHIVE\)/);
    expect((await quarantined(world)).size).toBe(0);
    archive({});
    await world.handle(s3Event(file));
    expect(await eventsOf(world)).toHaveLength(1);
  });
});

describe('what is bad', () => {
  test('files and records are set aside, named with place and reason, and the rest is stored', async () => {
    const world = await createTrail();
    const good = logFileOf(records(3, 2));
    await putObject(world, keyOf({ name: 'good' }), good);
    const broken = await putObject(world, keyOf({ name: 'broken' }), good.subarray(0, -9));
    const partly = await putObject(world, keyOf({ name: 'partly' }), logFileOf([...records(4, 1), null]));
    const { code, report } = await backfill(world);
    expect(code).toBe(1);
    expect(report.files).toMatchObject({ listed: 3, read: 2, quarantined: 1, failed: 0 });
    expect(report.records).toEqual({ read: 4, stored: 3, known: 0, filteredOut: 0, quarantined: 1 });
    expect(report.problems.sort((a, b) => (a.logFile < b.logFile ? -1 : 1))).toEqual([
      { logFile: place(broken), outcome: 'quarantined', detail: expect.stringMatching(/^gzip-truncated at byte \d+/) },
      {
        logFile: place(partly),
        outcome: 'records-quarantined',
        detail: expect.stringMatching(/^Records\[1\] at byte/),
      },
    ]);
    expect([...(await quarantined(world)).keys()]).toContain(`files/${broken.bucket}/${broken.key}/${broken.etag}`);
    // What was bad stays bad, and is named again.
    const again = await backfill(world);
    expect(again.code).toBe(1);
    expect(again.report.files).toMatchObject({ read: 0, alreadyKnown: 2, quarantined: 1 });
    expect(again.report.problems).toHaveLength(2);
    const people = await runInProcess(
      ['backfill', `s3://${world.logBucket}`, ...into(world), '--format', 'table'],
      settings(),
    );
    expect(people.stdout).toContain(`${place(broken)}: quarantined: gzip-truncated at byte`);
    expect(people.stdout).toMatch(/^already known +2 /m);
  });

  const place = ({ bucket, key }: PutFile) => `s3://${bucket}/${key}`;

  test.each([
    ['neither bucket nor folder', ['http://x']],
    ['since after until', ['s3://trail', '--since', '2026-11-02', '--until', '2026-11-02']],
    ['a time', ['s3://trail', '--since', 'soon']],
    ['an account', ['s3://trail', '--account', '1234']],
    ['a table without a quarantine', ['s3://trail', '--table', 'a-events']],
    ['a queue nobody knows', ['s3://trail', '--via-queue']],
    ['a folder via the queue', ['folder', '--via-queue', 'queue']],
    ['the bucket of a bucket', ['s3://trail', '--bucket', 'other']],
    ['no name of a bucket', ['folder', '--bucket', 'a,b']],
    ['no concurrency', ['s3://trail', '--concurrency', '0']],
  ])('used wrongly: %s', async (_, args) => {
    expect(await runInProcess(['backfill', ...args], {})).toMatchObject({ code: 2, stdout: '' });
  });

  test('a bucket that is not there', async () => {
    const world = await createTrail();
    const args = ['backfill', 's3://no-such-bucket-here', ...into(world)];
    expect(await runInProcess(args, settings())).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^mwaa-trail: expected the table, bucket or queue to exist in this.*\(NoSuchBucket\)\n$/,
      ),
    });
  });
});

describe('into the local store', () => {
  const run = (...args: string[]) => runAsText(args, settings());

  test('from a bucket, bad files into its own quarantine', async () => {
    const world = await createTrail();
    await putObject(world, keyOf({ name: 'good' }), logFileOf(records(3, 2)));
    await putObject(world, keyOf({ name: 'bad' }), Buffer.from('PK nothing'));
    const first = await run('backfill', `s3://${world.logBucket}`, '--store', 'from-s3', '--format', 'json');
    expect(first.code).toBe(1);
    expect((JSON.parse(first.stdout) as Report).files).toMatchObject({ read: 1, quarantined: 1 });
    const list = await run('quarantine', 'list', '--store', 'from-s3', '--format', 'json');
    expect(JSON.parse(list.stdout)).toMatchObject([{ bucket: world.logBucket, size: 10 }]);
    const [{ id }] = JSON.parse(list.stdout) as [{ id: string }];
    expect((await run('quarantine', 'show', id, '--raw', '--store', 'from-s3')).stdout).toBe('PK nothing');
  }, 60_000);

  test('from a folder: what replay stores; unchanged files are known, changed ones read again', async () => {
    const json = ['--format', 'json'];
    const replayed = await run('replay', SAMPLES, '--store', 'replayed', ...json);
    const { total } = JSON.parse(replayed.stdout) as { total: Record<string, number> };
    const first = JSON.parse((await run('backfill', SAMPLES, '--store', 'filled', ...json)).stdout) as Report;
    expect(first.records).toEqual({
      read: total.read,
      stored: total.stored,
      known: total.known,
      filteredOut: total.skipped,
      quarantined: 0,
    });
    const everything = async (store: string) => {
      const { stdout } = await run('query', '--all', '--full', '--format', 'ndjson', '--store', store);
      const lines = stdout.split('\n').filter(Boolean);
      return lines.map((line) => {
        const { logFile, recordIndex, ingestedAt, ...event } = JSON.parse(line) as Record<string, unknown>;
        return event;
      });
    };
    expect(await everything('filled')).toEqual(await everything('replayed'));
    const again = JSON.parse((await run('backfill', SAMPLES, '--store', 'filled', ...json)).stdout) as Report;
    expect(again.files).toMatchObject({ read: 0, alreadyKnown: first.files.read });
  }, 60_000);

  test('a downloaded bucket with filters; broken files keep their bytes, and a file that changes is read again', async () => {
    const put = (key: string, bytes: Buffer | string) => {
      mkdirSync(dirname(at('trail', key)), { recursive: true });
      writeFileSync(at('trail', key), bytes);
      return at('trail', key);
    };
    put(keyOf({ name: 'a' }), logFileOf(records(1, 2)));
    put(keyOf({ region: 'us-east-1', name: 'b' }), logFileOf(records(2, 2)));
    const bad = put(keyOf({ day: '2026-11-03', name: 'c' }), logFileOf(records(3, 2)).subarray(0, -4));
    put(keyOf({ service: 'CloudTrail-Digest', name: 'd' }), logFileOf([]));
    const args = ['backfill', 'trail', '--store', 'folder-store', '--region', 'eu-west-1', '--format', 'json'];
    const first = await run(...args);
    expect(first.code).toBe(1);
    expect((JSON.parse(first.stdout) as Report).files).toMatchObject({
      ...{ listed: 3, read: 1, quarantined: 1, failed: 0 },
      skipped: { 'digest-file': 1 },
    });
    const list = await run('quarantine', 'list', '--store', 'folder-store', '--format', 'json');
    expect(JSON.parse(list.stdout)).toMatchObject([{ reason: 'gzip-truncated', size: readFileSync(bad).length }]);
    writeFileSync(bad, logFileOf(records(3, 2)));
    utimesSync(bad, 1_700_000_000, 1_700_000_000);
    const second = await run(...args);
    expect(second.code).toBe(0);
    expect((JSON.parse(second.stdout) as Report).files).toMatchObject({ read: 1, alreadyKnown: 1, quarantined: 0 });
    const missing = await run('backfill', 'no-such-folder', '--store', 'folder-store');
    expect(missing.code).toBe(1);
    expect(missing.stdout).toContain('no-such-folder: unreadable: there is no such file');
    mkdirSync(at('events-only'));
    writeFileSync(
      at('events-only', 'history.json'),
      JSON.stringify({ Events: [{ EventId: 'x', CloudTrailEvent: '{}' }] }),
    );
    const provisional = await run('backfill', 'events-only', '--store', 'folder-store');
    expect(provisional.code).toBe(1);
    expect(provisional.stdout).toContain('history.json: unreadable: expected a log file, found events without one');
    expect(provisional.stdout).not.toContain('quarantined: ');
  }, 60_000);
});

describe('a downloaded part of a bucket', () => {
  const run = (...args: string[]) => runAsText(args, settings());
  const LOG = '111122223333_CloudTrail_us-east-1_20261102T0915Z_AbCdEfGhIjKlMnOp.json.gz';
  const OTHERS = {
    'digest-file': '111122223333_CloudTrail-Digest_us-east-1_my_trail_eu-west-1_20261102T100000Z.json.gz',
    'insight-file': '111122223333_CloudTrail-Insight_us-east-1_20261102T0915Z_AbCdEfGhIjKlMnOp.json.gz',
    'network-activity-file':
      '111122223333_CloudTrail-NetworkActivity_us-east-1_20261102T0915Z_AbCdEfGhIjKlMnOp.json.gz',
    'aggregated-file': '111122223333_CloudTrail-Aggregated_us-east-1_20261102T0915Z_AbCdEfGhIjKlMnOp.json.gz',
    'not-a-cloudtrail-log-file':
      '111122223333_Config_us-east-1_ConfigHistory_AWS::S3::Bucket_20261102T091500Z_1.json.gz',
  };
  const FOLDER_OF: Record<string, string> = {
    [OTHERS['not-a-cloudtrail-log-file']]: 'Config/us-east-1/2026/11/2/ConfigHistory',
  };
  const folderOf = (name: string) =>
    FOLDER_OF[name] ?? `${/_(CloudTrail[A-Za-z-]*)_/.exec(name)![1]}/us-east-1/2026/11/02`;

  type Layout = [what: string, where: (name: string) => string];
  const LAYOUTS: Layout[] = [
    ['an account', (name) => folderOf(name)],
    ['an account of an organization', (name) => `o-abc123/111122223333/${folderOf(name)}`],
    ['all files in one folder', () => '.'],
    ['everything below a prefix', (name) => `audit/AWSLogs/o-abc123/111122223333/${folderOf(name)}`],
  ];
  const MORE_LAYOUTS: Layout[] = [
    ['an account, below its own folder', (name) => `111122223333/${folderOf(name)}`],
    ['a Region', (name) => folderOf(name).replace(/^[^/]*\/us-east-1\//, '')],
    ['a day', (name) => `02${name.length}`],
    ['an account, into AWSLogs', (name) => `AWSLogs/${folderOf(name)}`],
    ['everything', (name) => `AWSLogs/111122223333/${folderOf(name)}`],
  ];

  test.each(scaled(LAYOUTS, [...LAYOUTS, ...MORE_LAYOUTS]))(
    '%s',
    async (what, where) => {
      const part = `part ${what}`;
      for (const [i, name] of [LOG, ...Object.values(OTHERS)].entries()) {
        mkdirSync(at(part, where(name)), { recursive: true });
        writeFileSync(at(part, where(name), name), i === 0 ? logFileOf(records(70, 2)) : logFileOf([]).subarray(0, 9));
      }
      const store = ['--store', `store ${what}`];
      const all = await run('backfill', part, ...store, '--format', 'json');
      expect(all.code).toBe(0);
      expect((JSON.parse(all.stdout) as Report).files).toMatchObject({
        ...{ listed: 6, read: 1, quarantined: 0 },
        skipped: Object.fromEntries(Object.keys(OTHERS).map((reason) => [reason, 1])),
      });
      const covered = await run(
        'coverage',
        ...store,
        '--since',
        '2026-11-01',
        '--until',
        '2026-11-04',
        '--format',
        'json',
      );
      expect(JSON.parse(covered.stdout)).toMatchObject([
        { account: '111122223333', region: 'us-east-1', day: '2026-11-02', ingested: 1, quarantined: 0 },
      ]);

      const filtered = async (...flags: string[]) => {
        const ended = await run('backfill', part, ...store, '--format', 'json', '--dry-run', ...flags);
        return { code: ended.code, report: JSON.parse(ended.stdout) as Report };
      };
      const chosen = ['--account', '111122223333', '--region', 'us-east-1', '--since', '2026-11-02T09:00:00Z'];
      expect(await filtered(...chosen)).toMatchObject({ code: 0, report: { files: { alreadyKnown: 1 } } });
      for (const flags of [
        ['--account', '444455556666'],
        ['--region', 'eu-west-1'],
        ['--since', '2026-11-02T09:16:00Z'],
        ['--until', '2026-11-02T09:15:00Z'],
      ]) {
        expect(await filtered(...flags)).toMatchObject({
          code: 1,
          report: {
            files: { alreadyKnown: 0, toRead: 0 },
            foundInstead: { accounts: ['111122223333'], regions: ['us-east-1'], days: ['2026-11-02'] },
          },
        });
      }

      const replayed = await run('replay', part, '--store', `replayed ${what}`, '--format', 'json');
      expect(replayed.code).toBe(0);
      const { files } = JSON.parse(replayed.stdout) as { files: { outcome: string; reason?: string }[] };
      expect(files.map(({ outcome, reason }) => reason ?? outcome).sort()).toEqual(
        ['ingested', ...Object.keys(OTHERS)].sort(),
      );
    },
    60_000,
  );

  test('the same file in several folders is one log file; files with names of their own have none of CloudTrail', async () => {
    for (const [i, path] of [`a/${LOG}`, `b/CloudTrail/us-east-1/2026/11/02/${LOG}`, 'c/by-hand.json'].entries()) {
      mkdirSync(dirname(at('several', path)), { recursive: true });
      writeFileSync(at('several', path), logFileOf(records(71, i === 2 ? 3 : 2)));
      utimesSync(at('several', path), 1_793_000_000, 1_793_000_000);
    }
    const read = async (folderName: string) => {
      const { code, stdout } = await run(
        'backfill',
        `several/${folderName}`,
        '--store',
        'several-store',
        '--format',
        'json',
      );
      return { code, files: (JSON.parse(stdout) as Report).files };
    };
    expect(await read('a')).toMatchObject({ code: 0, files: { read: 1 } });
    expect(await read('b')).toMatchObject({ code: 0, files: { read: 0, alreadyKnown: 1 } });
    expect(await read('c')).toMatchObject({ code: 0, files: { read: 1 } });
    const by = await run('backfill', 'several', '--store', 'several-store', '--account', '444455556666');
    expect(by.code).toBe(1);
    expect(by.stdout).toContain('accounts: -, 111122223333\nRegions: local, us-east-1\n');
    const nothing = await run('backfill', 'several', '--store', 'none', '--region', 'eu-west-1', '--dry-run');
    expect(nothing).toMatchObject({ code: 1, stdout: expect.stringContaining('NOTHING SELECTED') });
  }, 60_000);
});

test('Ctrl-C ends it after the files in progress, and says how to go on', async () => {
  const world = await createTrail();
  for (let i = 0; i < 40; i += 1) await putObject(world, keyOf({ name: `n${i}` }), logFileOf(records(5_000 + i, 2)));
  let reads = 0;
  const ctrlC = new AbortController();
  proxies.s3.script = ({ key }) => {
    if (key !== '') reads += 1;
    if (reads === 10) ctrlC.abort();
    return undefined;
  };
  const { code, stderr, report } = await backfillUntil(ctrlC.signal, world, '--concurrency', '3');
  proxies.s3.script = () => undefined;
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('finishing the files in progress'),
  });
  expect(report).toMatchObject({ interrupted: true, files: { failed: 0 } });
  const read = report.files.read as number;
  expect(read).toBeGreaterThanOrEqual(10);
  expect(read).toBeLessThan(20);
  const next = await backfill(world);
  expect(next).toMatchObject({
    code: 0,
    report: { files: { read: 40 - read, alreadyKnown: read, failed: 0, left: 0 } },
  });
  expect(next.report.records.stored! + report.records.stored!).toBe(80);
});

describe('--dry-run', () => {
  test('counts what would be read, writes nothing, and shows what the estimate rests on', async () => {
    const world = await createTrail();
    for (let i = 0; i < 5; i += 1) {
      const content = [...records(50 + i, 1), ...generateOthers(i, 9)];
      await putObject(world, keyOf({ name: `f${i}` }), logFileOf(content));
    }
    await backfill(world, '--dry-run');
    expect(await dumpTable(world.dynamo, world.deps.config.logFilesTable)).toEqual([]);
    const done = await putObject(world, keyOf({ name: 'done' }), logFileOf([]));
    await world.handle(s3Event(done));
    const before = proxies.dynamo.requests.length;
    const { code, report } = await backfill(world, '--dry-run');
    expect(code).toBe(0);
    expect(report.files).toMatchObject({ listed: 6, toRead: 5, alreadyKnown: 1, left: 0 });
    expect(report.estimate!.basis).toMatch(/^sampled: 5 files \(.*\) hold 5 events among 50 records \(10 %\)$/);
    expect(report.estimate!.events).toBe(5);
    const sum = report.estimate!.lines.reduce((dollars, line) => dollars + line.dollars, 0);
    expect(report.estimate!.dollars).toBeCloseTo(sum, 12);
    expect(new Set(proxies.dynamo.requests.slice(before).map(({ operation }) => operation))).toEqual(
      new Set(['Query']),
    );
  });

  test('the arithmetic, sampled and assumed', () => {
    const work = { files: 1_000_000, bytes: 1e9, listingRequests: 10_000 };
    const sample = { files: 10, bytes: 1e6, records: 5_000, events: 20, writeUnits: 160, unreadable: 0 };
    const { lines, events, dollars } = estimateCost(work, sample, { s3: true, queue: true });
    expect(events).toBe(20_000);
    expect(lines.map(({ item, dollars: cost }) => [item, cost])).toEqual([
      ['S3 LIST', expect.closeTo(0.05)],
      ['S3 GET', expect.closeTo(0.4)],
      ['DynamoDB writes: events', expect.closeTo(0.1)],
      ['DynamoDB writes: ledger', expect.closeTo(1.25)],
      ['SQS', expect.closeTo(0.12)],
    ]);
    expect(lines[2]?.arithmetic).toBe('20,000 events x 8 units x $0.625 / 1,000,000');
    expect(dollars).toBeCloseTo(1.92);
    const empty = { files: 0, bytes: 0, records: 0, events: 0, writeUnits: 0, unreadable: 0 };
    expect(estimateCost(work, empty, { s3: true, queue: false }).basis).toMatch(/^assumed/);
    expect(estimateCost(work, sample, { s3: false, queue: false }).lines).toHaveLength(2);
  });
});

test('--via-queue: the function does the work, ten messages at once; what the ledger has is not announced', async () => {
  const sqs = new SQSClient({
    endpoint: servers.s3.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    useQueueUrlAsEndpoint: false,
  });
  const world = await createTrail();
  const name = world.deps.config.eventsTable.replace('-events', '-ingest');
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const files: PutFile[] = [];
  for (let i = 0; i < 23; i += 1)
    files.push(await putObject(world, keyOf({ name: `w e+i%${i}` }), logFileOf(records(i, 1))));
  await world.handle(s3Event(files[0]!));
  const { code, report } = await backfill(world, '--via-queue');
  expect({ code, files: report.files }).toMatchObject({
    code: 0,
    files: { announced: 22, alreadyKnown: 1, read: 0, left: 0 },
  });
  let received = 0;
  for (;;) {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    if (Messages.length === 0) break;
    received += Messages.length;
    const event = Messages.map(({ Body, MessageId }) => ({ eventSource: 'aws:sqs', messageId: MessageId, body: Body }));
    expect(await world.handle({ Records: event })).toEqual({ batchItemFailures: [] });
  }
  expect(received).toBe(22);
  expect(await eventsOf(world)).toHaveLength(23);
  // Without a table nobody knows what is done; a queue by its URL.
  const all = await runInProcess(['backfill', `s3://${world.logBucket}`, '--via-queue', QueueUrl!], settings());
  expect(all).toMatchObject({ code: 0, stdout: expect.stringMatching(/^announced +23 /m) });
  sqs.destroy();
});

describe('the parts', () => {
  test('the queue hands out days in turns, holds no more than it may, and ends', async () => {
    const queue = new FairQueue<string>(4);
    for (const item of ['a1', 'a2', 'b1', 'c1']) await queue.push(item[0]!, item);
    let pushed = false;
    const push = queue.push('a', 'a3').then(() => {
      pushed = true;
    });
    await new Promise(setImmediate);
    expect(pushed).toBe(false);
    expect(await queue.take()).toBe('a1');
    await push;
    queue.close();
    const rest = [];
    for (let item = await queue.take(); item; item = await queue.take()) rest.push(item);
    expect(rest).toEqual(['b1', 'c1', 'a2', 'a3']);
  });

  test('a budget of bytes: in the order of asking, and always one', async () => {
    const budget = new ByteBudget(100);
    const begun: string[] = [];
    const begin = (name: string, bytes: number) => {
      const end = Promise.withResolvers<void>();
      const done = budget.run(bytes, () => {
        begun.push(name);
        return end.promise;
      });
      return async () => {
        end.resolve();
        await done;
        await new Promise(setImmediate);
      };
    };
    const endBig = begin('big', 1_000);
    const endSecond = begin('second', 60);
    const endThird = begin('third', 60);
    const endSmall = begin('small', 1);
    await new Promise(setImmediate);
    expect(begun).toEqual(['big']);
    await endBig();
    expect(begun).toEqual(['big', 'second']);
    await endSecond();
    expect(begun).toEqual(['big', 'second', 'third', 'small']);
    await Promise.all([endThird(), endSmall()]);
  });

  test('many files: some at the same time, all of them counted, and an error of the input is thrown at the end', async () => {
    const tally = new Tally();
    const windows: string[][] = [];
    let [atWork, most] = [0, 0];
    async function* files() {
      for (let i = 0; i < 2_500; i += 1) {
        tally.list(1);
        yield { bucket: 'b', key: `k${i}`, size: 1 };
      }
      throw new Error('listing');
    }
    const work = async (file: { bucket: string; key: string; size: number }) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise(setImmediate);
      atWork -= 1;
      return [{ file, result: { outcome: 'announced' as const } }];
    };
    const run = processFiles(files(), work, {
      concurrency: 7,
      tally,
      endWindow(window) {
        windows.push(window.map(({ file }) => file.key));
        return window;
      },
    });
    await expect(run).rejects.toThrow('listing');
    expect(most).toBe(7);
    expect(windows.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
    expect(new Set(windows.flat()).size).toBe(2_500);
    expect(tally).toMatchObject({ done: { files: 2_500, bytes: 2_500 }, left: 0 });
  });

  test('many files: after an error of the work no more are begun, and what was done is counted', async () => {
    const tally = new Tally();
    const files = Array.from({ length: 100 }, (_, i) => ({ bucket: 'b', key: `k${i}`, size: 1 }));
    const work = async (file: { bucket: string; key: string; size: number }) => {
      if (file.key === 'k10') throw new Error('refused');
      return [{ file, result: { outcome: 'announced' as const } }];
    };
    const run = processFiles(files, work, { concurrency: 1, tally, endWindow: (window) => window });
    await expect(run).rejects.toThrow('refused');
    expect(tally.count('announced')).toBeGreaterThanOrEqual(10);
    expect(tally.count('announced')).toBeLessThan(20);
  });

  test('progress: of how many is said to be unknown until all is listed', async () => {
    const tally = new Tally();
    for (let i = 0; i < 4; i += 1) tally.list(1_000_000);
    tally.skip('digest-file', 0);
    tally.advance({ bucket: 'b', key: 'k', size: 1_000_000 }, 12);
    expect(progressOf(tally, 2).text).toBe(
      '1/4 files found so far, 1/4 MB, 12 new events, 1 files/s, still listing: time left not known',
    );
    tally.listingDone = true;
    expect(progressOf(tally, 100).text).toBe('1/4 files, 1/4 MB, 12 new events, 0 files/s, 5m 0s left');
    const written: string[] = [];
    const output = { isTTY: false, write: (text: string) => written.push(text) > 0 };
    const stop = showProgress('Backfilling', (seconds) => progressOf(tally, seconds), output as never, 5);
    await new Promise((resolve) => setTimeout(resolve, 60));
    stop();
    expect(written[0]).toMatch(/^Backfilling: 1\/4 files, [^\n]* left\n$/);
  });
});
