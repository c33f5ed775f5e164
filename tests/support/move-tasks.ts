import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** How SQS takes a move task: it does it, does only part of it and fails, or refuses to begin. */
export type TaskOutcome = 'completes' | 'fails half-way' | 'is refused' | 'is denied';

/** An SQS that has move tasks, in front of the embedded one, which has none. */
export interface MoveTaskSqs {
  endpoint: string;
  /** The inputs of StartMessageMoveTask. */
  started: { SourceArn: string; DestinationArn?: string }[];
  stop(): Promise<void>;
}

const REFUSALS: Partial<Record<TaskOutcome, [status: number, code: string]>> = {
  'is refused': [400, 'com.amazonaws.sqs#InvalidParameterValue'],
  'is denied': [403, 'com.amazonaws.sqs#AccessDeniedException'],
};

export async function startMoveTaskSqs(
  upstream: { endpoint: string; sqs: SQSClient },
  outcome: TaskOutcome,
): Promise<MoveTaskSqs> {
  const started: MoveTaskSqs['started'] = [];
  const tasks: object[] = [];
  const startTask = async (input: MoveTaskSqs['started'][number]) => {
    started.push(input);
    const { SourceArn, DestinationArn } = input;
    const common = { SourceArn, StartedTimestamp: started.length };
    if (DestinationArn === undefined) {
      // So it ends in AWS for messages that something other than SQS put into the queue.
      tasks.unshift({ ...common, Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
      return;
    }
    const fails = outcome === 'fails half-way';
    const ApproximateNumberOfMessagesMoved = await move(upstream, SourceArn, DestinationArn, fails ? 1 : undefined);
    const Status = fails ? 'FAILED' : 'COMPLETED';
    tasks.unshift({ ...common, ApproximateNumberOfMessagesMoved, Status, ...(fails && { FailureReason: 'HalfWay' }) });
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const operation = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    if (!operation.includes('MessageMoveTask')) {
      const headers = Object.entries(request.headers).filter(([name]) =>
        /^(x-amz|content-type|authorization)/.test(name),
      );
      const answer = await fetch(upstream.endpoint, {
        method: 'POST',
        headers: Object.fromEntries(headers) as Record<string, string>,
        body,
      });
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await answer.text());
      return;
    }
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    const [status, __type] = REFUSALS[outcome] ?? [];
    if (status !== undefined) {
      response.writeHead(status).end(JSON.stringify({ __type, message: 'no' }));
      return;
    }
    if (operation === 'StartMessageMoveTask') await startTask(JSON.parse(body.toString()));
    response.end(
      JSON.stringify(operation === 'StartMessageMoveTask' ? { TaskHandle: 'h' } : { Results: tasks.slice(0, 1) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    started,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param most messages; absent: all */
async function move(
  { endpoint, sqs }: { endpoint: string; sqs: SQSClient },
  from: string,
  to: string,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const urlOf = (arn: string) => `${endpoint}/${arn.split(':')[4]}/${arn.split(':')[5]}`;
  for (let moved = 0; ; moved += 1) {
    if (moved >= most) return moved;
    const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: urlOf(from) }));
    if (message === undefined) return moved;
    await sqs.send(new SendMessageCommand({ QueueUrl: urlOf(to), MessageBody: message.Body }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl: urlOf(from), ReceiptHandle: message.ReceiptHandle }));
  }
}
