import { once } from 'node:events';
import { describeError, TrailError } from '../../shared/errors.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { text, toggle, unless, value } from '../lib/options.ts';
import { warn } from '../lib/output.ts';
import { STORE, STORE_GROUP } from '../lib/stores.ts';
import { consoleFolder, readConsole } from '../serve/console-files.ts';
import { startHttpServer } from '../serve/http-server.ts';
import { openBrowser } from '../serve/open-browser.ts';
import { createSite, HOW_TO_BUILD } from '../serve/site.ts';
import { readApiAddress, withSource } from '../serve/sources.ts';
import { newToken } from '../serve/token.ts';

export default command({
  about: 'Open the events in a browser: serve the console and the HTTP API on this machine (127.0.0.1), read-only.',
  flags: {
    port: value<number>('<n>', 'port to listen on; 0 for any free port', (option) =>
      option.default(8787).argParser(readPort),
    ),
    open: toggle('open the console in your browser'),
    token: unless('answer every user and program of this machine, without a token'),
    ...STORE,
    api: value<URL | undefined>('<url>', 'ask the deployed API in place of tables, with signed requests', (option) =>
      option.argParser(readApiAddress).conflicts(['store', 'stack', 'table']).helpGroup(STORE_GROUP),
    ),
    environment: text('<name>', 'with --api: show this environment, the only one that your role may see', (option) =>
      option.helpGroup(STORE_GROUP),
    ),
  },
  async run({ port, token: wantsToken, open, ...options }, context) {
    const failed = (error: unknown) => warn(context, describeError(error));
    await withSource(options, context.env, failed, async (source) => {
      const token = wantsToken ? newToken() : undefined;
      const files = readConsole(consoleFolder());
      if (!files) warn(context, `the console is not built: ${HOW_TO_BUILD}`);
      const server = await startHttpServer(createSite({ ...source, files, token }), port).catch(explainPort);
      const interrupted = once(context.interrupt(), 'abort');
      const address = `${server.url}/${token === undefined ? '' : `#token=${token}`}`;
      context.err.write(welcome(server.url, address, token, source.settings.environment));
      if (open) openBrowser(address, context.env, () => warn(context, 'no browser opens: open the address yourself'));
      await interrupted;
      await server.stop();
    });
    return EXIT.done;
  },
});

function welcome(url: string, address: string, token: string | undefined, environment: string | undefined): string {
  const scope = environment === undefined ? '' : `/environments/${encodeURIComponent(environment)}`;
  const header = token === undefined ? '' : `-H 'Authorization: Bearer ${token}' `;
  return [
    `The console is at ${address}`,
    ...(token === undefined ? [] : ['Who has this address sees all that you see: keep it to yourself.']),
    `The API of docs/api.md is at ${url} until Ctrl-C. For example:`,
    ...(environment === undefined ? [`  curl ${header}'${url}/environments'`] : []),
    `  curl ${header}'${url}${scope}/events?errors=true&since=7d'`,
    `  curl ${header}-H 'Accept: text/csv' '${url}${scope || '/environments/prod-etl'}/events?readOnly=false'`,
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
