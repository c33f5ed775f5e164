import { BlockList, isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AuditEvent } from '../../shared/audit-event/audit-event.ts';
import { type QueryDeps, readAll } from '../../shared/query/ask.ts';
import { readCriteria } from '../../shared/query/criteria.ts';
import type { Criteria, GivenCriteria } from '../../shared/query/criteria-table.ts';
import { noEnvironments, noteEvent, writeEnvironments } from '../../shared/store/environments-table.ts';
import { toEventItem } from '../../shared/store/event-item.ts';
import { putEvent } from '../../shared/store/events-table.ts';
import { type DynamoServer, dynamoImplementations } from '../support/dynoxide.ts';
import { EVENT } from '../support/event-arbitrary.ts';
import { scaled } from '../support/scale.ts';
import { createTables, uniqueTableNames, useServers } from '../support/servers.ts';
import { NOW } from '../support/world.ts';

const shared = useServers();
const RUNS = scaled(60, 2_000);

/** Begins of one another, a name that DynamoDB reserves, and texts that are too long for their attribute. */
const TEXTS = ['a', 'ab', 'ab/c', 'role', '*', 'é💡', 'x'.repeat(100), 'x'.repeat(1_100), `${'x'.repeat(1_100)}y`];
const ADDRESSES = ['10.0.0.1', '10.0.1.2', '2001:db8::1', 'airflow.amazonaws.com', 'AWS Internal'];
/** Filters that compare texts exactly, and the attribute of each. */
const EXACT = {
  environment: 'environment',
  eventName: 'eventName',
  principalType: 'principalType',
  errorCode: 'errorCode',
  account: 'accountId',
  region: 'region',
  accessKeyId: 'accessKeyId',
  eventSource: 'eventSource',
} as const;
/** Those whose values may end in `*`. */
const PREFIX = {
  action: 'action',
  target: 'target',
  user: 'user',
  role: 'role',
  principal: 'principal',
  session: 'username',
  userAgent: 'userAgent',
} as const;
/** Those that allow only some values. */
const CLOSED = {
  outcome: ['outcome', ['ok', 'denied', 'failed']],
  category: ['eventCategory', ['Management', 'Data']],
  eventType: ['eventType', ['AwsApiCall', 'AwsServiceEvent']],
} as const;

const text = fc.constantFrom(...TEXTS);
const DAYS = ['2026-11-05', '2026-11-06'];
const time = fc
  .tuple(fc.constantFrom(...DAYS), fc.constantFrom('00:00:00.000', '11:59:59.999', '12:00:00.000', '12:10:00.000'))
  .map(([day, clock]) => `${day}T${clock}Z`);

const events = fc
  .sample(
    fc
      .record(
        {
          ...Object.fromEntries([...Object.values(EXACT), ...Object.values(PREFIX)].map((name) => [name, text])),
          ...Object.fromEntries(Object.values(CLOSED).map(([name, values]) => [name, fc.constantFrom(...values)])),
          action: text,
          outcome: fc.constantFrom('ok' as const, 'denied' as const, 'failed' as const),
          access: fc.constantFrom('read' as const, 'write' as const),
          parameters: fc.uniqueArray(text, { maxLength: 3 }),
          sourceIp: fc.constantFrom(...ADDRESSES),
          mfa: fc.boolean(),
          readOnly: fc.boolean(),
          time,
        },
        { requiredKeys: ['action', 'access', 'outcome', 'parameters', 'time'] },
      )
      .map(({ time, ...attributes }) => ({ attributes, time })),
    { numRuns: 150, seed: 14 },
  )
  .map(({ attributes, time }, i): AuditEvent => {
    const { eventName: _, environment: __, ...others } = EVENT;
    return {
      ...others,
      ...attributes,
      eventId: `e${i}`,
      eventTime: time,
      timeKey: `${time}#e${i}`,
      day: time.slice(0, 10),
    };
  });

const valuesOf = (name: string): fc.Arbitrary<string> => {
  if (name === 'sourceIp') return fc.constantFrom(...ADDRESSES, '10.0.0.0/23', '2001:db8::/32', '192.0.2.0/24');
  if (name in CLOSED) return fc.constantFrom(...CLOSED[name as keyof typeof CLOSED][1]);
  if (!(name in PREFIX)) return text;
  // No longer than what is stored of every text.
  return fc.oneof(
    text,
    text.map((value) => `${[...value].slice(0, 90).join('')}*`),
    fc.constant('*'),
  );
};
const NAMES = [...Object.keys({ ...EXACT, ...PREFIX, ...CLOSED }), 'sourceIp', 'param'];

const questions: fc.Arbitrary<GivenCriteria> = fc
  .record({
    wanted: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
    exclude: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 }),
  })
  .chain(({ wanted, exclude }) =>
    fc.record(
      {
        ...(Object.fromEntries(
          wanted.map((name) => [name, fc.uniqueArray(valuesOf(name), { minLength: 1, maxLength: 4 })]),
        ) as object),
        exclude: fc.tuple(...exclude.map((name) => valuesOf(name).map((value) => `${name}=${value}`))),
        changes: fc.boolean(),
        errors: fc.boolean(),
        mfa: fc.boolean(),
        readOnly: fc.boolean(),
        times: fc.oneof(
          fc.record({ since: time, until: time }, { requiredKeys: [] }),
          fc.record({ around: time, within: fc.constantFrom('1ms', '10m', '2h') }, { requiredKeys: ['around'] }),
        ),
      },
      { requiredKeys: wanted as never[] },
    ),
  )
  .map(({ times, ...others }) => ({ ...others, ...times }) as GivenCriteria)
  .filter(({ since, until }) => since === undefined || until === undefined || since < until);

/** What the filters mean, without an index or an expression. */
function matches(event: AuditEvent, question: GivenCriteria): boolean {
  const { exclude = [], changes, errors, mfa, readOnly, since, until, around, within = '10m' } = question;
  const has = (name: string, value: string) => hasValue(event, name, value);
  const at = Date.parse(event.timeKey.slice(0, 24));
  const length = { '1ms': 1, '10m': 600_000, '2h': 7_200_000 }[within] ?? 0;
  return (
    NAMES.every((name) => question[name as 'user']?.some((value) => has(name, value)) ?? true) &&
    !exclude.some((pair) => has(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))) &&
    (changes === undefined || event.access === (changes ? 'write' : 'read')) &&
    (!errors || event.errorCode !== undefined) &&
    (mfa === undefined || event.mfa === mfa) &&
    (readOnly === undefined || event.readOnly === readOnly) &&
    (since === undefined || at >= Date.parse(since)) &&
    (until === undefined || at < Date.parse(until)) &&
    (around === undefined || Math.abs(at - Date.parse(around)) <= length)
  );
}

function hasValue(event: AuditEvent, name: string, value: string): boolean {
  if (name === 'param') return event.parameters.includes(value);
  const closed = CLOSED[name as keyof typeof CLOSED];
  const attribute = closed?.[0] ?? { ...EXACT, ...PREFIX, sourceIp: 'sourceIp' as const }[name as keyof typeof EXACT];
  const found = event[attribute];
  if (found === undefined) return false;
  if (name === 'sourceIp' && value.includes('/'))
    return isIP(found) !== 0 && rangeOf(value).check(found, `ipv${isIP(found) as 4 | 6}`);
  return found === value || (name in PREFIX && value.endsWith('*') && found.startsWith(value.slice(0, -1)));
}

function rangeOf(range: string): BlockList {
  const [address = '', length] = range.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(length), `ipv${isIP(address) as 4 | 6}`);
  return list;
}

describe.each(dynamoImplementations(shared.dynamo))('filters on $name', ({ start }) => {
  let dynamo: DynamoServer;
  let deps: QueryDeps;

  beforeAll(async () => {
    dynamo = await start();
    deps = { dynamo: dynamo.client, tables: uniqueTableNames(), now: () => NOW };
    await createTables(dynamo.client, deps.tables);
    const seen = noEnvironments();
    for (const event of events) {
      noteEvent(seen, event);
      await putEvent(dynamo.client, deps.tables.eventsTable, toEventItem(event, { ingestedAt: 'now' }));
    }
    await writeEnvironments(dynamo.client, deps.tables.environmentsTable, seen, new Date(NOW).toISOString());
  }, 60_000);
  afterAll(() => dynamo.stop());

  const ask = async (question: GivenCriteria) => {
    const criteria: Criteria = readCriteria(question, NOW);
    const found: string[] = [];
    for await (const { timeKey } of readAll({ criteria, order: 'oldest-first' }, deps)) found.push(timeKey);
    return found;
  };
  const naively = (question: GivenCriteria) =>
    events.flatMap((event) => (matches(event, question) ? event.timeKey : [])).sort();

  test('random questions are answered as a naive filter over the same events does', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(questions, async (question) => {
        const answer = await ask(question);
        expect(answer).toEqual(naively(question));
        found += answer.length;
      }),
      { numRuns: RUNS, seed: 15 },
    );
    expect(found).toBeGreaterThan(RUNS);
  }, 120_000);

  test('each filter, alone and as an exclusion, divides the events', async () => {
    for (const name of NAMES) {
      for (const value of fc.sample(valuesOf(name), { numRuns: scaled(2, 6), seed: 16 })) {
        const wanted = { [name]: [value] };
        const others = { exclude: [`${name}=${value}`] };
        const [asked, rest] = [await ask(wanted), await ask(others)];
        expect([wanted, asked]).toEqual([wanted, naively(wanted)]);
        expect([others, rest]).toEqual([others, naively(others)]);
        expect(asked.length + rest.length).toBe(events.length);
      }
    }
  }, 120_000);
});
