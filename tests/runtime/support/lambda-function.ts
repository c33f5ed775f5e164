import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { ROOT, temporaryFolder } from '../../support/cli.ts';
import { type FunctionError, type Outcome, RuntimeApi } from './runtime-api.ts';

const PACKAGE = join(import.meta.dirname, '..');
const CLIENT = join(PACKAGE, 'node_modules', 'aws-lambda-ric', 'index.mjs');
const NATIVE_CLIENT = join(PACKAGE, 'support', 'rapid-client.cjs');

/** `describe` where Lambda's runtime client is installed, which is a package of its own; elsewhere it says how to get it. */
export function describeUnderRuntimeClient(name: string, tests: () => void): void {
  if (existsSync(CLIENT)) describe(name, tests);
  else test.skip(`${name}: aws-lambda-ric is not installed, see tests/runtime/package.json`, () => {});
}

/** One execution environment: a process with Lambda's runtime client and one of the bundles, as they are deployed. */
export class LambdaFunction {
  private readonly api: RuntimeApi;
  private readonly child: ChildProcess;
  private readonly remove: () => void;
  private readonly exit: Promise<number | null>;
  private output = '';

  private constructor(api: RuntimeApi, child: ChildProcess, remove: () => void) {
    this.api = api;
    this.child = child;
    this.remove = remove;
    const read = (chunk: string) => {
      this.output += chunk;
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
    this.exit = new Promise((resolve) => {
      child.once('close', (code) => {
        this.api.exited(code);
        resolve(code);
      });
    });
  }

  /**
   * @param name of the function, and of its folder in dist/
   * @param env its environment variables; Lambda's own are added
   * @param preload modules that are to be loaded before
   */
  static async start(
    name: 'ingest' | 'query',
    env: Readonly<Record<string, string>>,
    preload: readonly string[] = [],
  ): Promise<LambdaFunction> {
    // Nothing else of the project is there to be found.
    const taskRoot = temporaryFolder();
    mkdirSync(join(taskRoot.path, 'dist', name), { recursive: true });
    cpSync(join(ROOT, 'dist', name, 'index.cjs'), join(taskRoot.path, 'dist', name, 'index.cjs'));
    const api = new RuntimeApi();
    const lambda = {
      AWS_LAMBDA_RUNTIME_API: await api.start(),
      AWS_LAMBDA_FUNCTION_NAME: `mwaa-trail-test-${name}`,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/mwaa-trail-test-${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/20/[$LATEST]0123456789abcdef',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_REGION: 'us-east-1',
      LAMBDA_TASK_ROOT: taskRoot.path,
      _HANDLER: `dist/${name}/index.handler`,
    };
    const imports = preload.flatMap((module) => ['--import', module]);
    const child = spawn(process.execPath, ['--require', NATIVE_CLIENT, ...imports, CLIENT], {
      cwd: taskRoot.path,
      env: { ...lambda, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LambdaFunction(api, child, taskRoot.remove);
  }

  /** Why the function cannot be invoked; nothing when it can. */
  initError(): Promise<FunctionError | undefined> {
    return this.api.initialised;
  }

  /** @param milliseconds the time that the function is given */
  invoke(event: unknown, milliseconds = 120_000): Promise<Outcome> {
    return this.api.invoke(event, milliseconds);
  }

  /** What it has written so far, as CloudWatch Logs gets it. */
  log(): string[] {
    return this.output.split('\n').filter(Boolean);
  }

  /** What it has written as JSON: the log's entries and metrics. */
  logEntries(): Record<string, unknown>[] {
    return this.log().flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
  }

  /** Waits for the end of the process by itself. */
  exited(): Promise<number | null> {
    return this.exit;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
    await this.api.stop();
    this.remove();
  }
}
