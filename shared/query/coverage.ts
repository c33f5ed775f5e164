import pMap, { pMapIterable } from 'p-map';
import type { ListedObject, ScopeFilter } from '../aws/list-trail.ts';
import { readLogFileKey, type TrailScope } from '../cloudtrail/object-key.ts';
import { daysBetween, isoTime } from '../cloudtrail/times.ts';
import { UNLIMITED } from '../ingest/time-budget.ts';
import { type LedgerLogFile, listLogFiles } from '../store/ledger.ts';
import { type QueryDeps, SlowAnswerError } from './ask.ts';

/** Ingestion status of the log files that CloudTrail delivered for one account and Region on one day. */
export type Coverage = {
  /** `-` when the keys of the log files have none. */
  account: string;
  region: string;
  /** Of delivery, `YYYY-MM-DD`, UTC. */
  day: string;
} & LedgerCounts &
  Partial<BucketCounts>;

/**
 * Log files in the ledger. `ingested`: their events are stored; of those, `partly`: some records are in quarantine,
 * `verified`: a signed digest has the hash of what was ingested, `altered`: it has another. `quarantined`: the whole file is
 * in quarantine; `discarded`: it was, until somebody decided that it is no log file. `failed`: not read successfully yet.
 */
type LedgerCounts = Record<keyof typeof NO_LEDGER, number>;

/**
 * With a bucket to compare with. `delivered`: in the bucket; of those, `missing`: not in the ledger, `underway`: not there
 * either, but delivered within the last hour. `gone`: in the ledger, and no longer in the bucket.
 * `delivered` + `gone` = the ledger's log files + `missing` + `underway`.
 */
type BucketCounts = Record<keyof typeof NO_BUCKET, number>;

const NO_LEDGER = { ingested: 0, partly: 0, verified: 0, altered: 0, quarantined: 0, failed: 0, discarded: 0 };
export const LEDGER_COUNTS = Object.keys(NO_LEDGER) as (keyof typeof NO_LEDGER)[];
const NO_BUCKET = { delivered: 0, missing: 0, underway: 0, gone: 0 };

/** Which log files are wanted; absent: all. */
export type CoverageFilter = Partial<Record<'accounts' | 'regions', readonly string[]>>;

/** A bucket to compare with. */
export interface DeliveredFiles {
  location: ScopeFilter;
  places: readonly TrailScope[];
  /** The log files that a place has of a day. */
  list(place: TrailScope, day: string): Promise<ListedObject[]>;
}

/** For this long after its delivery, a log file does not count as missing. */
const UNDERWAY_MS = 3600 * 1000;
/** Without a bucket. With one, the keys of each day are held until the ledger has been read. */
const CONCURRENT_DAYS = 8;
const CONCURRENT_LISTINGS = 16;

/**
 * Returns the days of delivery, `YYYY-MM-DD`, in a range of time.
 * @param since inclusive, `until` exclusive; both ISO 8601 in UTC
 * @param now milliseconds since 1970; the end, if there is no `until`
 */
export function deliveryDays(since: string, until: string | undefined, now: number): string[] {
  // The last day is that of the last moment before.
  const lastMoment = until === undefined ? now : Date.parse(until) - 1;
  return daysBetween(since, isoTime(lastMoment));
}

/**
 * Reads the ingestion status of each day, one day after the other; memory is bounded by the log files of a day.
 * @param days `YYYY-MM-DD`
 * @returns for each day its accounts and Regions that have log files, in their order
 * @throws {SlowAnswerError} if the time is spent before all log files are counted
 */
export async function* readCoverage(
  days: Iterable<string>,
  filter: CoverageFilter,
  deps: QueryDeps,
  delivered?: DeliveredFiles,
): AsyncGenerator<Coverage[]> {
  yield* pMapIterable(days, (day) => coverageOfDay(day, filter, deps, delivered), {
    concurrency: delivered ? 1 : CONCURRENT_DAYS,
  });
}

async function coverageOfDay(
  day: string,
  filter: CoverageFilter,
  { dynamo, tables, now, time = UNLIMITED }: QueryDeps,
  delivered: DeliveredFiles | undefined,
): Promise<Coverage[]> {
  const tally = new DayTally(day, filter, delivered && new Date(now() - UNDERWAY_MS).toISOString());
  if (delivered) {
    const listDay = async (place: TrailScope) => {
      for (const object of await delivered.list(place, day)) tally.deliver(object);
    };
    const places = delivered.places.filter((place) => isWanted(place, filter));
    await pMap(places, listDay, { concurrency: CONCURRENT_LISTINGS });
  }
  const prefix = delivered && `${delivered.location.bucket}/${delivered.location.prefix}AWSLogs/`;
  for await (const file of listLogFiles(dynamo, tables.logFilesTable, day, prefix)) {
    if (time.isSpent()) throw new SlowAnswerError();
    tally.enter(file);
  }
  return tally.coverage();
}

/** The counts of a day: first each object in the bucket is delivered, then each log file in the ledger is entered. */
export class DayTally {
  private readonly day: string;
  private readonly filter: CoverageFilter;
  private readonly settledBefore: string | undefined;
  private readonly rows = new Map<string, Coverage & BucketCounts>();
  /** Keys that were not found in the ledger so far, and what they count as. */
  private readonly unaccounted = new Map<string, 'missing' | 'underway'>();

  /** @param settledBefore what was stored later is underway (ISO 8601 with milliseconds); absent: there is no bucket */
  constructor(day: string, filter: CoverageFilter = {}, settledBefore?: string) {
    this.day = day;
    this.filter = filter;
    this.settledBefore = settledBefore;
  }

  /** An object in the bucket; those that are no log files do not count. */
  deliver({ key, storedAt }: ListedObject): void {
    const row = this.rowOf(key);
    if (!row || this.settledBefore === undefined || this.unaccounted.has(key)) return;
    row.delivered += 1;
    this.unaccounted.set(key, storedAt < this.settledBefore ? 'missing' : 'underway');
  }

  /** A log file in the ledger. */
  enter({ key, state, recordsQuarantined, verification }: LedgerLogFile): void {
    const row = this.rowOf(key);
    if (!row) return;
    row[state] += 1;
    if (state === 'ingested' && recordsQuarantined > 0) row.partly += 1;
    if (state === 'ingested' && verification === 'verified') row.verified += 1;
    if (state === 'ingested' && verification === 'failed') row.altered += 1;
    if (this.settledBefore !== undefined && !this.unaccounted.delete(key)) row.gone += 1;
  }

  /** By account and Region, in their order. */
  coverage(): Coverage[] {
    for (const [key, state] of this.unaccounted) {
      const row = this.rowOf(key);
      if (row) row[state] += 1;
    }
    this.unaccounted.clear();
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  private rowOf(key: string): (Coverage & BucketCounts) | undefined {
    const names = readLogFileKey(key);
    if (names === undefined) return undefined;
    const { account = '-', region } = names;
    if (!isWanted({ account, region }, this.filter)) return undefined;
    const id = `${account} ${region}`;
    const counts = { ...(this.settledBefore === undefined ? {} : NO_BUCKET), ...NO_LEDGER };
    // Without a bucket, its counts are neither there nor touched.
    const row = this.rows.get(id) ?? ({ account, region, day: this.day, ...counts } as Coverage & BucketCounts);
    this.rows.set(id, row);
    return row;
  }
}

/** Whether somebody should look at a day. */
export function needsAttention({ partly, altered, quarantined, failed, missing = 0 }: Coverage): boolean {
  return partly + altered + quarantined + failed + missing > 0;
}

function isWanted(
  { account, region }: { account: string; region: string },
  { accounts, regions }: CoverageFilter,
): boolean {
  return (!accounts || accounts.includes(account)) && (!regions || regions.includes(region));
}
