import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Summary } from '../../shared/query/summary.ts';
import { summaryText } from '../../shared/render/summary.ts';
import { askStore, EventStore } from '../support/event-store.ts';

let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.now() });
  await store.add(
    { id: 'a', time: '2026-11-05T02:00:00Z', environment: 'prod' },
    { id: 'b', time: '2026-11-06T02:00:00Z', environment: 'prod', who: 'bo', error: 'AccessDenied' },
    { id: 'c', time: '2026-11-06T03:00:00Z', environment: 'prod', name: 'UpdateEnvironment' },
    { id: 'd', time: '2026-11-06T03:00:00Z', environment: 'other' },
  );
});
afterAll(() => store.stop());

test('counts by action, principal, error and day', async () => {
  const { code, stdout } = await askStore(store, 'summary', '--environment', 'prod');
  expect(code).toBe(0);
  expect(stdout).toBe(
    `3 events, 1 error
2026-11-05 02:00:00 UTC to 2026-11-06 03:00:00 UTC

ACTION             EVENTS  ERRORS
GetEnvironment          2       1
UpdateEnvironment       1       0

WHO  EVENTS  ERRORS
ana       2       0
bo        1       1

ERROR         EVENTS  ERRORS
AccessDenied       1       1

DAY (UTC)   EVENTS  ERRORS
2026-11-06       2       1
2026-11-05       1       0
`,
  );
});

test('takes the filters of query, and prints JSON', async () => {
  const { stdout } = await askStore(store, 'summary', '--environment', 'prod', '--errors', '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ events: 1, byPrincipal: [{ name: 'bo', events: 1, errors: 1 }] });
});

test('says when there are more events than it counts', async () => {
  const { stdout, stderr } = await askStore(store, 'summary', '--limit', '2');
  expect(stdout).toMatch(/^2 events/);
  expect(stderr).toContain('Only the newest 2 events are counted');
});

test('draws bars on a terminal, and no line is wider', () => {
  const tallies = [8, 4, 1].map((events) => ({ name: 'x'.repeat(100), events, errors: 1 }));
  const summary: Summary = {
    ...{ events: 13, errors: 3, truncated: false },
    ...{ byAction: tallies, byPrincipal: [], byError: [], byDay: [] },
  };
  const times = { kind: 'absolute', zone: 'UTC', now: 0 } as const;
  const text = summaryText(summary, 2, { width: 80, colour: false, times });
  expect(text).toMatch(/ 8 +1 {2}█{20}\n.* 4 +1 {2}█{10}\n\.\.\. and 1 more\n$/);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
