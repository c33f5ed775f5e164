import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, isoTime } from '../../shared/cloudtrail/times.ts';
import type { FINDINGS } from '../../shared/integrity/finding.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { listFindings } from '../../shared/store/findings.ts';
import { liveEvent } from '../support/deliveries.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  dumpTable,
  logFileKey,
  logFileOf,
  NOW,
  putLogFile,
  putObject,
  quarantined,
  s3Event,
  sqsEvent,
  storedEvents,
  type World,
} from '../support/world.ts';

const servers = useServers();
const ON = { LIVE_ACCOUNTS: '111122223333' };
const HEARTBEAT = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

let now = NOW;
let world: World;
beforeEach(async () => {
  now = NOW;
  world = await createWorld(servers, ON, { now: () => now });
});

const live = (record: object, members: object = {}) => liveEvent(JSON.stringify(record), members);
const failedMessages = async (...bodies: string[]) =>
  (await world.handle(sqsEvent(...bodies)))!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
const notifiedOf = (name: string) => world.notified.map((one) => JSON.parse(one)).filter(([what]) => what === name);

/** A record with what is written in different ways. */
const recordOf = (eventID: string, environment = 'prod-etl') =>
  mwaaRecord(eventID, {
    eventVersion: '1.11',
    requestParameters: {
      Name: environment,
      MaxWorkers: 10,
      WeeklyMaintenanceWindowStart: 'MON:01:00',
      Tags: ['b', 'a'],
    },
    responseElements: { note: 'ü/é', nested: JSON.stringify({ b: 1, a: [1, 2.5] }), large: 9007199254740991 },
    additionalEventData: null,
    readOnly: false,
    managementEvent: true,
  });

type RecordValue = ReturnType<typeof recordOf>;

/** How another program may write the same event. Each returns JSON text. */
const VARIANTS: Readonly<Record<string, (record: RecordValue) => string>> = {
  'as it is': (record) => JSON.stringify(record),
  'another order of members': (record) => JSON.stringify(Object.fromEntries(Object.entries(record).reverse())),
  'white space': (record) => JSON.stringify(record, null, 4),
  'numbers with fractions': (record) => JSON.stringify(record).replace('"MaxWorkers":10', '"MaxWorkers":10.0'),
  'numbers with exponents': (record) => JSON.stringify(record).replace(/9007199254740991/, '9.007199254740991E15'),
  'escaped characters': (record) => JSON.stringify(record).replaceAll('/', '\\/').replaceAll('ü', '\\u00fc'),
  'no members that are null': ({ additionalEventData: _, ...record }: RecordValue & { additionalEventData?: null }) =>
    JSON.stringify(record),
  'members missing': (record) =>
    JSON.stringify({ ...record, responseElements: undefined, recipientAccountId: undefined }),
  'more members': (record) => JSON.stringify({ ...record, sessionCredentialFromConsole: 'true', vpcEndpointId: null }),
  'a member twice': (record) => JSON.stringify(record).replace('{', '{"eventName":"Another",'),
  'another order in a list': (record) =>
    JSON.stringify({ ...record, requestParameters: { ...record.requestParameters, Tags: ['a', 'b'] } }),
  'nested JSON as an object': (record) =>
    JSON.stringify({ ...record, responseElements: { nested: { a: [1, 2.5], b: 1 } } }),
};

describe('in any order, however it is written: the event of the log file', () => {
  /** The copies of each event, in the order in which they come, with the log file among them, and how many in each batch. */
  const run = fc
    .array(fc.array(fc.constantFrom(...Object.keys(VARIANTS)), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    })
    .chain((copies) => {
      const messages = [
        'log file' as const,
        ...copies.flatMap((names, event) => names.map((name) => ({ event, name }))),
      ];
      const order = fc.shuffledSubarray(messages, { minLength: messages.length });
      return fc.record({ events: fc.constant(copies.length), order, batchSize: fc.integer({ min: 1, max: 4 }) });
    });

  test('one item, no conflict, and tables as without live events', async () => {
    const reference = await createWorld(servers);
    const itemsOf = async ({ dynamo, deps }: World, name: 'eventsTable' | 'environmentsTable' | 'logFilesTable') => {
      const items = await dumpTable(dynamo, deps.config[name]);
      const others = items.filter(({ logFile }) => name !== 'logFilesTable' || !logFile?.S?.startsWith('#waiting/'));
      return new Set(others.map((item) => JSON.stringify(Object.entries(item).sort())));
    };
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(run, async ({ events, order, batchSize }) => {
        runs += 1;
        const records = Array.from({ length: events }, (_, i) => recordOf(`${runs}-${i}`, `env-${i}`));
        const file = await putObject(reference, logFileKey(`run${runs}`), logFileOf(records));
        const bodies = order.map((message) =>
          message === 'log file'
            ? JSON.stringify(s3Event(file))
            : liveEvent(VARIANTS[message.name]!(records[message.event]!)),
        );
        await reference.handle(s3Event(file));
        for (const delivery of [bodies, bodies.toReversed()]) {
          for (let i = 0; i < delivery.length; i += batchSize) {
            expect(await failedMessages(...delivery.slice(i, i + batchSize))).toEqual([]);
          }
          for (const name of ['eventsTable', 'environmentsTable', 'logFilesTable'] as const) {
            expect(await itemsOf(world, name)).toEqual(await itemsOf(reference, name));
          }
        }
      }),
      { numRuns: scaled(6, 300) },
    );
    expect(await quarantined(world)).toEqual(new Map());
    expect(notifiedOf('failed')).toEqual([]);
  }, 300_000);

  test('after the log file, no copy changes anything', async () => {
    const record = recordOf('one');
    await world.handle(s3Event(await putLogFile(world, 'one', [record])));
    const before = await storedEvents(world);
    const copies = Object.values(VARIANTS).map((variant) => liveEvent(variant(record)));
    expect(await failedMessages(...copies)).toEqual([]);
    expect(await storedEvents(world)).toEqual(before);
    const duplicate = { outcome: 'duplicate', account: '111122223333', region: 'eu-west-1' };
    expect(notifiedOf('live')).toEqual(copies.map(() => ['live', duplicate]));
  });
});

test('it is stored as EventBridge wrote it, with secrets masked, provisional, and how long that took', async () => {
  const text = JSON.stringify(
    mwaaRecord('one', { n: 'N', requestParameters: { Name: 'prod-etl', password: 'hunter2hunter2' } }),
  );
  expect(await failedMessages(liveEvent(text.replace('"N"', '[1.0, 1e400,-0]')))).toEqual([]);
  const event = await getEvent(world.dynamo, world.deps.config.eventsTable, 'one', NOW);
  expect(event).toMatchObject({ provisional: true, environment: 'prod-etl', redacted: ['requestParameters.password'] });
  expect(event).not.toHaveProperty('logFile');
  expect(event!.record).toContain('"n":[1.0, 1e400,-0]');
  expect(event!.record).not.toContain('hunter2');
  const latencyMs = NOW - Date.parse('2026-11-02T09:15:00Z');
  const place = { account: '111122223333', region: 'eu-west-1' };
  expect(notifiedOf('live')).toEqual([['live', { outcome: 'stored', ...place, latencyMs }]]);
});

test('of copies that differ, the first stays', async () => {
  const copies = ['members missing', 'as it is'].map((name) => liveEvent(VARIANTS[name]!(recordOf('one'))));
  expect(await failedMessages(copies[0]!)).toEqual([]);
  const before = await storedEvents(world);
  expect(await failedMessages(copies[1]!, copies[0]!)).toEqual([]);
  expect(await storedEvents(world)).toEqual(before);
  expect(await quarantined(world)).toEqual(new Map());
});

test.each<[string, string, string]>([
  ['of an account that nobody named', live(mwaaRecord('x'), { account: '999900001111' }), 'account-not-allowed'],
  ['of another event source', live(mwaaRecord('x', { eventSource: 's3.amazonaws.com' })), 'event-source-not-wanted'],
  ['without an event source', live(mwaaRecord('x', { eventSource: undefined })), 'event-source-not-wanted'],
  ['without eventID', live({ ...mwaaRecord('x'), eventID: undefined }), 'event-id-missing'],
  ['with too many values', live(mwaaRecord('x', { n: Array(50_001).fill(0) })), 'too-many-values'],
])('a message fails alone: %s', async (_, body, code) => {
  expect(await failedMessages(live(mwaaRecord('a')), body, live(mwaaRecord('b')))).toEqual(['m1']);
  expect([...(await storedEvents(world)).keys()].sort()).toEqual(['a', 'b']);
  expect(notifiedOf('failed')).toEqual([['failed', 'event e-1', expect.stringContaining(code)]]);
});

test('aggregated and Insight records are skipped, and live events fail where they are off', async () => {
  expect(await failedMessages(live(mwaaRecord('x', { eventCategory: 'Insight' })))).toEqual([]);
  expect(notifiedOf('live')).toMatchObject([['live', { outcome: 'skipped' }]]);
  world = await createWorld(servers);
  expect(await failedMessages(live(mwaaRecord('x')))).toEqual(['m0']);
  expect(await dumpTable(world.dynamo, world.deps.config.logFilesTable)).toEqual([]);
});

describe('an event that no log file brings for a day', () => {
  const findings = () => listFindings(world.dynamo, world.deps.config.logFilesTable, now);
  const heartbeat = () => world.handle(HEARTBEAT);
  const reports = () => notifiedOf('undelivered').map(([, report]) => report);
  const waiting = async () =>
    (await dumpTable(world.dynamo, world.deps.config.logFilesTable)).flatMap(({ logFile }) =>
      logFile!.S!.startsWith('#waiting/') ? [logFile!.S!] : [],
    );

  test('is a finding, once, and no more when its log file comes after all', async () => {
    await failedMessages(live(mwaaRecord('never')), live(mwaaRecord('late')), live(mwaaRecord('in time')));
    now += DAY_MS - 1;
    await world.handle(s3Event(await putLogFile(world, 'in-time', [mwaaRecord('in time')])));
    await heartbeat();
    expect(await findings()).toEqual([]);
    expect(await waiting()).toHaveLength(3);
    now += 2;
    await heartbeat();
    await heartbeat();
    const kind = 'event-never-delivered' satisfies keyof typeof FINDINGS;
    const about = { kind, account: '111122223333', region: 'eu-west-1' };
    const seen = { firstSeen: isoTime(now), lastSeen: isoTime(now) };
    const detail = (eventId: string) =>
      `expected a log file with event ${eventId} within 24 hours of ${isoTime(NOW)}, when EventBridge brought it`;
    const findingOf = (eventId: string) => ({ ...about, eventId, detail: detail(eventId), ...seen });
    expect((await findings()).toSorted((a, b) => (a.eventId! < b.eventId! ? -1 : 1))).toEqual(
      ['late', 'never'].map(findingOf),
    );
    expect(await waiting()).toEqual([]);
    now += 1000;
    await world.handle(s3Event(await putLogFile(world, 'late', [mwaaRecord('late')])));
    await heartbeat();
    await heartbeat();
    expect((await findings()).find(({ eventId }) => eventId === 'late')).toEqual({
      ...findingOf('late'),
      resolvedAt: isoTime(now),
    });
    expect((await findings()).find(({ eventId }) => eventId === 'never')).toEqual(findingOf('never'));
    expect(reports()).toEqual([
      { delivered: 0, undelivered: 0, resolved: 0 },
      { delivered: 1, undelivered: 2, resolved: 0 },
      { delivered: 0, undelivered: 0, resolved: 0 },
      { delivered: 0, undelivered: 0, resolved: 1 },
      { delivered: 0, undelivered: 0, resolved: 0 },
    ]);
  });

  test('a copy that comes again does not begin the day anew; one after the log file waits for nothing', async () => {
    await failedMessages(live(mwaaRecord('again')));
    await world.handle(s3Event(await putLogFile(world, 'first', [mwaaRecord('first')])));
    now += DAY_MS;
    await failedMessages(live(mwaaRecord('again')), live(mwaaRecord('first')));
    now += 1;
    await heartbeat();
    expect((await findings()).map(({ eventId }) => eventId)).toEqual(['again']);
    now += DAY_MS;
    await heartbeat();
    expect(await findings()).toHaveLength(1);
    expect(await waiting()).toEqual([]);
  });

  test('many are looked up in batches', async () => {
    const ids = Array.from({ length: scaled(6, 250) }, (_, i) => `event-${i}`);
    for (const id of ids) await failedMessages(live(mwaaRecord(id)));
    const half = ids.slice(ids.length / 2);
    await world.handle(
      s3Event(
        await putLogFile(
          world,
          'half',
          half.map((id) => mwaaRecord(id)),
        ),
      ),
    );
    now += DAY_MS + 1;
    servers.requests.length = 0;
    await heartbeat();
    expect(reports()).toEqual([{ delivered: half.length, undelivered: half.length, resolved: 0 }]);
    expect(servers.requests.filter((name) => name === 'BatchGetItem')).toHaveLength(Math.ceil(ids.length / 100));
  });

  test('nothing is looked up where live events are off', async () => {
    world = await createWorld(servers);
    servers.requests.length = 0;
    await heartbeat();
    expect(servers.requests).toEqual([]);
  });
});

describe('a status change of an environment', () => {
  const detail = { name: 'prod-etl', status: 'UPDATING', airflowConfigurationOptions: { secret: 'hunter2hunter2' } };
  const announced = (members: object = {}, text = JSON.stringify(detail)) =>
    liveEvent(text, { 'detail-type': 'MWAA Environment Status Change', ...members });

  test('is stored once, as no event, without the configuration', async () => {
    expect(await failedMessages(announced(), announced())).toEqual([]);
    const place = { account: '111122223333', region: 'eu-west-1' };
    const reports = notifiedOf('statusChange').map(([, report]) => report);
    expect(reports).toEqual(
      expect.arrayContaining([
        { outcome: 'stored', ...place },
        { outcome: 'duplicate', ...place },
      ]),
    );
    const { eventsTable, logFilesTable, environmentsTable } = world.deps.config;
    expect([await dumpTable(world.dynamo, eventsTable), await dumpTable(world.dynamo, logFilesTable)]).toEqual([
      [],
      [],
    ]);
    const items = await dumpTable(world.dynamo, environmentsTable);
    expect(items.map(({ status }) => status?.S)).toEqual(['UPDATING', 'UPDATING']);
    expect(JSON.stringify(items)).not.toContain('hunter2');
  });

  test.each<[string, string, string]>([
    ['of an account that nobody named', announced({ account: '999900001111' }), 'account-not-allowed'],
    ['without a status', announced({}, '{"name":"prod-etl"}'), 'malformed-status-change'],
    ['of another source', announced({ source: 'my.app' }), 'unknown-notification'],
  ])('%s fails', async (_, message, code) => {
    expect(await failedMessages(message)).toEqual(['m0']);
    expect(JSON.stringify(notifiedOf('failed'))).toContain(code);
    expect(await dumpTable(world.dynamo, world.deps.config.environmentsTable)).toEqual([]);
  });
});
