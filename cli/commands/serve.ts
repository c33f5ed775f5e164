import { Command, InvalidArgumentError } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { startHttpServer } from '../serve/http-server.ts';

const DEFAULT_PORT = 8787;

export function serveCommand(env: Environment): Command {
  const command = new Command('serve')
    .description('serve the HTTP API locally (127.0.0.1), without signatures, to every user of this machine')
    .option('--port <n>', 'where to listen; 0 for any free port', readPort, DEFAULT_PORT);
  return addStoreOptions(command).action(async (options: StoreOptions & { port: number }) => {
    await withStore(options, env, async (deps) => {
      const api = createApi(deps, {
        maxResponseBytes: MAX_RESPONSE_BYTES,
        failed: (error) => process.stderr.write(`mwaa-trail: ${describeError(error)}\n`),
      });
      const server = await startHttpServer(api, options.port).catch(explainPort);
      process.stderr.write(welcome(server.url));
      await untilInterrupted();
      await server.stop();
    });
  });
}

function welcome(url: string): string {
  return [
    `The API of docs/api.md is at ${url} until Ctrl-C. For example:`,
    `  curl '${url}/environments'`,
    `  curl '${url}/events?errors=true&since=7d'`,
    `  curl -H 'Accept: text/csv' '${url}/environments/prod-etl/events?readOnly=false'`,
    '',
  ].join('\n');
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function explainPort(error: NodeJS.ErrnoException): never {
  if (error.code === 'EADDRINUSE') throw new TrailError('port-in-use', 'the port is in use: name another with --port');
  if (error.code === 'EACCES')
    throw new TrailError('port-forbidden', 'the port is not allowed: name another with --port');
  throw error;
}

function readPort(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) {
    throw new InvalidArgumentError('Expected a whole number from 0 to 65535.');
  }
  return Number(value);
}
