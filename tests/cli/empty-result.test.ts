import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Criteria } from '../../shared/query/criteria-table.ts';
import { likelyCauses } from '../../shared/query/likely-causes.ts';
import { nearestNames } from '../../shared/query/near-names.ts';
import { askStore, EventStore } from '../support/event-store.ts';

const clock = { now: Date.parse('2026-11-20T12:00:00Z') };
let store: EventStore;
let empty: EventStore;

beforeAll(async () => {
  [store, empty] = await Promise.all([EventStore.start(clock), EventStore.start(clock)]);
  await store.add(
    { id: 'a', time: '2026-11-01T00:00:00Z', environment: 'prod-etl' },
    { id: 'b', time: '2026-11-10T00:00:00Z', environment: 'prod-etl' },
    {
      ...{ id: 'c', time: '2026-11-10T00:00:00Z', environment: 'staging' },
      record: { requestParameters: { Name: 'staging', MaxResults: 5 } },
    },
  );
  await store.addLogFile({});
});
afterAll(() => Promise.all([store.stop(), empty.stop()]));

const near = (value: string, events: number) => ({ value, events, more: false, inQuestion: true });
const unknown = (criterion: string, value: string, ...nearest: object[]) => ({
  kind: 'unknown-value',
  criterion,
  value,
  nearest,
  elsewhere: [] as string[],
});

describe('the likely causes of an empty result', () => {
  test.each([
    ['a wrong name', { environment: ['prod-elt'] }, [unknown('environment', 'prod-elt', near('prod-etl', 2))]],
    ['another name', { environment: ['zzz'] }, [unknown('environment', 'zzz')]],
    [
      'events only at other times',
      { environment: ['prod-etl'], since: '2026-11-05T00:00:00.000Z', until: '2026-11-06T00:00:00.000Z' },
      [{ kind: 'outside-times', before: '2026-11-01T00:00:00Z', after: '2026-11-10T00:00:00Z' }],
    ],
    [
      'the last minutes',
      { eventName: ['TagResource'], since: '2026-11-20T11:50:00.000Z' },
      [{ kind: 'delivery-delay' }],
    ],
    ['data events', { eventName: ['InvokeRestApi'] }, [{ kind: 'data-events' }]],
    ['a call of the REST API', { action: ['dag-run.trigger'] }, [{ kind: 'data-events' }]],
    ['calls of the REST API', { action: ['connection.*'] }, [{ kind: 'data-events' }]],
    ['logins', { action: ['web-token.create'] }, [{ kind: 'data-events' }]],
    ['an action that is recorded', { action: ['environment.delete'] }, []],
    [
      'a misspelt action',
      { action: ['dag-run.triger'] },
      [unknown('action', 'dag-run.triger', { value: 'dag-run.trigger', events: 0, more: false, inQuestion: false })],
    ],
    ['upper and lower case', { principal: ['Ana'] }, [unknown('principal', 'Ana', near('ana', 3))]],
    ['a value unlike any', { principal: ['zzz'] }, [unknown('principal', 'zzz')]],
    [
      'an event name',
      { eventName: ['getenvironment'] },
      [unknown('eventName', 'getenvironment', near('GetEnvironment', 3))],
    ],
    [
      'an operation of which there is no event',
      { eventName: ['invokerestap'] },
      [unknown('eventName', 'invokerestap', { value: 'InvokeRestApi', events: 0, more: false, inQuestion: false })],
    ],
    [
      'a value that the rest of the question has nothing of',
      { eventName: ['GetEnvironmen'], environment: ['staging'], errors: true as const },
      [unknown('eventName', 'GetEnvironmen', { ...near('GetEnvironment', 3), inQuestion: false })],
    ],
    [
      'two that are wrong',
      { region: ['EU-WEST-1'], account: ['111122223334'] },
      [
        unknown('account', '111122223334', near('111122223333', 3)),
        unknown('region', 'EU-WEST-1', near('eu-west-1', 3)),
      ],
    ],
    [
      'one of two',
      { principal: ['ana', 'anna'], errors: true as const },
      [unknown('principal', 'anna', { ...near('ana', 3), inQuestion: false })],
    ],
    [
      'an event source',
      { eventSource: ['airflow.amazonaw.com'] },
      [unknown('eventSource', 'airflow.amazonaw.com', near('airflow.amazonaws.com', 3))],
    ],
    ['a type of identity', { principalType: ['iamuser'] }, [unknown('principalType', 'iamuser', near('IAMUser', 3))]],
    ['an address that nobody has', { sourceIp: ['203.0.113.8'] }, [unknown('sourceIp', '203.0.113.8')]],
    ['a range that nobody is in', { sourceIp: ['203.0.114.0/24'] }, [unknown('sourceIp', '203.0.114.0/24')]],
    [
      'a wrong name in the last minutes',
      { principal: ['Ana'], since: '2026-11-20T11:50:00.000Z' },
      [unknown('principal', 'Ana', { ...near('ana', 3), inQuestion: false }), { kind: 'delivery-delay' }],
    ],
    [
      'an action that is like one in the store, and like others',
      { action: ['READ'] },
      [unknown('action', 'READ', near('environment.read', 3))],
    ],
    [
      'an action of which there is no event, in the plural',
      { action: ['pools.delete'] },
      [unknown('action', 'pools.delete', { value: 'pool.delete', events: 0, more: false, inQuestion: false })],
    ],
    ['a parameter', { param: ['maxresult'] }, [unknown('param', 'maxresult', near('MaxResults', 1))]],
    ['several filters', { environment: ['staging'], errors: true as const }, [{ kind: 'no-combination' }]],
    ['nothing to say', { environment: ['staging'], eventName: ['DeleteEnvironment'] }, []],
  ])('%s', async (_, criteria, causes) => {
    expect(await likelyCauses(criteria, store.deps)).toEqual(causes);
  });

  test('an empty store', async () => {
    expect(await likelyCauses({ environment: ['x'] }, empty.deps)).toEqual([{ kind: 'empty-store' }]);
  });

  test('a role and all its sessions', async () => {
    const role = (session: string) => ({
      userIdentity: { type: 'AssumedRole', arn: `arn:aws:sts::111122223333:assumed-role/Admin/${session}` },
    });
    const others = await EventStore.start(clock);
    try {
      await others.add(
        { id: 'x', time: '2026-11-01T00:00:00Z', record: role('ana') },
        { id: 'y', time: '2026-11-02T00:00:00Z', record: role('ben') },
      );
      expect(await likelyCauses({ principal: ['admin/*'] }, others.deps)).toEqual([
        unknown('principal', 'admin/*', near('Admin/*', 2)),
      ]);
    } finally {
      await others.stop();
    }
  });

  test('a value of a related criterion, and actions by their codes and phrases', async () => {
    const others = await EventStore.start(clock);
    try {
      await others.add(
        {
          ...{ id: 'x', time: '2026-11-01T00:00:00Z', name: 'InvokeRestApi' },
          record: {
            userIdentity: {
              ...{ type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/Ops/ticket-1' },
              sessionContext: { sourceIdentity: 'ana' },
            },
            requestParameters: { Name: 'prod-etl', Method: 'DELETE', Path: '/connections/warehouse' },
          },
        },
        // So that the first is none of the newest that meet the rest of a question.
        { id: 'y', time: '2026-11-02T00:00:00Z', who: 'bo', environment: 'staging' },
      );
      const causes = (criteria: Criteria) => likelyCauses(criteria, others.deps);
      const elsewhere = async (criteria: Criteria) => {
        const [cause] = await causes(criteria);
        return cause?.kind === 'unknown-value' ? cause.elsewhere : undefined;
      };
      for (const user of ['Ops', 'ticket-1']) {
        const identity = { kind: 'other-identity', criterion: user === 'Ops' ? 'role' : 'session', value: user };
        expect(await causes({ user: [user], environment: ['staging'] })).toEqual([
          unknown('user', user),
          { ...identity, users: ['ana'] },
        ]);
      }
      expect(await elsewhere({ principal: ['ticket-1'], environment: ['staging'] })).toEqual([]);
      expect(await elsewhere({ principal: ['Ops'], environment: ['staging'] })).toEqual(['role']);
      expect(await elsewhere({ principal: ['ana'], environment: ['prod-etl'] })).toEqual(['user']);
      expect(await elsewhere({ role: ['ana'] })).toEqual(['user']);
      expect(await elsewhere({ role: ['Ops/*'] })).toEqual(['principal']);
      expect(await elsewhere({ environment: ['warehouse'] })).toEqual(['target']);
      expect(await elsewhere({ target: ['staging'] })).toEqual(['environment']);
      expect(await elsewhere({ eventName: ['connection.delete'] })).toEqual(['action']);
      expect(await elsewhere({ action: ['InvokeRestApi'] })).toEqual(['eventName']);

      const deleted = near('connection.delete', 1);
      expect(await causes({ action: ['connections.delete'] })).toEqual([
        unknown('action', 'connections.delete', deleted),
      ]);
      expect(await causes({ action: ['connection.*'], user: ['bo'] })).toEqual([{ kind: 'data-events' }]);
      expect(await causes({ action: ['connexion.*'] })).toEqual([
        unknown('action', 'connexion.*', near('connection.*', 1)),
      ]);
      const [phrase] = await causes({ action: ['Airflow login token created'] });
      const token = { value: 'web-token.create', events: 0, more: false, inQuestion: false };
      expect(phrase).toMatchObject({ criterion: 'action', nearest: expect.arrayContaining([token]) });
      expect(await causes({ action: ['environment.delete'] })).toEqual([]);
    } finally {
      await others.stop();
    }
  });

  test('a service in place of an address', async () => {
    const others = await EventStore.start(clock);
    try {
      await others.add(
        { id: 'x', time: '2026-11-01T00:00:00Z', record: { sourceIPAddress: 'AWS Internal' } },
        { id: 'y', time: '2026-11-02T00:00:00Z', record: { sourceIPAddress: '203.0.113.77' } },
      );
      const causes = (sourceIp: string) => likelyCauses({ sourceIp: [sourceIp] }, others.deps);
      expect(await causes('aws internal')).toEqual([unknown('sourceIp', 'aws internal', near('AWS Internal', 1))]);
      expect(await causes('203.0.113.78')).toEqual([unknown('sourceIp', '203.0.113.78')]);
    } finally {
      await others.stop();
    }
  });

  test('what it reads is bounded, and never a scan', async () => {
    const send = jest.spyOn(store.deps.dynamo, 'send');
    const requests = async (values: number) => {
      send.mockClear();
      const names = Array.from({ length: values }, (_, i) => `getenvironmen${i}`);
      await likelyCauses({ principal: names.map((name) => `${name}/x`), account: names }, store.deps);
      return send.mock.calls.map(([command]) => command.constructor.name);
    };
    const [some, many] = [await requests(5), await requests(50)];
    send.mockRestore();
    expect(new Set(many)).toEqual(new Set(['QueryCommand']));
    expect(many.length).toBeLessThanOrEqual(some.length);
  });

  test('names are near when few letters differ, or one holds the other', () => {
    const known = ['prod-etl', 'prod-elt', 'staging', 'dev-sandbox'];
    expect(nearestNames('prod-etll', known)).toEqual(['prod-etl', 'prod-elt']);
    expect(nearestNames('STAGING', known)).toEqual(['staging']);
    expect(nearestNames('sandbox', known)).toEqual(['dev-sandbox']);
    expect(nearestNames('__proto__', known)).toEqual([]);
  });
});

describe('the program', () => {
  test('says them on standard error, and exits with 0', async () => {
    const { code, stdout, stderr } = await askStore(store, 'query', '--environment', 'prod-elt\u001b');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(
      'No events match.\n- No event names the environment "prod-elt\\u001b". Did you mean prod-etl (2 events)?\n',
    );
  });

  test.each([
    [
      ['--event-name', 'getenvironment'],
      'No event was found with --event-name getenvironment. Did you mean GetEnvironment (3 events)?',
    ],
    [
      ['--principal', 'ANA', '--errors'],
      'No event was found with --principal ANA. Did you mean ana (3 events, none of which matches the other filters)?',
    ],
    [['--error-code', 'x y'], 'No event was found with --error-code "x y". To see which there are: mwaa-trail summary'],
    [['--account', '999'], 'No event was found with --account 999.'],
    [
      ['--account', '9*'],
      'No event was found with --account 9*. --account takes a whole value: here a final * is part of it.',
    ],
    [
      ['--source-ip', 'x.*'],
      'No event was found with --source-ip x.*. --source-ip takes a whole value, or a range such as 192.0.2.0/24: here a final * is part of it.',
    ],
    [['--principal', 'z*'], 'No event was found with --principal z*.'],
    [
      ['--principal', 'ana', '--errors'],
      'No event matches all of these filters together. Leave some out to see what there is.',
    ],
    [['--role', 'ana'], 'No event was found with --role ana. Try --user ana, --principal ana or --session ana.'],
    [
      ['--action', 'GetEnvironment'],
      'No event was found with --action GetEnvironment. Try --event-name GetEnvironment.',
    ],
  ])('%j', async (args, says) => {
    for (const command of ['query', 'summary']) {
      const { code, stdout, stderr } = await askStore(store, command, ...args);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: `No events match.\n- ${says}\n` });
    }
  });

  test.each([
    [['--category', 'data'], '--category: expected one of Management, Data, NetworkActivity; did you mean Data?'],
    [['--event-type', 'awsapicall'], 'did you mean AwsApiCall?'],
    [['--format', 'JSON'], 'Allowed choices are table, json, ndjson, csv. Did you mean json?'],
  ])('a closed set: %j', async (args, says) => {
    const { code, stdout, stderr } = await askStore(store, 'query', ...args);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(says) });
  });

  test('says nothing of that when there are events, or JSON is wanted', async () => {
    expect((await askStore(store, 'query')).stderr).toBe('');
    expect((await askStore(store, 'query', '--errors', '--format', 'json')).stdout).toBe('[]\n');
  });

  test('names log files of which something is missing in the range', async () => {
    await store.addLogFile({ key: 'bad.json.gz', state: 'quarantined', reason: 'gzip-corrupt' });
    const { stderr } = await askStore(store, 'query', '--since', '2026-11-09');
    expect(stderr).toBe('Incomplete: 1 log file in quarantine: s3://bucket/bad.json.gz (gzip-corrupt).\n');
    expect((await askStore(store, 'query', '--since', '2026-11-01', '--until', '2026-11-05')).stderr).toBe('');
  });

  test('names the flag that is wrong', async () => {
    expect(await askStore(store, 'query', '--event-name', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--event-name: expected'),
    });
  });

  test('explains a plan in words', async () => {
    const { stderr } = await askStore(
      store,
      'query',
      '--environment',
      'staging',
      '--principal',
      'ana',
      '--errors',
      '--explain',
    );
    expect(stderr).toMatch(/^index: +byPrincipal, newest-first\nlookup: +principal = "ana"\n/);
    expect(stderr).toContain('(environment IN ("staging")) AND attribute_exists(errorCode) AND not expired');
    expect(stderr).toMatch(/^cost: +1 request, [\d.]+ read units/m);
  });

  test('explains a plan without control characters of the values', async () => {
    const { stderr } = await askStore(
      store,
      'query',
      '--environment',
      'a\u202eb',
      '--principal',
      '\u009b31m',
      '--explain',
    );
    expect(stderr).toContain('"a\\u202eb"');
    expect(stderr).toContain('"\\u009b31m"');
  });
});
