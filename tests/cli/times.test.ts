import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, runCli } from '../support/cli.ts';
import { askStore, EventStore } from '../support/event-store.ts';
import { allCommands, awsSettings } from '../support/program.ts';
import { scaled } from '../support/scale.ts';

/** In summer and in winter, and while clocks are changed in Berlin and in New York. */
const EVENTS = {
  summer: '2026-07-06T02:31:18Z',
  winter: '2026-11-06T22:31:18Z',
  berlin: '2026-10-25T01:30:00Z',
  newYork: '2026-11-01T06:30:00Z',
};

const clock = { now: Date.parse('2026-11-20T12:00:00Z') };
let store: EventStore;
beforeAll(async () => {
  store = await EventStore.start(clock);
  await store.add(
    ...Object.entries(EVENTS).map(([id, time]) => ({ id, time, environment: `${id}-env`, who: `who-${id}` })),
  );
});
afterAll(() => store.stop());

/** The program on a machine in a time zone: Node follows the variable. */
async function run(zone: string, ...args: string[]) {
  const { TZ } = process.env;
  process.env.TZ = zone;
  try {
    return await askStore(store, ...args);
  } finally {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
}

/** `2026-11-06 02:31:18`, and the offset when it says one. */
const TIME = /\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?: UTC(?:[+-]\d{2}:\d{2})?| [+-]\d{2}:\d{2})?/;

const ZONES = scaled(['America/New_York'], ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu']);

describe.each(ZONES)('on a machine in %s', (zone) => {
  test.each([[[]], [['--local']], [['--utc']]])(
    'a time that is copied finds the event: %j',
    async (flags) => {
      const listed = await run(zone, 'query', ...flags);
      expect(listed.code).toBe(0);
      for (const id of Object.keys(EVENTS)) {
        const row = listed.stdout.split('\n').find((line) => line.includes(`${id}-env`))!;
        const [copied] = TIME.exec(row)!;
        const found = await run(zone, 'query', '--environment', `${id}-env`, '--since', copied, ...flags);
        expect({ id, copied, code: found.code, found: found.stdout.includes(`who-${id}`) }).toEqual({
          ...{ id, copied, code: 0, found: true },
        });
      }
    },
    120_000,
  );

  test('so does one that stands alone, whatever the flags', async () => {
    for (const shown of [[], ['--local']]) {
      const { stdout } = await run(zone, 'show', 'winter', ...shown);
      const [copied] = TIME.exec(stdout)!;
      for (const asked of [[], ['--local']]) {
        const { stdout: found } = await run(zone, 'query', '--since', copied, '--format', 'ndjson', ...asked);
        expect(found.trimEnd().split('\n')).toHaveLength(1);
        expect(found).toContain('"eventId":"winter"');
      }
    }
  }, 120_000);
});

test('times are UTC unless --local asks for others, both ways', async () => {
  const [utc, local] = [await run('Asia/Tokyo', 'query'), await run('Asia/Tokyo', 'query', '--local')];
  expect(utc.stdout).toMatch(/^TIME \(UTC\)/);
  expect(utc.stdout).toContain('2026-11-06 22:31:18');
  expect(local.stdout).toMatch(/^TIME \(UTC\+09:00\)/);
  expect(local.stdout).toContain('2026-11-07 07:31:18');
  const since = (...flags: string[]) =>
    run('Asia/Tokyo', 'query', '--since', '2026-11-07', '--format', 'csv', ...flags);
  expect((await since()).stdout.trimEnd().split('\n')).toHaveLength(1);
  // Data is in UTC, always.
  expect((await since('--local')).stdout).toContain(EVENTS.winter);
}, 60_000);

test('a machine with a zone that there is not is in UTC', async () => {
  for (const zone of ['', 'Nowhere/Land']) {
    const settings = awsSettings({ s3: store.endpoint, dynamo: store.endpoint });
    const args = ['query', '--local', '--since', '2026-11-06 22:31:18', '--table', store.tables.eventsTable];
    const { code, stdout } = await runCli(args, ROOT, { ...settings, TZ: zone });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^TIME \(UTC\).*\n2026-11-06 22:31:18 /),
    });
  }
}, 60_000);

test('every command that takes or shows times can be told the zone', async () => {
  const commands = await allCommands();
  const takeTimes = commands.filter(({ options }) => options.some(({ flags }) => /<time>/.test(flags)));
  const names = takeTimes.map((command) => command.name());
  expect(names).toEqual(expect.arrayContaining(['query', 'summary', 'tail', 'environments', 'coverage', 'verify']));
  const show = commands.filter((command) => ['show', 'compare', 'redrive'].includes(command.name()));
  for (const command of [...takeTimes, ...show]) {
    if (command.parent?.name() === 'quarantine' && command.name() === 'show') continue;
    const flags = command.options.map(({ long }) => long);
    expect([command.name(), flags]).toEqual([command.name(), expect.arrayContaining(['--local', '--utc'])]);
  }
});
