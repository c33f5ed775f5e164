import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { startHttpServer } from '../../cli/serve/http-server.ts';
import { startEmbeddedDynamo } from '../../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../../local/embedded-s3.ts';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { startFaultProxies } from '../faults/support/fault-proxy.ts';
import { follow, startLocal } from '../support/background.ts';
import { ROOT, runCli, SAMPLES, startCli, temporaryFolder } from '../support/cli.ts';
import { dynoxideProgram, startDynoxide } from '../support/dynoxide.ts';
import { startFakeAws } from '../support/fake-aws.ts';
import {
  KNOWS_SOCKETS,
  LOOPBACK_SOCKET,
  listeningSockets,
  recordedAddresses,
  recordListeners,
} from '../support/listeners.ts';

const folder = temporaryFolder();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(folder.remove);

describe('every server listens on the loopback address only', () => {
  test.each([
    ['replay', SAMPLES],
    ['query'],
    ['show', 'EventID'],
    ['environments'],
    ['quarantine', 'list'],
    ['quarantine', 'replay', '--all'],
    ['backfill', SAMPLES, '--account', '111122223333'],
  ])('%s %s', async (...args) => {
    const file = join(folder.path, `${args[0]}-${args[1]}.listeners`.replaceAll('/', '-'));
    await runCli(args, folder.path, recordListeners(file));
    const addresses = recordedAddresses(file);
    expect(addresses.length).toBeGreaterThan(0);
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']));
  });

  test('serve', async () => {
    const file = join(folder.path, 'serve.listeners');
    const child = follow(startCli(['serve', '--port', '0'], folder.path, recordListeners(file)));
    stops.push(() => child.end());
    await child.says('until Ctrl-C');
    expect(recordedAddresses(file)).toEqual(['127.0.0.1', '127.0.0.1']);
    expectLoopback(child.pid, 2);
  });

  test('npm run local', async () => {
    const file = join(folder.path, 'local.listeners');
    const child = startLocal(join(folder.path, 'local'), recordListeners(file));
    stops.push(() => child.end());
    await child.says('are up');
    expect(recordedAddresses(file)).toEqual(['127.0.0.1', '127.0.0.1']);
    expectLoopback(child.pid, 2);
  });

  test('those of the tests and benchmarks', async () => {
    const before = KNOWS_SOCKETS ? listeningSockets(process.pid).length : 0;
    const [s3, dynamo] = await Promise.all([startEmbeddedS3(), startEmbeddedDynamo(LOCAL_TABLES)]);
    const dynoxide = dynoxideProgram();
    const others = await Promise.all([
      startFaultProxies({ s3, dynamo }),
      startFakeAws(),
      startHttpServer(async () => ({ status: 204, headers: {}, body: '' }), 0),
      ...(dynoxide === undefined ? [] : [startDynoxide(dynoxide)]),
    ]);
    stops.push(...[s3, dynamo, ...others].map((server) => () => server.stop()));
    expectLoopback(process.pid, before + (dynoxide === undefined ? 6 : 7));
    for (const [path, listen] of listenCalls()) expect(`${path}: ${listen}`).toMatch(/'127\.0\.0\.1'|\bLOOPBACK\b/);
  }, 60_000);
});

function expectLoopback(pid: number, count: number): void {
  if (!KNOWS_SOCKETS) return;
  const sockets = listeningSockets(pid);
  expect(sockets).toHaveLength(count);
  for (const socket of sockets) expect(socket).toMatch(LOOPBACK_SOCKET);
}

/** Each call of a server's `listen` in the project: the path, and the call with its arguments. */
function listenCalls(): [string, string][] {
  const paths = ['cli', 'local', 'bench', 'functions', 'tests'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs|cjs)$/.test(name) && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
  return paths.flatMap((path) =>
    [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\.listen\(.*/g)].map(([call]): [string, string] => [
      path,
      call,
    ]),
  );
}
