import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from '@jest/globals';
import { seededRandom } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { ledgerItem, quarantined } from '../support/world.ts';
import type { Fault, PassingRequest } from './support/fault-proxy.ts';
import {
  bodiesOf,
  createFaultWorld,
  eventsTableOf,
  expectAllStored,
  type FaultWorld,
  IMPATIENCE_MS,
  upload,
} from './support/fault-world.ts';
import {
  always,
  blackHole,
  eitherOf,
  fin,
  first,
  flippedBit,
  instead,
  inTurn,
  isOperation,
  reset,
  s3Error,
  sent,
  withBody,
  withoutChecksum,
} from './support/faults.ts';
import { drain } from './support/queue.ts';
import { row } from './support/row.ts';
import { inScenario, type Run } from './support/run.ts';
import { generateScenario, type Shape } from './support/scenario.ts';

const servers = useServers();

const isReading = isOperation('GetObject');
const readings = (world: FaultWorld): PassingRequest[] => world.requests().filter(isReading);
const nothingStored = async (world: FaultWorld) => expect((await eventsTableOf(world)).size).toBe(0);

const inRun = (seed: number, shape: Shape, run: (run: Run) => Promise<void>, timeOut?: number) =>
  inScenario(servers, { seed, shape, timeOut }, run);

/** The faults end, and the first delivery succeeds. */
const survives = (
  name: string,
  shape: Shape,
  faultsOf: (run: Run) => void,
  check: (run: Run) => void = () => {},
  timeOut?: number,
) =>
  row(name, (seed) =>
    inRun(
      seed,
      shape,
      async (run) => {
        faultsOf(run);
        await run.deliver(1);
        expect(run.world.failures).toEqual([]);
        await expectAllStored(run.world, run.scenario);
        check(run);
      },
      timeOut,
    ),
  );

/** While the faults last, nothing is acknowledged or stored. After them, the next delivery succeeds. */
const isRedelivered = (name: string, fault: Fault, kind: 'retry' | 'fatal', timeOut?: number) =>
  row(
    name,
    (seed) =>
      inRun(
        seed,
        'one',
        async ({ world, scenario, files, deliver }) => {
          world.faults(always(isReading, fault));
          const { acknowledged, dead } = await deliver(2);
          expect(acknowledged).toEqual([]);
          expect(dead).toHaveLength(files.length);
          expect(new Set(world.failures.map((failure) => failure.kind))).toEqual(new Set([kind]));
          await nothingStored(world);
          // Answers report it as incomplete.
          for (const file of files) expect((await ledgerItem(world.direct, file))?.state).toEqual({ S: 'failed' });
          world.faults();
          expect((await deliver(1)).dead).toEqual([]);
          await expectAllStored(world, scenario);
        },
        timeOut,
      ),
    // Those with a time-out wait for many of them.
    timeOut === undefined ? undefined : scaled(1, 10),
  );

/** The rest of the same state of the object was requested, and the object was not read from the start again. */
function expectResumed({ world, files }: Run): void {
  const begun = readings(world).filter(({ headers }) => headers.range === undefined);
  // If the connection ends before the SDK has seen the response, the SDK itself repeats the request.
  const invocations = new Set(begun.map(({ headers }) => headers['amz-sdk-invocation-id']));
  expect(invocations.size).toBe(files.length * (world.deps.maxHeldBytes === 0 ? 2 : 1));
  const resumed = readings(world).filter(({ headers }) => headers.range !== undefined);
  expect(resumed.length).toBeGreaterThan(0);
  for (const { headers } of resumed) expect(headers['if-match']).toMatch(/^"[0-9a-f]+"$/);
}

const slowDown = instead(s3Error(503, 'SlowDown'));

survives('S1 503 twice, then success', 'one', ({ world }) => world.faults(inTurn(isReading, slowDown, slowDown)));
isRedelivered('S1 503 forever: the message is redelivered', slowDown, 'retry');
isRedelivered('S1 500 forever: the message is redelivered', instead(s3Error(500, 'InternalError')), 'retry');
isRedelivered('S1 connections that are reset forever: the message is redelivered', reset, 'retry');
survives('S1 connections that end without an answer', 'one', ({ world }) =>
  world.faults(inTurn(isReading, fin, reset)),
);
survives(
  'S1 an answer that never arrives',
  'one',
  ({ world }) => world.faults(inTurn(isReading, blackHole)),
  undefined,
  IMPATIENCE_MS,
);

for (const ending of ['reset', 'fin'] as const) {
  survives(
    `S2 a body that is cut by ${ending}: resumed`,
    'cloudtrail',
    ({ world, random }) => {
      const cut = () => sent({ bytes: random.below(10_000), ending });
      world.faults(inTurn(isReading, cut(), cut(), undefined, cut()));
    },
    expectResumed,
  );
}
survives(
  'S2 chunks that end in the middle: resumed',
  'cloudtrail',
  ({ world, random }) => {
    world.faults(inTurn(isReading, sent({ framing: 'chunked', bytes: 1 + random.below(10_000), ending: 'fin' })));
  },
  expectResumed,
);
survives('S2 a body that is cut repeatedly, after a few bytes each time', 'one', ({ world }) =>
  world.faults(inTurn(isReading, ...Array.from({ length: 12 }, () => sent({ bytes: 40, ending: 'reset' })))),
);
isRedelivered(
  'S2 a body that is cut forever: the message is redelivered',
  sent({ bytes: 0, ending: 'reset' }),
  'retry',
);
row('S2 the server ignores Range and sends the whole object again: parts are never joined', (seed) =>
  inRun(seed, 'cloudtrail', async ({ world, scenario, random, deliver }) => {
    const ranges = ({ headers }: PassingRequest) => headers.range !== undefined;
    const whole: Fault = async (exchange) => {
      const { status: _, ...answer } = await exchange.forward();
      exchange.answer({ ...answer, status: 200, headers: { ...answer.headers, 'content-range': '' } });
    };
    const cut = sent({ bytes: 100 + random.below(5_000), ending: 'fin' });
    world.faults(
      eitherOf(
        inTurn((request) => isReading(request) && !ranges(request), cut),
        inTurn(ranges, whole),
      ),
    );
    expect((await deliver(2)).dead).toEqual([]);
    await expectAllStored(world, scenario);
    expect(world.failures).toHaveLength(1);
  }),
);

row(
  'S3 an object is replaced before its transfer is resumed: read from the start, parts are never joined',
  async (seed) => {
    const random = seededRandom(seed);
    const scenario = generateScenario(seed, 'cloudtrail');
    const [newer, ...others] = scenario.files;
    const world = await createFaultWorld(servers);
    try {
      const older = { ...newer!, bytes: others[0]!.bytes };
      const [before, ...rest] = await upload(world, [older, ...others]);
      const cut = sent({ bytes: 1_000 + random.below(5_000), ending: random.pick(['fin', 'reset']) });
      world.faults(
        inTurn(
          isReading,
          cut,
          first(() => upload(world, [newer!])),
        ),
      );
      expect((await drain(bodiesOf([before!]), world.handle)).dead).toEqual([]);
      expect(readings(world).map(({ headers }) => headers.range !== undefined)).toEqual([false, true, false]);
      expect([...(await eventsTableOf(world)).keys()]).toEqual([...new Set(newer!.eventIds)].sort());
      await drain(bodiesOf(rest), world.handle);
      await expectAllStored(world, scenario);
    } finally {
      await world.stop();
    }
  },
);

survives(
  'S4 a body that stalls: resumed after the time-out',
  'cloudtrail',
  ({ world, random }) => world.faults(inTurn(isReading, sent({ bytes: random.below(5_000), ending: 'stall' }))),
  expectResumed,
  IMPATIENCE_MS,
);
isRedelivered(
  'S4 a body that stalls forever: the message is redelivered',
  sent({ bytes: 0, ending: 'stall' }),
  'retry',
  IMPATIENCE_MS,
);

row('S5 a connection that is closed early, without a content length', (seed) =>
  inRun(seed, 'cloudtrail', async ({ world, scenario, random, deliver }) => {
    const cut = () => withoutChecksum(sent({ framing: 'connection', bytes: random.below(200), ending: 'fin' }));
    world.faults(always(isReading, (exchange) => cut()(exchange)));
    expect((await deliver(1)).acknowledged).toEqual([]);
    await nothingStored(world);
    expect(await quarantined(world.direct)).toEqual(new Map());
    world.faults(inTurn(isReading, sent({ framing: 'connection', ending: 'fin' }), cut()));
    expect((await deliver()).dead).toEqual([]);
    await expectAllStored(world, scenario);
  }),
);

/** Past the header of the gzip file, in which some bits mean nothing. */
const bitInData = (random: Run['random']) => 8 * (10 + random.below(100)) + random.below(8);
const xmlInstead = withBody(() => s3Error(200, 'InternalError').body);

survives('S6 a flipped bit in one transfer: read again', 'one', ({ world, random }) =>
  world.faults(inTurn(isReading, flippedBit(bitInData(random)))),
);
survives('S6 an XML error with status 200, once: read again', 'one', ({ world }) =>
  world.faults(inTurn(isReading, xmlInstead)),
);
for (const [name, fault] of [
  ['a bit that is flipped', (random: Run['random']) => flippedBit(bitInData(random))],
  ['an XML error with status 200', () => xmlInstead],
] as const) {
  row(`S6 ${name} in every transfer: read twice, then hashed and quarantined`, (seed) =>
    inRun(seed, 'one', async ({ world, files, random, deliver }) => {
      world.faults(always(isReading, fault(random)));
      expect((await deliver(1)).dead).toEqual([]);
      await nothingStored(world);
      const begun = readings(world).filter(({ headers }) => headers.range === undefined);
      expect(begun).toHaveLength(3 * files.length);
      const objects = await quarantined(world.direct);
      for (const { bucket, key, etag } of files) {
        expect(objects.has(`files/${bucket}/${key}/${etag}`)).toBe(true);
        expect(objects.has(`files/${bucket}/${key}/${etag}.reason.json`)).toBe(true);
      }
    }),
  );
}

const notFound = instead(s3Error(404, 'NoSuchKey'));
survives('S7 404 once: retried', 'one', ({ world }) => world.faults(inTurn(isReading, notFound)));
row('S7 404 forever: retried, then quarantined as object-missing', (seed) =>
  inRun(seed, 'one', async ({ world, files, deliver }) => {
    world.faults(always(isReading, notFound));
    expect((await deliver(1)).dead).toEqual([]);
    await nothingStored(world);
    expect(readings(world).length).toBeGreaterThan(files.length);
    const objects = await quarantined(world.direct);
    for (const { bucket, key, etag } of files) {
      const reason = JSON.parse(objects.get(`files/${bucket}/${key}/${etag}.reason.json`)!.toString());
      expect(reason).toMatchObject({ reason: 'object-missing', bucket, key });
    }
  }),
);
isRedelivered('S7 403: never acknowledged, and reported as fatal', instead(s3Error(403, 'AccessDenied')), 'fatal');
isRedelivered('S7 a missing bucket: never acknowledged', instead(s3Error(404, 'NoSuchBucket')), 'fatal');

isRedelivered('S8 KMS denies, as S3 reports it', instead(s3Error(403, 'AccessDenied')), 'fatal');
isRedelivered('S8 a KMS key that is disabled', instead(s3Error(400, 'KMS.DisabledException')), 'fatal');
isRedelivered('S8 KMS throttles forever', instead(s3Error(503, 'SlowDown')), 'retry');
isRedelivered('S8 KMS throttles, with its own error', instead(s3Error(400, 'KMS.ThrottlingException')), 'retry');
survives('S8 KMS throttles for a while', 'one', ({ world }) =>
  world.faults(inTurn(isReading, slowDown, slowDown, slowDown)),
);

row('S6 a wrong checksum of S3, once: read again', (seed) =>
  inRun(seed, 'one', async ({ world, scenario, files, random, deliver }) => {
    for (const [i, { bucket, key }] of files.entries()) {
      const Body = scenario.files[i]!.bytes;
      await world.direct.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ChecksumAlgorithm: 'SHA256' }));
    }
    world.faults(inTurn(isReading, flippedBit(bitInData(random))));
    expect((await deliver(2)).dead).toEqual([]);
    await expectAllStored(world, scenario);
  }),
);
