import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { askStore, EventStore } from '../support/event-store.ts';

let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.now() });
  await store.add(
    {
      ...{ id: 'a', time: '2026-11-06T02:00:00Z' },
      record: { requestParameters: { Name: 'prod', MaxWorkers: 1 }, additionalEventData: { big: 1 } },
    },
    {
      ...{ id: 'b', time: '2026-11-06T02:00:01Z', who: 'bo\u202e', error: 'AccessDenied' },
      // Not an identifier of the request, but what was requested.
      record: { requestParameters: { Name: 'prod', MaxWorkers: 2, accessKeyId: 'x' } },
    },
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
  expect(table).not.toMatch(/eventName|eventID|eventTime/);
  expect(stderr).toMatch(/^Fields: \d+ different, 2 of them identifiers, \d+ equal \(--all shows them\)\.\n$/);
});

test('parameters come first, then the response, then who it was, then the rest', async () => {
  const paths = async (...flags: string[]) =>
    (await askStore(store, 'compare', 'a', 'b', ...flags)).stdout
      .split('\n\n')[1]!
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(' ')[0]);
  expect(await paths()).toEqual([
    ...['requestParameters.MaxWorkers', 'requestParameters.accessKeyId', 'errorCode', 'errorMessage'],
    ...['userIdentity.userName', 'userIdentity.arn', 'additionalEventData.big'],
  ]);
  const all = await paths('--all');
  expect(all.slice(0, 9)).toEqual([...(await paths()).slice(0, 6), 'eventTime', 'eventID', 'additionalEventData.big']);
  expect(all[9]).toBe('requestParameters.Name');
});

test('JSON has the identifiers, and the order of the record', async () => {
  const { stdout, stderr } = await askStore(store, 'compare', 'a', 'b', '--format', 'json');
  const paths = JSON.parse(stdout).fields.map(({ path }: { path: string }) => path);
  expect(paths).toEqual(expect.arrayContaining(['eventID', 'eventTime']));
  expect(paths.indexOf('userIdentity.arn')).toBeLessThan(paths.indexOf('requestParameters.MaxWorkers'));
  expect(stderr).toMatch(/^Fields: \d+ different, \d+ equal \(--all shows them\)\.\n$/);
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
