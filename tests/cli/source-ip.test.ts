import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { openQuestion } from '../../shared/query/ask.ts';
import { askStore, EventStore } from '../support/event-store.ts';
import { httpEvent } from '../support/http-event.ts';

/** Sources as records have them, each the eventID of its event, too. */
const SOURCES = [
  ...['10.1.2.3', '10.1.2.4', '10.2.0.1', '192.0.2.1', '::ffff:192.0.2.77'],
  ...['2001:DB8:0:0:0:0:0:1', '2001:db8:0:1::5', '2001:db9::1', 'cloudformation.amazonaws.com', 'AWS Internal'],
];
let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.parse('2026-11-20T12:00:00Z') });
  await store.add(
    ...SOURCES.map((source, i) => ({
      id: source,
      time: `2026-11-06T02:31:${String(i).padStart(2, '0')}Z`,
      environment: i % 2 === 0 ? 'prod' : 'dev',
      record: { sourceIPAddress: source },
    })),
  );
});
afterAll(() => store.stop());

const CASES: readonly [asked: string[], found: string[]][] = [
  [['10.1.2.3'], ['10.1.2.3']],
  [['10.1.0.0/16'], ['10.1.2.3', '10.1.2.4']],
  [['10.1.2.3/32'], ['10.1.2.3']],
  [['10.0.0.0/8'], ['10.1.2.3', '10.1.2.4', '10.2.0.1']],
  [['192.0.2.0/24'], ['192.0.2.1', '::ffff:192.0.2.77']],
  [['192.0.2.77'], ['::ffff:192.0.2.77']],
  [['::FFFF:c000:24d'], ['::ffff:192.0.2.77']],
  [['2001:db8::1'], ['2001:DB8:0:0:0:0:0:1']],
  [['2001:0DB8:0000::0001'], ['2001:DB8:0:0:0:0:0:1']],
  [['2001:db8::/32'], ['2001:DB8:0:0:0:0:0:1', '2001:db8:0:1::5']],
  [['0.0.0.0/0'], ['10.1.2.3', '10.1.2.4', '10.2.0.1', '192.0.2.1', '::ffff:192.0.2.77']],
  [['AWS Internal'], ['AWS Internal']],
  [['aws internal'], []],
  [
    ['10.2.0.0/16', '2001:db9::1', 'cloudformation.amazonaws.com'],
    ['10.2.0.1', '2001:db9::1', 'cloudformation.amazonaws.com'],
  ],
];

describe.each(CASES)('from %j', (asked, found) => {
  test('on the command line', async () => {
    const flags = asked.flatMap((source) => ['--source-ip', source]);
    const { code, stdout } = await askStore(store, 'query', ...flags, '--format', 'json');
    expect(code).toBe(0);
    expect(
      JSON.parse(stdout)
        .map(({ eventId }: { eventId: string }) => eventId)
        .sort(),
    ).toEqual([...found].sort());
    const summary = await askStore(store, 'summary', ...flags, '--environment', 'prod', '--format', 'json');
    const inProd = found.filter((source) => SOURCES.indexOf(source) % 2 === 0);
    expect(JSON.parse(summary.stdout)).toMatchObject({ events: inProd.length });
  });

  test('over HTTP, page by page', async () => {
    const unexpected = (error: unknown) => {
      throw error;
    };
    const deps = { dynamo: store.deps.dynamo, tables: store.tables, now: store.deps.now };
    const handler = createQueryHandler(deps, { failed: unexpected });
    const query = asked.map((source) => `sourceIp=${encodeURIComponent(source)}`).join('&');
    const ids: string[] = [];
    let cursor = '';
    do {
      const answer = await handler(httpEvent(`/events?limit=1&${query}${cursor}`) as never, {} as never);
      expect(answer).toMatchObject({ statusCode: 200 });
      const page = JSON.parse((answer as { body: string }).body);
      ids.push(...page.events.map(({ eventId }: { eventId: string }) => eventId));
      cursor = page.cursor === undefined ? '' : `&cursor=${page.cursor}`;
    } while (cursor !== '');
    expect(ids.sort()).toEqual([...found].sort());
  });
});

test.each(['10.0.0.0/33', '10.0.0/8', '2001:db8::/129', '10.0.0.256', 'prod/8'])(
  '%s is a usage error',
  async (source) => {
    const { code, stdout, stderr } = await askStore(store, 'query', '--source-ip', source);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/--source-ip: expected an address .* CIDR range/);
    expect(stderr).not.toContain(source);
    const question = { criteria: { sourceIp: [source] }, order: 'newest-first' as const, limit: 1 };
    expect(() => openQuestion(question, store.deps.now())).toThrow(/^sourceIp: expected/);
  },
);

test('a plan names the ranges', async () => {
  const { stderr } = await askStore(store, 'query', '--source-ip', '2001:DB8::/32', '--explain');
  expect(stderr).toContain('(attribute_exists(sourceIp)) AND not expired AND sourceIp in ["2001:db8::/32"]');
});
