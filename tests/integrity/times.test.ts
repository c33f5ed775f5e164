import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { BucketReport } from '../../shared/integrity/verify-bucket.ts';
import { isVerified, verificationText } from '../../shared/render/verification.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import {
  digestBody,
  putTrailObject,
  signDigest,
  type TestDigest,
  type TestTrail,
  type TrailObject,
} from '../support/signed-trail.ts';
import { createTamperWorld, inShort, type TamperWorld, verifyWorld } from '../support/tampering.ts';

const servers = useServers();

const at = (time: string) => ({ now: () => Date.parse(time) });
const short = ({ findings, unchecked }: BucketReport) => {
  expect(unchecked).toEqual([]);
  return findings.map(inShort).sort();
};
const remove = async (world: TamperWorld, ...objects: TrailObject[]) => {
  for (const { bucket, key } of objects) await world.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
};
const of = (world: TamperWorld): TestTrail => world.trails[0]!.trail;

describe('the newest digests', () => {
  test('are due three hours after the end of the range, or now', async () => {
    // The last digest ends at 2031-03-02T04:01:31Z.
    const world = await createTamperWorld(servers, [{ hours: 8 }]);
    const later = await verifyWorld(world, {}, at('2031-03-02T07:00:00Z'));
    expect(short(later)).toEqual([]);
    const tooLate = await verifyWorld(world, {}, at('2031-03-02T07:30:00Z'));
    expect(tooLate.findings).toMatchObject([
      { kind: 'digests-end', from: '2031-03-02T04:01:31.000Z', to: '2031-03-02T04:30:00.000Z' },
    ]);
    const earlier = await verifyWorld(world, { until: '2031-03-02T04:00:00.000Z' }, at('2031-03-09T00:00:00Z'));
    expect(short(earlier)).toEqual([]);
  });

  test('deleted: one finding, with the log files that cannot be verified because of it', async () => {
    const world = await createTamperWorld(servers, [{ hours: 8 }]);
    await remove(world, ...of(world).digests.slice(5));
    const report = await verifyWorld(world, { until: '2031-03-02T04:00:00.000Z' }, at('2031-03-09T00:00:00Z'));
    expect(report.findings).toMatchObject([
      { kind: 'digests-end', from: '2031-03-02T01:01:31.000Z', unverifiable: 6, events: 6 },
    ]);
  });

  test('all of the range deleted', async () => {
    const world = await createTamperWorld(servers, [{ hours: 40, filesPerHour: 1 }]);
    await remove(world, ...of(world).digests.slice(20));
    const report = await verifyWorld(
      world,
      { since: '2031-03-03T00:00:00.000Z', until: '2031-03-03T08:00:00.000Z' },
      at('2031-03-09T00:00:00Z'),
    );
    expect(report.findings).toMatchObject([{ kind: 'digests-end', from: '2031-03-03T00:00:00.000Z', unverifiable: 8 }]);
  });

  test('not there yet: log files are pending, and so are their events', async () => {
    const world = await createTamperWorld(servers, [{ hours: 8 }]);
    await remove(world, of(world).digests[7]!);
    const report = await verifyWorld(world, {}, at('2031-03-02T04:30:00Z'));
    expect(short(report)).toEqual([]);
    expect(report.places).toMatchObject([{ pending: 2, logFilesVerified: 14 }]);
    expect(report.events).toMatchObject({ proven: 14, unproven: 2 });
  });
});

test('a verification that takes hours judges by the time at which it began', async () => {
  const world = await createTamperWorld(servers, [{ hours: 8 }]);
  await remove(world, of(world).digests[7]!);
  const times = [Date.parse('2031-03-02T04:30:00Z')];
  const report = await verifyWorld(world, {}, { now: () => times.pop() ?? Date.parse('2031-03-02T10:00:00Z') });
  expect(short(report)).toEqual([]);
  expect(report.places).toMatchObject([{ pending: 2, logFilesVerified: 14 }]);
});

describe('the oldest digests', () => {
  test('deleted: the one that is named, and in a range each hour', async () => {
    const world = await createTamperWorld(servers, [{ hours: 8 }]);
    const { digests } = of(world);
    await remove(world, ...digests.slice(0, 4));
    const all = await verifyWorld(world);
    expect(all.findings).toMatchObject([
      // Its own, and the last before it: a log file can be delivered later than its name says.
      { kind: 'digest-missing', key: digests[3]!.key, unverifiable: 3 },
      { kind: 'not-covered', unverifiable: 5 },
    ]);
    const range = await verifyWorld(world, { since: '2031-03-01T22:30:00.000Z' });
    expect(short(range)).toEqual([
      `digest-missing ${digests[2]!.start} ${digests[2]!.end}`,
      `digest-missing ${digests[3]!.key}`,
    ]);
    expect(short(await verifyWorld(world, { since: '2031-03-02T00:05:00.000Z' }))).toEqual([]);
  });

  test('validation began later than logging', async () => {
    const world = await createTamperWorld(servers, [{ hours: 3 }]);
    for (const hour of [-9, -8]) await putTrailObject(world.s3, world.signed.addUnreferenced({}, hour));
    const report = await verifyWorld(world);
    expect(report.findings).toMatchObject([{ kind: 'not-covered', unverifiable: 2 }]);
  });

  test('there never were any', async () => {
    const world = await createTamperWorld(servers, [{ hours: 3 }]);
    await remove(world, ...of(world).digests);
    const report = await verifyWorld(world);
    expect(report.findings).toMatchObject([{ kind: 'not-covered', unverifiable: 6, events: 6 }]);
  });
});

describe('chains', () => {
  /** Signs a digest with other content, and puts it where it was. */
  const resign = async (world: TamperWorld, digest: TestDigest, previous: TestDigest | undefined, members: object) => {
    signDigest(digest, { ...digestBody(digest, previous), ...members });
    await putTrailObject(world.s3, digest);
  };

  test('a signed digest that is not the one that its successor names', async () => {
    const world = await createTamperWorld(servers, [{ hours: 6 }]);
    const [, first, second] = of(world).digests;
    await resign(world, { ...second!, metadata: {} }, first, { newestEventTime: '2031-03-01T22:01:31Z' });
    expect(short(await verifyWorld(world))).toEqual([`digest-replaced ${second!.key}`]);
  });

  test('a digest that starts later than the one before ends', async () => {
    const world = await createTamperWorld(servers, [{ hours: 3 }]);
    const [, first, second] = of(world).digests;
    await resign(world, second!, first, { digestStartTime: '2031-03-01T22:31:31Z' });
    expect(short(await verifyWorld(world))).toEqual([`logging-gap ${second!.key}`]);
  });

  test('that come from another bucket', async () => {
    const world = await createTamperWorld(servers, [{ hours: 2 }]);
    const [first, second] = of(world).digests;
    await resign(world, second!, first, { previousDigestS3Bucket: 'the-bucket-before' });
    await remove(world, first!, ...first!.names);
    const report = await verifyWorld(world, {}, { index: undefined });
    expect(report.findings).toEqual([]);
    expect(report.unchecked).toEqual([
      {
        place: 's3://the-bucket-before/AWSLogs/111122223333/*/eu-west-1/',
        reason: 'NoSuchBucket (HTTP 404)',
        to: second!.start,
      },
    ]);
    expect(isVerified(report)).toBe(false);
    const text = verificationText(report, { width: 200, colour: false });
    expect(text).toMatch(/Not covered: the time before 2031-03-01 21:01.*s3:\/\/the-bucket-before\//);
    // From when on the trail writes here, everything is verified.
    const { findings, unchecked } = await verifyWorld(world, { since: second!.end }, { index: undefined });
    expect([findings, unchecked]).toEqual([[], []]);
  });

  test('of another trail are left out, and so are checks that need all trails', async () => {
    const world = await createTamperWorld(servers, [{ hours: 4 }, { trail: 'second', hours: 4 }]);
    await remove(world, world.trails[1]!.trail.digests[2]!);
    expect(short(await verifyWorld(world))).toHaveLength(1);
    const report = await verifyWorld(world, { trails: ['management_events'] });
    expect(short(report)).toEqual([]);
    expect(report).toMatchObject({ places: [{ digests: 4, logFiles: 8 }] });
    expect(report.events).toBeUndefined();
  });

  test('a digest that was moved to another account', async () => {
    const world = await createTamperWorld(servers, [{ hours: 4 }, { account: '444455556666', hours: 4 }]);
    const digest = of(world).digests[1]!;
    await remove(world, digest);
    const key = digest.key.replaceAll('111122223333', '444455556666').replace('000131Z', '000132Z');
    await putTrailObject(world.s3, { ...digest, key: key.replace('T2', 'T1') });
    expect(short(await verifyWorld(world))).toEqual([`digest-moved ${key.replace('T2', 'T1')}`]);
  });

  test(
    'of many log files',
    async () => {
      const files = scaled(96, 10_000);
      const places = [
        {},
        { region: 'us-east-1' },
        { account: '444455556666' },
        { account: '444455556666', region: 'us-east-1' },
      ];
      const hours = Math.ceil(files / places.length / 12);
      const world = await createTamperWorld(
        servers,
        places.map((place) => ({ ...place, hours, filesPerHour: 12 })),
        {},
        { ingest: false },
      );
      const report = await verifyWorld(
        world,
        { until: '2031-03-15T00:00:00.000Z' },
        { index: undefined, concurrency: 32 },
      );
      expect(short(report)).toEqual([]);
      expect(report.places.reduce((sum, { logFilesVerified }) => sum + logFilesVerified, 0)).toBe(
        hours * 12 * places.length,
      );
    },
    scaled(60_000, 600_000),
  );
});

test('a bucket that is a copy: everything is there, and nothing where it belongs', async () => {
  const world = await createTamperWorld(servers, [{ hours: 3 }]);
  const copy = {
    ...world,
    signed: Object.assign(Object.create(Object.getPrototypeOf(world.signed)), world.signed, {
      bucket: `${world.signed.bucket}-copy`,
    }),
  };
  for (const object of world.signed.objects.values()) object.bucket = copy.signed.bucket;
  await copy.signed.upload(world.s3);
  const report = await verifyWorld(copy, {}, { index: undefined });
  expect(short(report).map((finding) => finding.split(' ')[0])).toEqual([
    ...Array.from({ length: 3 }, () => 'digest-moved'),
    ...Array.from({ length: 6 }, () => 'log-file-moved'),
  ]);
});
