import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { historiesOf } from '../../shared/query/configuration.ts';
import type { StoredEvent } from '../../shared/store/event-item.ts';
import {
  answeredAt,
  answeredChanges,
  expectedAt,
  LAST_SECOND,
  printed,
  recordsOf,
  steps,
  timeOfSecond,
} from '../support/configuration-model.ts';
import { eventOf } from '../support/events.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';
import { scaled } from '../support/scale.ts';

/** As it is stored. */
function stored(record: object | string, more: Partial<StoredEvent> = {}): StoredEvent {
  const event = eventOf(typeof record === 'string' ? record : JSON.stringify(record));
  return { ...event, ingestedAt: '2026-11-20T12:00:00.000Z', ...more } as StoredEvent;
}

const AT = '2026-11-07T00:00:00.000Z';

test('the history folded to a time is the configuration at that time, in whatever order and however often events come', () => {
  const scenario = steps.chain((all) => {
    const events = all.flatMap((step) => recordsOf(step, 'prod-etl').map((record) => stored(record)));
    const arrived = fc.shuffledSubarray(events, { minLength: events.length });
    return fc.tuple(fc.constant(all), arrived, fc.integer({ min: 0, max: LAST_SECOND }));
  });
  fc.assert(
    fc.property(scenario, ([all, arrived, second]) => {
      const time = timeOfSecond(second).replace('Z', '.999Z');
      const histories = historiesOf(arrived.filter(({ timeKey }) => timeKey <= time));
      const expected = expectedAt(all, second);
      expect(answeredAt(printed(histories, time))).toEqual(expected.map(({ changes: _, ...at }) => at));
      expect(answeredChanges(printed(histories, undefined))).toEqual(
        expected.map(({ place, changes }) => ({ place, changes })),
      );
    }),
    { numRuns: scaled(300, 20_000) },
  );
});

const create = mwaaRecord('a', {
  eventName: 'CreateEnvironment',
  eventTime: '2026-11-06T02:00:00Z',
  requestParameters: { Name: 'prod-etl', MaxWorkers: 10, LoggingConfiguration: { TaskLogs: { LogLevel: 'INFO' } } },
});
const update = (eventID: string, requestParameters: unknown, more: object = {}) =>
  mwaaRecord(eventID, { eventTime: '2026-11-06T03:00:00Z', requestParameters, ...more });

/** The configuration that events lead to, as `[complete, { path: value }]`. */
function valuesAfter(...events: StoredEvent[]): unknown {
  const [answer] = answeredAt(printed(historiesOf(events), AT));
  const values = Object.entries(answer?.configuration ?? {}).map(([path, { value }]) => [path, value]);
  return [answer?.complete, Object.fromEntries(values)];
}

describe('values', () => {
  const fieldsSet = (request: string): unknown => {
    const text = JSON.stringify(update('b', { Name: 'prod-etl' }));
    const [history] = historiesOf([stored(text.replace('{"Name":"prod-etl"}', `{"Name":"prod-etl",${request}}`))]);
    return history!.changes.map(({ fields }) => fields.map(({ path, json, masked }) => [path, json, masked]));
  };

  test.each([
    ['digits', '"MaxWorkers":90071992547409931234', 'MaxWorkers', '90071992547409931234', false],
    ['an exponent', '"MaxWorkers":1E2', 'MaxWorkers', '1E2', false],
    ['null', '"KmsKey":null', 'KmsKey', 'null', false],
    ['the text unknown', '"DagS3Path":"unknown"', 'DagS3Path', '"unknown"', false],
    ['a list is one value', '"X":[1,{"b":2,"a":[]}]', 'X', '[1,{"a":[],"b":2}]', false],
    ['an escape', '"X":"\\u0041"', 'X', '"A"', false],
    ['the last of two', '"X":1,"X":2', 'X', '2', false],
    ['a name with a dot', '"X":{"a.b":{"c":1}}', 'X["a.b"].c', '1', false],
    ['an unusual name', '"":1', '[""]', '1', false],
    ['__proto__', '"__proto__":{"a":1}', '__proto__.a', '1', false],
    ["CloudTrail's mask", '"AirflowConfigurationOptions":"***"', 'AirflowConfigurationOptions', '"***"', true],
    ['our mask', '"AirflowConfigurationOptions":{"a.b":"c"}', 'AirflowConfigurationOptions', '"***"', true],
    ['a mask inside', '"X":[{"password":"hunter2hunter2"}]', 'X', '[{"password":"***"}]', true],
  ])('%s', (_, request, ...field) => {
    expect(fieldsSet(request)).toEqual([[field]]);
  });

  test('an empty object sets nothing', () => {
    expect(fieldsSet('"LoggingConfiguration":{}')).toEqual([[]]);
    expect(valuesAfter(stored(create), stored(update('b', { LoggingConfiguration: {}, MaxWorkers: {} })))).toEqual([
      true,
      { MaxWorkers: 10, 'LoggingConfiguration.TaskLogs.LogLevel': 'INFO' },
    ]);
  });

  test('what tells how to carry out an update, and tags, do not stay', () => {
    const event = stored(update('b', { WorkerReplacementStrategy: 'FORCED', Tags: { Team: 'x' }, MaxWorkers: 1 }));
    expect(valuesAfter(event)).toEqual([false, { MaxWorkers: 1 }]);
    expect(historiesOf([event])[0]!.changes[0]!.fields.map(({ path, before }) => [path, before.is])).toEqual([
      ['MaxWorkers', 'unknown'],
      ['Tags.Team', 'none'],
      ['WorkerReplacementStrategy', 'none'],
    ]);
  });
});

describe('a request that is not known', () => {
  const whole = { MaxWorkers: 10, 'LoggingConfiguration.TaskLogs.LogLevel': 'INFO' };
  const { record: _, ...withoutRecord } = stored(update('b', { MaxWorkers: 2 }));

  test.each([
    ['a record that was too big', withoutRecord as StoredEvent, 'record', [false, {}]],
    ['a request that is null', stored(update('b', null)), 'request', [false, {}]],
    [
      'a request that CloudTrail left out',
      stored(update('b', { omitted: true, originalSize: 9 })),
      'request',
      [false, {}],
    ],
    ['one that was denied', stored(update('b', null, { errorCode: 'AccessDenied' })), 'request', [true, whole]],
    [
      'none: AWS did it by itself',
      stored(update('b', null, { eventType: 'AwsServiceEvent' })),
      undefined,
      [true, whole],
    ],
  ])('%s', (_, event, missing, values) => {
    expect(historiesOf([stored(create), event])[0]!.changes[1]).toMatchObject({ fields: [], missing });
    expect(valuesAfter(stored(create), event)).toEqual(values);
  });

  test('fields are known again once they are set', () => {
    const later = stored(update('c', { MinWorkers: 1 }, { eventTime: '2026-11-06T04:00:00Z' }));
    expect(valuesAfter(stored(create), withoutRecord as StoredEvent, later)).toEqual([false, { MinWorkers: 1 }]);
  });
});

test('an event without a valid time has no place: it is listed, and changes nothing', () => {
  const lost = stored(update('b', { MaxWorkers: 2 }, { eventTime: 'yesterday' }));
  expect(
    historiesOf([stored(create), lost])[0]!.changes.map(({ event, isUnordered }) => [event.eventId, isUnordered]),
  ).toEqual([
    ['b', true],
    ['a', false],
  ]);
  expect(valuesAfter(stored(create), lost)).toEqual([
    false,
    { MaxWorkers: 10, 'LoggingConfiguration.TaskLogs.LogLevel': 'INFO' },
  ]);
});

test('events without an account or a Region are of their own', () => {
  const { recipientAccountId: _, ...nowhere } = update('b', { MaxWorkers: 2 });
  const events = [stored(nowhere, { accountId: undefined as never }), stored(create)];
  expect(historiesOf(events).map(({ accountId, changes }) => [accountId, changes.length])).toEqual([
    ['111122223333', 1],
    [undefined, 1],
  ]);
});

test('a log file has more weight than a provisional copy, and addenda count more than both', () => {
  const copies = [
    stored(update('b', { MaxWorkers: 1 }), { provisional: true, logFile: undefined } as never),
    stored(update('b', { MaxWorkers: 2 })),
  ];
  expect(valuesAfter(...copies)).toEqual([false, { MaxWorkers: 2 }]);
  const addendum = { addendum: { reason: 'UPDATED_DATA', originalEventID: 'b' } };
  expect(valuesAfter(stored(update('b', { MaxWorkers: 3 }, addendum)), ...copies)).toEqual([false, { MaxWorkers: 3 }]);
});

test('of several addenda with IDs of their own, the newest counts', () => {
  const addendum = (eventID: string, eventTime: string, originalEventID: string) =>
    stored(
      update(eventID, { MaxWorkers: eventTime.length, [eventID]: 1 }, { eventTime, addendum: { originalEventID } }),
    );
  const first = stored(update('original', { MaxWorkers: 2 }));
  const events = [
    addendum('c', '2026-11-06T03:00:01Z', 'original'),
    first,
    addendum('b', '2026-11-06T03:00:00Z', 'original'),
  ];
  expect(historiesOf(events)[0]!.changes.map(({ event }) => event.eventId)).toEqual(['c']);
  const third = addendum('d', '2026-11-06T03:00:00Z', 'c');
  expect(historiesOf([third, ...events.slice(0, 2)])[0]!.changes.map(({ event }) => event.eventId)).toEqual(['d']);
});
