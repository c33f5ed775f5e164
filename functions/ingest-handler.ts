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

/** Who is told what happens: the function's log and metrics, or the report of a replay. Nothing told holds record content. */
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
  const ingest = async (event: unknown, context: Context): Promise<SQSBatchResponse | undefined> => {
    const delivery = readDelivery(event);
    const work = new Invocation(deps, observer, sourceOf, context);
    if (delivery.kind === 'sqs-batch') return work.batch(delivery.messages);
    const failures = await work.announcement(delivery.announcement);
    if (failures.length > 0) throw new TrailError('delivery-failed', failures.join('; '));
    return undefined;
  };
  return middy<unknown, SQSBatchResponse | undefined, Error, Context>()
    .after(() => observer.end?.())
    .onError(({ error }) => {
      if (error instanceof DeliveryError) observer.failed('event', error);
      observer.end?.();
      // Lambda logs what is thrown, and an SDK error's message can echo the request.
      throw error instanceof TrailError ? error : new TrailError('delivery-failed', describeError(error));
    })
    .handler(ingest);
}

/** The work on one event. */
class Invocation {
  private readonly deps: PipelineDeps;
  private readonly observer: IngestObserver;
  private readonly sourceOf: (ref: LogFileRef) => LogSource;
  private readonly remaining: () => number;
  private readonly time: TimeBudget;

  constructor(
    deps: PipelineDeps,
    observer: IngestObserver,
    sourceOf: (ref: LogFileRef) => LogSource,
    context: Partial<Context>,
  ) {
    this.deps = deps;
    this.observer = observer;
    this.sourceOf = sourceOf;
    this.remaining = () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
    this.time = { isSpent: () => this.remaining() < LAST_START_MS };
  }

  /** Answers in time: a message that is not done by then is to be delivered again, and what was done of it is known then. */
  async batch(messages: readonly DeliveredMessage[]): Promise<SQSBatchResponse> {
    const waited = messages.flatMap(({ sentAt }) => (sentAt === undefined ? [] : [(this.deps.now() - sentAt) / 1000]));
    if (waited.length > 0) this.observer.oldestMessage?.(Math.max(0, ...waited));
    const undone = new Set(messages.map(({ messageId }) => messageId));
    const work = pMap(
      messages,
      async (message) => {
        if (await this.message(message)) undone.delete(message.messageId);
      },
      { concurrency: CONCURRENT_MESSAGES },
    );
    await this.untilLastAnswer(work);
    return { batchItemFailures: [...undone].map((itemIdentifier) => ({ itemIdentifier })) };
  }

  /** Deals with each log file, also after one has failed. Returns what failed, each in one line that is safe to show. */
  async announcement({ logFiles, ignored, malformed = [] }: Announcement): Promise<string[]> {
    for (const reason of ignored) this.observer.nothingAnnounced(reason);
    const failures = malformed.map(describeError);
    for (const error of malformed) this.observer.failed('notification', error);
    for (const logFile of logFiles) {
      try {
        if (this.time.isSpent()) throw new TrailError('out-of-time', `${s3Uri(logFile)}: not begun`);
        this.observer.logFile(await ingestLogFile(logFile, this.deps, this.time, this.sourceOf(logFile)));
      } catch (error) {
        this.observer.failed(s3Uri(logFile), error);
        failures.push(`${s3Uri(logFile)}: ${describeError(error)}`);
      }
    }
    return failures;
  }

  /** Whether the message may be acknowledged. */
  private async message({ messageId, announcement }: DeliveredMessage): Promise<boolean> {
    if (announcement instanceof DeliveryError) {
      this.observer.failed(`SQS message ${messageId}`, announcement);
      return false;
    }
    return (await this.announcement(announcement)).length === 0;
  }

  private async untilLastAnswer(work: Promise<unknown>): Promise<void> {
    const milliseconds = this.remaining() - LAST_ANSWER_MS;
    if (milliseconds === Number.POSITIVE_INFINITY) {
      await work;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const lastAnswer = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, milliseconds));
    });
    await Promise.race([work, lastAnswer]);
    clearTimeout(timer);
  }
}
