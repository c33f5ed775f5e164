import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BackgroundProcess, follow } from '../support/background.ts';
import { runCli, SAMPLES, startCli, temporaryFolder } from '../support/cli.ts';
import { scaled } from '../support/scale.ts';

const REQUESTS = scaled(1_400, 50_000);
/** When memory is looked at for the first time: caches are full, and code is compiled. */
const WARM = scaled(500, 10_000);
/** With a small heap the garbage collector is never far behind. */
const HEAP = { NODE_OPTIONS: '--max-old-space-size=80 --max-semi-space-size=2' };
/** What memory may grow by nevertheless: half of what it does, and less, if each read leaves its iterator open. */
const GROWTH_MIB = scaled(22, 60);
const PARALLEL = 8;

const PATHS = [
  '/environments',
  '/events?limit=5',
  '/environments/prod-etl/events?limit=3',
  '/events?errors=true&limit=2',
  '/events/EventID',
  '/environments/prod-etl/events?readOnly=false',
];

const folder = temporaryFolder();
let serve: BackgroundProcess;
let url: string;
beforeAll(async () => {
  expect((await runCli(['replay', SAMPLES], folder.path)).code).toBe(0);
  serve = follow(startCli(['serve', '--port', '0', '--no-token'], folder.path, HEAP));
  url = /http:\/\/[\w.:]+/.exec(await serve.says('until Ctrl-C'))![0];
}, 60_000);
afterAll(async () => {
  await serve.end();
  folder.remove();
});

test(
  `serve: ${REQUESTS} requests over the local store do not increase memory`,
  async () => {
    await ask(0, WARM);
    const before = residentMiB(serve.pid);
    await ask(WARM, REQUESTS);
    expect(residentMiB(serve.pid) - before).toBeLessThan(GROWTH_MIB);
  },
  scaled(120_000, 1_800_000),
);

async function ask(from: number, to: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  let next = from;
  const worker = async () => {
    while (next < to) {
      const path = PATHS[next % PATHS.length]!;
      next += 1;
      expect([path, await statusOf(path, agent)]).toEqual([path, 200]);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  agent.destroy();
}

function statusOf(path: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    sent.on('error', reject).end();
  });
}

function residentMiB(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kib = existsSync(status)
    ? /VmRSS:\s*(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kib) / 1024;
}
