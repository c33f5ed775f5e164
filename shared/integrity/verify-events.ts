import { createHash } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { LimitFunction } from 'p-limit';
import pMap from 'p-map';
import type { ScopeFilter } from '../aws/list-trail.ts';
import { openObject } from '../aws/open-object.ts';
import { type ObjectRef, objectName, objectRef, readLogFileKey, trailPath } from '../cloudtrail/object-key.ts';
import { contains, daysBetween, isoTime, type TimeRange } from '../cloudtrail/times.ts';
import type { TableNames } from '../config.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import { type RecordBatch, readLogFile } from '../log-file/read-log-file.ts';
import { listDays } from '../store/environments-table.ts';
import { type DeliveredEvent, fromEventItem, type StoredEvent } from '../store/event-item.ts';
import { itemsOfDay } from '../store/events-table.ts';
import { type Item, StoredItemError } from '../store/item.ts';
import { readLedgerBatch } from '../store/ledger.ts';
import { SchemaVersionError } from '../store/schema-version.ts';
import { checkEvent } from './check-event.ts';
import type { Finding } from './finding.ts';
import type { Outcomes, ScopeReport, Unchecked } from './scope-report.ts';

/** The tables that were made from the log files. */
export interface EventIndex {
  dynamo: DynamoDBClient;
  tables: TableNames;
  /** Buckets through which log files also came into them, below the same path from `AWSLogs/` on. */
  copies: readonly string[];
}

/** Events in the table, by what is known about them. */
export interface EventCounts {
  /** All that happened in the range and have not expired. */
  events: number;
  /** They are what a verified log file says. */
  proven: number;
  /** Their log files are too new, could not be read, or have a finding themselves. */
  unproven: number;
  /** Their log files were delivered at other times, or to other buckets; the ledger knows them. */
  elsewhere: number;
  /** No log file has brought them yet. */
  provisional: number;
}

interface EventScope {
  request: ScopeFilter & TimeRange & { originals?: readonly string[] | undefined };
  places: readonly ScopeReport[];
  outcomes: Outcomes;
  s3: S3Client;
  limit: LimitFunction;
  /** When the verification began, in milliseconds since 1970. */
  startedAt: number;
}

/** The log file of some events. */
interface EventsOfFile extends ObjectRef {
  events: DeliveredEvent[];
}

const FILES_AT_ONCE = 8;

/** Verifies that the events of a range of time are what verified log files say. Holds a hundred of them at a time. */
export async function verifyEvents(
  scope: EventScope,
  index: EventIndex,
): Promise<{ counts: EventCounts; findings: Finding[]; unchecked: Unchecked[] }> {
  const verification = new EventVerification(scope, index);
  const { counts, findings, unchecked } = verification;
  try {
    for (const day of await daysOf(scope, index)) {
      for await (const items of itemsOfDay(index.dynamo, index.tables.eventsTable, day)) {
        await verification.verify(items);
      }
    }
  } catch (error) {
    unchecked.push({ place: 'the events', reason: describeError(error) });
  }
  unchecked.push(...verification.otherVersions());
  return { counts, findings, unchecked };
}

/** All days, not only those in the environments table: an event that was added by hand may not be listed there. */
async function daysOf({ request, places }: EventScope, { dynamo, tables }: EventIndex): Promise<string[]> {
  const from = request.since ?? places.flatMap((place) => place.from ?? []).sort()[0];
  const last = isoTime(Date.parse(request.until) - 1);
  const days = new Set(from === undefined ? [] : daysBetween(from, last));
  for (const day of await listDays(dynamo, tables.environmentsTable)) {
    if (day <= last.slice(0, 10) && (request.since === undefined || day >= request.since.slice(0, 10))) days.add(day);
  }
  return [...days].sort();
}

class EventVerification {
  readonly counts: EventCounts = { events: 0, proven: 0, unproven: 0, elsewhere: 0, provisional: 0 };
  readonly findings: Finding[] = [];
  readonly unchecked: Unchecked[] = [];
  /** How many items have another schema version, by the message of each. */
  private readonly unreadable = new Map<string, number>();
  private readonly scope: EventScope;
  private readonly index: EventIndex;

  constructor(scope: EventScope, index: EventIndex) {
    this.scope = scope;
    this.index = index;
  }

  async verify(items: readonly Item[]): Promise<void> {
    const asked = items.flatMap((item) => this.read(item)).filter((event) => this.isAsked(event));
    const delivered = asked.filter((event): event is DeliveredEvent => !event.provisional);
    this.counts.events += asked.length;
    this.counts.provisional += asked.length - delivered.length;
    const byFile = Map.groupBy(delivered, ({ logFile }) => logFile);
    const files = [...byFile].map(([logFile, events]) => ({ ...objectRef(logFile), events }));
    const { elsewhere = [], here = [] } = Object.groupBy(files, (file) =>
      this.isElsewhere(file) ? 'elsewhere' : 'here',
    );
    await this.verifyElsewhere(elsewhere);
    await pMap(here, (file) => this.verifyFile(file), { concurrency: FILES_AT_ONCE });
  }

  /** One item that is no event, or one of another version, must not keep the others from being verified. */
  private read(item: Item): StoredEvent[] {
    try {
      return [fromEventItem(item)];
    } catch (error) {
      if (error instanceof SchemaVersionError) {
        this.unreadable.set(error.message, (this.unreadable.get(error.message) ?? 0) + 1);
        this.counts.unproven += 1;
      } else if (error instanceof StoredItemError) {
        const { eventId, logFile } = item;
        this.add({ eventId: eventId?.S ?? '', logFile: logFile?.S ?? '' }, error.message);
      } else throw error;
      this.counts.events += 1;
      return [];
    }
  }

  /** What is said of events of other schema versions, once for each version. */
  otherVersions(): Unchecked[] {
    return [...this.unreadable].map(([reason, count]) => ({
      place: count === 1 ? '1 event' : `${count} events`,
      reason,
    }));
  }

  private isAsked(event: StoredEvent): boolean {
    const { request, startedAt } = this.scope;
    const { timeKey, expiresAt } = event;
    if (expiresAt !== undefined && expiresAt <= startedAt / 1000) return false;
    const time = timeKey.slice(0, timeKey.indexOf('#'));
    if (!contains(request, time) && !(request.since === undefined && time.startsWith('0000'))) return false;
    const names = event.provisional
      ? { account: event.accountId, region: event.region }
      : readLogFileKey(event.logFile);
    const isIn = (wanted: readonly string[] | undefined, name: string | undefined) =>
      wanted === undefined || name === undefined || wanted.includes(name);
    return isIn(request.accounts, names?.account) && isIn(request.regions, names?.region);
  }

  private isElsewhere({ bucket, key }: ObjectRef): boolean {
    const { request, outcomes } = this.scope;
    if (outcomes.isVerified(key) || outcomes.isUnproven(key)) return false;
    const names = readLogFileKey(key);
    if (names === undefined) return false;
    const isOtherBucket = ![request.bucket, ...(request.originals ?? []), ...this.index.copies].includes(bucket);
    return isOtherBucket || (names.deliveredAt !== undefined && !contains(request, names.deliveredAt));
  }

  /** Another verification covers these, but the ledger must know their log files. */
  private async verifyElsewhere(files: readonly EventsOfFile[]): Promise<void> {
    if (files.length === 0) return;
    const entries = await readLedgerBatch(this.index.dynamo, this.index.tables.logFilesTable, files);
    for (const { bucket, key, events } of files) {
      if (entries.has(objectName({ bucket, key }))) this.counts.elsewhere += events.length;
      else for (const event of events) this.add(event, 'expected the ledger to know its log file');
    }
  }

  private async verifyFile(file: EventsOfFile): Promise<void> {
    const { outcomes, places } = this.scope;
    const { key, events } = file;
    if (outcomes.isVerified(key)) return this.compare(file);
    const names = readLogFileKey(key);
    const isUnlisted = places.some(
      ({ unlisted, account, region }) => unlisted && account === names?.account && region === names.region,
    );
    if (!outcomes.isUnproven(key) && !isUnlisted) {
      for (const event of events) this.add(event, 'expected its log file to be one that a signed digest names');
      return;
    }
    this.counts.unproven += events.length;
    const finding = outcomes.findingOf(key);
    if (finding) finding.events = (finding.events ?? 0) + events.length;
  }

  private async compare(file: EventsOfFile): Promise<void> {
    const { request, limit, places } = this.scope;
    const { events, key } = file;
    // A log file that was ingested from a copy, or from the original of a replica, is in this bucket below its prefix.
    const isRead = places.some(({ bucket }) => bucket === file.bucket);
    const object = isRead ? file : { bucket: request.bucket, key: `${request.prefix}${trailPath(key)}` };
    try {
      const records = await limit(() => this.readRecords(object, events));
      const keyAccount = readLogFileKey(key)?.account;
      for (const event of events) {
        const text = records.get(event.recordIndex);
        const difference = checkEvent(event, text === undefined ? undefined : { text, keyAccount });
        if (difference === undefined) this.counts.proven += 1;
        else this.add(event, difference);
      }
    } catch (error) {
      this.counts.unproven += events.length;
      this.unchecked.push({ place: s3Uri(object), reason: describeError(error) });
    }
  }

  /** Reads the records of a verified log file that events were made from, by position. */
  private async readRecords(object: ObjectRef, events: readonly DeliveredEvent[]): Promise<Map<number, string>> {
    const wanted = new Set(events.map(({ recordIndex }) => recordIndex));
    const records = new Map<number, string>();
    const onRecords = ({ kept }: RecordBatch) => {
      for (const { index, bytes } of kept) if (wanted.has(index)) records.set(index, Buffer.from(bytes).toString());
    };
    const { body } = await openObject(this.scope.s3, object);
    const eventSources = [...new Set(events.flatMap(({ eventSource }) => eventSource ?? []))];
    const hash = createHash('sha256');
    await readLogFile(body, { eventSources, onRecords, hash });
    if (this.scope.outcomes.isContent(object.key, hash.digest('hex'))) return records;
    throw new TrailError('object-changed', `${s3Uri(object)}: expected the content that was verified before`);
  }

  private add({ eventId, logFile }: Pick<DeliveredEvent, 'eventId' | 'logFile'>, detail: string): void {
    const { account = '-', region = '-' } = readLogFileKey(logFile) ?? {};
    this.findings.push({ kind: 'event-unproven', account, region, ...objectRef(logFile), eventId, detail });
  }
}
