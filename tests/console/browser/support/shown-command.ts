import { execFileSync } from 'node:child_process';
import { expect } from '@jest/globals';
import { awsSettings, type Ended, runAsText } from '../../../support/program.ts';

/** Runs a command line that the console shows, as a shell reads it, with more flags. */
export async function runShown(store: { endpoint: string }, line: string, ...flags: string[]): Promise<Ended> {
  const words = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  const [program, ...args] = words.split('\0').slice(0, -1);
  expect(program).toBe('mwaa-trail');
  return runAsText([...args, ...flags], awsSettings({ s3: store.endpoint, dynamo: store.endpoint }));
}

/** The eventIDs that a command line lists. */
export async function idsOfCommand(store: { endpoint: string }, line: string): Promise<string[]> {
  const { code, stdout, stderr } = await runShown(store, line, '--format', 'ndjson', '--all');
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('rror')]);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((text) => JSON.parse(text).eventId);
}
