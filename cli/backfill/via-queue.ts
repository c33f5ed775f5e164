import { setTimeout } from 'node:timers/promises';
import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { createSqsClient } from '../../shared/aws/sqs.ts';
import { TrailError } from '../../shared/errors.ts';
import { batches } from '../lib/output.ts';
import type { FileResult } from '../log-files/file-result.ts';
import { type Done, processFiles } from '../log-files/process-files.ts';
import type { Tally } from '../log-files/tally.ts';
import { findQueue, type Queue } from '../redrive/queues.ts';
import { notificationBody } from '../replay/notification.ts';
import type { WantedFile } from './wanted-files.ts';

/** The most messages that SQS takes in a request. */
const BATCH = 10;
const CONCURRENT_BATCHES = 8;
const MAX_ROUNDS = 8;
const PAUSE_MS = 100;

/** Announces log files to the ingest queue, as S3 announces new ones, so that the function reads them. */
export async function announceFiles(files: AsyncIterable<WantedFile>, queue: string, tally: Tally): Promise<void> {
  const sqs = createSqsClient();
  const target = await findQueue(sqs, queue);
  await processFiles(batches(files, BATCH), (batch) => sendBatch(sqs, target, batch), {
    concurrency: CONCURRENT_BATCHES,
    tally,
  });
}

/** SQS answers for each message; those that failed are sent again. */
async function sendBatch(sqs: SQSClient, { url, arn }: Queue, batch: readonly WantedFile[]): Promise<Done[]> {
  const region = arn.split(':')[3] ?? '';
  let left = batch;
  for (let round = 0; round < MAX_ROUNDS && left.length > 0; round += 1) {
    if (round > 0) await setTimeout(PAUSE_MS * 2 ** round * Math.random());
    const Entries = left.map((file, i) => ({ Id: String(i), MessageBody: notificationBody(file, region) }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    const refused = Failed.find(({ SenderFault }) => SenderFault);
    if (refused) throw new TrailError('queue-refused', `${url}: expected to take messages (${refused.Code})`);
    left = left.filter((_, i) => Failed.some(({ Id }) => Id === String(i)));
  }
  const failed: FileResult = { outcome: 'failed', detail: 'queue-busy: expected the queue to take its message' };
  return batch.map((file) => ({ file, result: left.includes(file) ? failed : { outcome: 'announced' } }));
}
