import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import {
  givenKeys,
  type KeysByRegion,
  type PublicKey,
  type PublicKeySource,
} from '../../shared/integrity/public-keys.ts';
import { type Random, seededRandom } from './random.ts';

/** A trail as a test wants it. */
export interface TrailSettings {
  account?: string;
  region?: string;
  trail?: string;
  homeRegion?: string;
  /** When logging starts; ISO 8601. */
  start?: string;
  /** How many hours, each with a digest. */
  hours?: number;
  filesPerHour?: number;
  /** Hours, counted from 0, in which logging was off: they have neither log files nor a digest, and the next one starts anew. */
  off?: readonly number[];
  /** Hours without log files. */
  quiet?: readonly number[];
  /** Hours of which the first log file was left out, to be named by a digest made later. */
  backfilled?: readonly number[];
  /** The trail has written elsewhere before: its chains go on after the last digests of that. */
  after?: TestTrail;
  /** The records of a log file. */
  records?(hour: number, file: number): unknown[];
}

type AllSettings = Required<Omit<TrailSettings, 'after'>>;

/** An object in the bucket; tests tamper with these before they upload them. */
export interface TrailObject {
  bucket: string;
  key: string;
  body: Buffer;
  metadata: Record<string, string>;
}

export interface TestLogFile extends TrailObject {
  /** The uncompressed bytes. */
  text: string;
  /** Counted from the start of the trail. */
  hour: number;
  /** The digest that names it. */
  digest: string;
  account: string;
  region: string;
}

export interface TestDigest extends TrailObject {
  hour: number;
  start: string;
  end: string;
  account: string;
  region: string;
  /** The uncompressed bytes. */
  text?: string;
  /** Log files that it names. */
  names: TestLogFile[];
}

export interface TestTrail {
  logFiles: TestLogFile[];
  digests: TestDigest[];
}

interface SigningKey {
  privateKey: KeyObject;
  publicKey: PublicKey;
}

const signingKeys = new Map<string, SigningKey>();

/** CloudTrail's key pair of a Region. */
export function signingKey(region: string): SigningKey {
  const known = signingKeys.get(region);
  if (known) return known;
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const value = pair.publicKey.export({ format: 'der', type: 'pkcs1' });
  const fingerprint = createHash('md5').update(value).digest('hex');
  const key = { privateKey: pair.privateKey, publicKey: { fingerprint, value } };
  signingKeys.set(region, key);
  return key;
}

/** The public keys of all Regions that tests have used. */
export function publicKeysByRegion(): KeysByRegion {
  return new Map([...signingKeys].map(([region, { publicKey }]) => [region, [publicKey]]));
}

export function publicKeys(): PublicKeySource {
  return givenKeys(publicKeysByRegion());
}

const HOUR_MS = 3_600_000;
/** Far ahead: the embedded S3 stores everything now, which so is before the end of all digests. */
export const TRAIL_START = '2031-03-01T20:01:31Z';

const DEFAULTS = {
  account: '111122223333',
  region: 'eu-west-1',
  trail: 'management_events',
  start: TRAIL_START,
  hours: 8,
  filesPerHour: 2,
  off: [],
  quiet: [],
  backfilled: [],
  records: (hour: number, file: number) => [{ eventSource: 's3.amazonaws.com', hour, file }],
};

/** A bucket as CloudTrail fills it: log files, and each hour a signed digest of them, for any number of trails. */
export class SignedBucket {
  readonly bucket: string;
  /** `[prefix/]AWSLogs/[o-ORGID/]` */
  readonly root: string;
  readonly objects = new Map<string, TrailObject>();
  private readonly random: Random;

  constructor(
    bucket: string,
    { prefix = '', organization, seed = 7 }: { prefix?: string; organization?: string; seed?: number } = {},
  ) {
    this.bucket = bucket;
    this.random = seededRandom(seed);
    this.root = `${prefix}AWSLogs/${organization === undefined ? '' : `${organization}/`}`;
  }

  addTrail(wanted: TrailSettings = {}): TestTrail {
    const settings = { ...DEFAULTS, homeRegion: wanted.region ?? DEFAULTS.region, ...wanted };
    const trail: TestTrail = { logFiles: [], digests: [] };
    const before = (isBackfill: boolean) =>
      wanted.after?.digests.findLast(({ key }) => key.endsWith('_backfill.json.gz') === isBackfill);
    let previous = before(false);
    let previousBackfill = before(true);
    for (let hour = 0; hour < settings.hours; hour += 1) {
      if (settings.off.includes(hour)) {
        previous = undefined;
        continue;
      }
      const files = settings.quiet.includes(hour) ? [] : this.logFilesOf(settings, hour);
      const late = settings.backfilled.includes(hour) ? files.splice(0, 1) : [];
      previous = this.digestOf(settings, hour, files, previous);
      trail.digests.push(previous);
      trail.logFiles.push(...files);
      if (late.length === 0) continue;
      previousBackfill = this.digestOf(settings, hour, late, previousBackfill, true);
      trail.digests.push(previousBackfill);
      trail.logFiles.push(...late);
    }
    return trail;
  }

  /** A log file that no digest names. */
  addUnreferenced(settings: TrailSettings, hour: number): TestLogFile {
    const all = { ...DEFAULTS, homeRegion: settings.region ?? DEFAULTS.region, ...settings };
    return this.logFileOf(all, hour, 0);
  }

  private logFilesOf(settings: AllSettings, hour: number): TestLogFile[] {
    return Array.from({ length: settings.filesPerHour }, (_, file) => this.logFileOf(settings, hour, file));
  }

  private logFileOf(settings: AllSettings, hour: number, file: number): TestLogFile {
    const { account, region, start, filesPerHour } = settings;
    const time = isoOf(
      Date.parse(start) + hour * HOUR_MS + Math.floor(((file + 0.5) * HOUR_MS) / (filesPerHour + 0.5)),
    );
    const name = `${account}_CloudTrail_${region}_${stamp(time).slice(0, 13)}Z_${this.random.hex(16)}.json.gz`;
    const key = `${this.root}${account}/CloudTrail/${region}/${dayPath(time)}/${name}`;
    const text = JSON.stringify({ Records: settings.records(hour, file) });
    const object = {
      bucket: this.bucket,
      key,
      body: gzipSync(text),
      metadata: {},
      text,
      hour,
      digest: '',
      account,
      region,
    };
    this.objects.set(key, object);
    return object;
  }

  private digestOf(
    settings: AllSettings,
    hour: number,
    files: TestLogFile[],
    previous: TestDigest | undefined,
    backfill = false,
  ): TestDigest {
    const { account, region, trail, homeRegion, start } = settings;
    const from = isoOf(Date.parse(start) + hour * HOUR_MS);
    const end = isoOf(Date.parse(start) + (hour + 1) * HOUR_MS);
    const suffix = backfill ? '_backfill' : '';
    const name = `${account}_CloudTrail-Digest_${region}_${trail}_${homeRegion}_${stamp(end)}Z${suffix}.json.gz`;
    const key = `${this.root}${account}/CloudTrail-Digest/${region}/${dayPath(end)}/${name}`;
    const digest: TestDigest = {
      bucket: this.bucket,
      key,
      body: Buffer.alloc(0),
      metadata: backfill ? { 'backfill-generation-timestamp': isoOf(Date.parse(end) + HOUR_MS) } : {},
      hour,
      start: from,
      end,
      account,
      region,
      names: files,
    };
    for (const file of files) file.digest = key;
    signDigest(digest, digestBody(digest, previous));
    this.objects.set(key, digest);
    return digest;
  }

  /** Creates the bucket, unless it is there, and puts everything into it. */
  async upload(s3: S3Client): Promise<void> {
    await s3.send(new CreateBucketCommand({ Bucket: this.bucket })).catch(() => {});
    await pMap(this.objects.values(), (object) => putTrailObject(s3, object), { concurrency: 16 });
  }
}

/** What is in a digest file, as CloudTrail writes it. */
export function digestBody(digest: TestDigest, previous: TestDigest | undefined): Record<string, unknown> {
  const linked = previous && {
    sha256: createHash('sha256').update(previous.text!).digest('hex'),
    signature: previous.metadata.signature!,
  };
  return {
    awsAccountId: digest.account,
    digestStartTime: withoutMilliseconds(digest.start),
    digestEndTime: withoutMilliseconds(digest.end),
    digestS3Bucket: digest.bucket,
    digestS3Object: digest.key,
    digestPublicKeyFingerprint: signingKey(digest.region).publicKey.fingerprint,
    digestSignatureAlgorithm: 'SHA256withRSA',
    newestEventTime: null,
    oldestEventTime: null,
    previousDigestS3Bucket: previous?.bucket ?? null,
    previousDigestS3Object: previous?.key ?? null,
    previousDigestHashValue: linked?.sha256 ?? null,
    previousDigestHashAlgorithm: linked ? 'SHA-256' : null,
    previousDigestSignature: linked?.signature ?? null,
    logFiles: digest.names.map(({ bucket, key, text }) => ({
      s3Bucket: bucket,
      s3Object: key,
      hashValue: createHash('sha256').update(text).digest('hex'),
      hashAlgorithm: 'SHA-256',
      newestEventTime: withoutMilliseconds(digest.start),
      oldestEventTime: withoutMilliseconds(digest.start),
    })),
  };
}

/** Gives a digest this content, signed by the key of its Region, or another. */
export function signDigest(
  digest: TestDigest,
  body: Record<string, unknown>,
  { privateKey }: Pick<SigningKey, 'privateKey'> = signingKey(digest.region),
): void {
  const text = JSON.stringify(body);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const place = `${body.digestS3Bucket}/${body.digestS3Object}`;
  const signed = `${body.digestEndTime}\n${place}\n${sha256}\n${body.previousDigestSignature ?? 'null'}`;
  digest.text = text;
  digest.body = gzipSync(text);
  digest.metadata.signature = sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('hex');
  digest.metadata['signature-algorithm'] = 'SHA256withRSA';
}

export async function putTrailObject(s3: S3Client, { bucket, key, body, metadata }: TrailObject): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, Metadata: metadata }));
}

const isoOf = (milliseconds: number) => new Date(milliseconds).toISOString();
const withoutMilliseconds = (time: string) => time.replace(/\.\d+Z$/, 'Z');
/** `YYYYMMDDTHHMMSS` */
const stamp = (time: string) => time.slice(0, 19).replaceAll(/[-:]/g, '');
const dayPath = (time: string) => time.slice(0, 10).replaceAll('-', '/');
