import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../../local/embedded-s3.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';

const running = [];

/**
 * Once for a test run: the program and the functions as they are shipped, and the embedded servers that all test files share,
 * in the process that starts the tests. There they are not loaded anew, and compiled anew, for each file.
 */
export default async () => {
  // Tests start many processes of few programs. https://nodejs.org/api/module.html#module-compile-cache
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/mwaa-trail-compiled');
  // Serverless compiles the schema of serverless.yml, for seconds, and keeps the result: by default in the home folder.
  process.env.SLS_SCHEMA_CACHE_BASE_DIR = join(import.meta.dirname, '../../node_modules/.cache/mwaa-trail-serverless');
  execFileSync(process.execPath, ['build.mjs', 'cli', 'ingest', 'query', 'verify', 'alert', 'export', 'console'], {
    stdio: 'inherit',
  });
  const [s3, dynamo] = await Promise.all([startEmbeddedS3(), startEmbeddedDynamo(LOCAL_TABLES)]);
  running.push(s3, dynamo);
  process.env.TEST_RUN_FOLDER = mkdtempSync(join(tmpdir(), 'mwaa-trail-test-run-'));
  process.env.TEST_S3_ENDPOINT = s3.endpoint;
  process.env.TEST_DYNAMODB_ENDPOINT = dynamo.endpoint;
};

export async function tearDown() {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(process.env.TEST_RUN_FOLDER, { recursive: true });
}
