import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { rememberedCompleteness } from '../../shared/query/completeness.ts';

/** Counts the questions; fails while it is told to. */
function setUp() {
  const state = { now: 0, requests: 0, failing: false };
  const send = async () => {
    state.requests += 1;
    if (state.failing) throw new Error('failing');
    return { Items: [] };
  };
  const dynamo = { send, config: {} } as unknown as DynamoDBClient;
  // The SDK's paginators insist on a client of its class.
  Object.setPrototypeOf(dynamo, DynamoDBClient.prototype);
  return { state, completeness: rememberedCompleteness({ dynamo, tables: LOCAL_TABLES, now: () => state.now }) };
}

test('asks once a minute for the same days', async () => {
  const { state, completeness } = setUp();
  await completeness({ since: '2026-11-06T01:00:00.000Z' });
  const { requests } = state;
  expect(requests).toBeGreaterThan(0);
  await completeness({ since: '2026-11-06T02:00:00.000Z' });
  state.now = 59_999;
  await completeness({ since: '2026-11-06T03:00:00.000Z' });
  expect(state.requests).toBe(requests);
  await completeness({ since: '2026-11-07T03:00:00.000Z' });
  expect(state.requests).toBe(2 * requests);
  state.now = 60_000;
  await completeness({ since: '2026-11-06T03:00:00.000Z' });
  expect(state.requests).toBe(3 * requests);
});

test('does not remember a failure', async () => {
  const { state, completeness } = setUp();
  state.failing = true;
  await expect(completeness({})).rejects.toThrow('failing');
  state.failing = false;
  await expect(completeness({})).resolves.toMatchObject({ problems: [] });
});
