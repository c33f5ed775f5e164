import { once } from 'node:events';
import { describeError, TrailError } from '../../shared/errors.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { unless, value } from '../lib/options.ts';
import { warn } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { consoleFolder, readConsole } from '../serve/console-files.ts';
import { startHttpServer } from '../serve/http-server.ts';
import { storeSettings } from '../serve/settings.ts';
import { createSite, HOW_TO_BUILD } from '../serve/site.ts';
import { newToken } from '../serve/token.ts';

export default command({
  about: 'Open the events in a browser: serve the console and the HTTP API on this machine (127.0.0.1), read-only.',
  flags: {
    port: value<number>('<n>', 'port to listen on; 0 for any free port', (option) =>
      option.default(8787).argParser(readPort),
    ),
    token: unless('answer every user and program of this machine, without a token'),
    ...STORE,
  },
  async run({ port, token: wantsToken, ...options }, context) {
    await withStore(options, context.env, async (deps) => {
      const api = createApi(deps, {
        maxResponseBytes: MAX_RESPONSE_BYTES,
        failed: (error) => warn(context, describeError(error)),
      });
      const token = wantsToken ? newToken() : undefined;
      const files = readConsole(consoleFolder());
      if (!files) warn(context, `the console is not built: ${HOW_TO_BUILD}`);
      const settings = storeSettings(options, context.env, deps.aliases);
      const server = await startHttpServer(createSite({ api, settings, files, token }), port).catch(explainPort);
      const interrupted = once(context.interrupt(), 'abort');
      context.err.write(welcome(server.url, token));
      await interrupted;
      await server.stop();
    });
    return EXIT.done;
  },
});

function welcome(url: string, token: string | undefined): string {
  const header = token === undefined ? '' : `-H 'Authorization: Bearer ${token}' `;
  return [
    `The console is at ${url}/${token === undefined ? '' : `#token=${token}`}`,
    `The API of docs/api.md is at ${url} until Ctrl-C. For example:`,
    `  curl ${header}'${url}/environments'`,
    `  curl ${header}'${url}/events?errors=true&since=7d'`,
    `  curl ${header}-H 'Accept: text/csv' '${url}/environments/prod-etl/events?readOnly=false'`,
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
