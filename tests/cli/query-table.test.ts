import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { askStore, askStoreOn, EventStore } from '../support/event-store.ts';

const ID = '3354f4bf-03c6-4d37-acc6-6dd26bbd53d0';
let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.parse('2026-11-20T12:00:00Z') });
  const deletion = { Name: 'prod-etl', Method: 'DELETE', Path: '/connections/orders_warehouse' };
  await store.add(
    { id: ID, time: '2026-11-06T02:25:30Z', name: 'InvokeRestApi', record: { requestParameters: deletion } },
    {
      id: 'b',
      time: '2026-11-06T02:29:02Z',
      name: 'DeleteEnvironment',
      environment: 'prod-etl',
      error: 'AccessDenied',
    },
  );
});
afterAll(() => store.stop());

async function onTerminal(columns: number, ...args: string[]) {
  const { stdout, stderr } = await askStoreOn({ isTTY: true, columns, hasColors: () => false }, store, ...args);
  return { stdout: Buffer.from(stdout, 'latin1').toString(), stderr };
}

describe('on a terminal of any width', () => {
  test.each([80, 120, 200])('%i columns tell what was done, to what, by whom, with which outcome', async (columns) => {
    const { stdout } = await onTerminal(columns, 'query', '--environment', 'prod-etl');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(stdout).toMatch(/ ana +connection deleted: orders_ware.* ok$/m);
    expect(stdout).toMatch(/ ana +environment deleted .* denied/m);
    expect(stdout).not.toContain('prod-etl');
  });

  test.each([
    [80, [], 'add --ids, then '],
    [80, ['--ids'], ''],
    [200, [], ''],
  ])('the way to show is there: %i columns, %j', async (columns, flags, hint) => {
    const { stdout, stderr } = await onTerminal(columns, 'query', ...flags);
    expect(stderr).toContain(`Details of an event: ${hint}mwaa-trail show ID.\n`);
    expect(stdout.includes(ID)).toBe(hint === '');
  });

  test('nothing is said of details where there are none', async () => {
    for (const args of [
      ['--user', 'nobody'],
      ['--format', 'json'],
    ]) {
      expect((await onTerminal(80, 'query', ...args)).stderr).not.toContain('Details');
    }
  });

  test('a filter by outcome leaves only what differs', async () => {
    const headings = async (outcome: string) =>
      (await onTerminal(120, 'query', '--outcome', outcome)).stdout.split('\n')[0]!.split(/ {2,}/).at(-1);
    expect([await headings('ok'), await headings('denied')]).toEqual(['REGION', 'REASON']);
  });
});

test('in a pipe everything is there, and nothing is said', async () => {
  const { stdout, stderr } = await askStore(store, 'query');
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    new RegExp(`^2026-11-06 02:25:30 +ana +connection deleted: orders_warehouse .* ${ID} +ok$`, 'm'),
  );
});
