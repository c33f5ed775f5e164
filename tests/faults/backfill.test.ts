import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT } from '../support/cli.ts';
import { awsSettings, type Ended, runInProcess } from '../support/program.ts';
import { seededRandom } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import type { PutFile } from '../support/world.ts';
import { type FaultProxies, type PassingRequest, type Script, startFaultProxies } from './support/fault-proxy.ts';
import { bodiesOf, createFaultWorld, expectAllStored, type FaultWorld, upload } from './support/fault-world.ts';
import { afterApplied, dynamoError, instead, isWrite, passes, reset, s3Error, throttled } from './support/faults.ts';
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

  /** @returns the writes that it came to */
  async function runAndKill(world: FaultWorld, write: number, moment: 'before' | 'after'): Promise<number> {
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
            const live = drain(bodiesOf(seededRandom(kill).shuffled(files)).slice(1), world.handle, { workers: 2 });
            await runAndKill(world, write, moment);
            expect((await live).dead).toEqual([]);
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

row(
  'B1 W3 entries that could not be inserted together are written by themselves, and so are those whose request failed',
  async (seed) => {
    await inBucket(seed, 'few', async (world, scenario) => {
      const random = seededRandom(seed);
      let batches = 0;
      faults((request) => {
        if (request.service === 's3') return random.chance(0.1) ? reset : undefined;
        if (request.operation !== 'BatchExecuteStatement') return random.chance(0.1) ? instead(throttled()) : undefined;
        const { Statements } = JSON.parse(request.body.toString()) as { Statements: object[] };
        batches += 1;
        // None is inserted at first; then some requests fail, and of some the answers are lost.
        if (batches === 1) return instead(notInserted(Statements.length));
        return random.chance(0.6)
          ? random.pick([
              instead(dynamoError(400, 'AccessDeniedException')),
              afterApplied(instead(dynamoError(500, 'InternalServerError'))),
              afterApplied(instead(notInserted(Statements.length))),
            ])
          : passes;
      });
      const { files } = reportOf(await backfill(world));
      expect(files).toMatchObject({ failed: 0, read: scenario.files.length });
      expect(batches).toBeGreaterThan(0);
      faults(() => undefined);
      await expectAllStored(world, scenario);
    });
  },
  scaled(1, 50),
);

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
    faults(({ operation, target }) =>
      operation === 'BatchExecuteStatement' || (operation === 'PutItem' && target === logFilesTable)
        ? instead(dynamoError(400, 'AccessDeniedException'))
        : undefined,
    );
    const failed = await backfill(world);
    expect(failed.code).toBe(1);
    expect(reportOf(failed).files).toMatchObject({ failed: files.length, read: 0 });
    faults(() => undefined);
    expect(reportOf(await backfill(world)).files).toMatchObject({ failed: 0, read: files.length });
    await expectAllStored(world, scenario);
  });
}, 60_000);
