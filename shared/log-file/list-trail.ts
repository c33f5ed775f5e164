import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import type { TrailFolder, TrailLocation } from '../delivery/trail-location.ts';

/** An object in a trail's bucket. */
export interface ListedObject {
  key: string;
  /** When S3 stored it; milliseconds since 1970. */
  storedAt: number;
}

const CONCURRENT_LISTINGS = 8;

/**
 * The accounts and Regions that a trail, or an organisation's, has written files of a kind for, found by their folders: a
 * request for each account, and one or two more.
 * @param kind the folder's name
 * @returns in the order of their keys
 */
export async function listTrailFolders(
  s3: S3Client,
  { bucket, root }: TrailLocation,
  kind: 'CloudTrail' | 'CloudTrail-Digest',
): Promise<TrailFolder[]> {
  const top = await listFolders(s3, bucket, root);
  const organisations = top.filter((folder) => /\/o-[a-z0-9]+\/$/.test(folder));
  const members = await pMap(organisations, (folder) => listFolders(s3, bucket, folder), { concurrency: 1 });
  const accounts = [...top, ...members.flat()].filter((folder) => /\/\d{12}\/$/.test(folder)).sort();
  const regions = await pMap(accounts, (account) => listFolders(s3, bucket, `${account}${kind}/`), {
    concurrency: CONCURRENT_LISTINGS,
  });
  return regions.flat().map((prefix) => {
    const [, account = '', region = ''] = /\/(\d{12})\/[^/]+\/([^/]+)\/$/.exec(prefix) ?? [];
    return { account, region, prefix };
  });
}

/** The objects whose keys begin with a prefix and come after another, in the order of their keys, a page at a time. */
export async function* listObjects(
  s3: S3Client,
  bucket: string,
  prefix: string,
  startAfter?: string,
): AsyncGenerator<ListedObject> {
  for await (const page of paginateListObjectsV2(
    { client: s3 },
    { Bucket: bucket, Prefix: prefix, StartAfter: startAfter },
  )) {
    for (const { Key, LastModified } of page.Contents ?? []) {
      if (Key !== undefined) yield { key: Key, storedAt: LastModified?.getTime() ?? 0 };
    }
  }
}

async function listFolders(s3: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const folders: string[] = [];
  const input = { Bucket: bucket, Prefix: prefix, Delimiter: '/' };
  for await (const page of paginateListObjectsV2({ client: s3 }, input)) {
    folders.push(...(page.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix ?? []));
  }
  return folders;
}
