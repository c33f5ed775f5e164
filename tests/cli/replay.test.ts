import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { ClassicLevel } from 'classic-level';
import { runCli, SAMPLES, startCli, useWorkingFolder } from '../support/cli.ts';
import { generateEvents } from '../support/generate-records.ts';
import { type Ended, runAsText } from '../support/program.ts';
import { scaled } from '../support/scale.ts';
import { logFileOf } from '../support/world.ts';

const folder = useWorkingFolder();
const at = (...names: string[]) => join(folder, ...names);
const run = (...args: string[]) => runAsText(args);

interface Report {
  files: { path: string; outcome: string; failure?: string; reason?: string; [count: string]: unknown }[];
  unreadable: { path: string; problem: string }[];
  total: Record<string, number>;
  environments: { environment?: string; events: number; errors: number }[];
}

async function replay(store: string, ...paths: string[]): Promise<Ended & { report: Report }> {
  const ended = await run('replay', '--store', store, '--format', 'json', ...paths);
  return { ...ended, report: JSON.parse(ended.stdout) as Report };
}

const guide = join(SAMPLES, 'guide-create-environment.json');
const records = (seed: number, count: number) => generateEvents(seed, count, 2).map(({ record }) => record);

function write(path: string, bytes: Buffer | string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

test('the hints name the store of the replay, whatever others are named', async () => {
  const hints = async (args: string[], stack: string) => {
    const { stdout } = await runAsText(['replay', guide, ...args], { MWAA_TRAIL_STACK: stack });
    return stdout.trimEnd().split('\n').slice(-2);
  };
  expect(await hints([], '')).toEqual([
    'Ask the store: mwaa-trail query --errors',
    'See the events in a browser: mwaa-trail serve --open',
  ]);
  expect(await hints([], 'mwaa-trail-prod')).toEqual([
    'Ask the store: mwaa-trail query --store .mwaa-trail --errors',
    'See the events in a browser: mwaa-trail serve --store .mwaa-trail --open',
  ]);
  expect(await hints(['--store', 'a store'], '')).toEqual([
    "Ask the store: mwaa-trail query --store 'a store' --errors",
    "See the events in a browser: mwaa-trail serve --store 'a store' --open",
  ]);
});

test('the tables of the report fit a terminal, and into a pipe nothing is cut', async () => {
  const [environment, name] = ['e'.repeat(1_000), `${'sub-folder-'.repeat(8)}of-2026.json`];
  const file = write(
    at(name),
    logFileOf(records(9, 1).map((record) => ({ ...record, requestParameters: { Name: environment } }))),
  );
  const args = ['replay', file, '--store', 'long-names'];
  const pipe = await runAsText(args);
  expect(pipe.stdout).toContain(environment);
  expect(pipe.stdout).toContain(name);
  const { stdout } = await runAsText(args, {}, { terminal: { isTTY: true, columns: 80, hasColors: () => false } });
  const [table = '', , environments = ''] = stdout.split('\n\n');
  expect(table).toMatch(/^FILE +READ +KEPT .*\n\/.+….*of-2026\.json +1 .* unchanged$/);
  expect(environments).toMatch(/^ENVIRONMENT +ACCOUNT .*\ne+… +\d{12} /);
  for (const line of [table, environments].flatMap((text) => text.split('\n'))) {
    expect(line.length).toBeLessThanOrEqual(80);
  }
});

describe('the samples', () => {
  test('without a path they are what is replayed; a second time all is known', async () => {
    const first = await replay('samples');
    expect(first.code).toBe(0);
    expect(first.stderr).toBe('');
    expect(first.report.total).toEqual({ read: 167, kept: 93, stored: 92, known: 1, skipped: 74, failed: 0 });
    expect(first.report.files.map(({ path }) => path.split('/').at(-1))).toEqual(readdirSync(SAMPLES).sort());
    const events = first.report.environments.reduce((sum, environment) => sum + environment.events, 0);
    expect(events).toBe(91);
    for (const { read, kept, skipped, stored, known, failed } of first.report.files as Record<string, number>[]) {
      expect(read).toBe(kept! + skipped!);
      expect(kept).toBe(stored! + known! + failed!);
    }

    const second = await replay('samples');
    expect(second.code).toBe(0);
    expect(second.report.total).toEqual({ read: 167, kept: 93, stored: 0, known: 93, skipped: 74, failed: 0 });
    expect(new Set(second.report.files.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
    expect(second.report.environments).toEqual(first.report.environments);
  }, 60_000);

  test('the report for people: a line a file, the sum, the environments', async () => {
    const { code, stdout, stderr } = await run('replay', '--store', 'samples', SAMPLES);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of readdirSync(SAMPLES)) expect(stdout).toContain(join(SAMPLES, name));
    expect(stdout).toContain('15 files: 167 records read, 93 kept (0 stored, 93 known, 0 failed), 74 skipped\n');
    expect(stdout).toMatch(/^prod-etl +111122223333 +eu-west-1 +52 +11$/m);
    expect(stdout).toMatch(/^test-cloudtrail +012345678901 +us-west-2 +1 +1$/m);
  }, 60_000);
});

describe('what can be given', () => {
  test('gzip and JSON, single files and folders of folders, the same file twice, other files left alone', async () => {
    const one = write(at('in', 'deep', 'er', 'one.json.gz'), logFileOf(records(1, 3)));
    // The magic bytes decide, not the name.
    write(at('in', 'two.json'), logFileOf(records(2, 3)));
    write(at('in', 'three.JSON.GZ'), JSON.stringify({ Records: records(3, 3) }));
    const other = write(at('in', 'four.log'), JSON.stringify({ Records: records(4, 3) }));
    write(at('in', 'notes.txt'), 'nothing');
    const { code, report } = await replay('given', 'in', one, './in/../in/two.json', other);
    expect(code).toBe(0);
    expect(report.files.map(({ path, stored }) => [path, stored])).toEqual([
      ['in/deep/er/one.json.gz', 3],
      ['in/three.JSON.GZ', 3],
      ['in/two.json', 3],
      [other, 3],
    ]);
  }, 60_000);

  test('a downloaded trail bucket: keys are kept, two copies both are read, what is no log file is skipped', async () => {
    const key = (folderName: string, name: string) =>
      `AWSLogs/111122223333/${folderName}/eu-west-1/2026/11/02/111122223333_${folderName}_eu-west-1_20261102T0915Z_${name}.json.gz`;
    write(at('trail-a', key('CloudTrail', 'aaaa')), logFileOf(records(5, 2)));
    write(at('trail-b', key('CloudTrail', 'aaaa')), logFileOf(records(6, 2)));
    write(at('trail-a', key('CloudTrail-Digest', 'dddd')), gzipSync('{"logFiles":[]}'));
    write(at('trail-a', key('CloudTrail-Insight', 'iiii')), gzipSync('{"Records":[]}'));
    const { code, report } = await replay('trail', 'trail-a', 'trail-b');
    expect(code).toBe(0);
    expect(report.files.map(({ path, outcome, stored, reason }) => [path, outcome, stored, reason])).toEqual([
      [`trail-a/${key('CloudTrail', 'aaaa')}`, 'ingested', 2, undefined],
      [`trail-a/${key('CloudTrail-Digest', 'dddd')}`, 'skipped', 0, 'digest-file'],
      [`trail-a/${key('CloudTrail-Insight', 'iiii')}`, 'skipped', 0, 'insight-file'],
      [`trail-b/${key('CloudTrail', 'aaaa')}`, 'ingested', 2, undefined],
    ]);
    const query = await run('query', '--store', 'trail', '--full', '--format', 'ndjson');
    const logFiles = query.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { logFile: string }).logFile);
    expect(new Set(logFiles)).toEqual(
      new Set([
        `mwaa-trail-local-logs/${key('CloudTrail', 'aaaa')}`,
        `mwaa-trail-local-logs/copy-2/${key('CloudTrail', 'aaaa')}`,
      ]),
    );
    const again = await replay('trail', 'trail-a', 'trail-b');
    expect(again.report.total).toMatchObject({ stored: 0, known: 4 });
  }, 60_000);

  test('names with spaces, quotes, line breaks and letters of all kinds', async () => {
    const name = "w e'i*r(d)!%41+&?#ü漢\n.json";
    write(at('odd names', name), readFileSync(guide));
    const { code, report } = await replay('odd store', 'odd names');
    expect(code).toBe(0);
    expect(report.files).toMatchObject([{ path: `odd names/${name}`, stored: 1 }]);
    const people = await run('replay', '--store', 'odd store', 'odd names');
    expect(people.stdout).toContain("odd names/w e'i*r(d)!%41+&?#ü漢\\u000a.json ");
    expect(people.stdout).toContain("mwaa-trail query --store 'odd store' --errors");
  }, 60_000);

  test('a log file of many megabytes, good and bad', async () => {
    const noise = Array.from({ length: 12 }, (_, i) => ({
      eventSource: 's3.amazonaws.com',
      x: randomBytes(1e6).toString('hex') + i,
    }));
    const bytes = gzipSync(JSON.stringify({ Records: [...noise, ...records(9, 2)] }), { level: 1 });
    expect(bytes.length).toBeGreaterThan(11 * 1024 ** 2);
    write(at('big', 'good.json.gz'), bytes);
    write(at('big', 'truncated.json.gz'), bytes.subarray(0, -5));
    const { code, report } = await replay('big-store', 'big');
    expect(code).toBe(1);
    expect(report.files.map(({ path, read, stored, failure }) => [path, read, stored, failure])).toEqual([
      ['big/good.json.gz', 14, 2, undefined],
      ['big/truncated.json.gz', 0, 0, expect.stringMatching(/^gzip-truncated/)],
    ]);
    expect((await replay('big-store', 'big/good.json.gz')).report.files[0]?.outcome).toBe('unchanged');
  }, 60_000);

  test('a named pipe is refused at once', async () => {
    execFileSync('mkfifo', [at('pipe.json')]);
    const { code, report } = await replay('pipe-store', 'pipe.json');
    expect(code).toBe(1);
    expect(report.unreadable).toEqual([{ path: 'pipe.json', problem: 'expected a file or a folder' }]);
  }, 60_000);

  test('a folder without log files is no failure', async () => {
    mkdirSync(at('nothing'));
    const { code, report } = await replay('nothing-store', 'nothing');
    expect({ code, files: report.files }).toEqual({ code: 0, files: [] });
    // There is nothing to query.
    expect((await run('replay', '--store', 'nothing-store', 'nothing')).stdout).toBe(
      '0 files: 0 records read, 0 kept (0 stored, 0 known, 0 failed), 0 skipped\n\n' +
        'The store holds no events: replay log files, or folders that hold some (.json, .json.gz).\n',
    );
  }, 60_000);
});

test('bad files are named with their reason, the others go on, and the exit code is 1', async () => {
  const good = logFileOf(records(7, 2));
  write(at('bad', 'a-good.json.gz'), good);
  write(at('bad', 'b-truncated.json.gz'), good.subarray(0, -9));
  write(at('bad', 'c-empty.json'), '');
  write(at('bad', 'd-garbage.json.gz'), 'PK\u0003\u0004garbage');
  write(at('bad', 'e-broken.json'), '{"Records":[');
  write(at('bad', 'f-record.json'), JSON.stringify({ Records: [...records(8, 2), null] }));
  write(at('bad', 'g-top-level.json'), '[]');
  symlinkSync('h-loop.json', at('bad', 'h-loop.json'));
  const { code, stderr, report } = await replay('bad-store', 'bad', 'no-such-file.json', 'no-such-folder/');
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(
    report.files.map(({ path, outcome, stored, failed, failure }) => [path, outcome, stored, failed, failure]),
  ).toEqual([
    ['bad/a-good.json.gz', 'ingested', 2, 0, undefined],
    ['bad/b-truncated.json.gz', 'quarantined', 0, 0, expect.stringMatching(/^gzip-truncated at byte \d+/)],
    ['bad/c-empty.json', 'quarantined', 0, 0, expect.stringMatching(/^empty at byte 0/)],
    ['bad/d-garbage.json.gz', 'quarantined', 0, 0, expect.stringMatching(/at byte \d+/)],
    ['bad/e-broken.json', 'quarantined', 0, 0, expect.stringMatching(/at byte 12 /)],
    [
      'bad/f-record.json',
      'ingested',
      2,
      1,
      expect.stringMatching(/^Records\[2\] at byte \d+: expected a JSON object$/),
    ],
    ['bad/g-top-level.json', 'quarantined', 0, 0, expect.stringMatching(/at byte 0/)],
  ]);
  expect(report.unreadable).toEqual([
    { path: 'bad/h-loop.json', problem: 'its links lead in a circle' },
    { path: 'no-such-file.json', problem: 'there is no such file or folder' },
    { path: 'no-such-folder/', problem: 'there is no such file or folder' },
  ]);
  // What was bad stays bad, and is named again.
  const people = await run('replay', '--store', 'bad-store', 'bad', 'no-such-file.json');
  expect(people.code).toBe(1);
  expect(people.stdout).toContain('bad/b-truncated.json.gz: quarantined: gzip-truncated at byte');
  expect(people.stdout).toContain('bad/f-record.json: records-quarantined: 1 of its records are in quarantine');
  expect(people.stdout).toContain('no-such-file.json: unreadable: there is no such file');
  expect(people.stdout).toMatch(/8 bad$|8 files bad$/m);
}, 60_000);

const asRoot = process.getuid?.() === 0;
(asRoot ? test.skip : test)(
  'a file and a store without permission',
  async () => {
    writeFileSync(at('secret.json'), '{"Records":[]}', { mode: 0 });
    const file = await replay('permission', 'secret.json');
    expect(file.code).toBe(1);
    expect(file.report.unreadable).toEqual([{ path: 'secret.json', problem: 'permission is denied' }]);
    mkdirSync(at('read-only'), { mode: 0o500 });
    const store = await run('replay', '--store', 'read-only/store', guide);
    expect(store.code).toBe(1);
    expect(store.stderr).toContain('cannot be opened (EACCES)');
  },
  60_000,
);

describe('the store', () => {
  test('open in another process: said plainly, whatever the command', async () => {
    await replay('busy', guide);
    const other = new ClassicLevel(at('busy', 'dynamodb'));
    await other.open();
    try {
      const commands = [['replay', guide], ['query'], ['show', 'x'], ['environments']];
      // At once: each waits some seconds for the other process.
      const ended = await Promise.all(commands.map((command) => runCli([...command, '--store', 'busy'], folder)));
      const stderr =
        'mwaa-trail: the store busy/dynamodb is open in another process: wait for it, or name another with --store\n';
      expect(ended).toEqual(commands.map(() => ({ code: 1, stdout: '', stderr })));
    } finally {
      await other.close();
    }
  }, 60_000);

  test('replays that start at the same time: one does the work, the others say why not', async () => {
    for (let round = 0; round < scaled(1, 10); round += 1) {
      const store = `race-${round}`;
      const ended = await Promise.all([0, 1].map(() => runCli(['replay', '--store', store, SAMPLES], folder)));
      for (const { code, stderr } of ended) {
        if (code === 0) expect(stderr).toBe('');
        else expect(stderr).toMatch(/^mwaa-trail: the store \S+ is open in another process: [^\n]+\n$/);
      }
      expect(ended.map(({ code }) => code)).toContain(0);
      expect((await replay(store, SAMPLES)).report.total).toMatchObject({ kept: 93, known: 93, stored: 0 });
    }
  }, 120_000);

  test('no folder, or nothing in it: said plainly', async () => {
    write(at('a-file'), '');
    for (const store of ['a-file', 'a-file/below']) {
      const { code, stdout, stderr } = await run('replay', '--store', store, guide);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^mwaa-trail: the store \S+ cannot be opened \(ENOTDIR\): expected a writable folder/);
    }
    const { code, stdout, stderr } = await run('query', '--store', 'never-made');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^mwaa-trail: there is no store in never-made: /);
  }, 60_000);

  test('a replay that is stopped in the middle is completed by the next one', async () => {
    for (let i = 0; i < 40; i += 1) write(at('many', `${100 + i}.json.gz`), logFileOf(records(100 + i, 10)));
    const child = startCli(['replay', '--store', 'stopped', 'many'], folder);
    await new Promise((resolve) => setTimeout(resolve, 900));
    child.kill('SIGINT');
    await new Promise((resolve) => child.on('close', resolve));
    const { code, report } = await replay('stopped', 'many');
    expect(code).toBe(0);
    expect(report.total).toMatchObject({ read: 400, kept: 400, failed: 0 });
    expect(report.environments.reduce((sum, { events }) => sum + events, 0)).toBe(400);
  }, 120_000);

  test('event sources by the environment of the function: read again when they change', async () => {
    copyFileSync(join(SAMPLES, 'mwaa-serverless.json'), at('serverless.json'));
    expect((await replay('sources', 'serverless.json')).report.total).toMatchObject({ read: 3, kept: 0 });
    const env = { EVENT_SOURCES: 'airflow-serverless.amazonaws.com' };
    const { stdout } = await runAsText(['replay', '--store', 'sources', '--format', 'json', 'serverless.json'], env);
    const { files, total } = JSON.parse(stdout) as Report;
    expect(files[0]?.outcome).toBe('ingested');
    expect(total.kept).toBeGreaterThan(0);
    expect(total.stored).toBe(total.kept);
  }, 60_000);
});
