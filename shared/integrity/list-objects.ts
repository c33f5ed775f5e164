import { ListObjectsV2Command, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';

/** An object in a listing. */
export interface ListedObject {
  key: string;
  /** When S3 stored it; ISO 8601. */
  storedAt: string;
}

/** The folders of CloudTrail that matter here. */
export type TrailFolder = 'CloudTrail' | 'CloudTrail-Digest';

/** An account's log files and digests of one Region in a bucket. */
export interface TrailScope {
  bucket: string;
  /** Everything before the account: `[prefix/]AWSLogs/[o-ORGID/]`. */
  root: string;
  account: string;
  region: string;
}

/** Which places in a bucket. */
export interface ScopeFilter {
  bucket: string;
  /** What stands before `AWSLogs/`; empty, or with a slash at its end. */
  prefix: string;
  organization?: string | undefined;
  accounts?: readonly string[] | undefined;
  regions?: readonly string[] | undefined;
}

/** All places that have log files or digests, by the folders that the bucket has; an organization's among them. */
export async function listPlaces(s3: S3Client, filter: ScopeFilter): Promise<TrailScope[]> {
  const { bucket, prefix, organization } = filter;
  const base = `${prefix}AWSLogs/`;
  const roots =
    organization === undefined ? [base, ...(await organizationRoots(s3, bucket, base))] : [`${base}${organization}/`];
  const accounts = await pMap(
    roots,
    async (root) => (await listFolders(s3, bucket, root)).map((account) => ({ bucket, root, account })),
    AT_ONCE,
  );
  const wanted = accounts
    .flat()
    .filter(({ account }) => /^\d{12}$/.test(account) && isWanted(filter.accounts, account));
  const places = await pMap(
    wanted,
    async (of) => (await listRegions(s3, of)).map((region) => ({ ...of, region })),
    AT_ONCE,
  );
  return places.flat().filter(({ region }) => isWanted(filter.regions, region));
}

const AT_ONCE = { concurrency: 16 };

const isWanted = (wanted: readonly string[] | undefined, name: string) => wanted === undefined || wanted.includes(name);

async function listRegions(s3: S3Client, { bucket, root, account }: Omit<TrailScope, 'region'>): Promise<string[]> {
  const folders = ['CloudTrail', 'CloudTrail-Digest'] satisfies TrailFolder[];
  const regions = await Promise.all(folders.map((folder) => listFolders(s3, bucket, `${root}${account}/${folder}/`)));
  return [...new Set(regions.flat())].sort();
}

async function organizationRoots(s3: S3Client, bucket: string, base: string): Promise<string[]> {
  const folders = await listFolders(s3, bucket, base);
  return folders.filter((name) => /^o-[a-z0-9]+$/.test(name)).map((name) => `${base}${name}/`);
}

/** The names of the folders right below a prefix. */
async function listFolders(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix, Delimiter: '/' })) {
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) names.push(Prefix.slice(prefix.length, -1));
  }
  return names;
}

/** What a place has of a day, without folder markers. @param day `YYYY-MM-DD`, as in the keys */
export async function listDay(
  s3: S3Client,
  place: TrailScope,
  folder: TrailFolder,
  day: string,
): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  const input = { Bucket: place.bucket, Prefix: `${folderPrefix(place, folder)}${day.replaceAll('-', '/')}/` };
  for await (const page of paginateListObjectsV2({ client: s3 }, input)) {
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      if (!Key.endsWith('/')) objects.push({ key: Key, storedAt: LastModified?.toISOString() ?? '' });
    }
  }
  return objects;
}

/** The first day, `YYYY-MM-DD`, of which a place has anything: keys sort by day. */
export async function firstDay(s3: S3Client, place: TrailScope, folder: TrailFolder): Promise<string | undefined> {
  const prefix = folderPrefix(place, folder);
  // Past the markers of folders, of which there are few.
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix: prefix, MaxKeys: 20 }));
  const days = (Contents ?? []).flatMap(({ Key = '' }) => {
    const day = /^(\d{4})\/(\d{2})\/(\d{2})\/./.exec(Key.slice(prefix.length));
    return day ? [`${day[1]}-${day[2]}-${day[3]}`] : [];
  });
  return days[0];
}

function folderPrefix({ root, account, region }: TrailScope, folder: TrailFolder): string {
  return `${root}${account}/${folder}/${region}/`;
}
