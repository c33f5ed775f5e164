import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { answerHistory, openHistory } from '../../shared/query/history.ts';
import { historyText } from '../../shared/render/history-text.ts';
import { textWidth } from '../../shared/render/table.ts';
import { ROOT } from '../support/cli.ts';
import {
  answeredAt,
  answeredChanges,
  expectedAt,
  LAST_SECOND,
  recordsOf,
  steps,
  timeOfSecond,
} from '../support/configuration-model.ts';
import { askStore, askStoreOn, EventStore } from '../support/event-store.ts';
import { SAMPLE_NOW, startSampleStore } from '../support/sample-store.ts';
import { SEED, scaled } from '../support/scale.ts';

jest.setTimeout(120_000);

const clock = { now: Date.parse('2026-11-20T12:00:00Z') };
const LONG = 'x'.repeat(90);
let store: EventStore;

/** A request for an environment. */
const requested = (id: string, time: string, name: string, request: object | null, more: object = {}) => ({
  ...{ id, time, name },
  record: { requestParameters: request, readOnly: false, ...more },
});

beforeAll(async () => {
  store = await EventStore.start(clock);
  await store.add(
    // Denied, before anything else is known.
    requested(
      'p0',
      '2026-11-01T00:00:00Z',
      'UpdateEnvironment',
      { Name: 'prod', MaxWorkers: 99, AirflowConfigurationOptions: '***' },
      { errorCode: 'AccessDenied' },
    ),
    requested('p1', '2026-11-02T00:00:00Z', 'UpdateEnvironment', {
      Name: 'prod',
      MaxWorkers: 5,
      SchedulerId: 90071992547409931n.toString(),
    }),
    requested('p2', '2026-11-03T00:00:00Z', 'CreateEnvironment', {
      ...{ Name: 'prod', MaxWorkers: 10, DagS3Path: '', KmsKey: null, AirflowConfigurationOptions: '***' },
      LoggingConfiguration: { TaskLogs: { Enabled: true, LogLevel: 'INFO' }, DagProcessingLogs: { LogLevel: LONG } },
      NetworkConfiguration: { SubnetIds: ['subnet-1', 'subnet-2'] },
    }),
    requested('p3', '2026-11-04T00:00:00Z', 'UpdateEnvironment', {
      ...{ Name: 'prod', MaxWorkers: 25, DagS3Path: 'dags\u202e', AirflowConfigurationOptions: '***' },
      ...{ MinWorkers: 2, WorkerReplacementStrategy: 'FORCED', KmsKey: null },
    }),
    requested(
      'p4',
      '2026-11-05T00:00:00Z',
      'UpdateEnvironment',
      { Name: 'prod', MaxWorkers: 0 },
      { errorCode: 'ValidationException', errorMessage: LONG },
    ),
    requested('p5', '2026-11-06T00:00:00Z', 'DeleteEnvironment', { Name: 'prod' }),
    requested('p6', 'no time', 'UpdateEnvironment', { Name: 'prod', MaxWorkers: 3 }),
    requested('o1', '2026-11-02T00:00:00Z', 'UpdateEnvironment', { Name: 'other', MaxWorkers: 1 }),
    requested(
      'o2',
      '2026-11-03T00:00:00Z',
      'UpdateEnvironment',
      { Name: 'other', MaxWorkers: 2 },
      { awsRegion: 'us-east-1' },
    ),
    { id: 'quiet', time: '2026-11-02T00:00:00Z', environment: 'quiet' },
  );
});
afterAll(() => store.stop());

const history = (...args: string[]) => askStore(store, 'history', ...args);
const asJson = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await history(...args, '--format', 'json')).stdout);

async function overHttp(path: string, accept = 'application/json') {
  const api = createApi(store.deps, { failed: () => {}, maxResponseBytes: MAX_RESPONSE_BYTES });
  return api({ method: 'GET', url: path, headers: new Headers({ accept }) });
}

describe('random requests, stored in any order', () => {
  const environments = fc.sample(steps, { seed: SEED, numRuns: scaled(3, 40) }).map((all, i) => ({
    name: `random-${i}`,
    // The IDs of events are unique in a store.
    all: all.map((step) => ({ ...step, id: `${step.id}-${i}` })),
  }));

  test.each(environments)('$name', async ({ name, all }) => {
    const records = all.flatMap((step) => recordsOf(step, name));
    const [arrived] = fc.sample(fc.shuffledSubarray(records, { minLength: records.length }), {
      seed: SEED,
      numRuns: 1,
    });
    for (const record of arrived!) await store.add({ id: record.eventID, time: record.eventTime, record });
    const atEnd = expectedAt(all, LAST_SECOND).map(({ place, changes }) => ({ place, changes }));
    expect(answeredChanges((await asJson('--environment', name)) as unknown[])).toEqual(atEnd);
    for (const second of [0, 4, LAST_SECOND]) {
      const time = timeOfSecond(second);
      const expected = expectedAt(all, second).map(({ changes: _, ...at }) => at);
      const answer = await asJson('--environment', name, '--at', time);
      expect(answeredAt(answer as unknown[])).toEqual(expected);
      const { status, body } = await overHttp(`/environments/${name}/history?at=${time}`);
      expect([status, JSON.parse(body)]).toEqual([200, answer]);
    }
  });
});

test('lists the changes, oldest first, with what was not done', async () => {
  const { code, stdout, stderr } = await history('--environment', 'prod');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toBe(`no time  updated by ana
  event p6
  It has no valid time, so its place is not known.
  MaxWorkers  unknown -> 3

2026-11-01 00:00:00 UTC  update denied: ana
  event p0
  AirflowConfigurationOptions  masked
  MaxWorkers                   unknown -> 99

2026-11-02 00:00:00 UTC  updated by ana
  event p1
  MaxWorkers   unknown -> 5
  SchedulerId  unknown -> 90071992547409931

2026-11-03 00:00:00 UTC  created by ana
  event p2
  AirflowConfigurationOptions                      changed (masked)
  DagS3Path                                        ""
  KmsKey                                           null
  LoggingConfiguration.DagProcessingLogs.LogLevel  ${LONG}
  LoggingConfiguration.TaskLogs.Enabled            true
  LoggingConfiguration.TaskLogs.LogLevel           INFO
  MaxWorkers                                       10
  NetworkConfiguration.SubnetIds                   ["subnet-1","subnet-2"]

2026-11-04 00:00:00 UTC  updated by ana
  event p3
  AirflowConfigurationOptions  changed (masked)
  DagS3Path                    "" -> dags\\u202e
  KmsKey                       null (as before)
  MaxWorkers                   10 -> 25
  MinWorkers                   not set -> 2
  WorkerReplacementStrategy    FORCED

2026-11-05 00:00:00 UTC  update failed: ana, ValidationException: ${LONG}
  event p4
  MaxWorkers  25 -> 0

2026-11-06 00:00:00 UTC  deleted by ana
  event p5

A request that MWAA accepted may still fail later; the trail does not say.
`);
});

test('what was before a change is right whatever time is asked for', async () => {
  const answer = await asJson('--environment', 'prod', '--since', '2026-11-05', '--until', '2026-11-06');
  expect(answer).toEqual([
    {
      ...{ environment: 'prod', accountId: '111122223333', region: 'eu-west-1' },
      changes: [
        {
          ...{
            eventId: 'p4',
            eventTime: '2026-11-05T00:00:00Z',
            user: 'ana',
            principal: 'ana',
            eventName: 'UpdateEnvironment',
          },
          ...{ outcome: 'failed', errorCode: 'ValidationException', errorMessage: LONG },
          fields: [{ path: 'MaxWorkers', before: 25, after: 0, masked: false }],
        },
      ],
    },
  ]);
});

describe('--at', () => {
  test('prints the settings, below the events that set them', async () => {
    const { stdout, stderr } = await history('--environment', 'prod', '--at', '2026-11-04');
    expect(stdout).toMatch(
      /^prod at 2026-11-04 00:00:00 UTC\n\n2026-11-03 00:00:00 UTC {2}set by ana, CreateEnvironment\n {2}event p2\n/,
    );
    expect(stdout).toContain(`
2026-11-04 00:00:00 UTC  set by ana, UpdateEnvironment
  event p3
  AirflowConfigurationOptions  masked
  DagS3Path                    dags\\u202e
  KmsKey                       null
  MaxWorkers                   25
  MinWorkers                   2

All other fields are unknown`);
    expect(stderr).toBe('mwaa-trail: event p6 has no valid time, so it is not part of the configuration\n');
  });

  test.each([
    [
      '2026-11-06',
      /^prod at 2026-11-06 00:00:00 UTC: deleted\n\n2026-11-06 00:00:00 UTC {2}deleted by ana\n {2}event p5\n\nA /,
    ],
    ['2026-11-01', /^prod at 2026-11-01 00:00:00 UTC\n\nAll fields are unknown: /],
    ['9999-12-31T23:59:59.999Z', /deleted by ana/],
  ])('%s', async (at, text) => {
    expect((await history('--environment', 'prod', '--at', at)).stdout).toMatch(text);
  });

  test('in JSON has the event of each value, and of a deletion', async () => {
    expect(await asJson('--environment', 'other', '--region', 'us-east-1', '--at', '2026-11-04')).toEqual([
      {
        ...{ environment: 'other', accountId: '111122223333', region: 'us-east-1' },
        ...{ at: '2026-11-04T00:00:00.000Z', complete: false },
        configuration: { MaxWorkers: { value: 2, eventId: 'o2', eventTime: '2026-11-03T00:00:00Z', user: 'ana' } },
      },
    ]);
    expect(await asJson('--environment', 'prod', '--at', '2026-11-07')).toMatchObject([
      { deleted: { eventId: 'p5', eventTime: '2026-11-06T00:00:00Z' }, configuration: {} },
    ]);
  });
});

test('each account and Region is told apart', async () => {
  const { stdout } = await history('--environment', 'other');
  expect(stdout.split('\n').filter((line) => line.startsWith('other'))).toEqual([
    'other in 111122223333, eu-west-1',
    'other in 111122223333, us-east-1',
  ]);
  expect((await history('--environment', 'other', '--region', 'eu-west-1')).stdout).not.toContain('o2');
});

test.each([80, 120, 200])('no line is wider than a terminal of %i columns', async (columns) => {
  for (const time of [[], ['--at', '2026-11-05']]) {
    const { stdout } = await askStoreOn({ isTTY: true, columns }, store, 'history', '--environment', 'prod', ...time);
    const text = Buffer.from(stdout, 'latin1').toString();
    expect(text.split('\n').filter((line) => textWidth(line) > columns)).toEqual([]);
    expect(text).toMatch(/^ {2}LoggingConfiguration.TaskLogs.LogLevel +INFO$/m);
  }
});

test.each([
  [['--environment', 'nobody'], 'No event names the environment nobody.'],
  [['--environment', 'prod', '--since', '2026-11-10'], 'the last before at 2026-11-06 00:00:00 UTC'],
  [['--environment', 'quiet'], 'Only CreateEnvironment, UpdateEnvironment, DeleteEnvironment change a configuration.'],
])('%j: says why there is nothing', async (args, why) => {
  const { code, stdout, stderr } = await history(...args);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain(why);
  expect(stderr).not.toContain('match exactly');
  expect(await asJson(...args)).toEqual([]);
});

test.each([
  [[], "required option '--environment <name>' not specified"],
  [['--environment', 'a', '--environment', 'b'], 'Expected one environment.'],
  [['--environment', ''], '--environment: expected a text that is not empty'],
  [['--environment', 'a', '--at', 'soon'], '--at: expected an ISO 8601 time'],
  [['--environment', 'a', '--at', '7d', '--since', '8d'], '--at: expected it without since and until'],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await history(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
});

test('over HTTP there are rows of CSV, one for each field', async () => {
  const { body } = await overHttp('/environments/prod/history?since=2026-11-05', 'text/csv');
  expect(body.split('\r\n')).toEqual([
    'accountId,region,eventTime,eventId,eventName,user,principal,outcome,errorCode,path,before,after,masked,missing,unordered,provisional',
    '111122223333,eu-west-1,2026-11-05T00:00:00Z,p4,UpdateEnvironment,ana,ana,failed,ValidationException,MaxWorkers,25,0,false,,,',
    '111122223333,eu-west-1,2026-11-06T00:00:00Z,p5,DeleteEnvironment,ana,ana,ok,,,,,,,,',
    '',
  ]);
  const at = await overHttp('/environments/other/history?region=us-east-1&at=2026-11-05', 'text/csv');
  expect(at.body.split('\r\n')).toEqual([
    'accountId,region,path,value,masked,eventId,eventTime,user,provisional',
    '111122223333,us-east-1,MaxWorkers,2,false,o2,2026-11-03T00:00:00Z,ana,',
    '',
  ]);
});

test('docs/configuration-history.md shows the changes of the samples', async () => {
  const samples = await startSampleStore();
  const question = openHistory({ environment: 'prod-etl' }, SAMPLE_NOW);
  const histories = await answerHistory(question, samples.deps);
  samples.stop();
  const times = { kind: 'absolute', zone: 'UTC', now: SAMPLE_NOW } as const;
  const text = historyText(histories, question, { colour: false, times });
  const [, shown = ''] =
    /\n```\n(2026-11-06.*?)```\n/s.exec(readFileSync(join(ROOT, 'docs', 'configuration-history.md'), 'utf8')) ?? [];
  const lines = shown.trimEnd().split('\n');
  const printed = text.split('\n');
  const start = printed.findIndex((line) => line.startsWith('2026-11-06'));
  expect(lines.length).toBeGreaterThan(10);
  // A line that ends in ` ...` is the beginning of a longer one.
  expect(
    lines.map((line, i) =>
      line.endsWith(' ...') ? `${printed[start + i]!.slice(0, line.length - 4)} ...` : printed[start + i],
    ),
  ).toEqual(lines);
});
