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
    {
      id: 'e',
      time: '2026-11-05T03:00:00Z',
      name: 'InvokeRestApi',
      record: {
        userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/Ops/ana' },
        requestParameters: { Name: 'prod', Method: 'POST', Path: '/dags/daily/dagRuns' },
        // Airflow refused it, and CloudTrail has no error code.
        responseElements: { RestApiStatusCode: 404 },
      },
    },
    { id: 'd', time: '2026-11-06T03:00:00Z', environment: 'other' },
  );
});
afterAll(() => store.stop());

test('counts by action, user, target, outcome, error and day, with the first and the last time', async () => {
  const { code, stdout } = await askStore(store, 'summary', '--environment', 'prod');
  expect(code).toBe(0);
  expect(stdout).toBe(
    `4 events, 2 denied or failed
2026-11-05 02:00:00 UTC to 2026-11-06 03:00:00 UTC

WHAT                 ACTION              EVENTS  ERRORS  FIRST                LAST
environment read     environment.read         2       1  2026-11-05 02:00:00  2026-11-06 02:00:00
DAG run triggered    dag-run.trigger          1       1  2026-11-05 03:00:00  2026-11-05 03:00:00
environment updated  environment.update       1       0  2026-11-06 03:00:00  2026-11-06 03:00:00

WHO  EVENTS  ERRORS  FIRST                LAST
ana       3       1  2026-11-05 02:00:00  2026-11-06 03:00:00
bo        1       1  2026-11-06 02:00:00  2026-11-06 02:00:00

ROLE  EVENTS  ERRORS  FIRST                LAST
Ops        1       1  2026-11-05 03:00:00  2026-11-05 03:00:00

TARGET  EVENTS  ERRORS  FIRST                LAST
daily        1       1  2026-11-05 03:00:00  2026-11-05 03:00:00

RESULT  EVENTS  ERRORS  FIRST                LAST
ok           2       0  2026-11-05 02:00:00  2026-11-06 03:00:00
denied       1       1  2026-11-06 02:00:00  2026-11-06 02:00:00
failed       1       1  2026-11-05 03:00:00  2026-11-05 03:00:00

ERROR         EVENTS  ERRORS  FIRST                LAST
AccessDenied       1       1  2026-11-06 02:00:00  2026-11-06 02:00:00

DAY (UTC)   EVENTS  ERRORS
2026-11-06       2       1
2026-11-05       2       1
`,
  );
});

test('takes the filters of query, and prints JSON', async () => {
  const { stdout } = await askStore(store, 'summary', '--environment', 'prod', '--errors', '--format', 'json');
  const [first, last] = ['2026-11-06T02:00:00Z', '2026-11-06T02:00:00Z'];
  const one = (name: string) => [{ name, events: 1, errors: 1, first, last }];
  expect(JSON.parse(stdout)).toEqual({
    ...{ events: 1, errors: 1, first, last, truncated: false, byRole: [], byTarget: [] },
    ...{ byAction: one('environment.read'), byUser: one('bo'), byPrincipal: one('bo') },
    ...{ byOutcome: one('denied'), byError: one('AccessDenied'), byDay: one('2026-11-06') },
  });
});

test('says when there are more events than it counts', async () => {
  const { stdout, stderr } = await askStore(store, 'summary', '--limit', '2');
  expect(stdout).toMatch(/^2 events/);
  expect(stderr).toContain('Only the newest 2 events are counted');
});

const TIMES = { kind: 'absolute', zone: 'UTC', now: 0 } as const;
const NOTHING: Summary = {
  ...{ events: 13, errors: 3, truncated: false, byAction: [], byUser: [], byRole: [], byTarget: [] },
  ...{ byOutcome: [], byError: [], byPrincipal: [], byDay: [] },
};

test('draws bars on a terminal, and no line is wider', () => {
  const times = { first: '2026-11-05T02:00:00Z', last: '2026-11-06T02:00:00Z' };
  const byUser = [8, 4, 1].map((events) => ({ name: 'x'.repeat(100), events, errors: 1, ...times }));
  const text = (width: number) => summaryText({ ...NOTHING, byUser }, 2, { width, colour: false, times: TIMES });
  expect(text(80)).toMatch(/ 8 +1 {2}2026-11-05 +2026-11-06 +█{13}\n.* 4 +1 .* █{6}▌\n\.\.\. and 1 more\n$/);
  for (const width of [60, 80, 120, 200]) {
    for (const line of text(width).split('\n')) expect(line.length).toBeLessThanOrEqual(width);
  }
});

test('cuts what is too wide so that it can be told apart', () => {
  const tally = (name: string) => [{ name, events: 1, errors: 0 }];
  const summary = {
    ...NOTHING,
    byRole: tally(`AWSReservedSSO_DataPlatformAdmin_${'8f3a1c2b'.repeat(2)}`),
    byTarget: tally('MaxWorkers, MinWorkers, WebserverAccessMode'),
    byDay: tally('0000-00-00'),
  };
  const text = summaryText(summary, 10, { width: 60, colour: false, times: TIMES });
  expect(text).toMatch(/^…DataPlatformAdmin… /m);
  expect(text).toMatch(/^MaxWorkers, MinWorkers \+1 /m);
  expect(text).toMatch(/^no usable time /m);
});
