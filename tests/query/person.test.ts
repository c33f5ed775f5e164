import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PeopleCounts, type Person, PersonCounts, type PersonList } from '../../shared/query/person.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { listedEvent as listed } from '../support/listed-event.ts';

/** @param events newest first */
function personOf(events: readonly ListedEvent[], name = 'ana'): Person {
  const counts = new PersonCounts();
  for (const event of events) counts.add(event);
  return counts.of(name, false);
}

const oneOf = (...values: string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
/** Few values, so that they repeat. Times fall, as they are read. */
const events = fc
  .array(
    fc.record({
      user: oneOf('ana', 'id-1', '__proto__'),
      role: oneOf('Admin', 'Reader'),
      username: oneOf('ana', 'run-1'),
      accountId: oneOf('111122223333', '444455556666'),
      region: oneOf('eu-west-1'),
      environment: oneOf('prod', 'dev'),
      accessKeyId: oneOf('AKIA1', 'ASIA2'),
      sourceIp: oneOf('192.0.2.1', '192.0.2.2'),
      userAgent: oneOf('aws-cli', 'constructor'),
      act: fc.constantFrom(
        ...(['dag-run.trigger write', 'dag.read read', 'connection.delete write', 'REST GET /x read'] as const),
      ),
      target: oneOf('orders', 'customers'),
      outcome: fc.constantFrom('ok' as const, 'denied' as const, 'failed' as const),
      errorCode: oneOf('AccessDenied', 'ThrottlingException'),
      statusCode: fc.option(fc.constantFrom(403, 500), { nil: undefined }),
      errorMessage: oneOf('no', 'not now'),
      mfa: fc.option(fc.boolean(), { nil: undefined }),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(({ act, ...members }, i): ListedEvent => {
      const [, action = '', access] = /^(.*) (read|write)$/.exec(act) ?? [];
      const time = new Date(Date.parse('2026-11-06T00:00:00Z') - 1000 * i).toISOString();
      const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
      return listed({ ...given, action, access: access as 'read', eventTime: time, timeKey: `${time}#${i}` });
    }),
  );

const isOk = ({ outcome }: ListedEvent) => outcome === 'ok';
/** What each list has a line for, by another way: a text, if the event counts in it. */
const KEYS: Readonly<Record<PersonList, (event: ListedEvent) => string | undefined>> = {
  actions: (e) => (isOk(e) ? `${e.action}|${e.access}` : undefined),
  targets: (e) => (isOk(e) && e.target ? `${e.target}|${e.action}` : undefined),
  refusals: (e) =>
    isOk(e) ? undefined : [e.action, e.target, e.outcome, e.errorCode, e.statusCode].map(String).join('|'),
  environments: (e) => e.environment && [e.environment, e.accountId, e.region].map(String).join('|'),
  accounts: (e) => e.accountId,
  roles: (e) => e.role && `${e.role}|${e.accountId}`,
  sessions: (e) => e.role && `${e.role}|${e.username}`,
  accessKeys: (e) => e.accessKeyId,
  addresses: (e) => e.sourceIp,
  userAgents: (e) => e.userAgent,
  users: (e) => e.user,
};

test('a page says what counting the events says', () => {
  fc.assert(
    fc.property(events, (all) => {
      const person = personOf(all);
      const count = (isCounted: (event: ListedEvent) => boolean) => all.filter(isCounted).length;
      expect(person).toMatchObject({
        ...{ name: 'ana', events: all.length, leftOut: {}, truncated: false },
        changes: count((event) => isOk(event) && event.access === 'write'),
        denied: count(({ outcome }) => outcome === 'denied'),
        failed: count(({ outcome }) => outcome === 'failed'),
        mfa: {
          yes: count(({ mfa }) => mfa === true),
          no: count(({ mfa }) => mfa === false),
          notRecorded: count(({ mfa }) => mfa === undefined),
        },
      });
      expect([person.last, person.first]).toEqual([all.at(0)?.eventTime, all.at(-1)?.eventTime]);
      for (const [list, keyOf] of Object.entries(KEYS)) {
        const groups = new Map<string | undefined, ListedEvent[]>(Map.groupBy(all, keyOf));
        groups.delete(undefined);
        const expected = [...groups].map(([key, group]) => [
          key,
          group.length,
          group.at(-1)?.eventTime,
          group[0]?.eventTime,
        ]);
        const lines = person[list as PersonList].map((line) => {
          // A line has all that its key is made of, but the outcome of what was done.
          const key = keyOf({ ...listed({ eventTime: '' }), ...line } as ListedEvent);
          return [key, line.events, line.first, line.last];
        });
        expect([list, lines.toSorted()]).toEqual([list, expected.toSorted()]);
      }
    }),
  );
});

test('most events come first, but changes before reads', () => {
  fc.assert(
    fc.property(events, (all) => {
      const person = personOf(all);
      for (const list of Object.keys(KEYS) as PersonList[]) {
        const ranks = person[list].map((line) => [
          list === 'actions' && 'access' in line && line.access === 'read' ? 1 : 0,
          -line.events,
        ]);
        expect(ranks).toEqual(ranks.toSorted(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d));
      }
    }),
  );
});

test('a refusal has the newest message', () => {
  const refused = { outcome: 'denied', errorCode: 'AccessDenied' } as const;
  const { refusals } = personOf([
    listed({ ...refused, errorMessage: 'new' }),
    listed({ ...refused, errorMessage: 'old' }),
  ]);
  expect(refusals).toMatchObject([{ action: 'environment.update', ...refused, errorMessage: 'new', events: 2 }]);
});

describe('events without a usable time', () => {
  const late = listed({ eventTime: 'soon', timeKey: '0000-00-00T00:00:00.000Z#x' });

  test('do not tell when somebody was first seen', () => {
    const person = personOf([listed({ sourceIp: '192.0.2.1' }), { ...late, sourceIp: '192.0.2.1' }]);
    const seen = { events: 2, first: '2026-11-06T02:31:18Z', last: '2026-11-06T02:31:18Z' };
    expect(person).toMatchObject(seen);
    expect(person.addresses).toEqual([{ sourceIp: '192.0.2.1', ...seen }]);
  });

  test('unless there are no others', () => {
    expect(personOf([late])).toMatchObject({ events: 1, first: 'soon', last: 'soon' });
    const { eventTime: _, ...timeless } = late;
    expect(personOf([timeless])).not.toHaveProperty('first');
  });
});

test('a long list is cut off where the oldest begin, and says how many events it lacks', () => {
  const many = Array.from({ length: 1_500 }, (_, i) => listed({ sourceIp: `2001:db8::${i}`, user: `u${i}` }));
  const person = personOf([...many, ...many.slice(0, 10)]);
  expect(person.addresses).toHaveLength(1_000);
  expect(person.addresses[0]).toMatchObject({ sourceIp: '2001:db8::0', events: 2 });
  expect(person.addresses.at(-1)).toMatchObject({ sourceIp: '2001:db8::999' });
  expect(person).toMatchObject({ events: 1_510, leftOut: { addresses: 500, users: 500 } });
  expect(Object.keys(person.leftOut)).toHaveLength(2);
});

describe('several people', () => {
  function peopleOf(all: readonly ListedEvent[], aliases?: Map<string, string>) {
    const counts = new PeopleCounts(aliases);
    for (const event of all) counts.add(event);
    return counts.of(true);
  }

  test('are counted as their pages count', () => {
    fc.assert(
      fc.property(events, (all) => {
        const { people, events: total, leftOut } = peopleOf(all, new Map([['id-1', 'ana']]));
        expect([total, leftOut]).toEqual([all.length, 0]);
        const nameOf = ({ user = '-' }: ListedEvent) => (user === 'id-1' ? 'ana' : user);
        const pages = [...Map.groupBy(all, nameOf)].map(([name, group]) => personOf(group, name));
        expect(new Set(people.map(({ name }) => name))).toEqual(new Set(pages.map(({ name }) => name)));
        for (const person of people) expect(pages.find(({ name }) => name === person.name)).toMatchObject(person);
      }),
    );
  });

  test('are not too many', () => {
    const many = Array.from({ length: 1_200 }, (_, i) => listed({ user: `u${i}` }));
    const { people, ...counts } = peopleOf(many);
    expect(people).toHaveLength(1_000);
    expect(counts).toEqual({ events: 1_200, leftOut: 200, truncated: true });
  });
});
