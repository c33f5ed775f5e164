import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import pMap from 'p-map';
import { readLogFileKey } from '../shared/cloudtrail/object-key.ts';
import {
  type Announcement,
  type CarriedEvent,
  DeliveryError,
  type LogFileRef,
  type NothingAnnounced,
} from '../shared/delivery/announcement.ts';
import { type DeliveredMessage, readDelivery } from '../shared/delivery/read-delivery.ts';
import { describeError, s3Uri, TrailError } from '../shared/errors.ts';
import { ingest, type PipelineDeps } from '../shared/ingest/ingest-log-file.ts';
import { type LogFileReport, writeResult } from '../shared/ingest/ingest-result.ts';
import { type LogSource, s3Source } from '../shared/ingest/log-source.ts';
import { expectLiveAccount, type LiveReport, storeLive } from '../shared/ingest/store-live.ts';
import { recordStore } from '../shared/ingest/store-records.ts';
import { type StatusChangeReport, storeStatusChange } from '../shared/ingest/store-status-change.ts';
import { type TimeBudget, within } from '../shared/ingest/time-budget.ts';
import { checkUndelivered, type UndeliveredReport } from '../shared/ingest/undelivered-events.ts';
import { ledgerLookup } from '../shared/store/ledger.ts';
import type { LedgerEntry } from '../shared/store/ledger-entry.ts';
import { LedgerWriter } from '../shared/store/ledger-writer.ts';
import { remainingIn, safeError } from './invocation.ts';

/** Notified of what happens: for the function's log and metrics, or a replay's report. Notifications hold no record content. */
export interface IngestObserver {
  /** An object was processed, and needs no other delivery. */
  logFile(report: LogFileReport): void;
  /** A notification announced no log file. */
  nothingAnnounced(reason: NothingAnnounced): void;
  /** An object, or a notification, failed and must be delivered again. */
  failed(place: string, error: unknown): void;
  /** A status change was processed, and needs no other delivery. */
  statusChange?(report: StatusChangeReport): void;
  /** A live event was processed, and needs no other delivery. */
  live?(report: LiveReport): void;
  /** The events that have waited for their log files were looked up. */
  undelivered?(report: UndeliveredReport): void;
  /** Ledger entries could not be inserted together, for a reason with this code, and are written one by one. */
  insertFailed?(code: string): void;
  /** How long the oldest message of a batch has waited. */
  oldestMessage?(seconds: number): void;
  /** The invocation is over. */
  end?(): void;
}

/** What all log files of an invocation share. */
interface Invocation {
  time: TimeBudget;
  /** Returns what the ledger has on a log file. */
  findEntry(ref: LogFileRef): Promise<LedgerEntry | undefined>;
}

/** A message whose log files are read. */
interface Announced {
  /** A line for each failure, safe to show; complete when all is written. */
  failures: readonly string[];
  /** The ledger entries of its log files; none is rejected. */
  writes: readonly Promise<void>[];
}

/** Each log file needs bounded memory. */
const CONCURRENT_MESSAGES = 4;
/** Entries of log files that are read within this time are written together. */
const ENTRY_PATIENCE_MS = 100;
/** With less time left, no log file is begun. */
const LAST_START_MS = 10_000;
/** With less time left, the function returns, finished or not. */
const LAST_ANSWER_MS = 4_000;

/**
 * The ingest function, for any event that `readDelivery` understands. For an SQS batch it returns the messages that must be
 * delivered again. For any other event it throws, and Lambda delivers the whole event again.
 * @param sourceOf returns where the bytes of a log file are
 */
export function createIngestHandler(
  deps: PipelineDeps,
  observer: IngestObserver,
  sourceOf: (ref: LogFileRef) => LogSource = (ref) => s3Source(deps.s3, ref),
) {
  const store = recordStore(deps);
  const ledger = new LedgerWriter(deps.dynamo, deps.config, {
    patienceMs: ENTRY_PATIENCE_MS,
    insertFailed: (code) => observer.insertFailed?.(code),
  });
  const ingestEvent = async (event: unknown, context: Context): Promise<SQSBatchResponse | undefined> => {
    const remaining = remainingIn(context);
    const time = { isSpent: () => remaining() < LAST_START_MS };
    const delivery = readDelivery(event);
    if (delivery.kind === 'sqs-batch') return ingestBatch(delivery.messages, time, remaining);
    const { announcement } = delivery;
    const findEntry = lookup([announcement]);
    const { failures, writes } = await readAnnounced(announcement, 'notification', { time, findEntry });
    await Promise.all([ledger.flush(), ...writes]);
    await moveWatermarks();
    if (failures.length > 0) throw new TrailError('delivery-failed', failures.join('; '));
    return undefined;
  };

  /** Returns what finds the ledger entries of all log files of an invocation. */
  const lookup = (announcements: readonly Announcement[]) =>
    ledgerLookup(
      deps.dynamo,
      deps.config.logFilesTable,
      announcements.flatMap(({ logFiles }) => logFiles).filter(({ key }) => readLogFileKey(key) !== undefined),
      () => ledger.flush(),
    );

  /** No message has to wait for a watermark: it may be behind, and a later invocation moves it. */
  const moveWatermarks = async (): Promise<void> => {
    try {
      await ledger.moveWatermarks();
    } catch (error) {
      observer.failed('watermarks', error);
    }
  };

  /** Returns in time. A message that is not finished is delivered again, and finds its events stored. */
  const ingestBatch = async (
    messages: readonly DeliveredMessage[],
    time: TimeBudget,
    remaining: () => number,
  ): Promise<SQSBatchResponse> => {
    const waited = messages.flatMap(({ sentAt }) => (sentAt === undefined ? [] : [(deps.now() - sentAt) / 1000]));
    if (waited.length > 0) observer.oldestMessage?.(Math.max(0, ...waited));
    const undone = new Set(messages.map(({ messageId }) => messageId));
    const findEntry = lookup(messages.map(({ announcement }) => announcement));
    const writing: Promise<void>[] = [];
    const readMessage = async ({ messageId, announcement }: DeliveredMessage) => {
      const { failures, writes } = await readAnnounced(announcement, `SQS message ${messageId}`, { time, findEntry });
      const settle = async () => {
        await Promise.all(writes);
        if (failures.length === 0) undone.delete(messageId);
      };
      writing.push(settle());
    };
    const ingestAll = async () => {
      await pMap(messages, readMessage, { concurrency: CONCURRENT_MESSAGES });
      await Promise.all([ledger.flush(), ...writing]);
      await moveWatermarks();
    };
    await within(remaining() - LAST_ANSWER_MS, ingestAll(), () => {});
    return { batchItemFailures: [...undone].map((itemIdentifier) => ({ itemIdentifier })) };
  };

  /**
   * Ingests each log file and event, even after one has failed. On schedule, looks for events that no log file has brought. When it
   * returns, all is read and stored but for the ledger entries, which are written together with those of other messages.
   */
  const readAnnounced = async (
    { logFiles, events, ignored, malformed }: Announcement,
    place: string,
    { time, findEntry }: Invocation,
  ): Promise<Announced> => {
    for (const reason of ignored) observer.nothingAnnounced(reason);
    const failures = malformed.map(describeError);
    const writes: Promise<void>[] = [];
    for (const error of malformed) observer.failed(place, error);
    const attempt = async (about: string, work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        observer.failed(about, error);
        failures.push(`${about}: ${describeError(error)}`);
      }
    };
    const begin = (about: string, work: () => Promise<void>) =>
      attempt(about, () => {
        if (time.isSpent()) throw new TrailError('out-of-time', `${about}: not begun`);
        return work();
      });
    for (const event of events) {
      await begin(`event ${event.id}`, () => storeEvent(event));
    }
    for (const ref of logFiles) {
      const job = { ref, source: sourceOf(ref), store, time, findEntry: () => findEntry(ref) };
      const about = s3Uri(ref);
      await begin(about, async () => {
        const result = await ingest(job, deps);
        writes.push(attempt(about, async () => observer.logFile(await writeResult(result, deps, ledger))));
      });
    }
    if (ignored.includes('scheduled-event') && deps.config.liveAccounts.length > 0) {
      await begin('events that wait for their log files', async () => {
        const report = await checkUndelivered(deps, time);
        observer.undelivered?.(report);
      });
    }
    return { failures, writes };
  };

  const storeEvent = async (event: CarriedEvent): Promise<void> => {
    expectLiveAccount(event, deps.config);
    if (event.kind === 'status-change') {
      const report = await storeStatusChange(event, deps);
      observer.statusChange?.(report);
    } else {
      const report = await storeLive(event, deps, store);
      observer.live?.(report);
    }
  };

  return middy<unknown, SQSBatchResponse | undefined, Error, Context>()
    .after(() => observer.end?.())
    .onError(({ error }) => {
      if (error instanceof DeliveryError) observer.failed('event', error);
      observer.end?.();
      throw safeError(error, 'delivery-failed');
    })
    .handler(ingestEvent);
}
