import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { openObject } from '../aws/open-object.ts';
import { readObjectKey, trailPath } from '../cloudtrail/object-key.ts';
import type { TableNames } from '../config.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import { type RecordBatch, readLogFile } from '../log-file/read-log-file.ts';
import { listDays } from '../store/environments-table.ts';
import type { DeliveredEvent, StoredEvent } from '../store/event-item.ts';
import { eventsOfDay } from '../store/events-table.ts';
import { readLedgerSummaries } from '../store/ledger-batch.ts';
import { checkEvent } from './check-event.ts';
import type { Finding } from './finding.ts';
import type { Gate } from './gate.ts';
import type { ScopeFilter } from './list-objects.ts';
import type { Outcomes } from './outcomes.ts';
import type { PlaceReport, Unchecked } from './place-report.ts';
import { contains, daysBetween, type TimeRange } from './time-range.ts';

/** The tables that were made from the log files. */
export interface EventIndex {
  dynamo: Parameters<typeof listDays>[0];
  tables: TableNames;
  /** Buckets through which log files also came into them, below the same path from `AWSLogs/` on. */
  copies: readonly string[];
}

/** Events in the table, by what is known of them. */
export interface EventCounts {
  /** That happened in the range, and have not expired. */
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
  places: readonly PlaceReport[];
  outcomes: Outcomes;
  s3: S3Client;
  gate: Gate;
  now(): number;
}

/** Events from the same log file. */
interface EventsOfFile {
  logFile: string;
  bucket: string;
  key: string;
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
      for await (const events of eventsOfDay(index.dynamo, index.tables.eventsTable, day)) {
        await verification.verify(events);
      }
    }
  } catch (error) {
    unchecked.push({ place: 'the events', reason: describeError(error) });
  }
  return { counts, findings, unchecked };
}

/** Not only the days that the environments table lists: who adds an event by hand may leave that out. */
async function daysOf({ request, places }: EventScope, { dynamo, tables }: EventIndex): Promise<string[]> {
  const from = request.since ?? places.flatMap((place) => place.from ?? []).sort()[0];
  const last = new Date(Date.parse(request.until) - 1).toISOString();
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
  private readonly scope: EventScope;
  private readonly index: EventIndex;

  constructor(scope: EventScope, index: EventIndex) {
    this.scope = scope;
    this.index = index;
  }

  async verify(stored: readonly StoredEvent[]): Promise<void> {
    const files = new Map<string, EventsOfFile>();
    for (const event of stored) {
      if (!this.isAsked(event)) continue;
      this.counts.events += 1;
      if (event.provisional) {
        this.counts.provisional += 1;
        continue;
      }
      const { logFile } = event;
      const slash = logFile.indexOf('/');
      const file = files.get(logFile) ?? {
        logFile,
        bucket: logFile.slice(0, slash),
        key: logFile.slice(slash + 1),
        events: [],
      };
      files.set(logFile, file);
      file.events.push(event);
    }
    const elsewhere = [...files.values()].filter((file) => this.isElsewhere(file));
    await this.verifyElsewhere(elsewhere);
    const here = [...files.values()].filter((file) => !elsewhere.includes(file));
    await pMap(here, (file) => this.verifyFile(file), { concurrency: FILES_AT_ONCE });
  }

  private isAsked(event: StoredEvent): boolean {
    const { request, now } = this.scope;
    const { timeKey, expiresAt } = event;
    if (expiresAt !== undefined && expiresAt <= now() / 1000) return false;
    const time = timeKey.slice(0, timeKey.indexOf('#'));
    if (!contains(request, time) && !(request.since === undefined && time.startsWith('0000'))) return false;
    const { account, region } = placeOf(event);
    const isAccount = account === undefined || (request.accounts?.includes(account) ?? true);
    return isAccount && (region === undefined || (request.regions?.includes(region) ?? true));
  }

  private isElsewhere({ bucket, key }: EventsOfFile): boolean {
    const { request, outcomes } = this.scope;
    if (outcomes.isVerified(key) || outcomes.isUnproven(key)) return false;
    const names = readObjectKey(key);
    if ('skipped' in names) return false;
    const isOtherBucket = ![request.bucket, ...(request.originals ?? []), ...this.index.copies].includes(bucket);
    return isOtherBucket || (names.deliveredAt !== undefined && !contains(request, names.deliveredAt));
  }

  /** Another verification is about these; but the ledger must know them. */
  private async verifyElsewhere(files: readonly EventsOfFile[]): Promise<void> {
    if (files.length === 0) return;
    const entries = await readLedgerSummaries(this.index.dynamo, this.index.tables.logFilesTable, files);
    for (const file of files) {
      if (entries.has(file.logFile)) this.counts.elsewhere += file.events.length;
      else for (const event of file.events) this.add(event, 'expected the ledger to know its log file');
    }
  }

  private async verifyFile(file: EventsOfFile): Promise<void> {
    const { outcomes, places } = this.scope;
    const { key, events } = file;
    if (outcomes.isVerified(key)) return this.compare(file);
    const names = readObjectKey(key);
    const isUnlisted = places.some(
      (place) =>
        place.unlisted && !('skipped' in names) && place.account === names.account && place.region === names.region,
    );
    if (outcomes.isUnproven(key) || isUnlisted) {
      this.counts.unproven += events.length;
      const finding = outcomes.findingOf(key);
      if (finding) finding.events = (finding.events ?? 0) + events.length;
      return;
    }
    for (const event of events) this.add(event, 'expected its log file to be one that a signed digest names');
  }

  private async compare(file: EventsOfFile): Promise<void> {
    const { request, gate } = this.scope;
    // What came in through a copy, or through the original of a replica, is in this bucket below its prefix.
    const isRead = this.scope.places.some(({ bucket }) => bucket === file.bucket);
    const object = isRead ? file : { bucket: request.bucket, key: `${request.prefix}${trailPath(file.key)}` };
    try {
      const records = await gate.run(() => this.readRecords(object, file.events));
      const names = readObjectKey(file.key);
      const keyAccount = 'skipped' in names ? undefined : names.account;
      for (const event of file.events) {
        const text = records.get(event.recordIndex);
        const difference = checkEvent(event, text === undefined ? undefined : { text, keyAccount });
        if (difference === undefined) this.counts.proven += 1;
        else this.add(event, difference);
      }
    } catch (error) {
      this.counts.unproven += file.events.length;
      this.unchecked.push({ place: s3Uri(object), reason: describeError(error) });
    }
  }

  /** The records of a verified log file that events were made from, by position. */
  private async readRecords(
    object: { bucket: string; key: string },
    events: readonly DeliveredEvent[],
  ): Promise<Map<number, string>> {
    const wanted = new Set(events.map(({ recordIndex }) => recordIndex));
    const records = new Map<number, string>();
    const onRecords = ({ kept }: RecordBatch) => {
      for (const { index, bytes } of kept) if (wanted.has(index)) records.set(index, Buffer.from(bytes).toString());
    };
    const open = await openObject(this.scope.s3, object);
    if (!open) throw new TrailError('s3-answer', `${s3Uri(object)}: expected the object`);
    const eventSources = [...new Set(events.flatMap(({ eventSource }) => eventSource ?? []))];
    const { sha256 = '' } = await readLogFile(open.body, { eventSources, onRecords, hash: true });
    if (this.scope.outcomes.isContent(object.key, sha256)) return records;
    throw new TrailError('object-changed', `${s3Uri(object)}: expected the content that was verified before`);
  }

  private add({ eventId, logFile }: DeliveredEvent, detail: string): void {
    const names = readObjectKey(logFile);
    const { account = '-', region } = 'skipped' in names ? { region: '-' } : names;
    const slash = logFile.indexOf('/');
    const place = { bucket: logFile.slice(0, slash), key: logFile.slice(slash + 1) };
    this.findings.push({ kind: 'event-unproven', account, region, ...place, eventId, detail });
  }
}

/** The account and Region whose log files have an event. */
function placeOf(event: StoredEvent): { account?: string | undefined; region?: string | undefined } {
  if (event.provisional) return { account: event.accountId, region: event.region };
  const names = readObjectKey(event.logFile);
  return 'skipped' in names ? {} : names;
}
