import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ROOT, useWorkingFolder } from '../support/cli.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { runAsText } from '../support/program.ts';

const folder = useWorkingFolder();
const run = (...args: string[]) => runAsText(args);

const record = (eventID: string, more: object = {}) =>
  mwaaRecord(eventID, {
    eventTime: '2026-11-02T09:10:00Z',
    requestParameters: { Name: 'prod-etl', password: 'hunter2hunter2' },
    ...more,
  });
const FIRST = record('first');
const SECOND = record('second', { eventTime: '2026-11-02T09:11:00Z' });
const OTHER = record('other', { eventSource: 's3.amazonaws.com' });

/** As the API hands a record out: the same, but written otherwise. */
const event = (raw: object) => ({
  EventId: 'x',
  CloudTrailEvent: JSON.stringify(Object.fromEntries(Object.entries({ ...raw, apiVersion: null }).reverse())),
});
const write = (name: string, bytes: Buffer | string) => {
  writeFileSync(join(folder, name), bytes);
  return name;
};
const lookup = write('lookup.json', JSON.stringify({ Events: [FIRST, SECOND, OTHER].map(event) }, null, 4));
const logFile = write('log-file.json.gz', gzipSync(JSON.stringify({ Records: [FIRST, OTHER] })));

async function replay(store: string, ...paths: string[]) {
  const { code, stdout } = await run('replay', '--store', store, '--format', 'json', ...paths);
  return { code, ...(JSON.parse(stdout) as { files: object[]; environments: object[]; unreadable: object[] }) };
}
const listed = async (store: string) => {
  const { stdout } = await run('query', '--store', store, '--format', 'json');
  return (JSON.parse(stdout) as { eventId: string; provisional?: true }[]).map(({ eventId, provisional = false }) => [
    eventId,
    provisional,
  ]);
};

describe('output of lookup-events', () => {
  test('is stored as provisional events, redacted, and said to be so everywhere', async () => {
    const counts = { read: 3, kept: 2, stored: 2, known: 0, skipped: 1, failed: 0 };
    expect(await replay('a', lookup)).toMatchObject({
      code: 0,
      files: [{ path: lookup, outcome: 'provisional', ...counts }],
      environments: [{ environment: 'prod-etl', events: 2 }],
    });
    expect(await listed('a')).toEqual([
      ['second', true],
      ['first', true],
    ]);
    expect((await run('query', '--store', 'a')).stdout).toContain('ok (provisional)');
    expect((await run('query', '--store', 'a', '--format', 'csv')).stdout).toMatch(/,provisional\r\n[^\n]*,true\r\n/);
    const shown = JSON.parse((await run('show', 'first', '--store', 'a', '--format', 'json')).stdout);
    expect(shown).toMatchObject({ provisional: true, verification: 'no-log-file' });
    expect(shown).not.toHaveProperty('logFile');
    expect((await run('show', 'first', '--store', 'a', '--format', 'text')).stdout).toMatch(
      /^read from +not yet in a log file/m,
    );
    const raw = await run('show', 'first', '--store', 'a', '--raw');
    expect(raw).toMatchObject({ code: 0, stderr: expect.stringContaining('this record is not yet in a log file') });
    expect(raw.stdout).not.toContain('hunter2');
    const compared = await run('compare', 'first', 'second', '--store', 'a', '--format', 'json');
    expect(JSON.parse(compared.stdout)).toMatchObject({ provisional: ['first', 'second'] });
    const evidence = await run('evidence', 'first', '--store', 'a', '--out', 'evidence.json');
    expect(evidence).toMatchObject({ code: 1, stderr: expect.stringContaining('the event is provisional') });
  }, 60_000);

  test('gives way to a log file, whichever comes first, without a conflict and counted once', async () => {
    for (const [store, paths] of [
      ['b', [lookup, logFile, lookup]],
      ['c', [logFile, lookup]],
    ] as const) {
      for (const path of paths) expect((await replay(store, path)).code).toBe(0);
      expect(await replay(store, lookup)).toMatchObject({
        files: [{ outcome: 'provisional', stored: 0, known: 2 }],
        environments: [{ environment: 'prod-etl', events: 2 }],
      });
      expect(await listed(store)).toEqual([
        ['second', true],
        ['first', false],
      ]);
      const first = JSON.parse((await run('show', 'first', '--store', store, '--format', 'json')).stdout);
      expect(first).toMatchObject({ recordIndex: 0, verification: 'pending' });
      expect(first.record).not.toHaveProperty('apiVersion');
      const quarantine = await run('quarantine', 'list', '--store', store, '--format', 'json');
      expect(JSON.parse(quarantine.stdout)).toEqual([]);
    }
  }, 60_000);

  test('of which something is bad: that is named, the rest is stored; all of it is bad: nothing is', async () => {
    const partly = write('partly.json', JSON.stringify([event(FIRST), { EventId: 'x' }, event(record(''))]));
    expect(await replay('d', partly)).toMatchObject({
      code: 1,
      files: [
        {
          ...{ read: 3, stored: 1, failed: 2 },
          failure:
            'Events[1]: expected an event with its record as the text CloudTrailEvent; Events[2]: expected a non-empty eventID',
        },
      ],
    });
    const cut = write('cut.json', JSON.stringify({ Events: [event(SECOND)] }).slice(0, -1));
    const many = write('many.json', JSON.stringify([event(SECOND), ...Array(1_001).fill(event(record('')))]));
    expect(await replay('d', cut, many)).toMatchObject({
      code: 1,
      files: [
        { failure: expect.stringContaining('json-truncated') },
        { failure: expect.stringContaining('bad-records-cap') },
      ],
      environments: [{ events: 1 }],
    });
  }, 60_000);
});

test('UTF-16, as PowerShell writes it: log files and output of lookup-events', async () => {
  const utf16 = (value: object) => Buffer.from(`\uFEFF${JSON.stringify(value)}`, 'utf16le');
  const paths = [
    write('utf16.json', utf16({ Records: [FIRST] })),
    write('utf16be.json', utf16({ Records: [record('be')] }).swap16()),
    write('utf16.json.gz', gzipSync(utf16({ Records: [record('gz')] }))),
    write('utf16-lookup.json', utf16({ Events: [event(SECOND)] })),
    write('utf16-unmarked.json', utf16({ Records: [record('unmarked')] }).subarray(2)),
    write(
      'utf16be-unmarked.json',
      utf16({ Records: [record('unmarked-be')] })
        .swap16()
        .subarray(2),
    ),
  ];
  const { code, files } = await replay('e', ...paths);
  expect({ code, files }).toMatchObject({
    code: 0,
    files: ['ingested', 'ingested', 'ingested', 'provisional', 'ingested', 'ingested'].map((outcome) => ({
      outcome,
      stored: 1,
    })),
  });
}, 60_000);

describe('an access point, or a bucket where a file is expected, is answered with a sentence', () => {
  const ARN = 'arn:aws:s3:eu-west-1:111122223333:accesspoint/trail';
  test.each([
    ['backfill', `s3://${ARN}/prefix`],
    ['backfill', ARN],
    ['backfill', 's3://trail-abc-s3alias'],
    ['verify', `s3://${ARN}`],
    ['verify', ARN],
    ['coverage', '--table', 't', '--bucket', 's3://trail-abc-s3alias/x'],
    ['evidence', 'id', '--out', 'x', '--from', `s3://${ARN}`],
    ['quarantine', 'list', '--bucket', ARN],
    ['backfill', 's3://b', '--table', 't', '--quarantine', 'q-s3alias'],
  ])('%s %s', async (...args) => {
    const { code, stderr } = await run(...args);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected the name of the bucket itself, found an access point of one'),
    });
  });

  test('replay s3://...', async () => {
    const { code, unreadable } = await replay('f', 's3://bucket/AWSLogs/');
    expect({ code, unreadable }).toMatchObject({
      code: 1,
      unreadable: [{ path: 's3://bucket/AWSLogs/', problem: expect.stringContaining('backfill reads buckets') }],
    });
  }, 60_000);
});

describe('status changes from EventBridge', () => {
  const sample = JSON.parse(readFileSync(join(ROOT, 'events', 'status-changes', 'prod-etl.json'), 'utf8')) as object[];

  test.each([
    ['a list', JSON.stringify(sample, null, 2)],
    ['one per line', sample.map((event) => `${JSON.stringify(event)}\n`).join('')],
    [
      'gzipped, members sorted',
      gzipSync(JSON.stringify(sample.map((one) => Object.fromEntries(Object.entries(one).sort())))),
    ],
  ])('%s: are stored, count as no events, and complete the history', async (name, content) => {
    const file = write(`status-${name.length}.json`, content);
    const store = `status-${name.length}`;
    const counts = { read: 0, kept: 0, stored: 0, known: 0, skipped: 0, failed: 0 };
    const stored = { path: file, outcome: 'status changes', reason: '12 stored, 0 known', ...counts };
    expect(await replay(store, file)).toMatchObject({ code: 0, files: [stored], environments: [] });
    expect(await replay(store, file)).toMatchObject({ code: 0, files: [{ reason: '0 stored, 12 known' }] });
    expect(await listed(store)).toEqual([]);
    const { stdout } = await run('history', '--environment', 'prod-etl', '--store', store, '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject([{ status: { status: 'AVAILABLE' }, changes: [] }]);
    expect(JSON.parse(stdout)[0].statusChanges).toHaveLength(12);
  });

  test('what is none is named, by its place', async () => {
    const [first, second] = sample;
    const others = [{ ...first, detail: { name: 'secret' } }, { ...first, source: 'my.app' }, 5];
    const file = write('status-bad.json', JSON.stringify([first, ...others, second]));
    const { code, stdout } = await run('replay', '--store', 'status-bad', file);
    expect(code).toBe(1);
    expect(stdout).toContain('status changes: 2 stored, 0 known');
    for (const place of ['event 1: ', 'event 2: ', 'event 3: ']) expect(stdout).toContain(place);
    expect(stdout).not.toContain('secret');
  });

  test.each(['[{"version":"0","detail-type":"x"', '{"id":1,"detail-type":"x"} x'])('%s is no JSON', async (text) => {
    const { code, stdout } = await run('replay', '--store', 'status-bad', write('status-cut.json', text));
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/expected (the end of the JSON value|EventBridge events) from here/),
    ]);
  });

  test('a log file that mentions them is a log file', async () => {
    const mention = { 'detail-type': 'MWAA Environment Status Change' };
    const file = write(
      'mention.json',
      JSON.stringify({ Records: [record('mention', { requestParameters: mention })] }),
    );
    expect(await replay('mention', file)).toMatchObject({ code: 0, files: [{ outcome: 'ingested', stored: 1 }] });
  });
});
