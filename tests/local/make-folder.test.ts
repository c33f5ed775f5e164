import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { makeFolder } from '../../local/make-folder.ts';
import { SAMPLES, temporaryFolder } from '../support/cli.ts';
import { runAsText } from '../support/program.ts';

const { path, remove } = temporaryFolder();
afterAll(remove);
const at = (...names: string[]) => join(path, ...names);

test('a folder is made with its parents, several times at once, and again', async () => {
  const [folder, sibling] = [at('a', 'b', 'c'), at('a', 'b', 'd')];
  await Promise.all([folder, sibling, folder].map((one) => makeFolder(one, 0o700)));
  await makeFolder(`${folder}/`);
  for (const one of [at('a'), folder, sibling]) expect(statSync(one).mode & 0o777).toBe(0o700);
});

test('somebody else makes the parent after it was found missing', async () => {
  const making = makeFolder(at('late', 'folder'));
  // Meanwhile, another thread finds that there is no parent.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  mkdirSync(at('late'));
  await making;
  expect(existsSync(at('late', 'folder'))).toBe(true);
});

writeFileSync(at('file'), '');
symlinkSync(at('nowhere'), at('link'));
test.each([
  [['file'], 'EEXIST'],
  [['file', 'below'], 'ENOTDIR'],
  [['link'], 'EEXIST'],
  [['x'.repeat(300)], 'ENAMETOOLONG'],
])('%j cannot be made: %s', async (names, code) => {
  await expect(makeFolder(at(...names))).rejects.toMatchObject({ code });
});

const withProc = existsSync('/proc/self') ? test : test.skip;
withProc.each([
  ['replay', guide(), '--store', '/proc/trail'],
  ['export', '--store', at('store'), '--since', '2026-11-01', '--until', '2026-11-08', '--out', '/proc/trail'],
])('%s into a folder in which none can be made says so', async (...args) => {
  if (args[0] === 'export') expect((await runAsText(['replay', guide(), '--store', at('store')])).code).toBe(0);
  const { code, stderr } = await runAsText(args);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/\/proc\/trail.* (\(ENOENT\)|but there is no such file or folder)/),
  });
});

function guide(): string {
  return join(SAMPLES, 'guide-create-environment.json');
}
