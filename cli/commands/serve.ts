import { once } from 'node:events';
import { describeError, TrailError } from '../../shared/errors.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { value } from '../lib/options.ts';
import { warn } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { startHttpServer } from '../serve/http-server.ts';

export default command({
  about: 'Serve the HTTP API locally (127.0.0.1), without signatures, to every user of this machine.',
  flags: {
    port: value<number>('<n>', 'port to listen on; 0 for any free port', (option) =>
      option.default(8787).argParser(readPort),
    ),
    ...STORE,
  },
  async run({ port, ...options }, context) {
    await withStore(options, context.env, async (deps) => {
      const api = createApi(deps, {
        maxResponseBytes: MAX_RESPONSE_BYTES,
        failed: (error) => warn(context, describeError(error)),
      });
      const server = await startHttpServer(api, port).catch(explainPort);
      const interrupted = once(context.interrupt(), 'abort');
      context.err.write(welcome(server.url));
      await interrupted;
      await server.stop();
    });
    return EXIT.done;
  },
});

function welcome(url: string): string {
  return [
    `The API of docs/api.md is at ${url} until Ctrl-C. For example:`,
    `  curl '${url}/environments'`,
    `  curl '${url}/events?errors=true&since=7d'`,
    `  curl -H 'Accept: text/csv' '${url}/environments/prod-etl/events?readOnly=false'`,
    '',
  ].join('\n');
}

function explainPort(error: NodeJS.ErrnoException): never {
  if (error.code === 'EADDRINUSE') throw new TrailError('port-in-use', 'the port is in use: name another with --port');
  if (error.code === 'EACCES')
    throw new TrailError('port-forbidden', 'the port is not allowed: name another with --port');
  throw error;
}

function readPort(given: string): number {
  if (/^\d{1,5}$/.test(given) && Number(given) <= 65_535) return Number(given);
  throw new UsageError('Expected a whole number from 0 to 65535.');
}
