import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadRules } from '../../cli/detect/load-rules.ts';
import { evaluatedFindings } from '../../shared/alert/evaluated-findings.ts';
import { answerFindings } from '../../shared/alert/find-findings.ts';
import { EVIDENCE_RULE } from '../../shared/detect/evidence.ts';
import type { Finding } from '../../shared/detect/finding.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { Places } from '../../shared/detect/rule-tree.ts';
import { writeFinding } from '../../shared/store/findings.ts';
import { ROOT, runCli, useWorkingFolder } from '../support/cli.ts';
import { awsSettings, type Ended, runAsText, type Terminal } from '../support/program.ts';
import { type SampleStore, startSampleStore } from '../support/sample-store.ts';

let store: SampleStore;
useWorkingFolder();
beforeAll(async () => {
  store = await startSampleStore();
});
afterAll(() => store.stop());

function detect(args: readonly string[], terminal?: Terminal): Promise<Ended> {
  const { endpoint, deps } = store;
  const env = awsSettings({ s3: endpoint, dynamo: endpoint });
  return runAsText(['detect', '--table', deps.tables.eventsTable, ...args], env, terminal && { terminal });
}
const found = async (...args: string[]) =>
  JSON.parse((await detect([...args, '--format', 'json'])).stdout) as Finding[];
const titles = (findings: readonly Finding[]) => findings.map(({ rule }) => rule.title);

const NIGHT = ['--since', '2026-11-06T02:00', '--until', '2026-11-06T03:00'];

test('the built program has our rules parsed, and lists the same', async () => {
  const folder = join(ROOT, 'dist', 'cli');
  const modules = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  const built = modules.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  expect(/\bknownTrees ?= ?\(\) ?=> ?\[\[["`]/.test(built)).toBe(true);
  for (const { files } of await loadRules([])) {
    for (const { path, text } of files) {
      // As the build writes it.
      const trees = new Places(path).parse(text);
      expect(JSON.parse(JSON.stringify(trees))).toEqual(trees);
    }
  }
  const list = ['detect', '--list', '--format', 'json'];
  expect(await runCli(list, '.')).toEqual(await runAsText(list));
});

describe('what the console asks for without an alert function', () => {
  const ask = (times: { since?: string; until?: string }, maxEvents?: number) => {
    const source = evaluatedFindings(async () => readRules(await loadRules([])).rules, store.deps, maxEvents);
    const criteria = { ...times, level: 'informational', rule: undefined, event: undefined } as const;
    return answerFindings({ criteria, limit: 100, cursor: undefined }, source, store.deps);
  };

  test.each([
    [{ since: '2026-11-06T02:00', until: '2026-11-06T03:00' }, NIGHT],
    [{}, []],
  ])('is what the command finds: %j', async (times, args) => {
    const { findings, origin } = await ask(times);
    // What verification found is no finding of an event.
    const named = (all: readonly Pick<Finding, 'rule' | 'time'>[]) =>
      all.flatMap(({ rule, time }) => (rule.id === EVIDENCE_RULE.id ? [] : [`${time} ${rule.id}`])).sort();
    expect(named(findings)).toEqual(named(await found(...args)));
    expect(findings.length).toBeGreaterThan(5);
    expect(origin).toEqual({ kind: 'evaluated', events: expect.any(Number) });
  });

  test('is cut where there are too many events, which the answer says', async () => {
    const [all, newest, older] = [await ask({}), await ask({}, 30), await ask({ until: '2026-11-06T03:00' }, 30)];
    for (const { origin, findings } of [newest, older]) {
      const { cutAt = '' } = origin as { cutAt?: string };
      expect(origin).toEqual({ kind: 'evaluated', events: expect.any(Number), cutAt: expect.stringMatching(/Z$/) });
      expect((origin as { events: number }).events).toBeLessThanOrEqual(32);
      expect(findings.filter(({ time }) => time < cutAt.replace('.000', ''))).toEqual([]);
    }
    expect(newest.findings.length).toBeLessThan(all.findings.length);
    expect(older.findings.length).toBeGreaterThan(0);
  });
});

describe('the samples', () => {
  test('the night of the leaked key is found, step by step', async () => {
    const findings = await found(...NIGHT);
    expect(titles(findings).reverse()).toEqual([
      'Long-Lived Access Key Used from a New Address',
      ...['MWAA Web Server Made Public', 'MWAA Startup Script Changed'],
      ...['Airflow Login Token Made by a Program', 'Airflow Login by Somebody New to the Environment'],
      'DAG Run Triggered or Deleted by a Person outside Working Hours',
      'DAG Deleted, Paused or Unpaused over REST',
      'Airflow Connection or Variable Changed over REST',
      'MWAA Environment Deleted or Deletion Tried',
      'Owner or Access Tag of an MWAA Environment Changed',
    ]);
    const deletion = findings.find(({ rule }) => rule.title.includes('Deletion'))!;
    expect(deletion).toEqual({
      rule: { id: expect.any(String), title: 'MWAA Environment Deleted or Deletion Tried', level: 'high' },
      time: '2026-11-06T02:27:14Z',
      environment: 'prod-etl',
      accountId: '111122223333',
      user: 'svc-airflow-sync',
      eventIds: [expect.any(String), expect.any(String)],
      reason: 'denied attempt: environment deleted',
    });
  });

  test('everything stored, the newest first; a time on decides only what is reported', async () => {
    const all = await found();
    const times = all.map(({ time }) => time);
    expect(times).toEqual(times.toSorted().reverse());
    const night = await found(...NIGHT);
    expect(all.filter(({ time }) => time.startsWith('2026-11-06T02'))).toEqual(night);
  });

  test('an ordinary week of prod-etl has nothing to report', async () => {
    expect(await found('--since', '2026-10-26', '--until', '2026-11-06', '--environment', 'prod-etl')).toEqual([]);
  });

  test('by environment, account, Region and level', async () => {
    const all = await found();
    const only = (wanted: (finding: Finding) => boolean) => all.filter(wanted);
    expect(await found('--environment', 'staging-etl')).toEqual(
      only(({ environment }) => environment === 'staging-etl'),
    );
    expect(await found('--account', '444455556666')).toEqual(only(({ accountId }) => accountId === '444455556666'));
    expect(await found('--region', 'eu-central-2')).toEqual([]);
    expect(await found('--level', 'high')).toEqual(only(({ rule }) => ['high', 'critical'].includes(rule.level)));
  });

  test.each([80, 120, 200])('a table fits %i columns', async (columns) => {
    const { stdout, stderr, code } = await detect(NIGHT, { isTTY: true, columns, hasColors: () => false });
    expect(code).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(stdout).toMatch(/^2026-11-06 02:17:40 +high +MWAA Web Server Made P.* svc-airflo/m);
    expect(stdout).toContain('WebserverAccessMode = PUBLIC_ONLY');
    expect(stderr).toContain('10 findings: 3 high, 5 medium, 2 low in');
    expect(stderr).toContain(
      'Off: MWAA Called from outside the Networks of the Company: list company_networks is empty.',
    );
  });

  test('NDJSON is a finding a line', async () => {
    const { stdout } = await detect([...NIGHT, '--format', 'ndjson']);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding),
    ).toEqual(await found(...NIGHT));
  });

  test('--fail-on', async () => {
    expect(await detect([...NIGHT, '--fail-on', 'high'])).toMatchObject({ code: 1 });
    expect(await detect([...NIGHT, '--fail-on', 'critical'])).toMatchObject({ code: 0 });
    expect(await detect([...NIGHT, '--fail-on', 'bad'])).toMatchObject({ code: 2 });
  });
});

describe('rules of your own', () => {
  const rule = (more: string, detection: string) =>
    `title: Mine\n${more}logsource:\n    product: aws\n    service: cloudtrail\ndetection:\n    s:\n        ${detection}\n    condition: s\n`;
  const folder = (name: string, files: Record<string, string>) => {
    mkdirSync(name, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(`${name}/${file}`, text);
    return name;
  };

  test('stand beside ours', async () => {
    const mine = folder('mine', { 'reads.yml': rule('level: low\n', 'eventName: GetEnvironment') });
    expect(titles(await found(...NIGHT, '--rules', mine))).toContain('Mine');
  });

  test('replace ours, and lists', async () => {
    const offices = folder('offices', { 'lists.yml': 'company_networks: [198.51.100.0/24]\n' });
    expect(titles(await found(...NIGHT, '--rules', offices))).toContain(
      'MWAA Called from outside the Networks of the Company',
    );
    const [{ rule: ours }] = (await found(...NIGHT, '--level', 'high')) as [Finding];
    const quiet = folder('quiet', { 'x.yml': rule(`id: ${ours.id}\nstatus: deprecated\n`, 'eventName: X') });
    expect(titles(await found(...NIGHT, '--rules', offices, '--rules', quiet))).not.toContain(ours.title);
  });

  test('that are wrong are named with their place', async () => {
    const wrong = folder('wrong', { 'a.yml': rule('', 'eventName|windash: x'), 'b.yml': 'title: [' });
    const { code, stderr, stdout } = await detect(['--rules', wrong]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/wrong\/a\.yml:7:9: modifier windash is not supported/);
    expect(stderr).toMatch(/wrong\/b\.yml:1:9: expected YAML/);
    expect(await detect(['--rules', 'nowhere'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nowhere: expected a folder of rules'),
    });
  });

  test('--test runs what their files say', async () => {
    const tests = `tests:\n    match:\n        - name: a read\n          record: {eventName: GetEnvironment}\n        - name: a list\n          record: {eventName: ListEnvironments}\n`;
    const tested = folder('tested', { 'reads.yml': `${rule('', 'eventName: GetEnvironment')}${tests}` });
    const { code, stdout } = await detect(['--test', '--rules', tested]);
    expect(code).toBe(1);
    expect(stdout).toBe('tested/reads.yml: Mine: a list: expected a finding: the record does not match\n');
    expect(await detect(['--test'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^\d+ tests of rules: all passed\.\n$/),
    });
  });
});

test('--list', async () => {
  const { stdout } = await detect(['--list'], { isTTY: true, columns: 80, hasColors: () => false });
  expect(stdout).toMatch(/^LEVEL +TITLE.*\n(high .*\n)+(medium .*\n)+(low .*\n)+$/);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  const listed = JSON.parse((await detect(['--list', '--format', 'json'])).stdout) as { id: string }[];
  expect(listed.length).toBe(stdout.trim().split('\n').length - 1);
});

describe('--explain', () => {
  const idOf = async (title: string) => (await found(...NIGHT)).find(({ rule }) => rule.title === title)!.eventIds[0]!;

  test('says which fields match', async () => {
    const id = await idOf('MWAA Web Server Made Public');
    const { code, stdout } = await detect(['--explain', 'mwaa web server made public', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^selection +requestParameters\.WebserverAccessMode +one of PUBLIC_ONLY, PUBLIC_AND_PRIVATE +PUBLIC_ONLY +yes$/m,
    );
    expect(stdout).toMatch(/So the condition holds\.\nA finding: environment updated/);
    const other = await detect(['--explain', 'aws_mwaa_root_activity', id]);
    expect(other.stdout).toMatch(/userIdentity\.type +Root +AssumedRole +no$/m);
    expect(other.stdout).toContain('No finding: the rule does not match.');
    const json = JSON.parse(
      (await detect(['--explain', 'aws_mwaa_root_activity', id, '--format', 'json'])).stdout,
    ) as object;
    expect(json).toMatchObject({ eventId: id, explanations: [{ matches: false }] });
  });

  test('says what a rule remembers', async () => {
    const id = await idOf('Airflow Login by Somebody New to the Environment');
    expect((await detect(['--explain', 'aws_mwaa_login_by_new_user', id])).stdout).toContain('A finding: ');
    const key = await idOf('Long-Lived Access Key Used from a New Address');
    expect((await detect(['--explain', 'aws_mwaa_probing', key])).stdout).toContain(
      'No finding: the rule does not match.',
    );
  });

  test('wants a rule and an event that there are', async () => {
    expect(await detect(['--explain', 'root'])).toMatchObject({ code: 2 });
    expect(await detect(['--explain', 'Root User Act on MWAA', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean 'Root User Acts on MWAA'?"),
    });
    expect(await detect(['--explain', 'aws_mwaa_probing', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no event with this eventID'),
    });
  });
});

test('what verification found is critical', async () => {
  const { deps } = store;
  const finding = {
    kind: 'log-file-missing',
    account: '111122223333',
    region: 'eu-west-1',
    bucket: 'b',
    digest: 'd',
    key: 'k',
    detail: 'a signed digest names it',
  };
  await writeFinding(deps.dynamo, deps.tables.logFilesTable, finding, '2026-11-15T00:00:00.000Z');
  const [newest] = await found();
  expect(newest).toMatchObject({
    rule: { level: 'critical' },
    accountId: '111122223333',
    eventIds: [],
    reason: 'log-file-missing: a signed digest names it; k',
  });
  expect((await found('--environment', 'prod-etl')).some(({ rule }) => rule.level === 'critical')).toBe(false);
});
