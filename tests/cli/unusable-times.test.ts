import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { followEvents } from '../../shared/query/follow.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { askStore, askStoreOn, EventStore } from '../support/event-store.ts';
import { httpEvent } from '../support/http-event.ts';

/** What records may say instead of a time, each in an environment of its own, and the text that people see of it. */
const UNUSABLE: readonly [environment: string, eventTime: unknown, shown: string][] = [
  ['leap-second', '2016-12-31T23:59:60Z', '2016-12-31T23:59:60Z'],
  ['impossible', '2026-02-30T00:00:00Z', '2026-02-30T00:00:00Z'],
  ['hour-24', '2026-11-06T24:30:00Z', '2026-11-06T24:30:00Z'],
  ['text', 'yesterday', 'yesterday'],
  ['number', 1_604_629_878, '1604629878'],
  ['boolean', true, 'true'],
  ['list', ['2026-11-06T02:31:18Z'], '-'],
  ['blank', ' ', '" "'],
  ['escape', '\u001b[2J', '\\u001b[2J'],
  ['missing', undefined, '-'],
  ['null', null, '-'],
  ['empty', '', '-'],
];
const ZONES = ['UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'Europe/Berlin', 'Etc/Unknown'];

let store: EventStore;

beforeAll(async () => {
  store = await EventStore.start({ now: Date.now() });
  for (const [environment, eventTime] of UNUSABLE) {
    await store.add({ id: environment, time: 'x', environment, record: { eventTime } });
  }
  await store.add(
    { id: 'mixed-bad', time: '2016-12-31T23:59:60Z', environment: 'mixed' },
    { id: 'mixed-1', time: '2026-11-06T02:31:18Z', environment: 'mixed' },
    { id: 'mixed-2', time: '2026-11-07T02:31:18Z', environment: 'mixed' },
  );
});
afterAll(() => store.stop());

const TERMINAL = { isTTY: true, columns: 250, hasColors: () => false };

/** Runs a command as on a terminal in a time zone. */
async function onTerminal(zone: string, ...args: string[]): Promise<string> {
  const { resolvedOptions } = Intl.DateTimeFormat.prototype;
  const spy = jest.spyOn(Intl.DateTimeFormat.prototype, 'resolvedOptions');
  spy.mockImplementation(function (this: Intl.DateTimeFormat) {
    return { ...resolvedOptions.call(this), timeZone: zone };
  });
  try {
    const { code, stdout, stderr } = await askStoreOn(TERMINAL, store, ...args);
    expect({ code, stderr: /error/i.test(stderr) ? stderr : '' }).toEqual({ code: 0, stderr: '' });
    return Buffer.from(stdout, 'latin1').toString();
  } finally {
    spy.mockRestore();
  }
}

function expectSane(text: string): void {
  expect(text).not.toMatch(/Invalid|NaN|undefined|0000-00-00/);
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
}

describe.each(ZONES)('on a terminal in %s', (zone) => {
  test.each([[[]], [['--utc']], [['--relative']]])('query %j shows what the record says', async (flags) => {
    const lines = (await onTerminal(zone, 'query', '--ids', ...flags)).split('\n');
    for (const [id, , shown] of UNUSABLE) {
      const line = lines.find((candidate) => candidate.includes(` ${id} `));
      expect(line?.startsWith(`${shown} `)).toBe(true);
    }
    expectSane(lines.join('\n'));
  });

  test.each([[[]], [['--utc']], [['--relative']]])('environments %j', async (flags) => {
    const text = await onTerminal(zone, 'environments', ...flags);
    expectSane(text);
    for (const [environment, , shown] of UNUSABLE) {
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${environment} `))!;
      expect(line.split(/ {2,}/).slice(3, 5)).toEqual([shown, shown]);
    }
    if (flags.includes('--utc')) expect(text).toMatch(/^mixed .* 2026-11-06 02:31:18 +2026-11-07 02:31:18 /m);
  });

  test('summary', async () => {
    const text = await onTerminal(zone, 'summary');
    expectSane(text);
    expect(text).toMatch(/^no usable time +13 /m);
    for (const [environment, , shown] of UNUSABLE) {
      const one = await onTerminal(zone, 'summary', '--environment', environment);
      expectSane(one);
      if (shown !== '-') expect(one).toContain(`\n${shown} to ${shown}\n`);
    }
  });

  test('show and compare', async () => {
    for (const [id, , shown] of UNUSABLE) {
      const text = await onTerminal(zone, 'show', id, '--format', 'text');
      expect(text).toMatch(/^when +\S/m);
      if (shown !== '-' && id !== 'blank') expect(text).toContain(`${shown} (not a valid time)`);
      expectSane(text.replace('invalid-event-time', ''));
      expectSane(await onTerminal(zone, 'compare', id, 'mixed-1', '--all'));
    }
  });

  test('coverage', async () => {
    expectSane(await onTerminal(zone, 'coverage', '--since', '2026-11-01', '--until', '2026-11-30'));
  });

  test('tail', async () => {
    const controller = new AbortController();
    const follow = { criteria: {}, last: 100, windowMs: 3_600_000, intervalMs: 1, signal: controller.signal };
    const sleep = async () => controller.abort();
    const events: ListedEvent[] = [];
    for await (const more of followEvents({ ...follow, sleep, onFailure: () => {} }, store.deps)) events.push(...more);
    expect(events).toHaveLength(UNUSABLE.length + 3);
    for (const kind of ['absolute', 'relative'] as const) {
      expectSane(
        new EventTable({ colour: false, times: { kind, zone, now: Date.now() } }, { withIds: true, fixed: {} }).add(
          events,
        ),
      );
    }
  });
});

test.each([
  ['query', '--format', 'json'],
  ['query', '--format', 'ndjson', '--full'],
  ['query', '--format', 'csv', '--full'],
  ['environments', '--format', 'json'],
  ['summary', '--format', 'json', '--environment', 'leap-second'],
])('%s %s %s for programs', async (...args) => {
  const { code, stdout } = await askStore(store, ...args);
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/Invalid Date|NaN/);
  expect(stdout).toContain('2016-12-31T23:59:60Z');
});

test('the note on other times names an event that has none', async () => {
  const { stderr } = await askStore(store, 'query', '--environment', 'missing', '--since', '7d');
  expect(stderr).toContain('the last before at (no time)');
});

test('over HTTP', async () => {
  const handler = createQueryHandler(
    { dynamo: store.deps.dynamo, tables: store.tables, now: store.deps.now },
    {
      failed(error) {
        throw error;
      },
    },
  );
  const get = async (url: string, accept = 'application/json') => {
    const answer = await handler(httpEvent(url, { accept }) as never, {} as never);
    expect(answer).toMatchObject({ statusCode: 200 });
    const { body } = answer as { body: string };
    expect(body).not.toMatch(/Invalid Date|NaN|0000-00-00T00:00:00.000Z"/);
    return body;
  };
  for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
    expect(await get('/events?limit=100', accept)).toContain('2016-12-31T23:59:60Z');
    expect(await get('/environments', accept)).toContain('2026-11-06T02:31:18.000Z');
    await get('/environments/leap-second/summary', accept);
  }
  const { environments } = JSON.parse(await get('/environments')) as { environments: Record<string, string>[] };
  const timesOf = (name: string) => {
    const { firstEventTime, lastEventTime } = environments.find(({ environment }) => environment === name)!;
    return [firstEventTime, lastEventTime];
  };
  expect(timesOf('mixed')).toEqual(['2026-11-06T02:31:18.000Z', '2026-11-07T02:31:18.000Z']);
  expect(timesOf('number')).toEqual(['1604629878', '1604629878']);
  expect(timesOf('missing')).toEqual([undefined, undefined]);
  for (const [id] of UNUSABLE) await get(`/events/${id}`);
});
