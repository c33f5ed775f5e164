import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type FollowRequest, followEvents } from '../../shared/query/follow.ts';
import { ROOT, startCli } from '../support/cli.ts';
import { EventStore, type TestEvent } from '../support/event-store.ts';
import { awsSettings } from '../support/program.ts';

const START = Date.parse('2026-11-20T12:00:00Z');
const HOUR_MS = 3_600_000;
const clock = { now: START };
let store: EventStore;

beforeEach(async () => {
  clock.now = START;
  store = await EventStore.start(clock);
});
afterEach(() => store.stop());

const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString().replace('.000', '');
const event = (id: string, minutes: number, more: Partial<TestEvent> = {}): TestEvent => ({
  id,
  time: at(minutes),
  ...more,
});

/** Follows while one step after the other happens, each half an hour apart; returns the eventIDs as they came. */
async function follow(
  request: Partial<FollowRequest>,
  steps: (() => Promise<unknown> | undefined)[],
): Promise<string[][]> {
  const controller = new AbortController();
  const left = [...steps];
  const sleep = async (ms: number) => {
    clock.now += ms;
    const step = left.shift();
    if (step) await step();
    else controller.abort();
  };
  const whole: FollowRequest = {
    ...{ criteria: {}, last: 2, windowMs: HOUR_MS, intervalMs: HOUR_MS / 2, signal: controller.signal, sleep },
    onFailure: (error) => {
      throw error;
    },
    ...request,
  };
  const batches: string[][] = [];
  for await (const events of followEvents(whole, store.deps)) batches.push(events.map(({ eventId }) => eventId));
  return batches;
}

test('begins with the newest, then prints each new event once, late and out of order', async () => {
  await store.add(event('old', -600), event('a', -30), event('b', -20), event('c', -10));
  const batches = await follow({}, [
    () => store.add(event('late', -25), event('new', 5)),
    () => undefined,
    () => store.add(event('later', 40)),
  ]);
  expect(batches).toEqual([['b', 'c'], ['late', 'new'], ['later']]);
});

test('does not see what arrives later than the window', async () => {
  expect(await follow({}, [() => store.add(event('too-late', -120))])).toEqual([]);
});

test('meets all criteria', async () => {
  await store.add(
    event('a', -1, { environment: 'prod', error: 'AccessDenied' }),
    event('b', -1, { environment: 'prod' }),
  );
  const batches = await follow({ criteria: { environment: ['prod'], errors: true } }, [
    () => store.add(event('c', 1, { environment: 'prod' }), event('d', 1, { environment: 'prod', error: 'X' })),
  ]);
  expect(batches).toEqual([['a'], ['d']]);
});

test('ends when no event can come before until', async () => {
  const endless = Array.from({ length: 100 }, () => () => undefined);
  await store.add(event('a', -1));
  expect(await follow({ criteria: { until: new Date(START).toISOString() } }, endless)).toEqual([['a']]);
  expect(clock.now).toBe(START + HOUR_MS);
});

test('goes on after a failed reading', async () => {
  const failures: unknown[] = [];
  const { dynamo } = store.deps;
  const send = dynamo.send.bind(dynamo);
  const fail = () => Promise.reject(new Error('no network'));
  const batches = await follow({ onFailure: (error) => failures.push(error) }, [
    async () => {
      await store.add(event('a', 1));
      dynamo.send = fail as typeof dynamo.send;
    },
    async () => {
      dynamo.send = send;
    },
  ]);
  expect(failures).toHaveLength(1);
  expect(batches).toEqual([['a']]);
});

test('the program ends on Ctrl-C with exit code 0', async () => {
  await store.add(event('a', -1));
  const settings = awsSettings({ s3: store.endpoint, dynamo: store.endpoint });
  const child = startCli(['tail', '--table', store.tables.eventsTable, '--format', 'ndjson'], ROOT, settings);
  const [line] = await once(child.stdout, 'data');
  expect(JSON.parse(String(line)).eventId).toBe('a');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
