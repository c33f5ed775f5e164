import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Random, seededRandom } from '../support/random.ts';
import { SEED, scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { dumpTable, logFileKey, type PutFile, putObject, quarantined } from '../support/world.ts';
import { type Fault, startFaultProxies } from './support/fault-proxy.ts';
import {
  bodiesOf,
  createFaultWorld,
  eventsTableOf,
  expectAllStored,
  recordText,
  upload,
} from './support/fault-world.ts';
import {
  afterApplied,
  dynamoError,
  eitherOf,
  flippedBit,
  instead,
  reset,
  s3Error,
  sent,
  sometimes,
  throttled,
  withFlippedBit,
} from './support/faults.ts';
import { environmentOf, IngestProcesses } from './support/ingest-process.ts';
import { drain } from './support/queue.ts';
import { row } from './support/row.ts';
import { generateScenario } from './support/scenario.ts';

const servers = useServers();
const processes = new IngestProcesses();

beforeAll(async () => {
  await processes.build();
}, 60_000);
afterAll(async () => {
  processes.stop();
});

const ofS3: Fault[] = [reset, instead(s3Error(503, 'SlowDown')), afterApplied(instead(s3Error(500, 'InternalError')))];
const ofDynamo: Fault[] = [
  reset,
  afterApplied(reset),
  instead(dynamoError(500, 'InternalServerError')),
  afterApplied(instead(dynamoError(500, 'InternalServerError'))),
];

/** Any request to either service fails in some way with this probability. */
function everywhere(random: Random, probability: number, more: { s3?: Fault[]; dynamo?: Fault[] } = {}) {
  return eitherOf(
    sometimes(random, probability, ({ service }) => service === 's3', [...ofS3, ...(more.s3 ?? [])]),
    sometimes(random, probability, ({ service }) => service === 'dynamodb', [...ofDynamo, ...(more.dynamo ?? [])]),
  );
}

const SCENARIO = generateScenario(SEED, 'few');

row(
  'any order of deliveries, with any faults, results in the same table',
  async (seed) => {
    const random = seededRandom(seed);
    const world = await createFaultWorld(servers, random.chance(0.3) ? { maxHeldBytes: 0 } : {});
    try {
      const bodies = bodiesOf(await upload(world, SCENARIO.files));
      const repeated = bodies.flatMap((body) => Array.from({ length: 1 + random.below(3) }, () => body));
      world.faults(everywhere(random, random.pick([0, 0.02, 0.1])));
      const { dead } = await drain(repeated, world.handle, {
        random,
        batchSize: 1 + random.below(10),
        workers: 1 + random.below(6),
        maxReceives: 50,
      });
      expect(dead).toEqual([]);
      // The same oracle for all schedules.
      await expectAllStored(world, SCENARIO);
    } finally {
      await world.stop();
    }
  },
  scaled(4, 200),
);

const FLIPS = scaled(60, 3_000);

test(
  'a file with a flipped bit neither crashes the function nor stores a wrong event',
  async () => {
    const world = await createFaultWorld(servers);
    try {
      // A file without bad records.
      const sound = SCENARIO.files.at(-1)!;
      await drain(bodiesOf(await upload(world, [sound])), world.handle);
      const before = await eventsTableOf(world);
      const random = seededRandom(SEED);
      for (let flip = 0; flip < FLIPS; flip += 10) {
        const files: PutFile[] = [];
        for (let i = 0; i < 10; i += 1) {
          const bytes = withFlippedBit(sound.bytes, random.below(8 * sound.bytes.length));
          files.push(await putObject(world.direct, logFileKey(`flip-${flip + i}`), bytes));
        }
        expect((await drain(bodiesOf(files), world.handle, { maxReceives: 1 })).dead).toEqual([]);
      }
      // In the header of a gzip file some bits mean nothing: then all events are known. Otherwise nothing is stored.
      expect(await eventsTableOf(world)).toEqual(before);
      const outcomes = world.reports.map(({ outcome }) => outcome);
      expect(outcomes).toHaveLength(1 + FLIPS);
      expect(outcomes.filter((outcome) => outcome === 'quarantined').length).toBeGreaterThan(FLIPS / 2);
      const records = [...(await quarantined(world.direct)).keys()].filter((name) => name.startsWith('records/'));
      expect(records).toEqual([]);
    } finally {
      await world.stop();
    }
  },
  30_000 + FLIPS * 100,
);

/** One of this many records is MWAA's. */
const SOAK = scaled({ files: 6, records: 2_000, oneIn: 50 }, { files: 250, records: 2_000, oneIn: 5 });

test(
  `a soak of ${SOAK.files * SOAK.records} records, with 5 % of all requests failing, within 512 MB`,
  async () => {
    const random = seededRandom(SEED);
    const world = await createFaultWorld(servers);
    const { s3, dynamo, stop } = await startFaultProxies(servers);
    try {
      const expected = new Map<string, string>();
      const files: PutFile[] = [];
      for (let i = 0; i < SOAK.files; i += 1)
        files.push(await putObject(world.direct, logFileKey(`soak-${i}`), soakFile(random, i, expected)));
      const script = everywhere(random, 0.05, {
        s3: [flippedBit(random.below(1_000_000)), sent({ bytes: 20_000, ending: 'fin' })],
        dynamo: [instead(throttled())],
      });
      s3.script = script;
      dynamo.script = script;
      const environment = environmentOf(world.deps.config, { s3: s3.endpoint, dynamo: dynamo.endpoint });
      const { done } = await processes
        .start(['--max-old-space-size=320'])
        .run({ environment, bodies: bodiesOf(files), maxReceives: 20 });
      expect(done?.dead).toEqual([]);
      expect((done?.maxRssBytes ?? 0) / 1024 ** 2).toBeLessThan(512);
      const stored = await dumpTable(world.direct.dynamo, world.deps.config.eventsTable);
      expect(stored).toHaveLength(expected.size);
      const altered = stored.filter((item) => recordText(item.record) !== expected.get(item.eventId!.S!));
      expect(altered).toEqual([]);
      // A flipped bit was always only in the transfer.
      expect(await quarantined(world.direct)).toEqual(new Map());
    } finally {
      await Promise.all([world.stop(), stop()]);
    }
  },
  scaled(180_000, 3_600_000),
);

function soakFile(random: Random, file: number, expected: Map<string, string>): Buffer {
  const records = Array.from({ length: SOAK.records }, (_, i) => {
    const mwaa = random.below(SOAK.oneIn) === 0;
    const eventID = `${file}-${i}`;
    const text = JSON.stringify({
      eventVersion: '1.11',
      eventTime: '2026-11-02T09:15:00Z',
      eventSource: mwaa ? 'airflow.amazonaws.com' : 'ec2.amazonaws.com',
      eventName: 'GetEnvironment',
      awsRegion: 'eu-west-1',
      requestParameters: { Name: `environment-${random.below(3)}` },
      additionalEventData: random.hex(200),
      eventID,
    });
    if (mwaa) expected.set(eventID, text);
    return text;
  });
  return gzipSync(`{"Records":[${records.join()}]}`);
}
