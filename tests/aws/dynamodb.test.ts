import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createTelemetry } from '../../functions/ingest-telemetry.ts';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION, LOCAL_TABLES } from '../../local/local-names.ts';
import { createDynamoClient, type DynamoClientOptions, HTTP_API_LIMITS } from '../../shared/aws/dynamodb.ts';
import { insertItems } from '../../shared/store/insert-items.ts';
import { type FaultProxy, startFaultProxy } from '../faults/support/fault-proxy.ts';
import { blackHole, dynamoError, instead, sent, type ThrottlingError, throttled } from '../faults/support/faults.ts';
import { httpEvent } from '../support/http-event.ts';
import { useServers } from '../support/servers.ts';

const servers = useServers();
let proxy: FaultProxy;
beforeAll(async () => {
  proxy = await startFaultProxy('dynamodb', servers.dynamo.endpoint);
});
afterEach(() => {
  proxy.script = () => undefined;
});
afterAll(async () => {
  await proxy.stop();
});

function createClient({ endpoint }: FaultProxy, options: DynamoClientOptions) {
  const settings = { endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  return createDynamoClient(settings, options);
}

const getItem = new GetItemCommand({ TableName: LOCAL_TABLES.logFilesTable, Key: { logFile: { S: 'b/k' } } });

const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/events';
const REASONS = [
  { reason: 'TableWriteKeyRangeThroughputExceeded', resource: TABLE },
  { reason: 'IndexWriteAccountLimitExceeded', resource: `${TABLE}/index/byDay` },
];
const MEMBERS: Record<ThrottlingError, string> = {
  ProvisionedThroughputExceededException: 'ThrottlingReasons',
  RequestLimitExceeded: 'ThrottlingReasons',
  ThrottlingException: 'throttlingReasons',
};

describe.each(Object.entries(MEMBERS))('%s', (error, member) => {
  test('its reasons are told, also when the retry succeeds; they stand in the metrics', async () => {
    const answers = [dynamoError(400, error, { [member]: REASONS }), dynamoError(400, error)];
    proxy.script = () => {
      const answer = answers.shift();
      return answer && instead(answer);
    };
    const lines = await written(async () => {
      const telemetry = createTelemetry('namespace');
      const client = createClient(proxy, { onThrottle: telemetry.throttled });
      await client.send(getItem).finally(() => client.destroy());
      telemetry.end?.();
    });
    const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const told = REASONS.map(({ reason, resource }) => `${reason} ${resource}`);
    expect(entries.filter(({ level }) => level === 'WARN')).toMatchObject([{ reasons: told }, { reasons: [] }]);
    expect(entries.find(({ _aws }) => _aws !== undefined)).toMatchObject({
      Throttles: [1, 1],
      throttlingReasons: told.map((text) => `${text}: 1`).join(', '),
    });
  });
});

test.each([
  ['no list', { ThrottlingReasons: null }, []],
  ['a list under the other name', { throttlingReasons: REASONS.slice(0, 1) }, [`${REASONS[0]!.reason} ${TABLE}`]],
  ['reasons without members', { ThrottlingReasons: [{}, { reason: null }, null] }, undefined],
])('a throttle with %s is a throttle, and its retry succeeds', async (_, members, reasons) => {
  const onThrottle = jest.fn();
  const client = createClient(proxy, { onThrottle });
  const answers = [dynamoError(400, 'ProvisionedThroughputExceededException', members)];
  proxy.script = () => {
    const answer = answers.shift();
    return answer && instead(answer);
  };
  await client.send(getItem).finally(() => client.destroy());
  expect(onThrottle).toHaveBeenCalledTimes(1);
  if (reasons) expect(onThrottle).toHaveBeenCalledWith(reasons);
});

test('throttled statements of a batch are throttles', async () => {
  const onThrottle = jest.fn();
  const client = createClient(proxy, { onThrottle });
  const codes = ['ThrottlingError', undefined, 'DuplicateItem', 'ProvisionedThroughputExceeded'];
  const Responses = codes.map((Code) => ({ TableName: 'logs', ...(Code && { Error: { Code } }) }));
  const answer = dynamoError(200, '', { Responses });
  proxy.script = (request) => (request.operation === 'BatchExecuteStatement' ? instead(answer) : undefined);
  const items = codes.map((_, i) => ({ logFile: { S: String(i) } }));
  const failed: string[] = [];
  expect(await insertItems(client, 'logs', items, (code) => failed.push(code))).toEqual([false, true, false, false]);
  expect(failed).toEqual(['ThrottlingError', 'ProvisionedThroughputExceeded']);
  expect(onThrottle.mock.calls).toEqual([[['ThrottlingError logs']], [['ProvisionedThroughputExceeded logs']]]);
});

test('what is no throttle is not told', async () => {
  const onThrottle = jest.fn();
  const client = createClient(proxy, { onThrottle });
  const answers = [dynamoError(500, 'InternalServerError')];
  proxy.script = () => {
    const answer = answers.shift();
    return answer && instead(answer);
  };
  await client.send(getItem);
  client.destroy();
  expect(onThrottle).not.toHaveBeenCalled();
});

test('the query function answers within its 29 s, whatever DynamoDB does', async () => {
  const faults = [blackHole, sent({ bytes: 1, ending: 'stall' }), instead(throttled())];
  const waits = faults.map(async (fault) => {
    const faulty = await startFaultProxy('dynamodb', servers.dynamo.endpoint);
    faulty.script = () => fault;
    const dynamo = createClient(faulty, { limits: HTTP_API_LIMITS });
    const failed = jest.fn();
    const handler = createQueryHandler({ dynamo, tables: LOCAL_TABLES, now: Date.now }, { failed });
    const started = Date.now();
    const { statusCode } = await handler(httpEvent('/events?environment=prod-etl'), {} as Context);
    dynamo.destroy();
    await faulty.stop();
    return { statusCode, failures: failed.mock.calls.length, inTime: Date.now() - started < 24_000 };
  });
  const answered = { statusCode: 500, failures: 1, inTime: true };
  expect(await Promise.all(waits)).toEqual([answered, answered, answered]);
});

/** The lines of JSON that are written to standard output and standard error meanwhile. */
async function written(work: () => Promise<void>): Promise<string[]> {
  const pieces: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((text) => pieces.push(String(text)) > 0),
  );
  await work().finally(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return pieces
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'));
}
