import {
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
  type S3Client,
  type _Object as S3Object,
} from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { ARCHIVES, unquoted } from '../../shared/aws/open-object.ts';
import {
  folderBelow,
  isSelectedFolder,
  isSelectedPeriod,
  type TrailFilter,
  type TrailFolder,
  trailFolderOf,
} from '../../shared/cloudtrail/trail-folders.ts';
import { s3Uri, TrailError } from '../../shared/errors.ts';
import type { Archived, FoundObject } from '../log-files/file-result.ts';
import type { Tally } from '../log-files/tally.ts';
import type { Listing } from './wanted-files.ts';

/** Prefixes that are listed at the same time. They are consecutive days, which mixes their log files. */
const CONCURRENT_LISTINGS = 16;

/**
 * Lists the log files of a trail's bucket, only below the selected prefixes:
 * `[prefix/]AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`. Organizations, accounts, Regions and days are found
 * by listings with a delimiter. Digests, Insight and other files of CloudTrail are listed only to be counted.
 * @param prefix the trail's own, or any folder below it
 * @throws {TrailError} `not-a-trail` if there is no AWSLogs/, or the prefix is not one of a trail
 */
export function listBucket(s3: S3Client, bucket: string, prefix: string, selection: TrailFilter): Listing {
  return async (take, tally, signal) => {
    const root = trailFolderOf(prefix);
    if ('unexpected' in root) {
      const expectation = 'AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD';
      throw notATrail(bucket, prefix, `expected no folder ${root.unexpected} there: ${expectation}`);
    }
    const listing = new BucketListing(s3, bucket, selection, [take, tally, signal]);
    await pMap(listing.descend(root), (task) => listing.listAll(task), { concurrency: CONCURRENT_LISTINGS });
    await listing.tellOtherDays();
  };
}

/** All keys with a prefix, from one key to another. */
interface Task {
  prefix: string;
  startAfter: string | undefined;
  /** Whether a key, and all that follow, are beyond the selection. */
  isOver(key: string): boolean;
}

class BucketListing {
  private readonly s3: S3Client;
  private readonly bucket: string;
  private readonly selection: TrailFilter;
  private readonly take: Parameters<Listing>[0];
  private readonly tally: Tally;
  private readonly signal: AbortSignal;
  /** Whether some log file is selected. */
  private selected = false;
  /** The first and last folders of log files of other times. */
  private readonly otherTimes: { first: TrailFolder | undefined; last: TrailFolder | undefined } = {
    first: undefined,
    last: undefined,
  };

  constructor(s3: S3Client, bucket: string, selection: TrailFilter, [take, tally, signal]: Parameters<Listing>) {
    this.s3 = s3;
    this.bucket = bucket;
    this.selection = selection;
    this.take = take;
    this.tally = tally;
    this.signal = signal;
  }

  /** The days below a folder, and the other files of each Region. */
  async *descend(folder: TrailFolder): AsyncGenerator<Task> {
    const { prefix, level } = folder;
    if (level === 'day') yield { prefix, startAfter: undefined, isOver: () => false };
    else if (level === 'region' && isOther(folder)) yield this.otherFiles(prefix);
    else {
      for await (const name of this.folders(folder)) {
        const below = folderBelow(folder, name);
        if (below === undefined) this.tally.passedOver.add(`${prefix}${name}/`);
        else if (isSelectedFolder(this.selection, below)) yield* this.descend(below);
        else if (!isOther(below)) this.leaveOut(below);
      }
    }
  }

  /** Reports the first and the last day of other times, if nothing is selected. */
  async tellOtherDays(): Promise<void> {
    if (this.selected || this.signal.aborted) return;
    const { first, last } = this.otherTimes;
    if (first) await this.tellDay(first, 0);
    if (last) await this.tellDay(last, -1);
  }

  private leaveOut(folder: TrailFolder): void {
    const { organization, account, region, period } = folder;
    this.tally.unselected.add({ organization, account, region });
    const { first, last } = this.otherTimes;
    if (period === undefined) return;
    if (period < (first?.period ?? '9999')) this.otherTimes.first = folder;
    if (period > (last?.period ?? '')) this.otherTimes.last = folder;
  }

  /** @param at which folder is opened: 0, the first; -1, the last */
  private async tellDay(folder: TrailFolder, at: 0 | -1): Promise<void> {
    const below: TrailFolder[] = [];
    if (folder.level !== 'day') {
      for await (const page of this.pages(folder))
        below.push(...namesIn(page, folder).flatMap((name) => folderBelow(folder, name) ?? []));
    }
    const next = below.at(at);
    if (next) await this.tellDay(next, at);
    else this.tally.unselected.add(folder);
  }

  async listAll({ prefix, startAfter, isOver }: Task): Promise<void> {
    const input: ListObjectsV2CommandInput = {
      ...{ Bucket: this.bucket, Prefix: prefix, StartAfter: startAfter },
      OptionalObjectAttributes: ['RestoreStatus'],
    };
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.s3 }, input)) {
      this.tally.listingRequests += 1;
      const objects = Contents.map((object) => this.object(object));
      const end = objects.findIndex(({ key }) => isOver(key));
      this.selected = (await this.take(end < 0 ? objects : objects.slice(0, end))) > 0 || this.selected;
      if (end >= 0 || this.signal.aborted) return;
    }
  }

  /** One listing instead of one a day: these files are few, and only counted. */
  private otherFiles(prefix: string): Task {
    const { since } = this.selection;
    return {
      prefix,
      startAfter: since && `${prefix}${since.slice(0, 10).replaceAll('-', '/')}/`,
      isOver: (key) => {
        const [day] = /^\d{4}\/\d{2}\/\d{2}(?=\/)/.exec(key.slice(prefix.length)) ?? [];
        return day !== undefined && !isSelectedPeriod(this.selection, day.replaceAll('/', '-'));
      },
    };
  }

  /** Yields the names of the folders in a folder. Objects there are folder markers, or not CloudTrail's. */
  private async *folders(folder: TrailFolder): AsyncGenerator<string> {
    let found = false;
    for await (const page of this.pages(folder)) {
      if (this.signal.aborted) return;
      const { Contents = [], CommonPrefixes = [] } = page;
      found ||= CommonPrefixes.length + Contents.length > 0;
      await this.take(Contents.map((object) => this.object(object)));
      yield* namesIn(page, folder);
    }
    if (!found && folder.level === 'AWSLogs') {
      const expectation = 'expected something below it; a trail with a prefix needs it, as s3://BUCKET/PREFIX';
      throw notATrail(this.bucket, folder.prefix, expectation);
    }
  }

  private async *pages({ prefix }: TrailFolder): AsyncGenerator<ListObjectsV2CommandOutput> {
    const input = { Bucket: this.bucket, Prefix: prefix, Delimiter: '/' };
    for await (const page of paginateListObjectsV2({ client: this.s3 }, input)) {
      this.tally.listingRequests += 1;
      yield page;
    }
  }

  private object({ Key = '', ETag = '', Size = 0, ...state }: S3Object): FoundObject {
    const archived = archivedIn(state);
    return { bucket: this.bucket, key: Key, etag: unquoted(ETag), size: Size, ...(archived && { archived }) };
  }
}

/** Whether log files are not in a folder, but other files of CloudTrail. */
const isOther = ({ folder = 'CloudTrail' }: TrailFolder) => folder !== 'CloudTrail';

const namesIn = ({ CommonPrefixes = [] }: ListObjectsV2CommandOutput, parent: TrailFolder) =>
  CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(parent.prefix.length, -1));

/**
 * Returns undefined if the object can be read. A listing does not tell the tiers of Intelligent-Tiering.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
function archivedIn({ StorageClass, RestoreStatus }: S3Object): Archived | undefined {
  if (StorageClass === undefined || !ARCHIVES.has(StorageClass)) return undefined;
  const restoring = RestoreStatus?.IsRestoreInProgress;
  return restoring === false ? undefined : { tier: StorageClass, restoring: restoring === true };
}

function notATrail(bucket: string, prefix: string, expectation: string): TrailError {
  return new TrailError('not-a-trail', `${s3Uri({ bucket, key: prefix })}: ${expectation}`);
}
