import { expect } from '@jest/globals';
import { type Random, seededRandom } from '../support/random.ts';
import { useServers } from '../support/servers.ts';
import { s3Event, sqsEvent } from '../support/world.ts';
import {
  acknowledgedOnlyWhenStored,
  bodiesOf,
  createFaultWorld,
  eventsTableOf,
  expectAllStored,
  type FaultWorld,
  upload,
} from './support/fault-world.ts';
import { always, first, instead, inTurn, isOperation, s3Error } from './support/faults.ts';
import { drain } from './support/queue.ts';
import { row } from './support/row.ts';
import { generateScenario, type Scenario, type ScenarioFile, type Shape } from './support/scenario.ts';

const servers = useServers();

const SHAPES: readonly Shape[] = ['few', 'dense', 'cloudtrail'];

async function inWorld(run: (world: FaultWorld) => Promise<void>, options = {}): Promise<void> {
  const world = await createFaultWorld(servers, options);
  try {
    await run(world);
  } finally {
    await world.stop();
  }
}

row('N1 repeated notifications, shuffled, with many workers: the same table', async (seed) => {
  const random = seededRandom(seed);
  const scenario = generateScenario(seed, random.pick(SHAPES));
  await inWorld(async (once) => {
    const files = await upload(once, scenario.files);
    await drain(bodiesOf(files), once.handle);
    await inWorld(async (world) => {
      world.direct.logBucket = once.direct.logBucket;
      const repeated = bodiesOf(files).flatMap((body) => Array.from({ length: 2 + random.below(2) }, () => body));
      const { dead } = await drain(repeated, world.handle, {
        random,
        workers: 2 + random.below(7),
        batchSize: 1 + random.below(4),
        onAcknowledge: acknowledgedOnlyWhenStored(world, scenario),
      });
      expect(dead).toEqual([]);
      await expectAllStored(world, scenario);
      expect(await eventsTableOf(world)).toEqual(await eventsTableOf(once));
    });
  });
});

/** A scenario whose first object had another state before: with other events of the same scenario. */
function overwritten(seed: number): { older: ScenarioFile; scenario: Scenario } {
  const scenario = generateScenario(seed, 'few');
  return { older: { ...scenario.files[0]!, bytes: scenario.files.at(-1)!.bytes }, scenario };
}

row('N2 an object is overwritten, and the older notification arrives late', async (seed) => {
  const random = seededRandom(seed);
  const { older, scenario } = overwritten(seed);
  await inWorld(async (world) => {
    const before = await upload(world, [older]);
    if (random.chance(0.5)) await drain(bodiesOf(before), world.handle);
    const after = await upload(world, scenario.files);
    await drain(bodiesOf([...after, ...before]), world.handle, { random, workers: 3, batchSize: 1 });
    await expectAllStored(world, scenario);
  });
});

row('N2 an object is overwritten before or between its two readings', async (seed) => {
  const { older, scenario } = overwritten(seed);
  const [newer, ...others] = scenario.files;
  const overwrite = first(() => upload(world, [newer!]));
  const world = await createFaultWorld(servers, { maxHeldBytes: 0 });
  try {
    const before = await upload(world, [older]);
    world.faults(inTurn(isOperation('GetObject'), ...seededRandom(seed).pick([[overwrite], [undefined, overwrite]])));
    const { dead } = await drain(bodiesOf(before), world.handle);
    expect(dead).toEqual([]);
    // Begun again within the same delivery: what was read of the older state is of no use.
    expect(world.failures).toEqual([]);
    world.faults();
    await drain(bodiesOf(await upload(world, others)), world.handle);
    await expectAllStored(world, scenario);
  } finally {
    await world.stop();
  }
});

/** Messages that can never be processed. */
function badBody(random: Random): object | string {
  return random.pick<object | string>([
    '',
    'null',
    '{',
    '{"Records":[]}',
    { Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'b' } } }] },
    JSON.stringify(s3Event({ bucket: 'b', key: 'KEY', etag: 'e' })).replace('KEY', '%ZZ'),
    { Type: 'Notification', Message: 'no JSON' },
    { s3Bucket: 'b', s3ObjectKey: [] },
  ]);
}

row('N3 only the bad message among ten fails', async (seed) => {
  const random = seededRandom(seed);
  const [one, two, three] = [0, 1, 2].map((part) => generateScenario(seed * 3 + part, 'few'));
  const scenario: Scenario = {
    files: [one!, two!, three!].flatMap(({ files }) => files.slice(0, 3)),
    events: new Map(),
  };
  await inWorld(async (world) => {
    const bodies: (object | string)[] = bodiesOf(await upload(world, scenario.files));
    const bad = random.below(10);
    bodies.splice(bad, 0, badBody(random));
    expect(await world.handle(sqsEvent(...bodies))).toEqual({ batchItemFailures: [{ itemIdentifier: `m${bad}` }] });
    const expected = new Set(scenario.files.flatMap(({ eventIds }) => eventIds));
    expect([...(await eventsTableOf(world)).keys()]).toEqual([...expected].sort());
  });
});

row('N4 an answer names exactly the failed messages of its batch, each once', async (seed) => {
  const random = seededRandom(seed);
  const { files } = generateScenario(seed, 'few');
  await inWorld(async (world) => {
    const put = await upload(world, files);
    const denied = put.filter(() => random.chance(0.4)).map(({ key }) => key);
    world.faults(always(({ key }) => denied.includes(key), instead(s3Error(403, 'AccessDenied'))));
    for (let batch = 0; batch < 4; batch += 1) {
      const messages = Array.from({ length: 1 + random.below(10) }, (_, i) => {
        const file = random.pick(put);
        const bad = random.chance(0.3);
        const messageId = random.pick([`${i}`, `id ${i} ü"`, `${i}-${'x'.repeat(200)}`]);
        return { messageId, body: bad ? badBody(random) : s3Event(file), fails: bad || denied.includes(file.key) };
      });
      const answer = await world.handle({
        Records: messages.map(({ messageId, body }) => ({
          eventSource: 'aws:sqs',
          messageId,
          body: typeof body === 'string' ? body : JSON.stringify(body),
        })),
      });
      const named = answer!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      expect(named.sort()).toEqual(messages.flatMap(({ messageId, fails }) => (fails ? [messageId] : [])).sort());
    }
  });
});

row('N5 one file of a message fails: the others are written, and the message is redelivered', async (seed) => {
  const random = seededRandom(seed);
  const scenario = generateScenario(seed, 'dense');
  await inWorld(async (world) => {
    const put = await upload(world, scenario.files);
    const failing = random.below(put.length);
    world.faults(always(({ key }) => key === put[failing]!.key, instead(s3Error(503, 'SlowDown'))));
    const message = s3Event(...put);
    expect(await world.handle(sqsEvent(message))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] });
    const others = scenario.files.filter((_, i) => i !== failing).flatMap(({ eventIds }) => eventIds);
    expect([...(await eventsTableOf(world)).keys()]).toEqual([...new Set(others)].sort());
    world.faults();
    expect(await world.handle(sqsEvent(message))).toEqual({ batchItemFailures: [] });
    await expectAllStored(world, scenario);
  });
});
