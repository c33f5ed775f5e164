import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from './support/cli.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
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
