import { defined } from '../defined.ts';

/** An object in a bucket. */
export interface ObjectRef {
  bucket: string;
  key: string;
}

/** Returns `bucket/key`, as events and the ledger name a log file. */
export const objectName = ({ bucket, key }: ObjectRef): string => `${bucket}/${key}`;

/** Reads `bucket/key`. */
export function objectRef(name: string): ObjectRef {
  const slash = name.indexOf('/');
  return { bucket: name.slice(0, slash), key: name.slice(slash + 1) };
}

/** Why an object in a trail's bucket is not read as a log file. */
export type SkippedObject =
  | 'folder-marker'
  | 'digest-file'
  | 'insight-file'
  | 'network-activity-file'
  | 'aggregated-file'
  | 'not-a-cloudtrail-log-file';

/** What the key of a log file says. */
export interface LogFileKey {
  /** The account in the key, 12 digits; absent in keys made up for local files (`000000000000`, which AWS never issues). */
  account?: string;
  region: string;
  /** Delivery day, `YYYY-MM-DD`, UTC. */
  deliveryDay: string;
  /** When CloudTrail delivered it, to the minute; ISO 8601. Unlike the object's own time it outlives a copy. */
  deliveredAt?: string;
}

/** The account in keys made up for local files. */
export const NO_ACCOUNT = '000000000000';

// [prefix/]AWSLogs/[o-ORGID/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/NAME
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
const TRAIL_KEY =
  /^(?<root>(?:.*\/)?AWSLogs\/(?:o-[a-z0-9]+\/)?)(?<account>\d{12})\/(?<folder>CloudTrail[A-Za-z-]*)\/(?<region>[a-z0-9-]+)\/(?<day>\d{4}\/\d{2}\/\d{2})\/(?<name>[^/]+)$/s;

type TrailKey = Record<'root' | 'account' | 'folder' | 'region' | 'day' | 'name', string>;
const trailKey = (key: string) => TRAIL_KEY.exec(key)?.groups as TrailKey | undefined;

const OTHER_FOLDERS: Readonly<Record<string, SkippedObject>> = {
  'CloudTrail-Digest': 'digest-file',
  'CloudTrail-Insight': 'insight-file',
  'CloudTrail-NetworkActivity': 'network-activity-file',
  'CloudTrail-Aggregated': 'aggregated-file',
};

/** Tells from its key whether an object is a CloudTrail log file, and which; otherwise why it is skipped. */
export function readObjectKey(key: string): LogFileKey | { skipped: SkippedObject } {
  if (key.endsWith('/')) return { skipped: 'folder-marker' };
  const parts = trailKey(key);
  if (parts === undefined) return { skipped: 'not-a-cloudtrail-log-file' };
  const { account, folder, region, day, name } = parts;
  if (folder !== 'CloudTrail') return { skipped: OTHER_FOLDERS[folder] ?? 'not-a-cloudtrail-log-file' };
  if (!/\.json(\.gz)?$/.test(name)) return { skipped: 'not-a-cloudtrail-log-file' };
  return {
    region,
    deliveryDay: day.replaceAll('/', '-'),
    ...defined({ account: account === NO_ACCOUNT ? undefined : account, deliveredAt: deliveredAt(name) }),
  };
}

/** Returns what the key of a log file says; undefined if it is another object's. */
export function readLogFileKey(key: string): LogFileKey | undefined {
  const names = readObjectKey(key);
  return 'skipped' in names ? undefined : names;
}

/** The log files and digests of an account and Region in a bucket. */
export interface TrailScope {
  bucket: string;
  /** Everything before the account: `[prefix/]AWSLogs/[o-ORGID/]`. */
  root: string;
  account: string;
  region: string;
}

/** Returns the account and Region to which an object belongs by its key; undefined if it is not in CloudTrail's shape. */
export function trailScopeOf({ bucket, key }: ObjectRef): TrailScope | undefined {
  const parts = trailKey(key);
  return parts && { bucket, root: parts.root, account: parts.account, region: parts.region };
}

/** `YYYYMMDDTHHmm`, a valid time. */
const TIME = String.raw`(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])([0-5]\d)`;

// ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
const DELIVERY_TIME = new RegExp(`_${TIME}Z_`);

function deliveredAt(name: string): string | undefined {
  const [, year, month, day, hour, minute] = DELIVERY_TIME.exec(name) ?? [];
  return year && `${year}-${month}-${day}T${hour}:${minute}:00.000Z`;
}

/** `_YYYYMMDDTHH` */
const HOUR_LENGTH = 12;

/**
 * Returns the key of a log file, or its `bucket/key`, up to the hour of its delivery: the same for all log files of an account and
 * Region in that hour; undefined if its name has no time.
 */
export function deliveryHour(key: string): string | undefined {
  const start = key.lastIndexOf('/') + 1;
  const time = DELIVERY_TIME.exec(key.slice(start));
  return time === null ? undefined : key.slice(0, start + time.index + HOUR_LENGTH);
}

/** Returns the organization in the key of an object; undefined if there is none. */
export function organizationIn(key: string): string | undefined {
  return /(?:^|\/)AWSLogs\/(o-[a-z0-9]+)\//.exec(key)?.[1];
}

/** The end of a key that is recognized without the file's name: [o-ORGID/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/NAME */
const BELOW_AWSLOGS =
  /(?:^|\/)((?:o-[a-z0-9]+\/)?\d{12}\/CloudTrail[A-Za-z-]*\/[a-z0-9-]+\/\d{4}\/\d{2}\/\d{2}\/[^/]+)$/;
/** [...]ACCOUNT_FOLDER_REGION_[..._]TIME: of log files, and of all other files of CloudTrail, also behind a `Copy of `. */
const FILE_NAME = new RegExp(
  String.raw`^(?:.{0,200}?\D)?(\d{12})_(CloudTrail(?:-[A-Za-z]+)*)_([a-z0-9-]+)_(?:.*?_)?${TIME}(?:\d\d)?Z(?=[_.]|$)`,
  's',
);
/** AWS Config puts its files beside those of CloudTrail: ACCOUNT_Config_REGION_ConfigSnapshot_... */
const CONFIG_FILE_NAME = /^\d{12}_Config_[a-z0-9-]+_Config[A-Z]/;

/**
 * Returns the key that a file had in the bucket of its trail, from `AWSLogs/` on. A bucket may be downloaded whole or in part,
 * with its folders or without. So the key is read from the folders above the file, or else from the file's name, which does
 * not name an organization.
 * @param path with slashes, on this machine
 * @returns undefined if neither tells that the file is of a trail's bucket
 */
export function trailKeyOf(path: string): string | undefined {
  const at = path.lastIndexOf('/AWSLogs/');
  const key = at < 0 ? undefined : path.slice(at + 1);
  if (key !== undefined && TRAIL_KEY.test(key)) return withSuffix(key);
  const below = BELOW_AWSLOGS.exec(path)?.[1];
  if (below !== undefined) return withSuffix(`AWSLogs/${below}`);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [, account, folder, region, year, month, day] = FILE_NAME.exec(name) ?? [];
  if (account === undefined) return key ?? (CONFIG_FILE_NAME.test(name) ? `AWSLogs/${name}` : undefined);
  return withSuffix(`AWSLogs/${account}/${folder}/${region}/${year}/${month}/${day}/${name}`);
}

/** A second download puts its number before or after the suffix: `x.json (1).gz`, `x.json.gz(1)`, `x.json.gz.1`. */
const DOWNLOAD_NAME = /\.json(?: ?\(\d{1,3}\))?(?:\.gz)?(?: ?\(\d{1,3}\)|\.\d{1,3})?$/i;
/** A log file of CloudTrail without `.json`: some programs take a suffix away. */
const BARE_NAME = new RegExp(String.raw`_CloudTrail_[a-z0-9-]+_${TIME}Z_[A-Za-z0-9]+(?:\.gz)?$`);

/** Whether a file's name is one that log files have, or get when they are downloaded. */
export function isLogFileName(name: string): boolean {
  return DOWNLOAD_NAME.test(name) || BARE_NAME.test(name);
}

/** Adds the suffix that log files have in a bucket, if the name is one of CloudTrail's or had that suffix. */
function withSuffix(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const isComplete = /\.json(\.gz)?$/.test(name) || !(FILE_NAME.test(name) || isLogFileName(name));
  return isComplete ? key : `${key}.json.gz`;
}

/** What the key of a digest file says. */
export interface DigestKey extends Omit<TrailScope, 'bucket'> {
  trail: string;
  homeRegion: string;
  /** When the time that the digest covers ends; ISO 8601 with milliseconds. */
  end: string;
  /** Made later, for log files that earlier digests left out. */
  backfill: boolean;
}

// ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz; a trail's name may have underscores.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
const DIGEST_NAME =
  /^\d{12}_CloudTrail-Digest_[a-z0-9-]+?_(.+)_([a-z0-9-]+)_(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z(_backfill)?\.json\.gz$/;

/** Returns what the key of a digest file says; undefined if it is another object's. */
export function readDigestKey(key: string): DigestKey | undefined {
  const parts = trailKey(key);
  const match = parts?.folder === 'CloudTrail-Digest' ? DIGEST_NAME.exec(parts.name) : null;
  if (!parts || !match) return undefined;
  const { root, account, region } = parts;
  const [, trail = '', homeRegion = '', year, month, day, hour, minute, second, backfill] = match;
  const end = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  return { root, account, region, trail, homeRegion, end, backfill: backfill !== undefined };
}

/** The digests of a trail in an account and Region form a chain; backfill digests, which are made later, form another. */
export function chainId({ root, account, region, trail, homeRegion, backfill }: DigestKey): string {
  return [root, account, region, trail, homeRegion, backfill ? 'backfill' : ''].join('|');
}

/** Returns what the id of a chain says of its trail, whose name and Region have no `|`. */
export function trailOfChain(id: string): Pick<DigestKey, 'trail' | 'homeRegion' | 'backfill'> {
  const [backfill, homeRegion = '', trail = ''] = id.split('|').reverse();
  return { trail, homeRegion, backfill: backfill !== '' };
}

/**
 * Returns the part of a key that copies keep, from `AWSLogs/` on; the whole key if it is not in CloudTrail's shape.
 */
export function trailPath(key: string): string {
  const root = trailKey(key)?.root;
  return root === undefined ? key : key.slice(root.lastIndexOf('AWSLogs/'));
}
