import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { loadRules } from '../../cli/detect/load-rules.ts';
import { isAtLeast, type Level } from '../../shared/detect/level.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { runRuleTests } from '../../shared/detect/rule-tests.ts';
import { ROOT } from '../support/cli.ts';

const folders = await loadRules([]);
const { rules } = readRules(folders);
const results = await runRuleTests(folders);
const alone = rules.filter((rule) => rule.kind === 'correlation' || !rule.isPart);

test.each(results.map((result) => [result.rule.title, result.expects, result.name, result] as const))(
  '%s: %s: %s',
  (_title, _expects, _name, { passed, says }) => {
    expect({ passed, says }).toEqual({ passed: true, says });
  },
);

describe('each rule', () => {
  test.each(alone.map((rule) => [rule.path, rule] as const))('%s', (path, rule) => {
    expect(path).toMatch(/^detections\/[a-z0-9_]{10,66}\.yml$/);
    expect(rule.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(rule.title.length).toBeLessThan(80);
    expect(rule.description).not.toBe('');
    expect(rule.falsePositives.length).toBeGreaterThan(0);
    expect(rule.references.length).toBeGreaterThan(0);
    expect(rule.tags.filter((tag) => /^attack\.t\d{4}(\.\d{3})?$/.test(tag)).length).toBeGreaterThan(0);
    const own = results.filter((result) => result.rule.id === rule.id);
    expect(own.filter(({ expects }) => expects === 'match').length).toBeGreaterThan(0);
    expect(own.filter(({ expects }) => expects === 'noMatch').length).toBeGreaterThan(1);
  });

  test.each(folders[0]!.files.map(({ path }) => path))('%s has the members of Sigma', (path) => {
    for (const document of parseAllDocuments(readFileSync(join(ROOT, path), 'utf8'))) {
      const rule = (document as { toJS(): Record<string, unknown> }).toJS();
      expect(`${rule.date ?? '2026-11-26'}`).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(Object.keys(rule).filter((name) => !SIGMA.includes(name))).toEqual([]);
    }
  });
});

describe('what automation does is left out, but not what a person does whose permission set is called like automation', () => {
  const using = folders[0]!.files.filter(({ text }) => text.includes('%automation%'));

  /** Runs the tests of a rule that expect a match, with all events by sessions of this role. */
  const resultsBy = async (role: string, { path, text }: { path: string; text: string }) => {
    const sessionOf = (user: string) => ({
      type: 'AssumedRole',
      arn: `arn:aws:sts::123456789012:assumed-role/${role}/${user}@example.com`,
      sessionContext: { sessionIssuer: { type: 'Role', userName: role } },
    });
    const documents = parseAllDocuments(text).map((document) => (document as { toJS(): RuleFile }).toJS());
    for (const { tests } of documents) {
      if (tests === undefined) continue;
      tests.noMatch = [];
      for (const { record, before = [] } of tests.match) {
        for (const one of [record, ...before])
          one.userIdentity = sessionOf(one.userIdentity === undefined ? 'ana' : 'bo');
      }
    }
    const changed = { path, text: documents.map((document) => JSON.stringify(document)).join('\n---\n') };
    return (await runRuleTests([{ files: [changed], lists: folders[0]!.lists }])).map(({ passed }) => passed);
  };

  test.each(using.map((file) => [file.path, file] as const))('%s', async (_, file) => {
    const person = await resultsBy('AWSReservedSSO_TerraformDeploy_0123456789abcdef', file);
    expect(person.length).toBeGreaterThan(0);
    expect(person).not.toContain(false);
    expect(await resultsBy('TerraformDeploy', file)).not.toContain(true);
  });
});

interface RuleFile {
  tests?: {
    match: { record: Record<string, unknown>; before?: Record<string, unknown>[] }[];
    noMatch: unknown[];
  };
}

const SIGMA = [
  ...['title', 'id', 'name', 'status', 'description', 'references', 'author', 'date', 'tags', 'logsource', 'detection'],
  ...['correlation', 'falsepositives', 'level', 'x-mwaa-trail', 'tests'],
];

test('there are many, of the levels that they deserve', () => {
  expect(alone.length).toBeGreaterThanOrEqual(20);
  const least: Record<string, Level> = {
    aws_mwaa_root_activity: 'high',
    aws_mwaa_webserver_public: 'high',
    aws_mwaa_execution_role_changed: 'high',
    aws_mwaa_startup_script_changed: 'high',
    aws_mwaa_code_location_changed: 'high',
    aws_mwaa_logging_disabled: 'high',
    aws_mwaa_environment_deleted: 'high',
    aws_mwaa_cli_token_by_new_user: 'high',
    aws_mwaa_airflow_user_or_role_changed: 'high',
    aws_mwaa_protected_tag_changed: 'low',
    aws_mwaa_dag_run_by_hand_at_night: 'low',
  };
  for (const { path, level } of alone) {
    const name = path.replace(/^.*\/|\.yml$/g, '');
    expect([name, isAtLeast(level, least[name] ?? 'medium')]).toEqual([name, true]);
  }
});

test('a test that fails says why', async () => {
  const text = folders[0]!.files.find(({ path }) => path.endsWith('aws_mwaa_environment_deleted.yml'))!.text;
  const wrong = {
    path: 'mine/x.yml',
    text: text.replace('record: {eventName: DeleteEnvironment}', 'record: {eventName: GetEnvironment}'),
  };
  const failed = (await runRuleTests([...folders, { files: [wrong], lists: undefined }])).filter(
    ({ passed }) => !passed,
  );
  expect(failed).toMatchObject([{ name: 'deleted', expects: 'match', says: 'the record does not match' }]);
});
