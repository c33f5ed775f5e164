import type { SQSBatchResponse } from 'aws-lambda';
import { type Random, seededRandom } from '../../support/random.ts';

export interface Message {
  messageId: string;
  body: string;
  receives: number;
}

export interface QueueOptions {
  batchSize?: number;
  /** Batches that are worked on at the same time. */
  workers?: number;
  /** A message that was received so often without being acknowledged goes to the dead-letter queue. */
  maxReceives?: number;
  /** Chooses the order; without one messages come in the order in which they were sent. */
  random?: Random;
  /** Told of each message before it counts as acknowledged. */
  onAcknowledge?(message: Message): Promise<void> | void;
}

export type Handle = (event: unknown) => Promise<SQSBatchResponse | undefined>;

/** The outcome of the messages of a queue. */
export interface Drained {
  acknowledged: Message[];
  dead: Message[];
  /** All answers of the function, in the order in which they came. */
  answers: SQSBatchResponse[];
}

/**
 * SQS and its event source mapping, small: hands out batches until each message is acknowledged or was received too often.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export async function drain(
  bodies: readonly (object | string)[],
  handle: Handle,
  options: QueueOptions = {},
): Promise<Drained> {
  const { batchSize = 10, workers = 1, maxReceives = 5, random = seededRandom(0), onAcknowledge } = options;
  const sent = bodies.map((body, i) => ({
    messageId: `m${i}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    receives: 0,
  }));
  const waiting: Message[] = options.random ? random.shuffled(sent) : sent;
  const drained: Drained = { acknowledged: [], dead: [], answers: [] };
  const work = async () => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchSize);
      for (const message of batch) message.receives += 1;
      for (const message of await failedOf(batch, handle, drained)) {
        batch.splice(batch.indexOf(message), 1);
        if (message.receives < maxReceives) waiting.push(message);
        else drained.dead.push(message);
      }
      for (const message of batch) await onAcknowledge?.(message);
      drained.acknowledged.push(...batch);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return drained;
}

async function failedOf(batch: readonly Message[], handle: Handle, drained: Drained): Promise<Message[]> {
  let answer: SQSBatchResponse | undefined;
  try {
    answer = await handle({
      Records: batch.map(({ messageId, body }) => ({ eventSource: 'aws:sqs', messageId, body })),
    });
  } catch {
    return [...batch];
  }
  if (answer === undefined) throw new Error('a batch was answered with nothing, which SQS takes for success');
  drained.answers.push(answer);
  return answer.batchItemFailures.map(({ itemIdentifier }) => {
    const message = batch.find(({ messageId }) => messageId === itemIdentifier);
    // SQS would take such an answer for a failure of the whole batch, or for success.
    if (!message) throw new Error(`the answer names ${JSON.stringify(itemIdentifier)}, which is not of its batch`);
    return message;
  });
}
