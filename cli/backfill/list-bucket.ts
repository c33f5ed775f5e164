import { type CommonPrefix, paginateListObjectsV2, type S3Client, type _Object as S3Object } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { unquoted } from '../../shared/aws/open-object.ts';
import { TrailError } from '../../shared/errors.ts';
import type { FoundObject, Listing, ListingSink } from './found-object.ts';
import { isWantedAccount, isWantedOrganization, isWantedPeriod, isWantedRegion, type Selection } from './selection.ts';

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
  };
}

/** Where in a trail a prefix is: `AWSLogs/` itself, or below it. */
interface Place {
  /** Ends with a slash. */
  prefix: string;
  level: Level;
  organization?: string;
  account?: string;
  /** Log files are not in it, but other files of CloudTrail. */
  others?: boolean;
  /** `2026`, `2026-11` or `2026-11-02`. */
  period?: string;
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
      }
    }
  }

  async listAll({ prefix, startAfter, isOver }: Task): Promise<void> {
    const input = { Bucket: this.bucket, Prefix: prefix, StartAfter: startAfter };
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.s3 }, input)) {
      this.sink.requested();
      const objects = Contents.map((object) => this.object(object));
      const end = objects.findIndex(({ key }) => isOver(key));
      await this.sink.found(end < 0 ? objects : objects.slice(0, end));
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
  private async *folders({ prefix, level }: Place): AsyncGenerator<string> {
    let found = false;
    const input = { Bucket: this.bucket, Prefix: prefix, Delimiter: '/' };
    for await (const { CommonPrefixes = [], Contents = [] } of paginateListObjectsV2({ client: this.s3 }, input)) {
      this.sink.requested();
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

  private object({ Key = '', ETag = '', Size = 0 }: S3Object): FoundObject {
    return { bucket: this.bucket, key: Key, etag: unquoted(ETag), size: Size };
  }
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
      return /^[a-z0-9-]+$/.test(name) ? { ...place, prefix, level: 'region' } : undefined;
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
