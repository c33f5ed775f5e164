import {
  type CommonPrefix,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
  type S3Client,
  type _Object as S3Object,
} from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { ARCHIVES, unquoted } from '../../shared/aws/open-object.ts';
import { TrailError } from '../../shared/errors.ts';
import type { Archived } from '../log-files/file-result.ts';
import type { FoundObject, Listing, ListingSink } from './found-object.ts';
import { isWantedAccount, isWantedOrganization, isWantedPeriod, isWantedRegion, type Selection } from './selection.ts';
import type { Whereabouts } from './unselected.ts';

/** Prefixes that are listed at the same time. They are days one after the other, so that as many days are mixed. */
const CONCURRENT_LISTINGS = 16;

/**
 * Lists the log files of a trail's bucket, and only the prefixes that are wanted:
 * `[prefix/]AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`. Organizations, accounts, Regions and days are found
 * by listings with a delimiter. Digests, Insight and other files of CloudTrail are listed only to be counted.
 * @param prefix the trail's own, or any folder below it
 * @throws {TrailError} `not-a-trail` when there is no AWSLogs/, or the prefix is not one of a trail
 */
export function listBucket(s3: S3Client, bucket: string, prefix: string, selection: Selection): Listing {
  return async (sink, signal) => {
    const bucketListing = new BucketListing(s3, bucket, selection, sink, signal);
    const tasks = bucketListing.descend(trailPlace(bucket, prefix));
    await pMap(tasks, (task) => bucketListing.listAll(task), { concurrency: CONCURRENT_LISTINGS });
    await bucketListing.tellOtherDays();
  };
}

/** Where in a trail a prefix is: `AWSLogs/` itself, or below it. */
interface Place extends Whereabouts {
  /** Ends with a slash. */
  prefix: string;
  level: Level;
  /** Log files are not in it, but other files of CloudTrail. */
  others?: boolean;
}

/** What the last folder of a prefix names. */
type Level = 'AWSLogs' | 'organization' | 'account' | 'folder' | 'region' | 'year' | 'month' | 'day';

/** All keys with a prefix, from some key on, until another. */
interface Task {
  prefix: string;
  startAfter?: string;
  /** Whether a key, and with it all that follow, is beyond what is asked for. */
  isOver(key: string): boolean;
}

class BucketListing {
  private readonly s3: S3Client;
  private readonly bucket: string;
  private readonly selection: Selection;
  private readonly sink: ListingSink;
  private readonly signal: AbortSignal;
  /** Whether some log file is selected. */
  private selected = false;
  /** The earliest and the latest folder of log files of other times. */
  private earliest: Place | undefined;
  private latest: Place | undefined;

  constructor(s3: S3Client, bucket: string, selection: Selection, sink: ListingSink, signal: AbortSignal) {
    this.s3 = s3;
    this.bucket = bucket;
    this.selection = selection;
    this.sink = sink;
    this.signal = signal;
  }

  /** The days below a place, and the other files of each Region. */
  async *descend(place: Place): AsyncGenerator<Task> {
    if (place.level === 'day') yield { prefix: place.prefix, isOver: () => false };
    else if (place.level === 'region' && place.others) yield this.otherFiles(place.prefix);
    else {
      for await (const name of this.folders(place)) {
        const below = placeBelow(place, name);
        if (below === undefined) this.sink.passedOver(`${place.prefix}${name}/`);
        else if (this.isWanted(below, name)) yield* this.descend(below);
        else if (!below.others) this.leaveOut(below);
      }
    }
  }

  /** Tells of the first and the last day of other times, where nothing is selected. */
  async tellOtherDays(): Promise<void> {
    if (this.selected || this.signal.aborted) return;
    if (this.earliest) await this.tellDay(this.earliest, 0);
    if (this.latest) await this.tellDay(this.latest, -1);
  }

  private leaveOut(place: Place): void {
    this.sink.notSelected({ ...place, period: undefined });
    const { period } = place;
    if (period === undefined) return;
    if (!this.earliest || period < this.earliest.period!) this.earliest = place;
    if (!this.latest || period > this.latest.period!) this.latest = place;
  }

  /** @param at which of the folders is gone into: 0, the first; -1, the last */
  private async tellDay(place: Place, at: 0 | -1): Promise<void> {
    if (place.level === 'day') return this.sink.notSelected(place);
    const below: Place[] = [];
    for await (const { CommonPrefixes = [] } of this.pages(place)) {
      below.push(...CommonPrefixes.flatMap((folder) => placeBelow(place, nameOf(folder, place.prefix)) ?? []));
    }
    const next = below.at(at);
    if (next) await this.tellDay(next, at);
    else this.sink.notSelected(place);
  }

  async listAll({ prefix, startAfter, isOver }: Task): Promise<void> {
    const input: ListObjectsV2CommandInput = {
      ...{ Bucket: this.bucket, Prefix: prefix, StartAfter: startAfter },
      OptionalObjectAttributes: ['RestoreStatus'],
    };
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.s3 }, input)) {
      this.sink.requested();
      const objects = Contents.map((object) => this.object(object));
      const end = objects.findIndex(({ key }) => isOver(key));
      this.selected = (await this.sink.found(end < 0 ? objects : objects.slice(0, end))) > 0 || this.selected;
      if (end >= 0 || this.signal.aborted) return;
    }
  }

  /** In one go, instead of day by day: there are few, and nobody reads them. */
  private otherFiles(prefix: string): Task {
    const { since } = this.selection;
    return {
      prefix,
      ...(since === undefined ? {} : { startAfter: `${prefix}${since.slice(0, 10).replaceAll('-', '/')}/` }),
      isOver: (key) => {
        const [, year, month, day] = /^(\d{4})\/(\d{2})\/(\d{2})\//.exec(key.slice(prefix.length)) ?? [];
        return day !== undefined && !isWantedPeriod(this.selection, `${year}-${month}-${day}`);
      },
    };
  }

  /** The names of the folders in a folder. What else lies there are markers, or not of CloudTrail. */
  private async *folders(place: Place): AsyncGenerator<string> {
    const { prefix, level } = place;
    let found = false;
    for await (const { CommonPrefixes = [], Contents = [] } of this.pages(place)) {
      if (this.signal.aborted) return;
      found ||= CommonPrefixes.length + Contents.length > 0;
      await this.sink.found(Contents.map((object) => this.object(object)));
      for (const folder of CommonPrefixes) yield nameOf(folder, prefix);
    }
    if (!found && level === 'AWSLogs') {
      throw notATrail(
        this.bucket,
        prefix,
        'expected something below it; a trail with a prefix needs it, as s3://BUCKET/PREFIX',
      );
    }
  }

  private async *pages({ prefix }: Place): AsyncGenerator<ListObjectsV2CommandOutput> {
    const input = { Bucket: this.bucket, Prefix: prefix, Delimiter: '/' };
    for await (const page of paginateListObjectsV2({ client: this.s3 }, input)) {
      this.sink.requested();
      yield page;
    }
  }

  private isWanted({ level, organization, account, period }: Place, name: string): boolean {
    switch (level) {
      case 'organization':
        return isWantedOrganization(this.selection, name);
      case 'account':
        return isWantedOrganization(this.selection, organization) && isWantedAccount(this.selection, account);
      case 'region':
        return isWantedRegion(this.selection, name);
      case 'year':
      case 'month':
      case 'day':
        return isWantedPeriod(this.selection, period!);
      default:
        return true;
    }
  }

  private object({ Key = '', ETag = '', Size = 0, ...state }: S3Object): FoundObject {
    const archived = archivedIn(state);
    return { bucket: this.bucket, key: Key, etag: unquoted(ETag), size: Size, ...(archived && { archived }) };
  }
}

/**
 * Returns undefined when the object can be read. A listing does not tell the tiers of Intelligent-Tiering.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
function archivedIn({ StorageClass, RestoreStatus }: S3Object): Archived | undefined {
  if (StorageClass === undefined || !ARCHIVES.has(StorageClass)) return undefined;
  const restoring = RestoreStatus?.IsRestoreInProgress;
  return restoring === false ? undefined : { tier: StorageClass, restoring: restoring === true };
}

function nameOf({ Prefix = '' }: CommonPrefix, parent: string): string {
  return Prefix.slice(parent.length, -1);
}

/** The place that a folder is, or nothing when CloudTrail makes none of that name there. */
function placeBelow(place: Place, name: string): Place | undefined {
  const prefix = `${place.prefix}${name}/`;
  switch (place.level) {
    case 'AWSLogs':
      if (/^o-[a-z0-9]+$/.test(name)) return { ...place, prefix, level: 'organization', organization: name };
      return account(place, prefix, name);
    case 'organization':
      return account(place, prefix, name);
    case 'account':
      if (!/^CloudTrail(-|$)/.test(name)) return undefined;
      return { ...place, prefix, level: 'folder', others: name !== 'CloudTrail' };
    case 'folder':
      return /^[a-z0-9-]+$/.test(name) ? { ...place, prefix, level: 'region', region: name } : undefined;
    case 'region':
      return /^\d{4}$/.test(name) ? { ...place, prefix, level: 'year', period: name } : undefined;
    case 'year':
    case 'month':
      if (!/^\d{2}$/.test(name)) return undefined;
      return { ...place, prefix, level: place.level === 'year' ? 'month' : 'day', period: `${place.period}-${name}` };
    case 'day':
      return undefined;
  }
}

function account(place: Place, prefix: string, name: string): Place | undefined {
  return /^\d{12}$/.test(name) ? { ...place, prefix, level: 'account', account: name } : undefined;
}

/** The place that the given prefix is; `AWSLogs/` below it, when it does not get so far. */
function trailPlace(bucket: string, prefix: string): Place {
  const names = prefix.split('/').filter((name, i, all) => name !== '' || i < all.length - 1);
  const at = names.lastIndexOf('AWSLogs');
  const above = at < 0 ? names : names.slice(0, at);
  const root: Place = { prefix: [...above, 'AWSLogs', ''].join('/'), level: 'AWSLogs' };
  return names.slice(at < 0 ? names.length : at + 1).reduce((place, name) => {
    const below = placeBelow(place, name);
    if (below) return below;
    throw notATrail(
      bucket,
      prefix,
      `expected no folder ${name} there: AWSLogs/[o-ORG/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD`,
    );
  }, root);
}

function notATrail(bucket: string, prefix: string, expectation: string): TrailError {
  return new TrailError('not-a-trail', `s3://${bucket}/${prefix}: ${expectation}`);
}
