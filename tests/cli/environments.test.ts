import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recentActivity } from '../../shared/query/environments.ts';
import { listEnvironments } from '../../shared/store/environments-table.ts';
import { askStore, askStoreOn, EventStore } from '../support/event-store.ts';

const DAY_MS = 24 * 3600 * 1000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().replace(/\.\d+/, '');

let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.now() });
  await store.add(
    { id: 'a', time: ago(30), environment: 'old' },
    { id: 'b', time: ago(30), environment: 'prod' },
    { id: 'c', time: ago(2), environment: 'prod', error: 'AccessDenied' },
    { id: 'd', time: ago(1), environment: 'prod' },
    { id: 'e', time: ago(1), environment: 'prod', record: { awsRegion: 'us-east-1' } },
  );
});
afterAll(() => store.stop());

test('lists last activity, and recent events and errors by account and Region', async () => {
  const { code, stdout } = await askStore(store, 'environments');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ENVIRONMENT +ACCOUNT +REGION +FIRST EVENT \(UTC\) +LAST EVENT \(UTC\) +EVENTS \(7d\) +ERRORS\n/,
  );
  expect(stdout).toMatch(/^old .* 0 +0$/m);
  expect(stdout).toMatch(/^prod +111122223333 +eu-west-1 .* 2 +1$/m);
  expect(stdout).toMatch(/^prod +111122223333 +us-east-1 .* 1 +0$/m);
});

test.each([80, 100, 200])('in %i columns tells accounts and Regions apart', async (columns) => {
  const { stdout } = await askStoreOn({ isTTY: true, columns }, store, 'environments');
  const lines = stdout.trimEnd().split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  expect(lines[0]).toMatch(/^ENVIRONMENT +ACCOUNT +REGION +.*LAST EVENT \(UTC\) +EVENTS \(7d\) +ERRORS$/);
  expect(stdout).toMatch(/^prod +111122223333 +us-east-1 +\d{4}-\d\d-\d\d/m);
});

test('counts from another time, and prints JSON', async () => {
  const { stdout } = await askStore(store, 'environments', '--recent', '36h', '--format', 'json');
  const counts = JSON.parse(stdout).map(({ recentEvents, recentErrors }: Record<string, number>) => [
    recentEvents,
    recentErrors,
  ]);
  expect(counts).toEqual([
    [0, 0],
    [1, 0],
    [1, 0],
  ]);
});

test('counts with a bound, and says so', async () => {
  const known = await listEnvironments(store.deps.dynamo, store.tables.environmentsTable);
  const [old, prod] = await recentActivity(known, ago(7), store.deps, 1);
  expect(old).toMatchObject({ recentEvents: 0, recentTruncated: false });
  expect(prod).toMatchObject({ recentTruncated: true });
});

test('says what a time looks like', async () => {
  expect(await askStore(store, 'environments', '--recent', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--recent: expected'),
  });
});
