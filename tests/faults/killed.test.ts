import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { dumpTable, logFileKey, logFileOf, putObject } from '../support/world.ts';
import { type FaultProxies, type PassingRequest, startFaultProxies } from './support/fault-proxy.ts';
import {
  bodiesOf,
  createFaultWorld,
  eventsTableOf,
  expectAllStored,
  expectStoredWhatWasAcknowledged,
  type FaultWorld,
  upload,
} from './support/fault-world.ts';
import { isWrite } from './support/faults.ts';
import { environmentOf, type IngestProcess, IngestProcesses } from './support/ingest-process.ts';
import { drain } from './support/queue.ts';
import { withSeed } from './support/row.ts';
import { generateScenario, type Scenario, type Shape } from './support/scenario.ts';

const servers = useServers();
let proxies: FaultProxies;
const processes = new IngestProcesses();

beforeAll(async () => {
  await processes.build();
  proxies = await startFaultProxies(servers);
}, 60_000);
afterAll(async () => {
  processes.stop();
  await proxies.stop();
});

const endpoints = () => ({ s3: proxies.s3.endpoint, dynamo: proxies.dynamo.endpoint });

/** A moment in a process: at its n-th write, before or after the server applies it. */
interface Boundary {
  write: number;
  moment: 'before' | 'after';
}

/**
 * Runs the ingest function in a process that is killed at a boundary: the request is held, and the process is gone before
 * it gets an answer.
 * @returns the messages that it had acknowledged, and whether it came to that boundary at all
 */
async function runAndKill(
  world: FaultWorld,
  child: IngestProcess,
  bodies: object[],
  { write, moment }: Boundary,
): Promise<{ acknowledged: string[]; killed: boolean; writes: number }> {
  let writes = 0;
  const script = (request: PassingRequest) => {
    if (!isWrite(request)) return undefined;
    writes += 1;
    if (writes !== write) return undefined;
    return async ({ forward }: { forward(): Promise<unknown> }) => {
      if (moment === 'after') await forward();
      child.kill();
    };
  };
  proxies.s3.script = script;
  proxies.dynamo.script = script;
  const environment = environmentOf(world.deps.config, endpoints());
  const { acknowledged, signal } = await child.run({ environment, bodies, maxReceives: 3 });
  proxies.s3.script = () => undefined;
  proxies.dynamo.script = () => undefined;
  return { acknowledged, killed: signal === 'SIGKILL', writes };
}

/** Kills one process; then the messages that it had not acknowledged are delivered again. */
async function killOnce(
  scenario: Scenario,
  child: IngestProcess,
  boundary: Boundary,
): Promise<{ killed: boolean; writes: number }> {
  const world = await createFaultWorld(servers);
  try {
    const bodies = bodiesOf(await upload(world, scenario.files));
    const { acknowledged, killed, writes } = await runAndKill(world, child, bodies, boundary);
    const isAcknowledged = (_: object, i: number) => acknowledged.includes(`m${i}`);
    await expectStoredWhatWasAcknowledged(
      world,
      scenario.files.filter((file, i) => isAcknowledged(file, i)),
    );
    const rest = bodies.filter((body, i) => !isAcknowledged(body, i));
    expect((await drain(rest, world.handle, { batchSize: 2 })).dead).toEqual([]);
    await expectAllStored(world, scenario);
    return { killed, writes };
  } finally {
    await world.stop();
  }
}

describe('L1 a process that is killed at a write, before or after the write is applied', () => {
  const KILLS = scaled(4, 70);
  const SHAPES: readonly Shape[] = ['few', 'dense', 'cloudtrail'];
  let kills = 0;

  test.each(SHAPES)(
    'L1 %s: redelivery results in the same table',
    async (shape) => {
      const seed = 1_000 + SHAPES.indexOf(shape);
      const scenario = generateScenario(seed, shape);
      // Undisturbed: how many writes there are.
      const { writes } = await killOnce(scenario, processes.start(), {
        write: Number.POSITIVE_INFINITY,
        moment: 'before',
      });
      // The next process starts while the last one is at work.
      let next = processes.start();
      for (let kill = 0; kill < KILLS; kill += 1) {
        const child = next;
        next = processes.start();
        const boundary = boundaryOf(kill, KILLS, writes);
        await withSeed(`L1 ${shape}`, seed, async () => {
          const { killed } = await killOnce(scenario, child, boundary);
          if (killed) kills += 1;
        });
      }
      next.kill();
    },
    30_000 + 5_000 * KILLS,
  );

  test('L1 enough processes were really killed', () => expect(kills).toBeGreaterThanOrEqual(scaled(11, 200)));
});

/** Spread evenly over all writes, each before and after; more kills than those repeat them, in another timing. */
function boundaryOf(kill: number, kills: number, writes: number): Boundary {
  const boundaries = 2 * writes;
  const boundary = Math.floor((kill * boundaries) / kills) % boundaries;
  // A process can make a few writes less than another: it finds what a concurrent one has written.
  return { write: 1 + Math.floor((boundary / 2) * 0.85), moment: boundary % 2 === 0 ? 'before' : 'after' };
}

describe('L3 a process that runs out of memory', () => {
  /** Less than any function has, so that records of a size that is allowed are too much for it. */
  const SMALL_HEAP = ['--max-old-space-size=24', '--max-semi-space-size=1'];

  test('L3 the next delivery fails in the same way, the message is never acknowledged, and nothing is partly stored', async () => {
    const world = await createFaultWorld(servers);
    try {
      const poison = logFileOf(
        Array.from(
          { length: 3 },
          (_, i) => `{"eventSource":"airflow.amazonaws.com","eventID":"p${i}","a":"${'poison '.repeat(1_000_000)}"}`,
        ),
      );
      const scenario = generateScenario(1_000, 'few');
      const files = await upload(world, scenario.files);
      const bad = await putObject(world.direct, logFileKey('poison'), poison);
      const environment = environmentOf(world.deps.config, endpoints());
      const bodies = bodiesOf([bad]);
      for (let delivery = 1; delivery <= 2; delivery += 1) {
        const ended = await processes.start(SMALL_HEAP).run({ environment, bodies, maxReceives: 1 });
        expect(ended).toMatchObject({ acknowledged: [], signal: 'SIGABRT' });
      }
      // What came in other messages is not harmed by it.
      const { done } = await processes.start().run({ environment, bodies: bodiesOf(files), maxReceives: 1 });
      expect(done?.dead).toEqual([]);
      // With the memory it needs, the same file is no poison.
      const redriven = await processes.start().run({ environment, bodies, maxReceives: 1 });
      expect(redriven).toMatchObject({ acknowledged: ['m0'], signal: null });
      const stored = await eventsTableOf(world);
      expect(stored.size).toBe(scenario.events.size + 3);
      const ledger = await dumpTable(world.direct.dynamo, world.direct.deps.config.logFilesTable);
      expect(ledger.find((item) => item.objectKey?.S === bad.key)).toMatchObject({
        state: { S: 'ingested' },
        recordsRead: { N: '3' },
      });
    } finally {
      await world.stop();
    }
  }, 120_000);
});
