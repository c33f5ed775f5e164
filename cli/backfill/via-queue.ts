import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { TrailError } from '../../shared/errors.ts';
import { isDone } from '../../shared/ingest/done-before.ts';
import { batches } from '../lib/output.ts';
import { findQueue } from '../redrive/queues.ts';
import { notificationBody } from '../replay/sqs-delivery.ts';
import type { Tally } from './tally.ts';
import type { WantedFile } from './wanted-files.ts';

/** SQS takes so many messages at once. */
const BATCH = 10;
const CONCURRENT_BATCHES = 8;
const MAX_ROUNDS = 8;
const PAUSE_MS = 100;

export interface QueueTarget {
  /** Its name or URL. */
  queue: string;
  tally: Tally;
  /** The wanted event sources, to tell what the ledger has as done. */
  eventSources: readonly string[];
  sleep(milliseconds: number): Promise<unknown>;
}

/** Announces log files to the ingest queue, as S3 does when they are new, and leaves the reading to the function. */
export async function announceFiles(files: AsyncIterable<WantedFile>, target: QueueTarget): Promise<void> {
  const sqs = createSqsClient();
  try {
    const { url, arn } = await findQueue(sqs, target.queue);
    const region = arn.split(':')[3] ?? '';
    const send = (batch: WantedFile[]) => sendBatch(sqs, url, region, batch, target);
    await pMap(batches(undone(files, target), BATCH), send, { concurrency: CONCURRENT_BATCHES });
  } finally {
    sqs.destroy();
  }
}

async function* undone(files: AsyncIterable<WantedFile>, { tally, eventSources }: QueueTarget) {
  for await (const file of files) {
    if (!isDone(file.entry, file.etag, eventSources)) {
      yield file;
      continue;
    }
    tally.known += 1;
    tally.advance(file.size);
  }
}

/** SQS answers for each message; those it could not take are sent again. */
async function sendBatch(
  sqs: SQSClient,
  url: string,
  region: string,
  batch: readonly WantedFile[],
  { tally, sleep }: QueueTarget,
): Promise<void> {
  let left = batch;
  for (let round = 0; round < MAX_ROUNDS && left.length > 0; round += 1) {
    if (round > 0) await sleep(PAUSE_MS * 2 ** round * Math.random());
    const Entries = left.map((file, i) => ({ Id: String(i), MessageBody: notificationBody(file, region) }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    const refused = Failed.find(({ SenderFault }) => SenderFault);
    if (refused) throw new TrailError('queue-refused', `${url}: expected to take messages (${refused.Code})`);
    const failed = left.filter((_, i) => Failed.some(({ Id }) => Id === String(i)));
    for (const { size } of left.filter((file) => !failed.includes(file))) {
      tally.sent += 1;
      tally.advance(size);
    }
    left = failed;
  }
  for (const file of left) {
    tally.fail(file, 'queue-busy: expected the queue to take its message');
    tally.advance(file.size);
  }
}
