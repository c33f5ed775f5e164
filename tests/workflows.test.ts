import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from './support/cli.ts';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: unknown;
  concurrency: { group: string };
  jobs: Record<string, { permissions?: Record<string, string>; 'timeout-minutes'?: number; steps: Step[] }>;
}

const FOLDER = join(ROOT, '.github', 'workflows');
const workflows = readdirSync(FOLDER).map((name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8');
  return { name, text, workflow: parse(text) as Workflow };
});

test('there are two', () => expect(workflows.map(({ name }) => name)).toEqual(['ci.yml', 'release.yml']));

describe.each(workflows)('$name', ({ text, workflow }) => {
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap((job) => job.steps);

  test('uses actions by their full commit, and says which release that is', () => {
    const lines = text.split('\n').filter((line) => /^\s*-?\s*uses:/.test(line));
    expect(lines).toHaveLength(steps.filter(({ uses }) => uses).length);
    for (const line of lines) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read, unless a job says otherwise that runs nothing of the project', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const job of jobs.filter(({ permissions }) => permissions)) {
      expect(job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))).toEqual([]);
      expect(job.steps.flatMap(({ run }) => run ?? []).join('\n')).not.toMatch(/\bnpm\b|\bnpx\b|\bnode\b|\.ci\//);
    }
  });

  test('leaves no token behind for what it runs', () => {
    for (const { uses, with: inputs } of steps) {
      if (uses?.startsWith('actions/checkout@')) expect(inputs).toMatchObject({ 'persist-credentials': false });
    }
  });

  test('puts nothing into a script that somebody else may have written', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
    expect(Object.keys(workflow.on)).not.toContain('workflow_run');
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
    expect(text).not.toContain('github.event');
  });

  test('comes to an end', () => {
    expect(workflow.concurrency.group).toBeTruthy();
    for (const job of jobs) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  });

  test('runs scripts that are there', () => {
    const scripts = steps.flatMap(({ run = '' }) => run.match(/\.ci\/\w+/g) ?? []);
    expect(scripts).toContain('.ci/run');
    for (const script of scripts) expect(existsSync(join(ROOT, script))).toBe(true);
  });
});
