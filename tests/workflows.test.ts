import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT, temporaryFolder } from './support/cli.ts';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  strategy?: { matrix: { include: { node: number | string }[] } };
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: unknown;
  concurrency: { group: string };
  jobs: Record<string, Job>;
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
    const scripts = steps.flatMap(({ run = '' }) => run.match(/\.ci\/[\w-]+/g) ?? []);
    expect(scripts).toContain('.ci/run');
    for (const script of scripts) expect(existsSync(join(ROOT, script))).toBe(true);
  });
});

describe('the versions of Node that the workflows name', () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const jobs = workflows.flatMap(({ workflow }) => Object.values(workflow.jobs));
  const matrices = jobs.filter(({ strategy }) => strategy);
  const folder = temporaryFolder();
  afterAll(folder.remove);

  test('are the oldest that package.json promises, and the newer line', () => {
    const named = matrices.flatMap(({ strategy }) => strategy!.matrix.include.map(({ node }) => String(node)));
    const [oldest, newer] = /^\^(\S+) \|\| >=(\d+)\.0\.0$/.exec(engines.node)!.slice(1);
    expect(new Set(named)).toEqual(new Set([oldest, newer]));
    expect(newer).toBe(
      String(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies.node.split('.')[0]),
    );
  });

  test('are those that run there', () => {
    for (const { steps } of matrices) {
      expect(steps.flatMap(({ with: inputs }) => inputs?.['node-version'] ?? [])).toEqual([
        expect.stringMatching(/^\$\{\{ matrix\.node \}\}$/),
      ]);
      expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run --this-node']);
    }
    expect(readFileSync(join(ROOT, '.ci', 'run'), 'utf8')).toMatch(
      /npm ci.*--this-node.*\.ci\/use-this-node.*npm test/s,
    );
  });

  test('.ci/use-this-node puts the installed Node before the one that npm ci brings along', async () => {
    const project = join(folder.path, 'project');
    const elsewhere = join(folder.path, 'elsewhere');
    for (const path of [elsewhere, join(project, 'node_modules', 'node'), join(project, 'node_modules', '.bin')]) {
      mkdirSync(path, { recursive: true });
    }
    writeFileSync(join(project, 'package.json'), '{"private":true}');
    cpSync(join(ROOT, '.ci'), join(project, '.ci'), { recursive: true });
    /** A Node that says it is another; npm itself needs the real one. */
    const writeNode = (path: string, version: string) => {
      writeFileSync(
        path,
        `#!/bin/sh\nif [ "$*" = --version ]; then echo ${version}; else exec '${process.execPath}' "$@"; fi\n`,
      );
      chmodSync(path, 0o755);
    };
    writeNode(join(elsewhere, 'node'), 'v22.18.0');
    writeNode(join(project, 'node_modules', '.bin', 'node'), 'v24.0.0');
    const env = { ...process.env, PATH: `${elsewhere}${delimiter}${process.env.PATH}` };
    const versionInScripts = async () =>
      (await promisify(execFile)('npm', ['exec', '--offline', '--call', 'node --version'], { cwd: project, env }))
        .stdout;
    expect(await versionInScripts()).toBe('v24.0.0\n');
    await promisify(execFile)(join(project, '.ci', 'use-this-node'), { cwd: project, env });
    expect(await versionInScripts()).toBe('v22.18.0\n');
  }, 60_000);
});
