import { jest } from '@jest/globals';
import { runProgram } from '../../cli/program.ts';
import { TEST_TABLES } from './event-store.ts';

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the program on the test tables behind an endpoint, and takes what it writes. */
export async function runCli(endpoint: string, ...args: string[]): Promise<CliResult> {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const stdout = taken(process.stdout);
  const stderr = taken(process.stderr);
  try {
    const code = await runProgram(['node', 'mwaa-trail', ...args, '--table', TEST_TABLES.eventsTable], {});
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.restore();
    stderr.restore();
  }
}

function taken(stream: NodeJS.WriteStream) {
  let text = '';
  const spy = jest.spyOn(stream, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  return { text: () => text, restore: () => spy.mockRestore() };
}
