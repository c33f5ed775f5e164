import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { actionReference } from '../../cli/action-reference.ts';
import { detectionReference } from '../../cli/detection-reference.ts';
import { cliReference } from '../../cli/reference.ts';
import { TEXT_CRITERION_NAMES } from '../../shared/query/criteria-table.ts';
import { allCommands } from '../support/program.ts';

test('docs/cli.md is what the program says; npm run docs writes it anew', async () => {
  expect(await readFile('docs/cli.md', 'utf8')).toBe(await cliReference());
});

test('docs/actions.md is what the tables say; npm run docs writes it anew', async () => {
  expect(await readFile('docs/actions.md', 'utf8')).toBe(actionReference());
});

test('docs/detections.md has the rules and fields that there are; npm run docs writes its tables anew', async () => {
  const text = await readFile('docs/detections.md', 'utf8');
  expect(text).toBe(await detectionReference(text));
  expect(text.match(/^\| \[/gm)?.length).toBeGreaterThanOrEqual(20);
});

test('docs/access-patterns.md names every filter and only flags that there are', async () => {
  const text = await readFile('docs/access-patterns.md', 'utf8');
  const flags = new Set((await allCommands()).flatMap(({ options }) => options.map(({ long }) => long)));
  for (const [flag] of text.matchAll(/--[a-z][a-z-]*/g)) expect(flags).toContain(flag);
  for (const name of TEXT_CRITERION_NAMES) {
    expect(text).toContain(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  }
});
