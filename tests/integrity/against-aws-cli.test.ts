import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../shared/integrity/finding.ts';
import { type BucketReport, verifyBucket } from '../../shared/integrity/verify-bucket.ts';
import { type FakeAws, startFakeAws } from '../support/fake-aws.ts';
import { awsSettings } from '../support/program.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { scaled, seeds } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import {
  publicKeys,
  publicKeysByRegion,
  putTrailObject,
  SignedBucket,
  type TestDigest,
  type TestTrail,
  TRAIL_START,
  type TrailObject,
} from '../support/signed-trail.ts';

/**
 * `aws cloudtrail validate-logs` as an independent second opinion, over random histories of trails: nothing that it finds may
 * be missed here, and nothing may be found that nobody did.
 */

const run = promisify(execFile);
/** Older versions do not know AWS_ENDPOINT_URL. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const OLDEST: Readonly<Record<string, number>> = { 1: 29, 2: 13 };
const hasAwsCli = await run('aws', ['--version']).then(
  ({ stdout }) => {
    const [, major = '', minor = ''] = /^aws-cli\/(\d+)\.(\d+)\./.exec(stdout) ?? [];
    return Number(minor) >= (OLDEST[major] ?? 0);
  },
  () => false,
);

const HOUR_MS = 3_600_000;
const START = Date.parse(TRAIL_START);
const ACCOUNT = '111122223333';
const ORGANIZATION = 'o-abc123';
const REGIONS = ['eu-west-1', 'us-east-1'];
const isoOf = (milliseconds: number) => new Date(milliseconds).toISOString();

/** Where a trail writes. */
interface Location {
  bucket: string;
  prefix: string;
  organization?: string;
}

interface HistoryTrail {
  name: string;
  region: string;
  /** Where it writes in the end. */
  location: Location;
  end: string;
  trail: TestTrail;
}

interface History {
  trails: HistoryTrail[];
  buckets: SignedBucket[];
  hours: number;
  /** Of which the trails log all the time. */
  gaps: number;
}

let histories = 0;

/** Trails that move between buckets and prefixes, become an organization's, pause, and are retired; the first one goes on to the end. */
function randomHistory(random: Random): History {
  histories += 1;
  const hours = 6 + random.below(7);
  const id = randomUUID().slice(0, 8);
  const name = (n: number) => `history-${id}-${n}`;
  const locations: Location[] = [
    { bucket: name(0), prefix: '' },
    { bucket: name(0), prefix: 'audit/' },
    { bucket: name(0), prefix: '', organization: ORGANIZATION },
    { bucket: name(1), prefix: '' },
    { bucket: name(1), prefix: 'audit/logs/' },
  ];
  const history: History = { trails: [], buckets: [], hours, gaps: 0 };
  for (const i of Array.from({ length: 1 + random.below(3) }).keys()) {
    const region = random.pick(REGIONS);
    const begin = i === 0 ? 0 : random.below(3);
    const end = i === 0 || random.chance(0.5) ? hours : begin + 1 + random.below(hours - begin);
    let location = random.pick(locations);
    const whole: TestTrail = { logFiles: [], digests: [] };
    let last = TRAIL_START;
    for (let hour = begin; hour < end; ) {
      const length = random.chance(0.5) ? end - hour : 1 + random.below(end - hour);
      const bucket = new SignedBucket(location.bucket, {
        ...location,
        seed: 1_000 * history.buckets.length + histories,
      });
      const between = Array.from({ length }, (_, at) => at);
      // Not the last: then nobody would know that it goes on.
      const off = between.filter((at) => at > 0 && hour + at < end - 1 && random.chance(0.08));
      history.gaps += off.length;
      const trail = bucket.addTrail({
        ...{ account: ACCOUNT, region, trail: `trail_${i}`, homeRegion: region, off },
        start: isoOf(START + (hour + i / 4) * HOUR_MS),
        hours: length,
        filesPerHour: random.below(3),
        quiet: between.filter(() => random.chance(0.2)),
        backfilled: between.filter((at) => !off.includes(at) && random.chance(0.2)),
        after: whole,
        records: (at, file) => [{ eventSource: 's3.amazonaws.com', trail: i, hour: hour + at, file }],
      });
      whole.logFiles.push(...trail.logFiles);
      whole.digests.push(...trail.digests);
      history.buckets.push(bucket);
      last = trail.digests.at(-1)?.end ?? last;
      hour += length;
      if (hour < end) location = random.pick(locations.filter((other) => other !== location));
    }
    history.trails.push({ name: `trail_${i}`, region, location, end: last, trail: whole });
  }
  return history;
}

const isBackfill = ({ key }: TestDigest) => key.endsWith('_backfill.json.gz');

/** Does something to one object, and returns the objects that may be named because of it. */
type Tamper = (history: History, random: Random, edit: Edit) => TrailObject[];
interface Edit {
  put(object: TrailObject): void;
  remove(object: TrailObject): void;
}

const anyFile = ({ trails }: History, random: Random) => {
  const files = trails.flatMap(({ trail }) => trail.logFiles);
  return files.length === 0 ? undefined : random.pick(files);
};
/** None that is the last of its chain: nobody names that. */
const anyDigest = ({ trails }: History, random: Random, wanted: (digest: TestDigest) => boolean = () => true) => {
  const named = trails.flatMap(({ trail }) =>
    [true, false].flatMap((backfill) => trail.digests.filter((digest) => isBackfill(digest) === backfill).slice(0, -1)),
  );
  const digests = named.filter(wanted);
  return digests.length === 0 ? undefined : random.pick(digests);
};
const onFile =
  (change: (file: TrailObject, edit: Edit, random: Random) => void): Tamper =>
  (history, random, edit) => {
    const file = anyFile(history, random);
    if (file) change(file, edit, random);
    return file ? [file] : [];
  };
const onDigest =
  (
    change: (digest: TestDigest, edit: Edit, random: Random) => void,
    wanted?: (digest: TestDigest) => boolean,
  ): Tamper =>
  (history, random, edit) => {
    const digest = anyDigest(history, random, wanted);
    if (digest) change(digest, edit, random);
    // Their log files cannot be verified any more.
    return digest ? [digest, ...digest.names] : [];
  };

const TAMPERINGS: readonly Tamper[] = [
  onFile((file, edit) => edit.remove(file)),
  onFile((file, edit) => edit.put({ ...file, body: gzipSync('{"Records":[]}') })),
  onFile((file, edit) => edit.put({ ...file, body: Buffer.concat([file.body, Buffer.from('more')]) })),
  onFile((file, edit, random) => edit.put({ ...file, body: file.body.subarray(0, random.below(file.body.length)) })),
  onDigest((digest, edit) => edit.remove(digest)),
  onDigest((digest, edit) => edit.remove(digest), isBackfill),
  onDigest((digest, edit) => {
    for (const object of [digest, ...digest.names]) edit.remove(object);
  }, isBackfill),
  onDigest((digest, edit) => edit.put({ ...digest, metadata: { ...digest.metadata, signature: 'ab'.repeat(256) } })),
  onDigest((digest, edit) =>
    edit.put({ ...digest, body: gzipSync(digest.text!.replace('"logFiles":[', '"logFiles": [')) }),
  ),
  onDigest((digest, edit) => edit.put({ ...digest, body: digest.body.subarray(3) })),
];

/** All that aws-cli has called invalid so far. */
let invalid = 0;
const servers = useServers();
let aws: FakeAws;
let s3: Server;
beforeAll(async () => {
  aws = await startFakeAws();
  s3 = await startLocatingS3(servers.s3.endpoint);
});
afterAll(async () => {
  s3.closeAllConnections();
  s3.close();
  await aws.stop();
});

/** Before the embedded S3, which answers GetBucketLocation with white space that botocore takes for the name of a Region. */
async function startLocatingS3(endpoint: string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && /[?&]location\b/.test(request.url ?? '')) {
      response.setHeader('content-type', 'application/xml');
      response.end(
        '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>',
      );
      return;
    }
    const forwarded = httpRequest(
      new URL(request.url ?? '/', endpoint),
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** What aws-cli says of a trail: objects that are not valid, and gaps. */
interface Opinion {
  invalid: string[];
  gaps: number;
}

async function opinionOf({ name, region, location }: HistoryTrail, since: string, until: string): Promise<Opinion> {
  const { bucket, prefix, organization } = location;
  const TrailARN = `arn:aws:cloudtrail:${region}:${ACCOUNT}:trail/${name}`;
  const keys = [...publicKeysByRegion().values()].flat().map(({ fingerprint, value }) => ({
    ...{ Fingerprint: fingerprint, Value: Buffer.from(value).toString('base64') },
    ...{ ValidityStartTime: new Date(START - 1e9), ValidityEndTime: new Date(START + 1e10) },
  }));
  aws.become({
    'cloudtrail:ListPublicKeys': () => ({ PublicKeyList: keys }),
    'cloudtrail:DescribeTrails': () => ({
      trailList: [
        {
          ...{ Name: name, TrailARN, S3BucketName: bucket, IsOrganizationTrail: organization !== undefined },
          ...(prefix && { S3KeyPrefix: prefix.slice(0, -1) }),
        },
      ],
    }),
    'organizations:DescribeOrganization': () => ({ Organization: { Id: organization } }),
  });
  const args = ['cloudtrail', 'validate-logs', '--trail-arn', TrailARN, '--account-id', ACCOUNT, '--region', region];
  const env = {
    ...process.env,
    ...awsSettings({ s3: `http://127.0.0.1:${(s3.address() as AddressInfo).port}` }),
    AWS_ENDPOINT_URL_CLOUDTRAIL: aws.endpoint,
    AWS_ENDPOINT_URL_ORGANIZATIONS: aws.endpoint,
  };
  const ended = await run('aws', [...args, '--start-time', since, '--end-time', until], { env }).catch(
    (error: { code?: number; stdout: string; stderr: string }) => {
      // 1: something is invalid.
      if (error.code === 1) return error;
      throw error;
    },
  );
  expect(ended.stdout).toContain('Results requested');
  const lines = ended.stderr.split('\n');
  return {
    invalid: lines.flatMap((line) => /(s3:\/\/\S+)\tINVALID/.exec(line)?.[1] ?? []),
    gaps: lines.filter((line) => line.startsWith('No log files were delivered')).length,
  };
}

async function ours({ trails, hours }: History, location: Location, since: string | undefined): Promise<BucketReport> {
  const until = isoOf(START + hours * HOUR_MS);
  return verifyBucket(
    { ...{ bucket: location.bucket, prefix: location.prefix, until, since }, regions: [trails[0]!.region] },
    {
      ...{ s3: servers.s3.client, keys: publicKeys(), sleep: setTimeout, concurrency: 8 },
      now: () => Date.parse(until) + 10 * 24 * HOUR_MS,
    },
  );
}

const uri = ({ bucket, key }: { bucket?: string; key?: string }) => `s3://${bucket}/${key}`;
const isAbout = (finding: Finding, object: string) => uri(finding) === object || finding.detail.includes(object);

(hasAwsCli ? describe : describe.skip)('against aws cloudtrail validate-logs', () => {
  test.each(seeds(scaled(4, 150)))(
    'nothing is missed, and there is no false alarm (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const history = randomHistory(random);
      const [trail] = history.trails as [HistoryTrail];
      for (const bucket of history.buckets) await bucket.upload(servers.s3.client);
      const changes: Promise<unknown>[] = [];
      const edit: Edit = {
        put: (object) => void changes.push(putTrailObject(servers.s3.client, object)),
        remove: ({ bucket, key }) =>
          void changes.push(servers.s3.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))),
      };
      const touched: TrailObject[] = [];
      for (let left = random.chance(0.3) ? 0 : 1 + random.below(3); left > 0; left -= 1) {
        touched.push(...random.pick(TAMPERINGS)(history, random, edit));
        await Promise.all(changes.splice(0));
      }
      const since = random.chance(0.7) ? undefined : isoOf(START + (random.below(history.hours - 1) + 0.3) * HOUR_MS);
      const report = await ours(history, trail.location, since);
      const until = isoOf(START + history.hours * HOUR_MS);
      const opinion = await opinionOf(trail, since ?? isoOf(START - HOUR_MS), until);
      const { findings, unchecked } = report;
      expect(unchecked).toEqual([]);
      invalid += opinion.invalid.length;
      const missed = opinion.invalid.filter((object) => !findings.some((finding) => isAbout(finding, object)));
      expect({ seed, missed }).toEqual({ seed, missed: [] });
      expect(findings.filter(({ kind }) => kind === 'logging-gap').length).toBeGreaterThanOrEqual(opinion.gaps);
      // Every finding is of something that was done, or of a pause.
      const names = new Set(touched.map(uri));
      const times = touched.flatMap((object) => ('end' in object ? [(object as TestDigest).end] : []));
      const unexplained = findings.filter(({ kind, ...finding }) => {
        if (kind === 'logging-gap') return history.gaps === 0;
        if (finding.key === undefined) return !times.some((end) => finding.from! < end && end <= finding.to!);
        return !names.has(uri(finding));
      });
      expect({ seed, unexplained }).toEqual({ seed, unexplained: [] });
    },
    120_000,
  );

  test('and it had something to say', () => {
    expect(invalid).toBeGreaterThan(0);
  });
});
