import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CHECKS } from '../cli/commands/doctor.ts';
import { FINDINGS } from '../shared/integrity/finding.ts';
import { DEFAULT_CAPS } from '../shared/log-file/read-log-file.ts';
import { ROOT } from './support/cli.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'CODE_OF_CONDUCT.md',
  'SECURITY.md',
  'bench/README.md',
  'events/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((path) => path.endsWith('.md'));

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test('leads where there is something', () => {
    const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
    const broken = targets.filter((target) => !target.startsWith('https://') && !leadsSomewhere(path, target));
    expect(broken).toEqual([]);
  });

  test('names npm scripts and parameters of the stack that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const params = parse(read('deploy/parameters.yml'), { logLevel: 'error' }) as { default: object };
    for (const [, name] of text.matchAll(/\bnpm run (?!-)([a-z:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
    for (const [, name] of text.matchAll(/--param=([a-zA-Z]+)/g))
      expect([...Object.keys(params.default), 'NAME']).toContain(name);
  });
});

test('code names documents that there are', () => {
  const sources = ['cli', 'shared', 'functions', 'local', 'bench', 'deploy'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => /\.(ts|cjs|yml)$/.test(path) && !path.includes('node_modules')),
  );
  const named = ['serverless.yml', ...sources].flatMap((path) =>
    [...read(path).matchAll(/docs\/[\w/.-]+\.md/g)].map(([document]) => document),
  );
  expect(new Set(named).size).toBeGreaterThan(5);
  expect(named.filter((document) => !existsSync(join(ROOT, document)))).toEqual([]);
});

describe('the reference pages have each, and no other', () => {
  const rows = (path: string, heading: string) => {
    const [, section = ''] = read(path).split(`\n${heading}\n`);
    const cells = [...section.split('\n## ')[0]!.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell!);
    return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)).sort();
  };
  const { default: parameters } = parse(read('deploy/parameters.yml'), { logLevel: 'error' }) as { default: object };

  test('parameter of the stack', () => {
    expect(rows('docs/configuration.md', '## Stack parameters')).toEqual(Object.keys(parameters).sort());
  });

  test('environment variable of the functions', () => {
    const ofStack = [
      'serverless.yml',
      ...['verify', 'alert', 'live', 'export'].map((name) => `deploy/${name}-on.yml`),
    ].flatMap((path) => [...read(path).matchAll(/^ +([A-Z][A-Z_]+): /gm)].map(([, name]) => name!));
    const local = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_S3', 'S3_FORCE_PATH_STYLE'];
    expect(rows('docs/configuration.md', '## Environment variables of the functions')).toEqual(
      [...new Set([...ofStack, ...local])].sort(),
    );
  });

  test('cap of the reader', () => {
    expect(rows('docs/configuration.md', '## Caps of the reader')).toEqual(Object.keys(DEFAULT_CAPS).sort());
  });

  test('reason of a bad log file', () => {
    const codes = [...read('shared/records/bad-log-file.ts').matchAll(/^ {2}\| '([a-z0-9-]+)'/gm)].map(
      ([, code]) => code!,
    );
    expect(codes.length).toBeGreaterThan(10);
    expect(rows('docs/quarantine.md', '## Reasons')).toEqual(expect.arrayContaining(codes));
  });

  test('metric of the functions', () => {
    const metrics = ['ingest', 'verify', 'alert', 'export'].flatMap((name) =>
      [...read(`functions/${name}-telemetry.ts`).matchAll(/'([A-Z]\w+)'/g)].map(([, name]) => name!),
    );
    expect(metrics.length).toBeGreaterThan(10);
    expect(new Set(rows('docs/runbook.md', '## Metrics'))).toEqual(new Set(metrics));
  });

  test('attribute of an event that an index holds', () => {
    const [eventsTable = ''] = read('serverless.yml').split('\n      LogFilesTable:\n');
    const lists = [...eventsTable.matchAll(/NonKeyAttributes: \[([^\]]+)\]/g)].map(([, names]) => names!);
    expect(lists.length).toBe(8);
    const held = lists.flatMap((names) => names.split(',').map((name) => name.trim()));
    const layout = ['listed', 'schemaVersion'];
    expect(rows('docs/stored-items.md', '## Events')).toEqual(
      expect.arrayContaining(held.filter((name) => !layout.includes(name))),
    );
  });

  test('check of doctor', () => {
    expect(rows('docs/doctor.md', '## What it checks')).toEqual(Object.keys(CHECKS).sort());
  });

  test('finding of verify', () => {
    expect(rows('docs/verification.md', '## Verify a bucket')).toEqual(Object.keys(FINDINGS).sort());
  });
});

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || headings(read(path)).includes(anchor);
}

/** The anchors that GitHub gives to headings. */
function headings(text: string): string[] {
  return [...prose(text).matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Without code: that is shown, not followed. */
function prose(text: string): string {
  return text.replace(/^ *```.*?^ *```/gms, '').replace(/`[^`\n]*`/g, (code) => code.replaceAll(/[()[\]]/g, ''));
}
