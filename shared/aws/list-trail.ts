import { ListObjectsV2Command, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { TrailScope } from '../cloudtrail/object-key.ts';
import {
  awsLogsFolder,
  folderBelow,
  isSelectedFolder,
  type TrailFilter,
  type TrailFolder,
} from '../cloudtrail/trail-folders.ts';

/** Which accounts and Regions of a bucket. */
export interface ScopeFilter extends Pick<TrailFilter, 'accounts' | 'regions' | 'organization'> {
  bucket: string;
  /** What stands before `AWSLogs/`: empty, or with a slash at its end. */
  prefix: string;
}

/** An object in a listing. */
export interface ListedObject {
  key: string;
  /** When S3 stored it; ISO 8601. */
  storedAt: string;
}

/** The folders of log files and of digests. */
const TRAIL_FOLDERS = ['CloudTrail', 'CloudTrail-Digest'] as const;
export type TrailFolderName = (typeof TRAIL_FOLDERS)[number];

const AT_ONCE = { concurrency: 16 };

/** Lists the accounts and Regions that have log files or digests, those of organizations too, by the bucket's folders. */
export async function listScopes(s3: S3Client, filter: ScopeFilter): Promise<TrailScope[]> {
  const { bucket, prefix, organization } = filter;
  const awsLogs = awsLogsFolder(prefix);
  const top = organization === undefined ? awsLogs : folderBelow(awsLogs, organization);
  if (top === undefined) return [];
  const below = (folder: TrailFolder) => listFolders(s3, filter, folder);
  const regionsOf = async (folder: TrailFolder): Promise<TrailScope[]> => {
    const folders = TRAIL_FOLDERS.flatMap((name) => folderBelow(folder, name) ?? []);
    const found = (await Promise.all(folders.map(below))).flat();
    const regions = [...new Set(found.map(({ region = '' }) => region))].sort();
    const { account = '' } = folder;
    const root = folder.prefix.slice(0, -`${account}/`.length);
    return regions.map((region) => ({ bucket, root, account, region }));
  };
  const first = await below(top);
  const organizations = first.filter(({ level }) => level === 'organization');
  const accounts = [
    ...first.filter(({ level }) => level === 'account'),
    ...(await pMap(organizations, below, AT_ONCE)).flat(),
  ];
  return (await pMap(accounts, regionsOf, AT_ONCE)).flat();
}

/** Lists the selected folders of CloudTrail in a folder. */
async function listFolders(s3: S3Client, filter: ScopeFilter, parent: TrailFolder): Promise<TrailFolder[]> {
  const folders: TrailFolder[] = [];
  const input = { Bucket: filter.bucket, Prefix: parent.prefix, Delimiter: '/' };
  for await (const { CommonPrefixes = [] } of paginateListObjectsV2({ client: s3 }, input)) {
    for (const { Prefix = '' } of CommonPrefixes) {
      const folder = folderBelow(parent, Prefix.slice(parent.prefix.length, -1));
      if (folder && isSelectedFolder(filter, folder)) folders.push(folder);
    }
  }
  return folders;
}

/** Lists a day of an account and Region, without folder markers. @param day `YYYY-MM-DD`, as in the keys */
export async function listDay(
  s3: S3Client,
  scope: TrailScope,
  folder: TrailFolderName,
  day: string,
): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  const input = { Bucket: scope.bucket, Prefix: `${folderPrefix(scope, folder)}${day.replaceAll('-', '/')}/` };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, input)) {
    for (const { Key = '', LastModified } of Contents) {
      if (!Key.endsWith('/')) objects.push({ key: Key, storedAt: LastModified?.toISOString() ?? '' });
    }
  }
  return objects;
}

/** Returns the first day, `YYYY-MM-DD`, with objects of an account and Region. Keys sort by day. */
export async function firstDay(s3: S3Client, scope: TrailScope, folder: TrailFolderName): Promise<string | undefined> {
  const prefix = folderPrefix(scope, folder);
  // A few folder markers may come first.
  const input = { Bucket: scope.bucket, Prefix: prefix, MaxKeys: 20 };
  const { Contents = [] } = await s3.send(new ListObjectsV2Command(input));
  const days = Contents.flatMap(({ Key = '' }) => /^\d{4}\/\d{2}\/\d{2}(?=\/.)/.exec(Key.slice(prefix.length)) ?? []);
  return days[0]?.replaceAll('/', '-');
}

function folderPrefix({ root, account, region }: TrailScope, folder: TrailFolderName): string {
  return `${root}${account}/${folder}/${region}/`;
}
