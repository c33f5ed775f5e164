import middy from '@middy/core';
import type { Context, SQSBatchResponse } from 'aws-lambda';
import pMap from 'p-map';
import type { Announcement, NothingAnnounced } from '../shared/delivery/announcement.ts';
import { DeliveryError } from '../shared/delivery/announcement.ts';
import { type DeliveredMessage, readDelivery } from '../shared/delivery/read-delivery.ts';
import { describeError, s3Place, TrailError } from '../shared/errors.ts';
import { ingestLogFile, type LogFileReport, type PipelineDeps } from '../shared/pipeline.ts';

/** Who is told what happens: the function's log, or the report of a replay. Nothing told holds record content. */
export interface IngestObserver {
  /** An object was dealt with, for good. */
  logFile(report: LogFileReport): void;
  /** A notification was acknowledged without work. */
  nothingAnnounced(reason: NothingAnnounced): void;
  /** An object, or a notification, failed and is to be delivered again. */
  failed(place: string, error: unknown): void;
}

/** Log files that are read at the same time; each is bounded in memory. */
const CONCURRENT_MESSAGES = 4;

/**
 * The ingest function, for any event that `readDelivery` understands. An SQS batch is answered with the messages to be
 * delivered again; for any other event a failure is thrown, and Lambda delivers the whole again.
 */
export function createIngestHandler(deps: PipelineDeps, observer: IngestObserver) {
  const ingest = async (event: unknown): Promise<SQSBatchResponse | undefined> => {
    const delivery = readDelivery(event);
    if (delivery.kind === 'sqs-batch') return ingestBatch(delivery.messages, deps, observer);
    const failures = await ingestAnnouncement(delivery.announcement, deps, observer);
    if (failures.length > 0) throw new TrailError('delivery-failed', failures.join('; '));
    return undefined;
  };
  return middy<unknown, SQSBatchResponse | undefined, Error, Context>()
    .onError(({ error }) => {
      // Lambda logs what is thrown, and an SDK error's message can echo the request.
      if (error instanceof TrailError) {
        if (error instanceof DeliveryError) observer.failed('event', error);
        throw error;
      }
      throw new TrailError('delivery-failed', describeError(error));
    })
    .handler(ingest);
}

async function ingestBatch(
  messages: readonly DeliveredMessage[],
  deps: PipelineDeps,
  observer: IngestObserver,
): Promise<SQSBatchResponse> {
  const failed = await pMap(
    messages,
    async ({ messageId, announcement }) => {
      if (announcement instanceof DeliveryError) {
        observer.failed(`SQS message ${messageId}`, announcement);
        return [messageId];
      }
      const failures = await ingestAnnouncement(announcement, deps, observer);
      return failures.length > 0 ? [messageId] : [];
    },
    { concurrency: CONCURRENT_MESSAGES },
  );
  return { batchItemFailures: failed.flat().map((itemIdentifier) => ({ itemIdentifier })) };
}

/** Deals with each log file, also after one has failed. Returns what failed, each in one line that is safe to show. */
async function ingestAnnouncement(
  { logFiles, ignored }: Announcement,
  deps: PipelineDeps,
  observer: IngestObserver,
): Promise<string[]> {
  for (const reason of ignored) observer.nothingAnnounced(reason);
  const failures: string[] = [];
  for (const logFile of logFiles) {
    try {
      observer.logFile(await ingestLogFile(logFile, deps));
    } catch (error) {
      observer.failed(s3Place(logFile), error);
      failures.push(`${s3Place(logFile)}: ${describeError(error)}`);
    }
  }
  return failures;
}
