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
import { SAMPLE_NOW, sharedSampleStore } from '../support/sample-store.ts';
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
    requested('s1', '2026-11-02T00:00:00Z', 'CreateEnvironment', { Name: 'told', MaxWorkers: 5, MinWorkers: 1 }),
    requested('s2', '2026-11-03T00:00:00Z', 'UpdateEnvironment', { Name: 'told', MaxWorkers: 9 }),
    requested('s3', '2026-11-04T00:00:00Z', 'UpdateEnvironment', { Name: 'told', MaxWorkers: 7 }),
    requested('s4', '2026-11-05T00:00:00Z', 'UpdateEnvironment', { Name: 'told', MinWorkers: 2 }),
    requested('s5', '2026-11-06T00:00:00Z', 'UpdateEnvironment', { Name: 'told', MinWorkers: 3 }),
    requested('b1', '2026-11-02T00:00:00Z', 'CreateEnvironment', { Name: 'broken', MaxWorkers: 5 }),
    requested('b2', '2026-11-03T00:00:00Z', 'UpdateEnvironment', { Name: 'broken', MaxWorkers: 9 }),
  );
  const told = (time: string, status: string, more: object = {}) => ({ environment: 'told', time, status, ...more });
  // In an order of no meaning.
  await store.addStatusChanges(
    told('2026-11-03T00:31:00.000Z', 'UPDATE_FAILED', { errorCode: 'INCORRECT\u001b', errorMessage: LONG }),
    told('2026-11-06T00:00:09.000Z', 'UPDATING'),
    told('2026-11-02T00:20:00.000Z', 'AVAILABLE'),
    told('2026-11-04T12:00:00.000Z', 'MAINTENANCE', { updateSource: 'maintenance' }),
    told('2026-11-03T00:00:05.000Z', 'UPDATING'),
    told('2026-11-04T00:25:00.000Z', 'AVAILABLE'),
    told('2026-11-04T12:40:00.000Z', 'AVAILABLE'),
    { environment: 'broken', time: '2026-11-03T00:31:00.000Z', status: 'UNAVAILABLE' },
    { environment: 'only-told', time: '2026-11-03T00:00:00.000Z', status: 'PENDING', region: 'us-east-1' },
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
  [['--environment', 'a', '--at', '7d', '--since', '8d'], '--at: expected without --since and --until'],
])('%j is refused', async (args, why) => {
  const { code, stderr } = await history(...args);
  expect(code).toBe(2);
  expect(stderr).toContain(why);
});

describe('with status changes', () => {
  test('a change says what became of it, and what nobody asked for has rows of its own', async () => {
    const { stdout, stderr } = await history('--environment', 'told');
    expect([stdout, stderr]).toEqual([
      `2026-11-02 00:00:00 UTC  created by ana
  event s1
  carried out at 2026-11-02 00:20:00 UTC (AVAILABLE)
  MaxWorkers  5
  MinWorkers  1

2026-11-03 00:00:00 UTC  update requested by ana
  event s2
  failed at 2026-11-03 00:31:00 UTC (UPDATE_FAILED): INCORRECT\\u001b: ${LONG}
  MaxWorkers  5 -> 9

2026-11-04 00:00:00 UTC  updated by ana
  event s3
  carried out at 2026-11-04 00:25:00 UTC (AVAILABLE)
  MaxWorkers  5 -> 7

2026-11-04 12:00:00 UTC  status MAINTENANCE (not signed by CloudTrail)
  Last update by maintenance

2026-11-04 12:40:00 UTC  status AVAILABLE (not signed by CloudTrail)

2026-11-05 00:00:00 UTC  updated by ana
  event s4
  not known whether it was carried out: no status change tells
  MinWorkers  1 -> 2

2026-11-06 00:00:00 UTC  update requested by ana
  event s5
  not finished at 2026-11-06 00:00:09 UTC (UPDATING)
  MinWorkers  2 -> 3

Results, and rows without an event, are what MWAA announced to EventBridge: CloudTrail did not sign them.
`,
      '',
    ]);
  });

  test.each([
    ['told', '2026-11-03T00:10', { MaxWorkers: 5, MinWorkers: 1 }, true, 'UPDATING'],
    ['told', '2026-11-03T12:00', { MaxWorkers: 5, MinWorkers: 1 }, true, 'UPDATE_FAILED'],
    ['told', '2026-11-05T12:00', { MaxWorkers: 7, MinWorkers: 2 }, true, 'AVAILABLE'],
    ['broken', '2026-11-02T12:00', { MaxWorkers: 5 }, true, undefined],
    ['broken', '2026-11-04', {}, false, 'UNAVAILABLE'],
    ['only-told', '2026-11-04', {}, false, 'PENDING'],
  ])(
    'the configuration of %s at %s lacks what failed, though that was told later',
    async (name, at, values, complete, status) => {
      const answers = (await asJson('--environment', name, '--at', at)) as { status?: { status: string } }[];
      const [{ configuration, complete: isComplete } = { configuration: {} }] = answeredAt(answers);
      const found = Object.entries(configuration).map(([path, { value }]) => [path, value]);
      expect([Object.fromEntries(found), isComplete, answers[0]?.status?.status]).toEqual([values, complete, status]);
    },
  );

  test('in JSON and CSV', async () => {
    const range = ['--since', '2026-11-03', '--until', '2026-11-04T12:30'];
    const answer = await asJson('--environment', 'told', ...range);
    expect(answer).toMatchObject([
      {
        status: { status: 'MAINTENANCE', since: '2026-11-04T12:00:00.000Z' },
        changes: [
          {
            eventId: 's2',
            outcome: 'ok',
            result: { is: 'failed', status: 'UPDATE_FAILED', time: '2026-11-03T00:31:00.000Z', errorMessage: LONG },
          },
          { eventId: 's3', result: { is: 'done', status: 'AVAILABLE', time: '2026-11-04T00:25:00.000Z' } },
        ],
        statusChanges: [{ time: '2026-11-04T12:00:00.000Z', status: 'MAINTENANCE', updateSource: 'maintenance' }],
      },
    ]);
    const path = '/environments/told/history?since=2026-11-03&until=2026-11-04T12:30:00Z';
    expect(JSON.parse((await overHttp(path)).body)).toEqual(answer);
    const { body } = await overHttp(path, 'text/csv');
    expect(
      body
        .split('\r\n')
        .slice(1, -1)
        .map((row) =>
          row
            .split(',')
            .filter((cell) => cell !== '')
            .slice(2),
        ),
    ).toEqual([
      expect.arrayContaining(['s2', 'failed', 'UPDATE_FAILED', '2026-11-03T00:31:00.000Z']),
      expect.arrayContaining(['s3', 'done', 'AVAILABLE', '2026-11-04T00:25:00.000Z']),
      ['2026-11-04T12:00:00.000Z', expect.stringMatching(/^status-/), 'MWAA Environment Status Change', 'MAINTENANCE'],
    ]);
  });

  test('in other accounts and Regions than asked for, there are none', async () => {
    expect(await asJson('--environment', 'only-told', '--region', 'eu-west-1')).toEqual([]);
    expect(await asJson('--environment', 'only-told', '--region', 'us-east-1')).toMatchObject([
      { region: 'us-east-1', changes: [] },
    ]);
  });

  test.each([50, 80, 200])('no line is wider than a terminal of %i columns, and none is cut', async (columns) => {
    for (const time of [[], ['--at', '2026-11-05']]) {
      const { stdout } = await askStoreOn({ isTTY: true, columns }, store, 'history', '--environment', 'told', ...time);
      const lines = Buffer.from(stdout, 'latin1').toString().split('\n');
      expect(lines.filter((line) => line.includes('…'))).toEqual([]);
      expect(lines.filter((line) => textWidth(line) > columns)).toEqual([]);
    }
  });

  test('the list of environments has the status, also of those that no event names', async () => {
    const listed = JSON.parse((await askStore(store, 'environments', '--format', 'json')).stdout) as {
      environment: string;
    }[];
    const statuses = listed.flatMap((one) => ('status' in one ? [one] : []));
    expect(statuses).toMatchObject([
      { environment: 'broken', status: 'UNAVAILABLE' },
      { environment: 'only-told', region: 'us-east-1', status: 'PENDING', recentEvents: 0 },
      {
        environment: 'told',
        status: 'UPDATING',
        statusSince: '2026-11-06T00:00:09.000Z',
        lastEventTime: '2026-11-06T00:00:00.000Z',
      },
    ]);
    expect(JSON.parse((await overHttp('/environments')).body).environments).toContainEqual({
      environment: 'only-told',
      accountId: '111122223333',
      region: 'us-east-1',
      status: 'PENDING',
      statusSince: '2026-11-03T00:00:00.000Z',
    });
    const { stdout } = await askStoreOn({ isTTY: true, columns: 80 }, store, 'environments');
    expect(stdout).toMatch(/^ENVIRONMENT .* STATUS$/m);
    expect(stdout).toMatch(/^told .* UPDATING$/m);
    expect(stdout.split('\n').filter((line) => textWidth(line) > 80)).toEqual([]);
  });
});

test('over HTTP there are rows of CSV, one for each field', async () => {
  const { body } = await overHttp('/environments/prod/history?since=2026-11-05', 'text/csv');
  expect(body.split('\r\n')).toEqual([
    'accountId,region,eventTime,eventId,eventName,user,principal,outcome,errorCode,path,before,after,masked,missing,unordered,provisional,result,resultStatus,resultTime',
    '111122223333,eu-west-1,2026-11-05T00:00:00Z,p4,UpdateEnvironment,ana,ana,failed,ValidationException,MaxWorkers,25,0,false,,,,,,',
    '111122223333,eu-west-1,2026-11-06T00:00:00Z,p5,DeleteEnvironment,ana,ana,ok,,,,,,,,,,,',
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
  const samples = await sharedSampleStore();
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
