import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/cli.ts';
import { awsSettings, type Ended, runInProcess } from '../support/program.ts';
import { seededRandom } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import type { PutFile } from '../support/world.ts';
import {
  type Fault,
  type FaultProxies,
  type PassingRequest,
  type Script,
  startFaultProxies,
} from './support/fault-proxy.ts';
import { bodiesOf, createFaultWorld, expectAllStored, type FaultWorld, upload } from './support/fault-world.ts';
import { afterApplied, dynamoError, instead, isWrite, reset, s3Error, throttled } from './support/faults.ts';
import { drain } from './support/queue.ts';
import { row, withSeed } from './support/row.ts';
import { generateScenario, type Scenario, type Shape } from './support/scenario.ts';

const servers = useServers();
let proxies: FaultProxies;
beforeAll(async () => {
  proxies = await startFaultProxies(servers);
});
afterAll(async () => {
  await proxies.stop();
});

function faults(script: Script): void {
  proxies.s3.script = script;
  proxies.dynamo.script = script;
}

/** A bucket of its own with the files of a scenario. */
async function inBucket(
  seed: number,
  shape: Shape,
  work: (world: FaultWorld, scenario: Scenario, files: PutFile[]) => Promise<void>,
): Promise<void> {
  const world = await createFaultWorld(servers);
  try {
    world.direct.logBucket = `logs-${randomUUID().slice(0, 8)}`;
    await world.direct.s3.send(new CreateBucketCommand({ Bucket: world.direct.logBucket }));
    const scenario = generateScenario(seed, shape);
    await work(world, scenario, await upload(world, scenario.files));
  } finally {
    faults(() => undefined);
    await world.stop();
  }
}

const argumentsFor = ({ direct }: FaultWorld) => [
  ...['backfill', `s3://${direct.logBucket}`, '--table', direct.deps.config.eventsTable],
  ...['--quarantine', direct.quarantineBucket, '--format', 'json'],
];
const settings = () => awsSettings({ s3: proxies.s3.endpoint, dynamo: proxies.dynamo.endpoint });
const backfill = (world: FaultWorld) => runInProcess(argumentsFor(world), settings());

interface Report {
  files: Record<string, number>;
  problems: { logFile: string; outcome: string; detail: string }[];
}
const reportOf = ({ stdout }: Ended) => JSON.parse(stdout) as Report;

describe('B1 a backfill that is killed and rerun while the same files are delivered', () => {
  const KILLS = scaled(6, 120);
  const SHAPES: readonly Shape[] = ['few', 'dense'];
  let kills = 0;

  /**
   * @param onWriting called at the first write, when the process has looked up what the ledger has
   * @returns the writes that it came to
   */
  async function runAndKill(
    world: FaultWorld,
    write: number,
    moment: 'before' | 'after',
    onWriting: () => void = () => {},
  ): Promise<number> {
    const env = { ...process.env, ...settings() };
    const child = spawn(process.execPath, ['dist/cli/mwaa-trail.cjs', ...argumentsFor(world)], {
      cwd: ROOT,
      env,
      stdio: 'ignore',
    });
    let writes = 0;
    faults((request: PassingRequest) => {
      if (!isWrite(request)) return undefined;
      writes += 1;
      if (writes === 1) onWriting();
      if (writes !== write) return undefined;
      return async ({ forward }) => {
        if (moment === 'after') await forward();
        child.kill('SIGKILL');
      };
    });
    const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, by) => resolve(by)));
    if (signal === 'SIGKILL') kills += 1;
    faults(() => undefined);
    return writes;
  }

  test.each(SHAPES)(
    'B1 %s: the result is the same table',
    async (shape) => {
      const seed = 1_000 + SHAPES.indexOf(shape);
      let writes = 0;
      // Undisturbed: how many writes there are.
      await inBucket(seed, shape, async (world, scenario) => {
        writes = await runAndKill(world, Number.POSITIVE_INFINITY, 'before');
        await expectAllStored(world, scenario);
      });
      for (let kill = 0; kill < KILLS / SHAPES.length; kill += 1) {
        const moment = kill % 2 === 0 ? 'before' : 'after';
        // A process can make a few writes less than another.
        const write = 1 + Math.floor(((kill * SHAPES.length) / KILLS) * writes * 0.9);
        await withSeed(`B1 ${shape}`, seed, () =>
          inBucket(seed, shape, async (world, scenario, files) => {
            // The same files come by notifications, at the same time.
            const live = Promise.withResolvers<Awaited<ReturnType<typeof drain>>>();
            await runAndKill(world, write, moment, () => {
              live.resolve(drain(bodiesOf(seededRandom(kill).shuffled(files)).slice(1), world.handle, { workers: 2 }));
            });
            expect((await live.promise).dead).toEqual([]);
            const { files: counts, problems } = reportOf(await backfill(world));
            expect(counts).toMatchObject({ listed: files.length, failed: 0, quarantined: 0, left: 0 });
            expect(problems.filter(({ outcome }) => outcome !== 'records-quarantined')).toEqual([]);
            await expectAllStored(world, scenario);
            expect(reportOf(await backfill(world)).files).toMatchObject({ read: 0, alreadyKnown: files.length });
          }),
        );
      }
    },
    30_000 + 10_000 * KILLS,
  );

  test('B1 enough processes were really killed', () => expect(kills).toBeGreaterThanOrEqual(KILLS / 2));
});

/** How a request that inserts entries can fail, by what becomes of the entries. */
const LOST_INSERTS: Readonly<Record<string, (statements: number) => Fault>> = {
  'none is inserted': (statements) => instead(notInserted(statements)),
  'the request is refused': () => instead(dynamoError(400, 'AccessDeniedException')),
  'all are inserted, and the answer is lost': () => afterApplied(instead(dynamoError(400, 'AccessDeniedException'))),
  'all are inserted, and said not to be': (statements) => afterApplied(instead(notInserted(statements))),
};

for (const [name, lost] of Object.entries(LOST_INSERTS)) {
  row(
    `B1 W3 entries that could not be inserted together are written by themselves: ${name}`,
    async (seed) => {
      await inBucket(seed, 'few', async (world, scenario) => {
        const random = seededRandom(seed);
        const { logFilesTable } = world.direct.deps.config;
        let writtenAlone = 0;
        faults(({ service, operation, target, body }) => {
          if (service === 's3') return random.chance(0.1) ? reset : undefined;
          if (operation === 'BatchExecuteStatement') {
            const { Statements } = JSON.parse(body.toString()) as { Statements: object[] };
            return lost(Statements.length);
          }
          if (operation === 'PutItem' && target === logFilesTable) writtenAlone += 1;
          return random.chance(0.1) ? instead(throttled()) : undefined;
        });
        const { files } = reportOf(await backfill(world));
        expect(files).toMatchObject({ failed: 0, read: scenario.files.length });
        expect(writtenAlone).toBeGreaterThan(1);
        faults(() => undefined);
        await expectAllStored(world, scenario);
      });
    },
    scaled(1, 50),
  );
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html */
function notInserted(statements: number) {
  const Responses = Array.from({ length: statements }, () => ({
    Error: { Code: 'ProvisionedThroughputExceeded', Message: 'made up' },
  }));
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify({ Responses })),
  };
}

test('B1 S3 answers SlowDown: it waits, and reads everything', async () => {
  await inBucket(1_000, 'few', async (world, scenario) => {
    const slowed = new Map<string, number>();
    faults(({ service, target, key }) => {
      const times = slowed.get(key) ?? 0;
      if (service !== 's3' || target !== world.direct.logBucket || times >= 1) return undefined;
      slowed.set(key, times + 1);
      return instead(s3Error(503, 'SlowDown'));
    });
    expect(reportOf(await backfill(world)).files).toMatchObject({ failed: 0, read: scenario.files.length });
    expect(slowed.size).toBeGreaterThan(scenario.files.length);
    await expectAllStored(world, scenario);
  });
}, 60_000);

test('B1 a file that fails does not stop the others, is retried, and then reported', async () => {
  await inBucket(1_000, 'few', async (world, scenario, files) => {
    const { key } = files[0]!;
    const denied = (attempts: number): Script => {
      let left = attempts;
      return (request) => {
        if (request.key !== key || request.operation !== 'GetObject' || left === 0) return undefined;
        left -= 1;
        return instead(s3Error(403, 'AccessDenied'));
      };
    };
    faults(denied(Number.POSITIVE_INFINITY));
    const failed = await backfill(world);
    expect(failed.code).toBe(1);
    expect(reportOf(failed).files).toMatchObject({ failed: 1, read: files.length - 1 });
    expect(reportOf(failed).problems.filter(({ outcome }) => outcome === 'failed')).toEqual([
      { logFile: `s3://${files[0]!.bucket}/${key}`, outcome: 'failed', detail: 'AccessDenied (HTTP 403)' },
    ]);
    faults(denied(1));
    expect(reportOf(await backfill(world)).files).toMatchObject({ failed: 0, read: 1, alreadyKnown: files.length - 1 });
    await expectAllStored(world, scenario);
  });
}, 60_000);

test('B1 the ledger cannot be written: no file counts as done, and the next run reads them again', async () => {
  await inBucket(1_000, 'few', async (world, scenario, files) => {
    const { logFilesTable } = world.direct.deps.config;
    const refused = instead(dynamoError(400, 'AccessDeniedException'));
    let waiting = 0;
    const refusedLate: Fault = async (exchange) => {
      waiting += 1;
      await setTimeout(300);
      waiting -= 1;
      await refused(exchange);
    };
    faults(({ operation, target, body }) => {
      if (operation === 'BatchExecuteStatement') return refused;
      if (operation !== 'PutItem' || target !== logFilesTable) return undefined;
      const isLate = body.includes('"ingested"') && !body.includes(files[0]!.key);
      return isLate ? refusedLate : refused;
    });
    const failed = await backfill(world);
    // An entry that is written later would contradict the report.
    expect(waiting).toBe(0);
    expect(failed.code).toBe(1);
    expect(reportOf(failed).files).toMatchObject({ failed: files.length, read: 0 });
    faults(() => undefined);
    expect(reportOf(await backfill(world)).files).toMatchObject({ failed: 0, read: files.length });
    await expectAllStored(world, scenario);
  });
}, 60_000);
