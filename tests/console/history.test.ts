import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ChangeAnswer, changeOf, readChanges, readConfigurations } from '../../console/src/lib/history.ts';

describe('readChanges', () => {
  test('values keep their digits; what was before is set, not set or unknown', () => {
    const fields = [
      '{"path":"A","before":1.50,"after":12345678901234567890,"masked":false}',
      '{"path":"B","before":null,"after":"x","masked":true}',
      '{"path":"C","before":"unknown","after":["1.0",2e0],"masked":false}',
    ];
    const text = `[{"environment":"prod-etl","accountId":"111122223333","region":"eu-west-1","changes":[
      {"eventId":"e1","eventTime":"2026-11-06T02:17:40Z","user":"mei","eventName":"UpdateEnvironment","outcome":"ok","fields":[${fields}],
        "result":{"is":"done","status":"AVAILABLE","time":"2026-11-06T02:38:55.000Z"}},
      {"eventId":"e2","eventName":"UpdateEnvironment","outcome":"ok","fields":[],"missing":"record","unordered":true}],
      "status":{"status":"MAINTENANCE","since":"2026-11-07T00:00:00.000Z"},
      "statusChanges":[{"id":"s1","time":"2026-11-07T00:00:00.000Z","status":"MAINTENANCE"}]}]`;
    expect(readChanges(text)).toEqual([
      {
        accountId: '111122223333',
        region: 'eu-west-1',
        changes: [
          {
            event: {
              eventId: 'e1',
              eventTime: '2026-11-06T02:17:40Z',
              user: 'mei',
              eventName: 'UpdateEnvironment',
              outcome: 'ok',
            },
            fields: [
              {
                path: 'A',
                before: { is: 'set', json: '1.50', masked: false },
                json: '12345678901234567890',
                masked: false,
              },
              { path: 'B', before: { is: 'not-set' }, json: '"x"', masked: true },
              { path: 'C', before: { is: 'unknown' }, json: '["1.0",2e0]', masked: false },
            ],
            missing: undefined,
            isUnordered: false,
            result: { is: 'done', status: 'AVAILABLE', time: '2026-11-06T02:38:55.000Z' },
          },
          {
            event: { eventId: 'e2', eventName: 'UpdateEnvironment', outcome: 'ok' },
            fields: [],
            missing: 'record',
            isUnordered: true,
            result: undefined,
          },
        ],
        status: { status: 'MAINTENANCE', since: '2026-11-07T00:00:00.000Z' },
        statusChanges: [{ id: 's1', time: '2026-11-07T00:00:00.000Z', status: 'MAINTENANCE' }],
      },
    ]);
  });

  test('nothing is known of the environment', () => {
    expect(readChanges('[]')).toEqual([]);
  });
});

describe('readConfigurations', () => {
  test('settings with the events that set them', () => {
    const event = { eventId: 'e1', eventTime: '2026-11-06T02:17:40Z', user: 'mei' };
    const text = `[{"environment":"x","accountId":"1","region":"r","at":"2026-11-07T00:00:00.000Z","complete":false,
      "configuration":{"MaxWorkers":{"value":1.0,"eventId":"e1","eventTime":"2026-11-06T02:17:40Z","user":"mei"},
      "Secret":{"value":"***","eventId":"e1","eventTime":"2026-11-06T02:17:40Z","user":"mei","masked":true}}}]`;
    expect(readConfigurations(text)).toEqual([
      {
        accountId: '1',
        region: 'r',
        at: '2026-11-07T00:00:00.000Z',
        complete: false,
        settings: [
          { path: 'MaxWorkers', json: '1.0', masked: false, event },
          { path: 'Secret', json: '"***"', masked: true, event },
        ],
      },
    ]);
  });

  test('any path and any value come back as they are', () => {
    const settings = fc.dictionary(fc.string({ unit: 'binary' }), fc.json(), { noNullPrototype: true });
    fc.assert(
      fc.property(settings, (values) => {
        const members = Object.entries(values).map(
          ([path, json]) => `${JSON.stringify(path)}:{"value":${json},"eventId":"e"}`,
        );
        const [answer] = readConfigurations(`[{"at":"t","complete":true,"configuration":{${members.join(',')}}}]`);
        expect(answer?.settings.map(({ path, json }) => [path, json])).toEqual(Object.entries(values));
      }),
    );
  });
});

test('a change has only the settings that somebody looks for', () => {
  const field = (path: string) => ({ path, before: { is: 'not-set' as const }, json: '1', masked: false });
  const fields = ['WebserverAccessMode', 'MinWebservers', 'MaxWorkers'].map(field);
  const event = { eventId: '1', eventName: 'UpdateEnvironment', outcome: 'ok' as const };
  const change = { event, fields, isUnordered: false } as unknown as ChangeAnswer;
  expect(changeOf(change, ' ')).toBe(change);
  expect(changeOf(change, ' webserver')?.fields.map(({ path }) => path)).toEqual([
    'WebserverAccessMode',
    'MinWebservers',
  ]);
  expect(changeOf(change, 'AirflowVersion')).toBeUndefined();
});
