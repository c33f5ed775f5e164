import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, SAMPLES, startCli, useWorkingFolder } from '../support/cli.ts';
import { runAsText } from '../support/program.ts';

const folder = useWorkingFolder();
const run = (...args: string[]) => runAsText(args);
beforeAll(async () => {
  expect((await run('replay', SAMPLES)).code).toBe(0);
}, 60_000);

/** The records of the samples that are events, by JSON.parse and nothing else; of one eventID the last, an addendum. */
const RECORDS = new Map(
  readdirSync(SAMPLES)
    .sort()
    .flatMap((name) => (JSON.parse(readFileSync(join(SAMPLES, name), 'utf8')) as { Records: SampleRecord[] }).Records)
    .filter(
      ({ eventSource, eventCategory }) => eventSource === 'airflow.amazonaws.com' && eventCategory !== 'Aggregated',
    )
    .map((record) => [record.eventID, record]),
);

interface SampleRecord {
  eventID: string;
  eventTime: string;
  eventSource: string;
  eventName: string;
  eventCategory?: string;
  managementEvent?: boolean;
  awsRegion: string;
  sourceIPAddress: string;
  recipientAccountId?: string;
  errorCode?: string;
  readOnly?: boolean | string;
  userIdentity: { userName?: string; accessKeyId?: string; accountId?: string };
  requestParameters: { Name?: string } | null;
}

interface QueriedEvent {
  eventId: string;
  eventTime: string;
  [attribute: string]: unknown;
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');
const eventsOf = (stdout: string) => lines(stdout).map((line) => JSON.parse(line) as QueriedEvent);

async function query(...args: string[]): Promise<QueriedEvent[]> {
  const { code, stdout, stderr } = await run('query', '--format', 'ndjson', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return eventsOf(stdout);
}

/** RFC 4180, the cells that are not empty by their column. */
function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') rows.push([]);
  }
  const [columns = [], ...cells] = rows.slice(0, -1);
  return cells.map((row) => Object.fromEntries(row.flatMap((cell, i) => (cell === '' ? [] : [[columns[i]!, cell]]))));
}

describe('query', () => {
  test('all events, newest first', async () => {
    const events = await query();
    expect(RECORDS.size).toBe(91);
    expect(events.map(({ eventId }) => eventId).sort()).toEqual([...RECORDS.keys()].sort());
    const times = events.map(({ eventTime }) => eventTime);
    expect(times).toEqual([...times].sort().reverse());
  });

  const isIn = (record: SampleRecord, from: string, to = '9') => record.eventTime >= from && record.eventTime < to;
  const FILTERS: readonly [string[], (record: SampleRecord) => boolean][] = [
    [
      ['--event-name', 'CreateEnvironment', '--event-name', 'DeleteEnvironment'],
      (r) => ['CreateEnvironment', 'DeleteEnvironment'].includes(r.eventName),
    ],
    [['--error-code', 'AccessDenied'], (r) => r.errorCode === 'AccessDenied'],
    [['--errors', '--region', 'us-east-1'], (r) => r.errorCode !== undefined && r.awsRegion === 'us-east-1'],
    [['--source-ip', '203.0.113.77'], (r) => r.sourceIPAddress === '203.0.113.77'],
    [['--account', '444455556666'], (r) => (r.recipientAccountId ?? r.userIdentity.accountId) === '444455556666'],
    [['--region', 'us-west-2', '--region', 'us-east-1'], (r) => /^us-/.test(r.awsRegion)],
    [
      ['--category', 'Data'],
      (r) =>
        (r.eventCategory ?? (r.managementEvent === undefined ? '' : r.managementEvent ? 'Management' : 'Data')) ===
        'Data',
    ],
    [['--read-only'], (r) => String(r.readOnly) === 'true'],
    [['--no-read-only'], (r) => String(r.readOnly) === 'false'],
    [['--since', '2026-11-06', '--until', '2026-11-07'], (r) => isIn(r, '2026-11-06', '2026-11-07')],
    [['--until', '2026-10-27T00:00:00Z'], (r) => !isIn(r, '2026-10-27')],
    [['--since', '2026-11-06T03:00:00+01:00'], (r) => isIn(r, '2026-11-06T02:00:00Z')],
    [
      ['--event-name', 'UpdateEnvironment', '--no-read-only', '--since', '2026-11-01', '--errors'],
      (r) =>
        r.eventName === 'UpdateEnvironment' && String(r.readOnly) === 'false' && isIn(r, '2026-11-01') && !!r.errorCode,
    ],
  ];
  test.each(FILTERS)('%j', async (args, holds) => {
    const expected = [...RECORDS.values()].filter(holds).map(({ eventID }) => eventID);
    const { code, stdout, stderr } = await run('query', '--format', 'ndjson', '--limit', '1000', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(
      eventsOf(stdout)
        .map(({ eventId }) => eventId)
        .sort(),
    ).toEqual(expected.sort());
  });

  test('by environment, by principal exactly and by prefix, by access key', async () => {
    const all = await query();
    expect(await query('--environment', 'prod-etl')).toEqual(all.filter((e) => e.environment === 'prod-etl'));
    expect(await query('--environment', 'staging etl', '--environment', 'test-cloudtrail')).toEqual(
      all.filter((e) => e.environment === 'staging etl' || e.environment === 'test-cloudtrail'),
    );
    const principal = all.find((e) => String(e.principal).includes('/'))!.principal as string;
    expect(await query('--principal', principal)).toEqual(all.filter((e) => e.principal === principal));
    const prefix = principal.slice(0, principal.indexOf('/') + 1);
    expect(await query('--principal', `${prefix}*`, '--principal', 'root')).toEqual(
      all.filter((e) => String(e.principal).startsWith(prefix) || e.principal === 'root'),
    );
    // Without the star the prefix is a name, which nobody has.
    expect(await query('--principal', prefix)).toEqual([]);
    expect(await query('--principal', '*')).toEqual(all.filter((e) => e.principal !== undefined));
    const accessKeyId = all.find((e) => e.accessKeyId !== undefined)!.accessKeyId as string;
    expect(await query('--access-key-id', accessKeyId)).toEqual(all.filter((e) => e.accessKeyId === accessKeyId));
  }, 30_000);

  test('--limit takes the newest', async () => {
    const all = await query();
    expect(await query('--limit', '3')).toEqual(all.slice(0, 3));
    expect(await query('--limit', '3', '--environment', 'prod-etl')).toEqual(
      all.filter((e) => e.environment === 'prod-etl').slice(0, 3),
    );
    expect(await query('--limit', '999999')).toEqual(all);
  }, 30_000);

  test('json, ndjson and csv say the same', async () => {
    const [json, ndjson, csv] = [
      await run('query', '--errors', '--format', 'json'),
      await run('query', '--errors', '--format', 'ndjson'),
      await run('query', '--errors', '--format', 'csv'),
    ];
    const events = eventsOf(ndjson.stdout);
    expect(JSON.parse(json.stdout)).toEqual(events);
    const rows = parseCsv(csv.stdout);
    expect(rows).toEqual(
      events.map(({ timeKey, ...event }) =>
        Object.fromEntries(
          Object.entries(event).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : JSON.stringify(value),
          ]),
        ),
      ),
    );
    for (const { code, stderr } of [json, ndjson, csv]) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('--full has the record, a member and not a text', async () => {
    const { stdout } = await run('query', '--environment', 'test-cloudtrail', '--full', '--format', 'json');
    const [event] = JSON.parse(stdout) as { record: unknown }[];
    const { Records } = JSON.parse(readFileSync(join(SAMPLES, 'guide-create-environment.json'), 'utf8')) as {
      Records: unknown[];
    };
    expect(event?.record).toEqual(Records[0]);
    const csv = await run('query', '--environment', 'test-cloudtrail', '--full', '--format', 'csv');
    expect(JSON.parse(parseCsv(csv.stdout)[0]!.record!)).toEqual(Records[0]);
    expect(await query('--full', '--limit', '1000')).toHaveLength(91);
  }, 30_000);

  test('the table tells when, what, where, who, from where, and why', async () => {
    const { stdout, stderr } = await run('query', '--environment', 'test-cloudtrail');
    expect(stderr).toBe('');
    const [headings, row, ...rest] = lines(stdout);
    expect(headings).toMatch(/^TIME \(UTC\) +WHO +WHAT +FROM +ROLE +ACCOUNT +REGION +EVENT ID +RESULT$/);
    expect(row).toMatch(
      /^2020-10-07 15:52:58 {2}myuser {2}environment created {2}\S+ {2}user .* EventID +denied: Access denied\.$/,
    );
    expect(rest).toEqual([]);
  });

  test('nothing found is no failure; what is not data is not on standard output', async () => {
    const nothing = ['query', '--environment', 'nowhere'];
    expect(await run(...nothing)).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^No events match\.\n- No event names/),
    });
    expect(await run(...nothing, '--format', 'json')).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    expect(await run(...nothing, '--format', 'ndjson')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(lines((await run(...nothing, '--format', 'csv')).stdout)).toHaveLength(1);
  }, 30_000);

  test('whoever stops reading early hears nothing more', async () => {
    const child = startCli(['query', '--full', '--format', 'ndjson'], folder);
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('show', () => {
  const guide = '[guide]';
  let eventId = guide;
  beforeAll(async () => {
    eventId = (await query('--environment', 'test-cloudtrail'))[0]!.eventId;
  });

  test('everything about one event', async () => {
    const { code, stdout, stderr } = await run('show', eventId, '--format', 'json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      eventId,
      environment: 'test-cloudtrail',
      readOnly: false,
      record: RECORDS.get(eventId),
    });
  });

  test('--raw: the text of the record as it stood in the file', async () => {
    const { code, stdout } = await run('show', eventId, '--raw');
    expect(code).toBe(0);
    const file = readFileSync(join(SAMPLES, 'guide-create-environment.json'), 'utf8');
    expect(stdout.endsWith('}\n')).toBe(true);
    expect(file).toContain(stdout.trimEnd());
    expect(JSON.parse(stdout)).toEqual(RECORDS.get(eventId));
  });

  test('an eventID that is not there', async () => {
    const ended = await run('show', 'no-such-event');
    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'mwaa-trail: there is no event with this eventID in the store\n',
    });
  });
});

test('environments, with their first and last event', async () => {
  const { code, stdout, stderr } = await run('environments', '--format', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = (await query()).filter(({ environment }) => environment !== undefined);
  const expected = new Map<string, object>();
  for (const { environment, accountId, region, eventTime } of events.reverse()) {
    const key = JSON.stringify([environment, accountId, region]);
    const time = new Date(eventTime).toISOString();
    expected.set(key, {
      environment,
      accountId,
      region,
      firstEventTime: time,
      ...expected.get(key),
      lastEventTime: time,
    });
  }
  const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const listed = (JSON.parse(stdout) as Record<string, unknown>[]).map(
    ({ recentSince, recentEvents, recentErrors, recentTruncated, ...environment }) => environment,
  );
  expect(listed.sort(byText)).toEqual([...expected.values()].sort(byText));
  const people = await run('environments');
  expect(people.stdout).toMatch(
    /^test-cloudtrail +012345678901 +us-west-2 +2020-10-07 15:52:58 +2020-10-07 15:52:58 +0 +0$/m,
  );
}, 30_000);

test('evidence for a replayed event needs the bucket that CloudTrail delivered to', async () => {
  expect(await run('evidence', '3354f4bf-03c6-4d37-acc6-6dd26bbd53d0', '--out', 'incident.json')).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'mwaa-trail: the event was replayed from a file; name the bucket that CloudTrail delivered the file to with --from\n',
  });
});

describe('wrong use ends with 2, and says what is wrong on standard error', () => {
  test.each([
    [[], /Usage: mwaa-trail/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['query', '--frobnicate'], /unknown option '--frobnicate'/],
    [['query', '--limit', '0'], /Expected a whole number from 1/],
    [['query', '--format', 'xml'], /Allowed choices are table, json, ndjson, csv/],
    [['query', '--environment', ''], /environment: expected a text/],
    [['query', '--since', 'yesterday'], /since: expected an ISO 8601 time/],
    [['query', '--since', '2026-13-01'], /since: expected an ISO 8601 time/],
    [['query', '--since', '2026-11-07', '--until', '2026-11-06'], /--since: expected a time before --until/],
    [['query', '--within', '5m'], /--within: expected only together with --around/],
    [['query', '--around', '1d', '--until', '1d'], /--around: expected without --since and --until/],
    [['query', '--exclude', 'eventnam=x'], /--exclude: .*, event-name, .*; did you mean event-name\?/],
    [['query', '--exclude', 'eventName='], /--exclude: event-name: expected a text that is not empty/],
    [['show'], /missing required argument 'eventId'/],
    [['replay', '--format', 'csv'], /Allowed choices are table, json/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(...(args as string[]));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message as RegExp);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test.each([['--help'], ['query', '--help']])('%s %s is no wrong use', async (...args) => {
    const { code, stdout, stderr } = await run(...args.filter((arg) => arg !== undefined));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });

  test('--version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect((await run('--version')).stdout).toBe(`${version}\n`);
  });
});
