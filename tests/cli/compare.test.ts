import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askStore, EventStore } from '../support/event-store.ts';

let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.now() });
  await store.add(
    { id: 'a', time: '2026-11-06T02:00:00Z', environment: 'prod', record: { additionalEventData: { big: 1 } } },
    { id: 'b', time: '2026-11-06T02:00:01Z', environment: 'prod', who: 'bo\u202e', error: 'AccessDenied' },
  );
});
afterAll(() => store.stop());

test('lists the fields that differ, the events above them', async () => {
  const { code, stdout, stderr } = await askStore(store, 'compare', 'a', 'b');
  expect(code).toBe(0);
  const [legend, table] = stdout.split('\n\n');
  expect(
    legend!
      .split('\n')
      .slice(1)
      .map((line) => line.slice(0, 19)),
  ).toEqual(['2026-11-06 02:00:00', '2026-11-06 02:00:01']);
  expect(table).toMatch(/^FIELD +EVENT 1 +EVENT 2\n/);
  expect(table).toMatch(/^additionalEventData.big +1 +-$/m);
  expect(table).toMatch(/^userIdentity.userName +"ana" +"bo\\u202e"$/m);
  expect(table).not.toContain('eventName');
  expect(stderr).toMatch(/^\d+ fields differ, \d+ are the same \(--all shows them\)\.\n$/);
});

test('with --all lists the same fields after them', async () => {
  const { stdout } = await askStore(store, 'compare', 'a', 'b', '--all', '--format', 'json');
  const { eventIds, fields } = JSON.parse(stdout);
  expect(eventIds).toEqual(['a', 'b']);
  const sames = fields.map(({ same }: { same: boolean }) => same);
  expect(sames).toEqual([...sames].sort());
  expect(fields).toContainEqual({ path: 'eventName', values: ['"GetEnvironment"', '"GetEnvironment"'], same: true });
});

test('names the event that is not there', async () => {
  expect(await askStore(store, 'compare', 'a', 'nobody')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('nobody'),
  });
});

test('needs two events', async () => {
  expect((await askStore(store, 'compare', 'a')).code).toBe(2);
});
