import { jest } from '@jest/globals';
import { runProgram } from '../../cli/program.ts';

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the program in this process, with environment variables over those of the process. */
export async function runInProcess(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const before = process.env;
  process.env = { ...before, ...env };
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  try {
    const code = await runProgram(['node', 'mwaa-trail', ...args], process.env);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.env = before;
    stdout.restore();
    stderr.restore();
  }
}

function captured(stream: NodeJS.WriteStream) {
  const pieces: Buffer[] = [];
  const spy = jest.spyOn(stream, 'write').mockImplementation((piece) => {
    pieces.push(Buffer.from(piece));
    return true;
  });
  // latin1 keeps bytes that are no UTF-8.
  return { text: () => Buffer.concat(pieces).toString('latin1'), restore: () => spy.mockRestore() };
}

/** The AWS settings for embedded servers. */
export function awsSettings(endpoints: { s3: string; dynamo?: string }): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SQS: endpoints.s3,
    ...(endpoints.dynamo === undefined ? {} : { AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamo }),
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}
