import { setTimeout } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { createApi, type TimeLimits } from '../../shared/http/api.ts';
import { readAll, SlowAnswerError } from '../../shared/query/ask.ts';
import { httpEvent } from '../support/http-event.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';

let store: SampleStore;
beforeAll(async () => {
  store = await sharedSampleStore();
});
afterAll(() => store.stop());

/** A client of the store whose requests all succeed, after a time in milliseconds, unless that is ended. */
function slowClient(latency: number, ended: AbortSignal): DynamoDBClient {
  const settings = { endpoint: store.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const client = createDynamoClient(settings);
  client.middlewareStack.add(
    (next) => async (args) => {
      await setTimeout(latency, undefined, { signal: ended });
      return next(args);
    },
    { step: 'finalizeRequest' },
  );
  return client;
}

async function ask(url: string, latency: number, timeLimits: TimeLimits) {
  const told: unknown[] = [];
  const ended = new AbortController();
  const dynamo = slowClient(latency, ended.signal);
  const deps = { ...store.deps, dynamo };
  const handler = createQueryHandler(deps, { failed: (error) => told.push(error), timeLimits });
  const started = performance.now();
  const { statusCode, body } = await handler(httpEvent(url), {} as Context);
  ended.abort();
  dynamo.destroy();
  return { statusCode, body: JSON.parse(body), told, took: performance.now() - started };
}

const UNHURRIED = { page: 60_000, answer: 60_000 };

// An address range is in no index: days are read one after the other.
test.each(['newest-first', 'oldest-first'])('%s: pages that end early together are the list', async (order) => {
  const url = `/events?sourceIp=0.0.0.0/0&order=${order}`;
  const all: { eventId: string }[] = [];
  for (let cursor: string | undefined, i = 0; i === 0 || cursor; i += 1) {
    const { body } = await ask(`${url}&limit=100${cursor ? `&cursor=${cursor}` : ''}`, 0, UNHURRIED);
    all.push(...body.events);
    ({ cursor } = body);
  }
  expect(all.length).toBeGreaterThan(30);

  const found: typeof all = [];
  let pages = 0;
  let cursor: string | undefined;
  for (; pages === 0 || cursor !== undefined; pages += 1) {
    const page = await ask(`${url}&limit=100${cursor ? `&cursor=${cursor}` : ''}`, 20, { page: 1, answer: 5_000 });
    expect([page.statusCode, page.told]).toEqual([200, []]);
    found.push(...page.body.events);
    ({ cursor } = page.body);
  }
  expect(pages).toBeGreaterThan(2);
  expect(found).toEqual(all);
});

test('a page ends in time, however many requests it would take', async () => {
  const { statusCode, body, took } = await ask('/events?sourceIp=192.0.2.250/32', 200, { page: 300, answer: 5_000 });
  expect([statusCode, body.events]).toEqual([200, []]);
  expect(body.cursor).toEqual(expect.any(String));
  expect(took).toBeLessThan(1_500);
});

test.each([
  ['a summary', '/environments/prod-etl/summary', 5_000, { page: 300, answer: 400 }],
  ['a request that takes too long', '/events?environment=prod-etl', 5_000, { page: 300, answer: 400 }],
  ['one for a single event', '/events/none', 5_000, { page: 300, answer: 400 }],
])('%s is a problem, and told', async (_, url, latency, timeLimits) => {
  const { statusCode, body, told, took } = await ask(url, latency, timeLimits);
  expect([statusCode, body.type]).toEqual([503, 'urn:problem-type:mwaa-trail:out-of-time']);
  expect(told).toMatchObject([{ code: 'out-of-time' }]);
  expect(took).toBeLessThan(1_500);
});

test('reading all pages stops when nobody waits any longer', async () => {
  const question = { criteria: { environment: ['prod-etl'] }, order: 'newest-first' } as const;
  const found: unknown[] = [];
  const reading = async () => {
    for await (const event of readAll(question, { ...store.deps, time: { isSpent: () => true } }, 2)) found.push(event);
  };
  await expect(reading()).rejects.toThrow(SlowAnswerError);
  expect(found).toHaveLength(2);
});

test('a request whose caller has gone reads no further, and is no failure', async () => {
  const left = new AbortController();
  const seen: string[] = [];
  const ended = new AbortController();
  const dynamo = slowClient(20, ended.signal);
  dynamo.middlewareStack.add(
    (next, { commandName }) => {
      return (args) => {
        seen.push(commandName ?? '');
        if (seen.filter((name) => name === 'QueryCommand').length === 2) left.abort();
        return next(args);
      };
    },
    { step: 'initialize' },
  );
  const told: unknown[] = [];
  const api = createApi(
    { ...store.deps, dynamo },
    { failed: (error) => told.push(error), maxResponseBytes: 6_000_000 },
  );
  const request = { method: 'GET', url: '/timeline?sourceIp=0.0.0.0/0', headers: { get: () => null } };
  const asked = async (signal: AbortSignal) => {
    seen.length = 0;
    const { status } = await api({ ...request, signal });
    return { status, requests: seen.length };
  };
  const stopped = await asked(left.signal);
  const whole = await asked(new AbortController().signal);
  expect([stopped.status, whole.status, told]).toEqual([500, 200, []]);
  expect(stopped.requests).toBeLessThan(whole.requests);
  dynamo.destroy();
});
