import { setTimeout } from 'node:timers/promises';
import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import pMap from 'p-map';
import {
  type Announcement,
  DeliveryError,
  type LogFileRef,
  type NothingAnnounced,
} from '../shared/delivery/announcement.ts';
import { type DeliveredMessage, readDelivery } from '../shared/delivery/read-delivery.ts';
import { describeError, s3Uri, TrailError } from '../shared/errors.ts';
import { ingestLogFile, type LogFileReport, type PipelineDeps } from '../shared/ingest/ingest-log-file.ts';
import { type LogSource, s3Source } from '../shared/ingest/log-source.ts';
import type { TimeBudget } from '../shared/ingest/time-budget.ts';

/** Notified of what happens: the function's log and metrics, or the report of a replay. No notification holds record content. */
export interface IngestObserver {
  /** An object was dealt with, for good. */
  logFile(report: LogFileReport): void;
  /** A notification was acknowledged without work. */
  nothingAnnounced(reason: NothingAnnounced): void;
  /** An object, or a notification, failed and is to be delivered again. */
  failed(place: string, error: unknown): void;
  /** How long the oldest message of a batch had waited. */
  oldestMessage?(seconds: number): void;
  /** The invocation is over. */
  end?(): void;
}

/** Log files that are read at the same time; each is bounded in memory. */
const CONCURRENT_MESSAGES = 4;
/** With so much time left nothing new is begun, and with so much the answer is given, finished or not. */
const LAST_START_MS = 10_000;
const LAST_ANSWER_MS = 4_000;

/**
 * The ingest function, for any event that `readDelivery` understands. An SQS batch is answered with the messages to be
 * delivered again; for any other event a failure is thrown, and Lambda delivers the whole again.
 * @param sourceOf where the bytes of a log file are
 */
export function createIngestHandler(
  deps: PipelineDeps,
  observer: IngestObserver,
  sourceOf: (ref: LogFileRef) => LogSource = (ref) => s3Source(deps.s3, ref),
) {
  const ingestEvent = async (event: unknown, context: Context): Promise<SQSBatchResponse | undefined> => {
    const remaining = () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
    const time = { isSpent: () => remaining() < LAST_START_MS };
    const ingestAll = (announcement: Announcement) => ingestAnnounced(announcement, time);
    const delivery = readDelivery(event);
    if (delivery.kind === 'sqs-batch') return ingestBatch(delivery.messages, ingestAll, remaining);
    const failures = await ingestAll(delivery.announcement);
    if (failures.length > 0) throw new TrailError('delivery-failed', failures.join('; '));
    return undefined;
  };

  /** Answers in time: a message that is not done by then is to be delivered again, and what was done of it is known then. */
  const ingestBatch = async (
    messages: readonly DeliveredMessage[],
    ingestAll: (announcement: Announcement) => Promise<string[]>,
    remaining: () => number,
  ): Promise<SQSBatchResponse> => {
    const waited = messages.flatMap(({ sentAt }) => (sentAt === undefined ? [] : [(deps.now() - sentAt) / 1000]));
    if (waited.length > 0) observer.oldestMessage?.(Math.max(0, ...waited));
    const undone = new Set(messages.map(({ messageId }) => messageId));
    const ingestMessage = async ({ messageId, announcement }: DeliveredMessage) => {
      if (announcement instanceof DeliveryError) observer.failed(`SQS message ${messageId}`, announcement);
      else if ((await ingestAll(announcement)).length === 0) undone.delete(messageId);
    };
    await unlessOver(pMap(messages, ingestMessage, { concurrency: CONCURRENT_MESSAGES }), remaining() - LAST_ANSWER_MS);
    return { batchItemFailures: [...undone].map((itemIdentifier) => ({ itemIdentifier })) };
  };

  /** Ingests each log file, also after one has failed. Returns what failed, each in one line that is safe to show. */
  const ingestAnnounced = async (
    { logFiles, ignored, malformed = [] }: Announcement,
    time: TimeBudget,
  ): Promise<string[]> => {
    for (const reason of ignored) observer.nothingAnnounced(reason);
    const failures = malformed.map(describeError);
    for (const error of malformed) observer.failed('notification', error);
    for (const ref of logFiles) {
      try {
        if (time.isSpent()) throw new TrailError('out-of-time', `${s3Uri(ref)}: not begun`);
        observer.logFile(await ingestLogFile(ref, deps, time, sourceOf(ref)));
      } catch (error) {
        observer.failed(s3Uri(ref), error);
        failures.push(`${s3Uri(ref)}: ${describeError(error)}`);
      }
    }
    return failures;
  };

  return middy<unknown, SQSBatchResponse | undefined, Error, Context>()
    .after(() => observer.end?.())
    .onError(({ error }) => {
      if (error instanceof DeliveryError) observer.failed('event', error);
      observer.end?.();
      // Lambda logs what is thrown, and an SDK error's message can echo the request.
      throw error instanceof TrailError ? error : new TrailError('delivery-failed', describeError(error));
    })
    .handler(ingestEvent);
}

/** Waits for work, but no longer than so many milliseconds. */
async function unlessOver(work: Promise<unknown>, milliseconds: number): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY) return void (await work);
  const timer = new AbortController();
  const lastAnswer = setTimeout(Math.max(0, milliseconds), undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([work, lastAnswer]);
  timer.abort();
}
