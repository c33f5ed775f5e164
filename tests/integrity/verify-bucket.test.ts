import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { seededRandom } from '../support/random.ts';
import { scaled, seeds } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { putTrailObject } from '../support/signed-trail.ts';
import {
  createTamperWorld,
  gapAfter,
  ingestBucket,
  inShort,
  TAMPERINGS,
  TARGET_HOURS,
  type TamperWorld,
  targetHours,
  trailRecords,
  verifyWorld,
} from '../support/tampering.ts';
import { dumpTable } from '../support/world.ts';

const servers = useServers();

const short = async (world: TamperWorld, ...options: OptionalParameters<typeof verifyWorld>) => {
  const { findings, unchecked } = await verifyWorld(world, ...options);
  expect(unchecked).toEqual([]);
  return findings.map(inShort).sort();
};
type OptionalParameters<F> = F extends (world: TamperWorld, ...options: infer O) => unknown ? O : never;

describe('an untouched bucket', () => {
  test('one trail', async () => {
    const world = await createTamperWorld(servers, [{ hours: 12, quiet: [4, 5] }]);
    const report = await verifyWorld(world);
    expect(report).toMatchObject({ findings: [], unchecked: [] });
    expect(report.events).toEqual({ events: 20, proven: 20, unproven: 0, elsewhere: 0, provisional: 0 });
    expect(report.places).toMatchObject([
      {
        account: '111122223333',
        region: 'eu-west-1',
        digests: 12,
        digestsSigned: 12,
        logFiles: 20,
        logFilesVerified: 20,
      },
    ]);
  });

  test.each([
    [
      'accounts, Regions and trails',
      [{}, { region: 'us-east-1' }, { account: '444455556666' }, { trail: 'second', start: '2031-03-01T20:31:00Z' }],
      {},
    ],
    [
      'an organization, below a prefix',
      [{}, { account: '444455556666' }],
      { prefix: 'audit/logs/', organization: 'o-abc123' },
    ],
    ['a digest made later', [{ hours: 12, backfilled: [2, 7, 8] }], {}],
  ])('%s', async (_, settings, options) => {
    const world = await createTamperWorld(servers, settings, options);
    expect(await short(world)).toEqual([]);
  });

  test(
    'any range of time',
    async () => {
      const world = await createTamperWorld(servers, [
        { hours: 30, filesPerHour: scaled(1, 3) },
        { region: 'us-east-1', hours: 30, filesPerHour: 1 },
      ]);
      const random = seededRandom(3);
      const [begin, end] = [Date.parse('2031-03-01T18:00:00Z'), Date.parse('2031-03-03T02:01:31Z')];
      for (let run = 0; run < scaled(3, 200); run += 1) {
        const since = begin + random.below(end - begin);
        const until = since + random.below(end - since);
        const range = { since: new Date(since).toISOString(), until: new Date(until).toISOString() };
        const now = () => Date.parse('2031-03-10T00:00:00Z');
        expect([range, await short(world, range, { now })]).toEqual([range, []]);
      }
    },
    scaled(60_000, 600_000),
  );
});

describe('each way to tamper', () => {
  test.each(Object.keys(TAMPERINGS))('%s', async (name) => {
    const world = await createTamperWorld(servers, [{ hours: 6, filesPerHour: 1 }]);
    const { trail, settings } = world.trails[0]!;
    const expected = await TAMPERINGS[name]!({ world, trail, settings, hour: 3, random: seededRandom(1) });
    expect(await short(world)).toEqual(expected.sort());
  });

  test.each([
    'an edited log file',
    'a cut log file',
    'a deleted log file',
    'bytes after the gzip stream',
    'a log file that no digest names',
  ])('%s, before it was ingested: its ingestion is no finding of its own', async (name) => {
    const settings = { hours: 6, filesPerHour: 2 };
    const world = await createTamperWorld(servers, [settings], {}, { ingest: false });
    const { trail } = world.trails[0]!;
    const target = { world, trail, settings: { ...settings, records: trailRecords(name) }, hour: 3 };
    const expected = await TAMPERINGS[name]!({ ...target, random: seededRandom(1) });
    await ingestBucket(world);
    expect(await short(world)).toEqual(expected);
  });

  test('a log file whose name is too long for the ledger', async () => {
    const world = await createTamperWorld(servers, [{ hours: 4 }]);
    const forged = world.signed.addUnreferenced({}, 2);
    const key = forged.key.replace('.json.gz', `${'x'.repeat(1020 - forged.key.length)}.json.gz`);
    await putTrailObject(world.s3, { ...forged, key });
    expect(await short(world)).toEqual([`log-file-unnamed ${key}`]);
  });

  test('logging was off', async () => {
    const world = await createTamperWorld(servers, [{ hours: 9, off: [4] }]);
    expect(await short(world)).toEqual([gapAfter(world.trails[0]!.trail, 4)]);
  });
});

test('the order of findings does not depend on which request is answered first', async () => {
  const world = await createTamperWorld(servers, [{ hours: 6, filesPerHour: 3 }], {}, { ingest: false });
  const { logFiles, digests } = world.trails[0]!.trail;
  for (const { key } of [...logFiles.slice(0, 9), ...digests.slice(1, 3)])
    await world.s3.send(new DeleteObjectCommand({ Bucket: world.signed.bucket, Key: key }));
  for (const file of logFiles.slice(9)) await putTrailObject(world.s3, { ...file, body: gzipSync('{}') });
  // Two copies of a missing log file: one is where it was moved to, the other is unreferenced.
  for (const name of ['a', 'b'])
    await putTrailObject(world.s3, { ...logFiles[0]!, key: logFiles[0]!.key.replace('.json', `${name}.json`) });
  const reportWith = async (seed: number) => {
    const random = seededRandom(seed);
    const settings = { endpoint: servers.s3.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
    const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, settings);
    s3.middlewareStack.add(
      (next) => async (args) => {
        const { Key = '' } = args.input as { Key?: string };
        await setTimeout(random.below(30));
        if (Key === digests[4]!.key || Key === digests[5]!.key) throw new Error('not today');
        return next(args);
      },
      { step: 'initialize' },
    );
    const { findings, unchecked } = await verifyWorld(world, {}, { s3 });
    expect(unchecked).toHaveLength(2);
    return { findings, unchecked };
  };
  const first = await reportWith(1);
  for (const seed of [2, 3, 4]) expect(await reportWith(seed)).toEqual(first);
});

test('an event of another schema version is not checked, and does not keep others from being', async () => {
  const world = await createTamperWorld(servers, [{ hours: 6 }]);
  const { trail, settings } = world.trails[0]!;
  const target = { world, trail, settings, hour: 3, random: seededRandom(1) };
  const expected = await TAMPERINGS['an event that was edited']!(target);
  const [other] = (await dumpTable(world.dynamo, world.deps.config.eventsTable)).filter(
    ({ eventId }) => !expected[0]!.endsWith(eventId!.S!),
  );
  const { schemaVersion: _, ...Item } = other!;
  await world.dynamo.send(new PutItemCommand({ TableName: world.deps.config.eventsTable, Item }));
  const { findings, unchecked, events } = await verifyWorld(world);
  expect(findings.map(inShort)).toEqual(expected);
  expect(unchecked).toEqual([
    { place: '1 event', reason: expect.stringMatching(/^the store has events of schema version 1/) },
  ]);
  expect(events).toMatchObject({ unproven: 1, proven: events!.events - 2 });
});

describe('combined', () => {
  const names = Object.keys(TAMPERINGS);
  const places = [
    {},
    { region: 'us-east-1' },
    { account: '444455556666' },
    { account: '444455556666', region: 'us-east-1' },
  ];

  async function tamperedWorld(chosen: readonly string[], seed: number) {
    const random = seededRandom(seed);
    const hours = TARGET_HOURS * Math.ceil(chosen.length / places.length);
    const off = random.below(places.length);
    const settings = places.map((place, i) => ({
      ...place,
      filesPerHour: 1,
      hours: hours + 6,
      off: i === off ? [hours + 2] : [],
    }));
    const world = await createTamperWorld(servers, settings);
    const targets = random.shuffled(
      world.trails.flatMap((each) => targetHours(hours).map((hour) => ({ world, ...each, hour, random }))),
    );
    const expected = [gapAfter(world.trails[off]!.trail, hours + 2)];
    for (const [i, name] of chosen.entries()) expected.push(...(await TAMPERINGS[name]!(targets[i]!)));
    return { world, expected: expected.sort() };
  }

  test('all of them at once', async () => {
    const { world, expected } = await tamperedWorld(names, 1);
    expect(await short(world)).toEqual(expected);
  }, 120_000);

  test.each(seeds(scaled(1, 30)))(
    'any of them (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const chosen = Array.from({ length: random.below(18) }, () => random.pick(names));
      const { world, expected } = await tamperedWorld(chosen, seed);
      expect(await short(world)).toEqual(expected);
    },
    120_000,
  );
});
