import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../shared/integrity/finding.ts';
import { KeysUnavailableError, type PublicKeySource } from '../../shared/integrity/public-keys.ts';
import { type BucketReport, type VerifyRequest, verifyBucket } from '../../shared/integrity/verify-bucket.ts';
import { isVerified, verificationJson, verificationText } from '../../shared/render/verification.ts';
import { useServers } from '../support/servers.ts';
import {
  publicKeys,
  putTrailObject,
  SignedBucket,
  type TestTrail,
  TRAIL_START,
  type TrailObject,
  type TrailSettings,
} from '../support/signed-trail.ts';
import { inShort } from '../support/tampering.ts';

const servers = useServers();

const START = Date.parse(TRAIL_START);
const at = (hour: number) => new Date(START + hour * 3_600_000).toISOString();
const ORGANIZATION = 'o-abc123';
const VIEW = { width: 200, colour: false };

const bucketName = () => `history-of-trails-${randomUUID().slice(0, 8)}`;

/** Verifies a bucket long after an hour, up to it. */
function verify(bucket: string, hours: number, request: Partial<VerifyRequest> = {}, keys = publicKeys()) {
  return verifyBucket(
    { bucket, prefix: '', until: at(hours), ...request },
    {
      ...{ s3: servers.s3.client, keys, now: () => START + 1e9, sleep: async () => {}, concurrency: 8 },
    },
  );
}

async function remove(...objects: TrailObject[]): Promise<void> {
  for (const { bucket, key } of objects)
    await servers.s3.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

function short({ findings, unchecked }: BucketReport): string[] {
  expect(unchecked).toEqual([]);
  return findings.map(inShort).sort();
}

const retiredOf = ({ places }: BucketReport) => places.flatMap(({ retired }) => retired);

describe('a trail that is retired while another continues', () => {
  async function retiring(other: TrailSettings = {}, ended: TrailSettings = {}) {
    const bucket = new SignedBucket(bucketName());
    const old = bucket.addTrail({ hours: 4, trail: 'old', ...ended });
    const living = bucket.addTrail({ hours: 12, trail: 'living', ...other });
    await bucket.upload(servers.s3.client);
    return { bucket, old, living };
  }

  test('is reported as retired, which is no finding', async () => {
    const { bucket, old } = await retiring();
    const report = await verify(bucket.bucket, 12);
    expect(short(report)).toEqual([]);
    expect(retiredOf(report)).toEqual([{ trail: 'old', homeRegion: 'eu-west-1', end: old.digests.at(-1)!.end }]);
    expect(isVerified(report)).toBe(true);
    expect(verificationText(report, VIEW).match(/old \(eu-west-1\)/g)).toHaveLength(1);
    expect(JSON.parse(verificationJson(report))).toMatchObject({
      verified: true,
      places: [{ retired: [{ trail: 'old' }] }],
    });
    // A range after its end does not know it.
    expect(retiredOf(await verify(bucket.bucket, 12, { since: at(8) }))).toEqual([]);
  });

  test('explains no log file that no digest names, however late', async () => {
    const { bucket } = await retiring();
    const planted = [4, 5, 8, 11].map((hour) => bucket.addUnreferenced({}, hour));
    for (const object of planted) await putTrailObject(servers.s3.client, object);
    const report = await verify(bucket.bucket, 12);
    expect(short(report)).toEqual(planted.map(({ key }) => `log-file-unnamed ${key}`).sort());
    expect(report.findings[0]!.detail).toContain('or trail old did');
  });

  test('nor a new one for longer than the living trail takes', async () => {
    const { bucket } = await retiring();
    const planted = bucket.addUnreferenced({}, 10);
    await putTrailObject(servers.s3.client, planted);
    const report = await verifyBucket(
      { bucket: bucket.bucket, prefix: '', until: at(12.2) },
      {
        ...{ s3: servers.s3.client, keys: publicKeys(), sleep: async () => {}, concurrency: 8 },
        now: () => START + 12.2 * 3_600_000,
      },
    );
    expect(short(report)).toEqual([`log-file-unnamed ${planted.key}`]);
  });

  test('a pause of one explains nothing that the other must name', async () => {
    const { bucket, old } = await retiring({}, { hours: 12, off: [5, 6] });
    const planted = bucket.addUnreferenced({}, 5);
    await putTrailObject(servers.s3.client, planted);
    expect(short(await verify(bucket.bucket, 12))).toEqual([
      `log-file-unnamed ${planted.key}`,
      `logging-gap ${old.digests.find(({ hour }) => hour === 7)!.key}`,
    ]);
  });

  test('and the other begins later: the time between is a gap', async () => {
    const { bucket } = await retiring({ start: at(6), hours: 6 });
    const { findings, places } = await verify(bucket.bucket, 12);
    expect(findings).toMatchObject([{ kind: 'logging-gap', from: at(4), to: at(6) }]);
    expect(retiredOf({ places, findings, unchecked: [] })).toEqual([]);
  });

  test('both ended: the time after the last of them is open', async () => {
    const { bucket } = await retiring({ hours: 7 });
    const { findings } = await verify(bucket.bucket, 12);
    expect(findings.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['digests-end', at(7), at(12)],
      ['digests-end', at(7), at(12)],
    ]);
  });

  test('what its own missing digest would have named is not called undelivered', async () => {
    const { bucket, old } = await retiring();
    await remove(old.digests[2]!);
    expect(short(await verify(bucket.bucket, 12))).toEqual([`digest-missing ${old.digests[2]!.key}`]);
  });
});

describe('a trail that continues elsewhere', () => {
  type Place = ConstructorParameters<typeof SignedBucket>[1] & { bucket?: string };

  /** Four hours in one place, four in the other, and so on. */
  async function moving(...places: Place[]) {
    const first = bucketName();
    const whole: TestTrail = { logFiles: [], digests: [] };
    const buckets: SignedBucket[] = [];
    for (const [i, { bucket = first, ...place }] of places.entries()) {
      const signed = new SignedBucket(bucket, { ...place, seed: i });
      const part = signed.addTrail({ hours: 4, start: at(4 * i), after: whole, backfilled: [1, 2] });
      whole.logFiles.push(...part.logFiles);
      whole.digests.push(...part.digests);
      buckets.push(signed);
      await signed.upload(servers.s3.client);
    }
    return { bucket: first, buckets, whole, hours: 4 * places.length };
  }

  const regular = ({ digests }: TestTrail) => digests.filter(({ key }) => !key.includes('_backfill'));

  test.each<[string, Place[], string]>([
    ['gets a prefix', [{}, { prefix: 'audit/' }], 'audit/'],
    ['loses it', [{ prefix: 'audit/' }, {}], ''],
    ["becomes an organization's", [{}, { organization: ORGANIZATION }], ''],
    ['gets another prefix, and its own back', [{ prefix: 'a/' }, { prefix: 'b/' }, { prefix: 'a/' }], 'a/'],
    ["becomes an organization's, below a prefix", [{}, { prefix: 'audit/', organization: ORGANIZATION }], 'audit/'],
  ])('%s', async (_, places, prefix) => {
    const { bucket, whole, hours } = await moving(...places);
    const report = await verify(bucket, hours, { prefix });
    expect(short(report)).toEqual([]);
    expect(retiredOf(report)).toEqual([]);
    expect(isVerified(report)).toBe(true);
    // All of it was verified, where it was before included.
    expect(report.places.reduce((sum, { digestsSigned }) => sum + digestsSigned, 0)).toBe(whole.digests.length);
    expect(report.places.reduce((sum, { logFilesVerified }) => sum + logFilesVerified, 0)).toBe(whole.logFiles.length);
    for (const hour of [2.4, 4.3, 6.8]) {
      const later = await verify(bucket, hours, { prefix, since: at(hour) });
      expect([hour, short(later)]).toEqual([hour, []]);
    }
  });

  test.each<[string, Place[]]>([
    ['in the same bucket', [{}, { prefix: 'audit/' }]],
    ['in another bucket', [{ bucket: `${bucketName()}-before` }, { prefix: 'audit/' }]],
  ])('what was deleted where it was before is missed (%s)', async (_, places) => {
    const { bucket, whole } = await moving(...places);
    const digests = regular(whole);
    const gone = [digests[1]!, digests[3]!, whole.logFiles.find(({ hour }) => hour === 0)!];
    await remove(...gone);
    const expected = ['digest-missing', 'digest-missing', 'log-file-missing'];
    const all = await verify(bucket, 8, { prefix: 'audit/' });
    expect(short(all)).toEqual(gone.map(({ key }, i) => `${expected[i]} ${key}`).sort());
    expect(all.findings.every((finding) => gone.some((one) => one.bucket === finding.bucket))).toBe(true);
    const text = verificationText(all, VIEW);
    expect(text).toContain(`  - s3://${gone[0]!.bucket}/AWSLogs/: 1 account and Region\n`);
    // It moved before the range, so it does not matter.
    expect(short(await verify(bucket, 8, { prefix: 'audit/', since: at(5.5) }))).toEqual([]);
  });

  test('all of its last digests there are deleted: each is missing, and the trail has not ended', async () => {
    const { bucket, whole } = await moving({}, { organization: ORGANIZATION });
    const digests = regular(whole);
    await remove(digests[2]!, digests[3]!, ...whole.logFiles.filter(({ hour }) => hour > 1).slice(0, 4));
    expect(short(await verify(bucket, 8)).filter((finding) => !finding.startsWith('log-file'))).toEqual([
      `digest-missing ${at(2)} ${at(3)}`,
      `digest-missing ${digests[3]!.key}`,
    ]);
  });

  test('a log file that no digest names is found in the place that the trail has left', async () => {
    const { bucket, buckets } = await moving({}, { organization: ORGANIZATION });
    const planted = [2, 6].map((hour) => buckets[0]!.addUnreferenced({}, hour));
    for (const object of planted) await putTrailObject(servers.s3.client, object);
    expect(short(await verify(bucket, 8))).toEqual(planted.map(({ key }) => `log-file-unnamed ${key}`).sort());
  });

  test('its first digest after the move names another hash than that of the one that is there', async () => {
    const { bucket, whole } = await moving({}, { prefix: 'audit/' });
    const last = regular(whole)[3]!;
    const other = new SignedBucket(last.bucket, { seed: 0 }).addTrail({ hours: 4, quiet: [3] }).digests.at(-1)!;
    expect(other.key).toBe(last.key);
    await putTrailObject(servers.s3.client, other);
    const report = await verify(bucket, 8, { prefix: 'audit/' });
    expect(short(report)).toContain(`digest-replaced ${last.key}`);
  });
});

describe('the start of a chain', () => {
  /** Backfill digests of hours 2, 5 and 6. */
  async function backfilled() {
    const bucket = new SignedBucket(bucketName());
    const trail = bucket.addTrail({ hours: 9, backfilled: [2, 5, 6] });
    await bucket.upload(servers.s3.client);
    const digests = trail.digests.filter(({ key }) => key.includes('_backfill'));
    return { bucket: bucket.bucket, digests, trail };
  }

  test.each([0, 1])('a backfill digest (%i) that is deleted with its log files is missing', async (i) => {
    const { bucket, digests } = await backfilled();
    await remove(digests[i]!, ...digests[i]!.names);
    expect(short(await verify(bucket, 9))).toEqual([`digest-missing ${digests[i]!.key}`]);
  });

  test.each([0, 1])('its log file, if it is left, is not called undelivered (%i)', async (i) => {
    const { bucket, digests } = await backfilled();
    await remove(digests[i]!);
    const { findings } = await verify(bucket, 9);
    expect(findings).toMatchObject([{ kind: 'digest-missing', key: digests[i]!.key, unverifiable: 1 }]);
  });

  test('of several, those whose names are unknown may have named it', async () => {
    const { bucket, digests } = await backfilled();
    await remove(digests[0]!, digests[1]!);
    const { findings } = await verify(bucket, 9);
    expect(findings.map(inShort).sort()).toEqual([
      `digest-missing ${digests[1]!.key}`,
      `log-file-unnamed ${digests[0]!.names[0]!.key}`,
    ]);
    const unnamed = findings.find(({ kind }) => kind === 'log-file-unnamed') as Finding;
    expect(unnamed.detail).toContain(`or a backfill digest named it, older than ${digests[1]!.key}, which is missing`);
  });

  test('in a range, what ended before it does not matter', async () => {
    const { bucket, digests } = await backfilled();
    await remove(digests[0]!, ...digests[0]!.names);
    expect(short(await verify(bucket, 9, { since: at(5.5) }))).toEqual([]);
    // As aws-cli does: the one before the first backfill digest of a range belongs to it.
    for (const hour of [2.5, 4.5]) {
      expect(short(await verify(bucket, 9, { since: at(hour) }))).toEqual([`digest-missing ${digests[0]!.key}`]);
    }
  });

  test('in a range, the log files of the backfill digest before it are verified', async () => {
    const { bucket, digests } = await backfilled();
    const [file] = digests[0]!.names;
    await remove(file!);
    expect(short(await verify(bucket, 9, { since: at(4.9) }))).toEqual([`log-file-missing ${file!.key}`]);
    expect(short(await verify(bucket, 9, { since: at(5.5) }))).toEqual([]);
  });
});

test('an earlier backfill digest whose public key is unavailable is not checked', async () => {
  const bucket = new SignedBucket(bucketName());
  const { digests } = bucket.addTrail({ hours: 12, backfilled: [2, 9] });
  await bucket.upload(servers.s3.client);
  const keys: PublicKeySource = {
    async find(fingerprint, regions, time) {
      if (time < at(6)) throw new KeysUnavailableError('eu-west-1', new Error('throttled'));
      return publicKeys().find(fingerprint, regions, time);
    },
  };
  const report = await verify(bucket.bucket, 12, { since: at(8.5) }, keys);
  const [before] = digests.filter(({ key }) => key.includes('_backfill'));
  expect(report.findings).toEqual([]);
  expect(report.unchecked).toMatchObject([{ place: `s3://${bucket.bucket}/${before!.key}` }]);
  expect(isVerified(report)).toBe(false);
});

describe('a replica', () => {
  async function replicated() {
    const original = new SignedBucket(bucketName());
    const trail = original.addTrail({ hours: 5, backfilled: [2] });
    const replica = `${original.bucket}-replica`;
    const copy = new SignedBucket(replica);
    for (const [key, object] of original.objects) copy.objects.set(key, { ...object, bucket: replica });
    // The original is not there to be read.
    await copy.upload(servers.s3.client);
    return { original: original.bucket, replica, trail };
  }

  test('is verified like its original', async () => {
    const { original, replica, trail } = await replicated();
    const report = await verify(replica, 5, { originals: [original] });
    expect(short(report)).toEqual([]);
    expect(report.places).toMatchObject([{ digestsSigned: trail.digests.length, logFilesVerified: 10 }]);
    expect(isVerified(report)).toBe(true);
  });

  test('by another name, everything is elsewhere', async () => {
    const { replica } = await replicated();
    const { findings } = await verify(replica, 5, { originals: ['another-original'] });
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['digest-moved', 'log-file-moved']));
  });

  test('what is missing or altered there is missing or altered', async () => {
    const { original, replica, trail } = await replicated();
    const [digest, file, other] = [trail.digests[1]!, trail.logFiles[0]!, trail.logFiles.at(-1)!];
    await remove({ ...digest, bucket: replica }, { ...file, bucket: replica });
    await putTrailObject(servers.s3.client, { ...other, bucket: replica, body: file.body });
    const { findings } = await verify(replica, 5, { originals: [original] });
    expect(findings.map(inShort).sort()).toEqual([
      `digest-missing ${digest.key}`,
      `log-file-missing ${file.key}`,
      `log-file-modified ${other.key}`,
    ]);
    expect(findings.every(({ bucket }) => bucket === replica)).toBe(true);
  });
});

describe('public keys that are unavailable', () => {
  /** CloudTrail answers in all Regions but one. */
  const without = (region: string): PublicKeySource => ({
    async find(fingerprint, regions, time) {
      const key = await publicKeys().find(
        fingerprint,
        regions.filter((one) => one !== region),
        time,
      );
      if (key === undefined && regions.includes(region))
        throw new KeysUnavailableError(
          region,
          Object.assign(new Error('secret'), { name: 'UnrecognizedClientException' }),
        );
      return key;
    },
  });

  test('leave the digests of their Region unchecked, by name, and others verified', async () => {
    const bucket = new SignedBucket(bucketName());
    const home = { homeRegion: 'eu-west-1' };
    const here = bucket.addTrail({ hours: 5, ...home });
    const there = bucket.addTrail({ hours: 5, region: 'ap-east-1', off: [2], ...home });
    await bucket.upload(servers.s3.client);
    const report = await verify(bucket.bucket, 5, {}, without('ap-east-1'));
    const reason = 'public-keys-unavailable: public keys of CloudTrail in ap-east-1: UnrecognizedClientException';
    const places = there.digests.map(({ key }) => `s3://${bucket.bucket}/${key}`);
    expect(report.unchecked.toSorted((a, b) => (a.place < b.place ? -1 : 1))).toEqual(
      places.sort().map((place) => ({ place, reason })),
    );
    expect(report.findings.map(({ kind }) => kind)).toEqual(['logging-gap']);
    expect(report.places).toMatchObject([
      { region: 'ap-east-1', digestsSigned: 0 },
      { region: 'eu-west-1', digestsSigned: here.digests.length, logFilesVerified: 10 },
    ]);
    expect(isVerified(report)).toBe(false);
    expect(verificationText(report, VIEW)).toContain(
      'public keys of CloudTrail in ap-east-1: UnrecognizedClientException: 4\n',
    );
  });
});
