import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createExportHandler, type ExportReport } from '../../functions/export-handler.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { attributesWhere } from '../../shared/audit-event/attributes.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { bucketPlace } from '../../shared/export/bucket.ts';
import { daysIn } from '../../shared/export/days.ts';
import { exportDays, notBegun } from '../../shared/export/export-days.ts';
import type { ExportPlace } from '../../shared/export/place.ts';
import { UNLIMITED } from '../../shared/ingest/time-budget.ts';
import { readVerifiedEvent } from '../../shared/query/verified-event.ts';
import { listStoredDays, noEnvironments, writeEnvironments } from '../../shared/store/environments-table.ts';
import { text } from '../../shared/store/item.ts';
import { temporaryFolder } from '../support/cli.ts';
import { EventStore } from '../support/event-store.ts';
import { filesIn, MemoryPlace, readParquet } from '../support/exported.ts';
import { generateEvents } from '../support/generate-records.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { OcsfRelease, ocsfProblems } from '../support/ocsf.ts';
import { awsSettings, type Ended, runAsText } from '../support/program.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';

const servers = useServers();
const folder = temporaryFolder();
afterAll(folder.remove);

const NOW = Date.UTC(2026, 10, 20, 12);
const clock = { now: NOW };
let store: EventStore;
const EVENTS = generateEvents(7, scaled(24, 2_000), 3);
/** Events that a list of ordinary ones lacks. */
const ODD = [
  mwaaRecord('zeros', { recipientAccountId: '012345678901', requestParameters: null }),
  mwaaRecord('no-time', { eventTime: '2026-02-30T00:00:00Z' }),
  mwaaRecord('offset', { eventTime: '2026-11-02T00:30:00+01:00' }),
  mwaaRecord('nowhere', { recipientAccountId: undefined, awsRegion: undefined, sourceIPAddress: undefined }),
  mwaaRecord('texts', { userAgent: 'a\0b\ud800"\n', errorCode: 'AccessDenied', errorMessage: 'x'.repeat(5_000) }),
  mwaaRecord('rest', {
    ...{ eventName: 'InvokeRestApi', requestID: 'r-1', sourceIPAddress: '203.0.113.7' },
    requestParameters: { Name: 'prod-etl', Method: 'PATCH', Path: '/dags/orders', Body: 'secret', n: 12345678901 },
    responseElements: { RestApiStatusCode: 409 },
  }),
];

beforeAll(async () => {
  store = await EventStore.start(clock);
  await store.addRecords([...EVENTS.map(({ record }) => record), ...ODD]);
  await store.add({ id: 'provisional', time: '2026-10-02T01:00:00Z', provisional: true });
  await store.addLogFile({
    sha256: 'a',
    verification: 'verified',
    verifiedBy: 'digest',
    verifiedAt: '2026-11-10T13:00:00Z',
  });
});
afterAll(() => store?.stop());

const run = (out: string, ...flags: string[]): Promise<Ended> => {
  const settings = awsSettings({ s3: servers.s3.endpoint, dynamo: store.endpoint });
  return runAsText(['export', '--out', out, '--table', store.tables.eventsTable, ...flags], settings);
};

interface Manifest {
  rows: number;
  files: {
    name: string;
    rows: number;
    bytes: number;
    sha256: string;
    accountId?: string;
    region?: string;
    day: string;
  }[];
}
const manifestIn = (files: ReadonlyMap<string, Buffer>) => JSON.parse(`${files.get('_manifest.json')}`) as Manifest;

/** An event as the columns should have it, from the store's own answer about one event. */
async function expectedRow(eventId: string): Promise<Record<string, unknown>> {
  const event = (await readVerifiedEvent(eventId, store.deps)) as unknown as Record<string, unknown>;
  const values = Object.entries({ provisional: false, backfilled: false, ...event });
  const row: Record<string, unknown> = Object.fromEntries(values.filter(([, value]) => value !== undefined));
  const time = String(row.timeKey).slice(0, 24);
  if (time.startsWith('0000')) delete row.eventTime;
  else row.eventTime = time;
  if (row.verifiedAt !== undefined) row.verifiedAt = new Date(String(row.verifiedAt)).toISOString();
  return row;
}

describe('an export to a folder', () => {
  const out = join(folder.path, 'native');

  test('has each event of the store once, in the file of its account, Region and day, with all that is stored', async () => {
    const { code, stderr } = await run(out);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^\d+ events of 6 days: \d+ files written, 0 unchanged, 0 removed.\n$/),
    ]);
    const files = filesIn(out);
    const { rows, files: listed } = manifestIn(files);
    expect([...files.keys()]).toEqual([...listed.map(({ name }) => name), '_manifest.json'].sort());
    const seen = new Set<string>();
    for (const { name, rows: count, bytes, sha256, accountId, region, day } of listed) {
      const file = files.get(name)!;
      expect([bytes, sha256]).toEqual([file.length, createHash('sha256').update(file).digest('hex')]);
      const events = await readParquet(file);
      expect(events.length).toBe(count);
      for (const event of events) {
        const { eventId } = event as { eventId: string };
        seen.add(eventId);
        expect([event.accountId, event.region, event.day]).toEqual([accountId, region, day]);
        expect(event).toEqual(await expectedRow(eventId));
      }
      expect(events.map(({ timeKey }) => timeKey)).toEqual(events.map(({ timeKey }) => timeKey).sort());
    }
    expect(seen.size).toBe(rows);
    expect(seen.size).toBe(EVENTS.length + ODD.length + 1);
    expect(listed.map(({ name }) => name)).toContain(
      'p_account=012345678901/p_region=eu-west-1/p_day=2026-11-02/events.parquet',
    );
    expect(attributesWhere(({ always }) => always === true).length).toBeGreaterThan(5);
  });

  test('leaves alone what has not changed; a late event replaces the file of its day only', async () => {
    const before = filesIn(out);
    expect((await run(out)).stderr).toMatch(/: 0 files written, \d+ unchanged, 0 removed/);
    expect(filesIn(out)).toEqual(before);
    await store.add({ id: 'late', time: '2026-10-02T23:59:59Z' });
    const { stdout } = await run(out);
    const written = stdout.split('\n').filter((line) => line.startsWith('written'));
    expect(written).toEqual([
      expect.stringMatching(
        /^written\tp_account=111122223333\/p_region=eu-west-1\/p_day=2026-10-02\/events.parquet\t\d+$/,
      ),
    ]);
  });

  test('of some days keeps the others in the manifest', async () => {
    const before = filesIn(out);
    expect((await run(out, '--since', '2026-10-02T12:00:00Z', '--until', '2026-10-03T01:00:00Z')).stderr).toMatch(
      /of 2 days/,
    );
    expect(filesIn(out)).toEqual(before);
  });

  test('is not mixed with one of another kind', async () => {
    const { code, stderr } = await run(out, '--schema', 'ocsf');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /expected an export with --format parquet --schema ocsf, found parquet and native: name another place/,
    );
  });

  test('prints its SQL', async () => {
    const { code, stdout } = await run(out, '--ddl');
    expect(code).toBe(0);
    expect(stdout).toContain(`read_parquet('${out}/*/*/*/*.parquet'`);
    expect(stdout).toContain(
      "'projection.p_account.values' = '012345678901,111122223333,444455556666,__HIVE_DEFAULT_PARTITION__'",
    );
  });

  test('can be tried without writing', async () => {
    const { stdout, stderr } = await run(join(folder.path, 'never'), '--dry-run');
    const { rows, files } = manifestIn(filesIn(out));
    expect(stderr).toBe(`Would write ${files.length} files with ${rows} events.\n`);
    expect(stdout.trimEnd().split('\n').sort()).toEqual(
      files.map((file) => `${file.name.replace('/events.parquet', '')}\t${file.rows}`).sort(),
    );
    expect(() => statSync(join(folder.path, 'never'))).toThrow();
  });
});

describe('an export to a bucket', () => {
  test('has the same bytes as one to a folder', async () => {
    const bucket = `export-${NOW}`;
    await servers.s3.client.send(new CreateBucketCommand({ Bucket: bucket }));
    expect((await run(`s3://${bucket}/a/b`)).code).toBe(0);
    expect((await run(join(folder.path, 'twin'))).code).toBe(0);
    const { Contents = [] } = await servers.s3.client.send(new ListObjectsV2Command({ Bucket: bucket }));
    const files = filesIn(join(folder.path, 'twin'));
    expect(Contents.map(({ Key }) => Key).sort()).toEqual([...files.keys()].map((name) => `a/b/${name}`).sort());
    for (const [name, bytes] of files) {
      const { Body } = await servers.s3.client.send(new GetObjectCommand({ Bucket: bucket, Key: `a/b/${name}` }));
      expect(Buffer.from(await Body!.transformToByteArray())).toEqual(bytes);
    }
    expect((await run(`s3://${bucket}/a/b`)).stderr).toMatch(/0 files written/);
  });

  test('that is not there fails, and its SQL is printed all the same', async () => {
    const { code, stderr } = await run('s3://not-there-at-all/x');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('s3://not-there-at-all/x/_manifest.json: expected to '),
    ]);
    const sql = await run('s3://not-there-at-all/x', '--ddl');
    expect([sql.code, sql.stdout]).toEqual([0, expect.stringContaining("'projection.p_account.type' = 'injected'")]);
  });
});

test.each([
  [
    ['--out', 'file/below'],
    1,
    /file\/below.*: expected to read this file of the export, but a part of its path is a file, not a folder/,
  ],
  [['--out', ''], 2, /--out: expected a folder/],
  [['--out', 'arn:aws:s3:::bucket'], 2, /expected/],
  [['--out', 's3://'], 2, /--out: expected a folder/],
  [['--out', 's3:///prefix'], 2, /--out: expected a folder/],
  [['--out', 's3:/bucket'], 2, /--out: expected a folder/],
  [['--out', 'S3://bucket'], 2, /--out: expected a folder/],
  [['--out', 'gs://bucket'], 2, /--out: expected a folder/],
  [['--out', 'x', '--format', 'csv'], 2, /Allowed choices are parquet, ndjson/],
  [['--out', 'x', '--ddl', '--dry-run'], 2, /cannot be used with/],
  [['--out', 'x', '--since', '2026-11-02', '--until', '2026-11-01'], 2, /expected a time before --until/],
])('%j ends with %d', async (flags, expected, message) => {
  writeFileSync(join(folder.path, 'file'), '');
  const [name, ...rest] = flags.slice(1);
  const { code, stderr } = await run(name === 'file/below' ? join(folder.path, 'file', 'below') : name!, ...rest);
  expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
});

describe('a broken export', () => {
  const watch = () => ({
    progress: notBegun(),
    onFile: async () => {},
    time: UNLIMITED,
  });
  const request = (place: MemoryPlace) => ({
    place,
    format: 'ndjson' as const,
    schema: 'native' as const,
    choose: daysIn({ since: '2026-11-02T00:00:00.000Z' }),
  });

  test('shows no half of a file wherever it ends, and repeated it is as if it had never been broken', async () => {
    const whole = new MemoryPlace();
    let changes = 0;
    whole.onChange = () => {
      changes += 1;
    };
    await exportDays(request(whole), store.deps, watch());
    expect(changes).toBeGreaterThan(8);
    for (let last = 1; last < changes; last += scaled(Math.ceil(changes / 4), 1)) {
      const place = new MemoryPlace();
      let left = last;
      place.onChange = () => {
        left -= 1;
        if (left < 0) throw new Error('killed');
      };
      await expect(exportDays(request(place), store.deps, watch())).rejects.toThrow('killed');
      for (const [name, bytes] of place.files)
        if (name !== '_manifest.json') expect(bytes).toEqual(whole.files.get(name));
      place.onChange = () => {};
      await exportDays(request(place), store.deps, watch());
      expect(place.files).toEqual(whole.files);
    }
  });
});

describe('what leaves the store', () => {
  const place = new MemoryPlace();
  const day = '2026-11-15';
  const all = async () => {
    const outcomes: string[] = [];
    await exportDays(
      { place, format: 'ndjson', schema: 'native', choose: daysIn({ since: `${day}T00:00:00.000Z` }) },
      store.deps,
      {
        progress: notBegun(),
        onFile: async ({ name }, outcome) => {
          outcomes.push(`${outcome} ${name.split('/')[1]}`);
        },
        time: UNLIMITED,
      },
    );
    return outcomes;
  };

  test('by expiring stays in the export; a partition that is empty otherwise is removed', async () => {
    await store.add({ id: 'moves', time: `${day}T01:00:00Z`, record: { awsRegion: 'us-east-1' } });
    await store.add({ id: 'expires', time: `${day}T02:00:00Z` }, { id: 'stays', time: `${day}T03:00:00Z` });
    const key = { eventId: text('expires') };
    const { UpdateItemCommand, DeleteItemCommand } = await import('@aws-sdk/client-dynamodb');
    const table = { TableName: store.tables.eventsTable };
    await store.deps.dynamo.send(
      new UpdateItemCommand({
        ...table,
        Key: key,
        UpdateExpression: 'SET expiresAt = :at',
        ExpressionAttributeValues: { ':at': { N: `${NOW / 1000 + 60}` } },
      }),
    );
    expect(await all()).toEqual(['written p_region=us-east-1', 'written p_region=eu-west-1']);
    const before = new Map(place.files);
    await store.deps.dynamo.send(new DeleteItemCommand({ ...table, Key: { eventId: text('moves') } }));
    clock.now = NOW + 120_000;
    expect(await all()).toEqual(['kept p_region=eu-west-1', 'removed p_region=us-east-1']);
    clock.now = NOW;
    const name = [...before.keys()].find((file) => file.includes('eu-west-1'))!;
    expect(place.files.get(name)).toEqual(before.get(name));
    expect(`${place.files.get(name)}`.trimEnd().split('\n').length).toBe(2);
  });
});

describe('OCSF', () => {
  const events = async (format: string) => {
    const out = join(folder.path, `ocsf-${format}`);
    expect((await run(out, '--schema', 'ocsf', '--format', format)).code).toBe(0);
    return [...filesIn(out)].filter(([name]) => name !== '_manifest.json').map(([, bytes]) => bytes);
  };
  let rows: Record<string, unknown>[];
  beforeAll(async () => {
    const files = await events('ndjson');
    rows = files.flatMap((file) =>
      `${file}`
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  });
  const rowOf = (eventId: string) => rows.find(({ metadata }) => (metadata as { uid: string }).uid === eventId)!;

  test('has what its schema requires', () => {
    expect(rows.length).toBeGreaterThan(EVENTS.length);
    expect(rows.flatMap(ocsfProblems)).toEqual([]);
  });

  // The files are not part of the project: git clone --branch v1.8.0 https://github.com/ocsf/ocsf-schema
  const release = process.env.OCSF_SCHEMA;
  (release === undefined ? test.skip : test)('meets the schema files of a release', () => {
    const schema = new OcsfRelease(release!);
    expect(schema.version).toBe((rows[0]!.metadata as { version: string }).version);
    expect([...new Set(rows.flatMap((row) => schema.problemsOf(row)))]).toEqual([]);
    const broken = { ...rows[0], activity_id: 5, nonsense: 1, api: {} };
    expect(schema.problemsOf(broken)).toEqual(['activity_id is 5', 'api.operation is missing', 'nonsense is unknown']);
  });

  test('says what was done in Airflow, and how it answered', () => {
    expect(rowOf('rest')).toMatchObject({
      ...{ activity_id: 3, activity_name: 'Update', type_uid: 600303, status_id: 2, status_code: '409' },
      http_request: { http_method: 'PATCH', url: { path: '/dags/orders' } },
      http_response: { code: 409 },
      api: { operation: 'InvokeRestApi', request: { uid: 'r-1', data: { Body: '***', n: 12345678901 } } },
      resources: [{ name: 'prod-etl', type: 'AWS::MWAA::Environment' }],
      unmapped: { mwaa_trail: { environment: 'prod-etl', outcome: 'failed' } },
    });
    expect(rowOf('no-time').time).toBe(Date.parse('2026-11-20T00:00:00.000Z'));
    expect(rowOf('nowhere').src_endpoint).toEqual({ name: 'Unknown' });
    expect(JSON.stringify(rowOf('texts'))).not.toContain('\\ud');
  });

  test('is the same in Parquet, where free objects are JSON text', async () => {
    const files = await Promise.all((await events('parquet')).map(readParquet));
    const parsed = (path: string, value: unknown): unknown => {
      if (['unmapped', 'api.request.data', 'api.response.data'].includes(path)) return JSON.parse(String(value));
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const members = Object.entries(value).map(([name, member]) => [
        name,
        parsed(`${path}.${name}`.replace(/^\./, ''), member),
      ]);
      return Object.fromEntries(members);
    };
    const byId = (list: readonly unknown[]) =>
      new Map((list as typeof rows).map((row) => [(row.metadata as { uid: string }).uid, row]));
    expect(byId(files.flat().map((row) => parsed('', row)))).toEqual(byId(rows));
  });
});

describe('the export function', () => {
  const DAY = 86_400_000;
  const kind = { format: 'ndjson', schema: 'native' } as const;
  const run = (place: ExportPlace, context: Partial<Context> = {}, end = (_report: ExportReport) => {}) =>
    createExportHandler({ place, ...kind, ...store.deps }, { end })({}, context as Context);
  const exportedDays = (place: MemoryPlace) =>
    new Set([...place.files.keys()].flatMap((name) => /p_day=([\d-]+)/.exec(name)?.[1] ?? []));
  const place = new MemoryPlace();
  afterAll(() => {
    clock.now = NOW;
  });

  test('exports closed days, again until they are settled, and then not any more', async () => {
    await store.add({ id: 'today', time: '2026-11-20T01:00:00Z' });
    const stored = (await listStoredDays(store.deps.dynamo, store.tables.environmentsTable)).map(({ day }) => day);
    const closed = stored.filter((day) => day < '2026-11-20');
    expect(closed.length).toBeGreaterThan(3);
    expect(closed.length).toBeLessThan(stored.length);
    expect(await run(place)).toMatchObject({ days: closed.length, daysLeft: 0 });
    const files = new Map(place.files);
    expect([...exportedDays(place)].sort()).toEqual(closed);
    clock.now = NOW + DAY;
    expect(await run(place)).toMatchObject({ days: closed.length + 1, files: { written: 1, removed: 0 } });
    clock.now = NOW + 10 * DAY;
    expect(await run(place)).toMatchObject({ days: 0, events: 0 });
    for (const [name, bytes] of files) if (name !== '_manifest.json') expect(place.files.get(name)).toEqual(bytes);
  });

  test('exports a day again to which an event came late, once it is settled', async () => {
    await store.add({ id: 'later', time: '2026-10-02T05:00:00Z' });
    for (const [days, exported, written] of [
      [10, 1, 1],
      [11, 1, 0],
      [12, 0, 0],
    ] as const) {
      clock.now = NOW + days * DAY;
      expect(await run(place)).toMatchObject({ days: exported, files: { written } });
    }
  });

  test('continues where time ran out', async () => {
    const parts = new MemoryPlace();
    let answers = 0;
    const getRemainingTimeInMillis = () => {
      answers += 1;
      return answers < 20 ? 900_000 : 1_000;
    };
    const left: number[] = [];
    while (left.at(-1) !== 0) {
      answers = 0;
      left.push((await run(parts, { getRemainingTimeInMillis })).daysLeft);
      expect(left.length).toBeLessThan(50);
    }
    expect(left.length).toBeGreaterThan(1);
    expect(left).toEqual([...new Set(left)].sort((a, b) => b - a));
    const whole = new MemoryPlace();
    await run(whole);
    expect([...parts.files].sort()).toEqual([...whole.files].sort());
  });

  test('fails if a day takes more time than a run has, or if the bucket refuses', async () => {
    const never = { getRemainingTimeInMillis: () => 1_000 };
    await expect(run(new MemoryPlace(), never)).rejects.toMatchObject({ code: 'out-of-time' });
    await expect(run(bucketPlace(servers.s3.client, 'not-there-at-all', ''))).rejects.toMatchObject({
      code: 'export-place',
    });
  });

  test('fails if a run gets no further than the last days, which each run exports: the next one would stop at the same day', async () => {
    clock.now = Date.parse('2026-11-03T12:00:00Z');
    // Each run also looks at a day that has no event any more, because an addendum moved it.
    const { dynamo, tables } = store.deps;
    const seen = { ...noEnvironments(), days: new Set(['2026-10-25']) };
    await writeEnvironments(dynamo, tables.environmentsTable, seen, '2026-10-26T00:00:00.000Z');
    const stopped: number[] = [];
    for (let answers = 1; ; answers += 1) {
      let left = answers;
      const getRemainingTimeInMillis = () => {
        left -= 1;
        return left > 0 ? 900_000 : 1_000;
      };
      const parts = new MemoryPlace();
      const reports: ExportReport[] = [];
      const outcome = run(parts, { getRemainingTimeInMillis }, (report) => reports.push(report));
      const code = await outcome.then(() => 'done').catch(({ code }) => code as string);
      const days = [...exportedDays(parts)];
      expect(reports).toHaveLength(1);
      expect(reports[0]!.days).toBeGreaterThanOrEqual(days.length);
      if (days.some((day) => day < '2026-10-31')) {
        expect(code).toBe('done');
        break;
      }
      expect(code).toBe('out-of-time');
      stopped.push(days.length);
    }
    expect(stopped).toContain(0);
    expect(Math.max(...stopped)).toBeGreaterThan(0);
  });

  test('beside another run leaves a manifest that says what the files are', async () => {
    const shared = new MemoryPlace();
    const replace = shared.replace.bind(shared);
    shared.replace = async (...args) => {
      shared.replace = replace;
      // All files are written. Another run finds more.
      await store.add({ id: 'meanwhile', time: '2026-10-02T06:00:00Z' });
      expect(await run(shared)).toMatchObject({ daysLeft: 0 });
      return shared.replace(...args);
    };
    expect(await run(shared)).toMatchObject({ daysLeft: 0 });
    for (const { name, bytes, sha256 } of manifestIn(shared.files).files) {
      const file = shared.files.get(name)!;
      expect([name, file.length, createHash('sha256').update(file).digest('hex')]).toEqual([name, bytes, sha256]);
    }
  });
});

describe('a manifest in a bucket', () => {
  test('is replaced only if it is as it was read', async () => {
    const bucket = `manifest-${NOW}`;
    const local = { endpoint: servers.s3.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
    const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, local);
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const asked: unknown[] = [];
    let refusal: string | undefined;
    // The embedded S3 does not look at the conditions.
    s3.middlewareStack.add(
      (next) => (args) => {
        const { IfMatch, IfNoneMatch } = args.input as { IfMatch?: string; IfNoneMatch?: string };
        asked.push(IfMatch ?? IfNoneMatch);
        if (refusal !== undefined) throw Object.assign(new Error('refused'), { name: refusal });
        return next(args);
      },
      { step: 'initialize' },
    );
    const place = bucketPlace(s3, bucket, 'x/');
    expect(await place.replace('_manifest.json', 'one', undefined)).toBe(true);
    const read = await place.read('_manifest.json');
    expect(read?.text).toBe('one');
    expect(await place.replace('_manifest.json', 'two', read)).toBe(true);
    expect(asked).toEqual(['*', undefined, read?.version]);
    for (refusal of ['PreconditionFailed', 'ConditionalRequestConflict'])
      expect(await place.replace('_manifest.json', 'three', read)).toBe(false);
    refusal = 'AccessDenied';
    await expect(place.replace('_manifest.json', 'three', read)).rejects.toMatchObject({ code: 'export-place' });
    s3.destroy();
  });
});
