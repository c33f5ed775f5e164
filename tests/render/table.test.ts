import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { viewOf } from '../../cli/lib/output.ts';
import { displayText } from '../../shared/render/display.ts';
import { EventTable, type EventTableOptions } from '../../shared/render/event-table.ts';
import { cutMiddle, cutToWidth, fitColumns, textTable, textWidth, wrapToWidth } from '../../shared/render/table.ts';
import { relativeTime, timeDisplay } from '../../shared/render/times.ts';
import type { View } from '../../shared/render/view.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { codePoint } from '../support/code-point.ts';

const NOW = Date.parse('2026-11-13T12:00:00Z');
const PLAIN: View = { colour: false, times: { kind: 'absolute', zone: 'UTC', now: NOW } };

const EVENT: ListedEvent = {
  eventId: '1e39082f-25eb-47a5-af9c-2d6fae5e8d10',
  timeKey: '2026-11-13T08:27:12.000Z#1e39082f-25eb-47a5-af9c-2d6fae5e8d10',
  eventTime: '2026-11-13T08:27:12Z',
  eventName: 'CreateWebLoginToken',
  action: 'web-token.create',
  target: 'Admin',
  access: 'write',
  outcome: 'denied',
  parameters: [],
  environment: 'prod-etl',
  user: 'mei.tanaka@example.com',
  role: 'AWSReservedSSO_DataPlatformAdmin_8f3a1c2b4d5e6f70',
  accountId: '111122223333',
  region: 'eu-west-1',
  sourceIp: '203.0.113.41',
  errorCode: 'AccessDenied',
  errorMessage: `User is not authorized to perform: airflow:CreateWebLoginToken ${'because '.repeat(20)}so`,
};
const MEANING = { action: 'environment.update', access: 'write', outcome: 'ok', parameters: [] } as const;
const BARE: ListedEvent = { eventId: 'e', timeKey: 't', ...MEANING, parameters: [] };

function eventLines(
  view: Partial<View>,
  events: readonly ListedEvent[] = [EVENT],
  { withIds = false, fixed = [] }: Partial<EventTableOptions> = {},
): string[] {
  return new EventTable({ ...PLAIN, ...view }, { withIds, fixed }).add(events).trimEnd().split('\n');
}

describe('the table of events', () => {
  test('has a line for each: time, who, what, environment, source, role, account, Region, ID and result', () => {
    const event = { ...BARE, eventTime: '2026-11-06T02:31:18Z' };
    const place = { accountId: '111122223333', region: 'eu-west-1' };
    const lines = eventLines({}, [
      {
        ...event,
        ...place,
        environment: 'prod-etl',
        user: 'anna',
        role: 'Admin',
        target: 'MaxWorkers',
        sourceIp: '192.0.2.1',
      },
      { ...event, outcome: 'denied', errorCode: 'AccessDenied', errorMessage: 'Access denied.\n\u001b[2J' },
      { ...event, outcome: 'failed', errorCode: 'RestApiClientException', statusCode: 404, provisional: true },
      { ...BARE, eventTime: 'yesterday', action: 'REST GET /x', outcome: 'failed', principal: 'AIDAEXAMPLE' },
    ]);
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['TIME (UTC)', 'WHO', 'WHAT', 'ENVIRONMENT', 'FROM', 'ROLE', 'ACCOUNT', 'REGION', 'EVENT ID', 'RESULT'],
      [
        ...['2026-11-06 02:31:18', 'anna', 'environment updated: MaxWorkers', 'prod-etl', '192.0.2.1', 'Admin'],
        ...['111122223333', 'eu-west-1', 'e', 'ok'],
      ],
      [
        ...['2026-11-06 02:31:18', '-', 'environment updated', '-', '-', '-', '-', '-', 'e'],
        'denied: AccessDenied: Access denied.\\u000a\\u001b[2J',
      ],
      [
        ...['2026-11-06 02:31:18', '-', 'environment updated', '-', '-', '-', '-', '-', 'e'],
        'failed (provisional): 404 from Airflow',
      ],
      ['yesterday', 'AIDAEXAMPLE', 'REST GET /x', '-', '-', '-', '-', '-', 'e', 'failed'],
    ]);
  });

  test('whatever events hold, has one line for each, and without a width no text is cut', () => {
    const text = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.constantFrom('x'.repeat(500), '日本語', '\u001b[31m', '\r\n', '💡'),
    );
    const event = fc.record({ action: text, environment: text, user: text, sourceIp: text, errorCode: text });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 4 }), (events) => {
        const lines = eventLines(
          {},
          events.map((one) => ({ ...BARE, ...one })),
        );
        expect(lines).toHaveLength(events.length + 1);
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        for (const [i, { environment }] of events.entries()) {
          if (/^[\x21-\x7e]+$/.test(environment)) expect(lines[i + 1]).toContain(environment);
        }
      }),
    );
  });

  test('is complete if there is no width', () => {
    const [heading, line] = eventLines({});
    expect(heading).toMatch(/^TIME \(UTC\) +WHO +WHAT +ENVIRONMENT +FROM +ROLE +ACCOUNT +REGION +EVENT ID +RESULT$/);
    for (const text of [EVENT.user!, EVENT.role!, EVENT.eventId, EVENT.errorMessage!]) expect(line).toContain(text);
  });

  test('leaves out the least important columns on narrow terminals', () => {
    expect(eventLines({ width: 200 })[0]).toMatch(
      /WHO +WHAT +ENVIRONMENT +FROM +ROLE +ACCOUNT +REGION +EVENT ID +RESULT$/,
    );
    expect(eventLines({ width: 150 })[0]).toMatch(/ENVIRONMENT +FROM +ROLE +EVENT ID +RESULT$/);
    expect(eventLines({ width: 120 })[0]).toMatch(/ENVIRONMENT +FROM +RESULT$/);
    expect(eventLines({ width: 80 })[0]).toMatch(/WHO +WHAT +ENVIRONMENT +RESULT$/);
    expect(eventLines({ width: 60 })[0]).toMatch(/^TIME \(UTC\) +WHAT +RESULT$/);
    expect(eventLines({ width: 100 }, [EVENT], { withIds: true })[0]).toMatch(/WHAT +EVENT ID +RESULT$/);
  });

  test('leaves out what is the same in every event', () => {
    const [heading] = eventLines({}, [EVENT], { fixed: ['environment', 'user', 'region', 'action'] });
    expect(heading).toMatch(/^TIME \(UTC\) +WHAT +FROM +ROLE +ACCOUNT +EVENT ID +RESULT$/);
  });

  test('keeps both ends of a name, and the beginning of what was done and of an error', () => {
    expect(eventLines({ width: 80 })[1]).toMatch(/ mei\.t\S*…\S*e\.com {2}Airflow login token[^…]*… .* denied:…$/);
  });

  test('fits any terminal from 60 columns on', () => {
    const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 60 }), { nil: undefined });
    const event = fc.record({
      target: text,
      environment: text,
      user: text,
      sourceIp: text,
      errorMessage: text,
    });
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 60, max: 250 }),
        (events, width) => {
          const filled = events.map((attributes) => ({ ...EVENT, ...attributes }) as ListedEvent);
          for (const line of eventLines({ width }, filled)) expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('colours errors, and nothing else', () => {
    const coloured = eventLines({ colour: true }, [EVENT, { ...EVENT, outcome: 'ok' }]);
    expect(coloured.map((line) => stripVTControlCharacters(line) !== line)).toEqual([false, true, false]);
    expect(coloured[1]).toContain('\u001b[31mdenied');
    expect(coloured.map(stripVTControlCharacters)[1]).toBe(eventLines({})[1]);
  });

  test('escapes control sequences', () => {
    const [, line] = eventLines({ colour: true }, [{ ...EVENT, user: '\u001b[2J\u202eevil\r\n\u{e0001}' }]);
    expect(line).toContain('\\u001b[2J\\u202eevil\\u000d\\u000a\\udb40\\udc01');
  });

  test('continues in the same columns, with the headings once', () => {
    const table = new EventTable({ ...PLAIN, width: 80 }, { withIds: false, fixed: [] });
    expect(table.add([EVENT]).split('\n')).toHaveLength(3);
    const more = table.add([{ ...EVENT, user: 'a' }]).split('\n');
    expect(more).toHaveLength(2);
    expect(more[0]).toMatch(/^2026-11-13 08:27:12 {2}a {2,}Airflow login token/);
  });

  test('a hundred thousand rows take only seconds', () => {
    const table = new EventTable(PLAIN, { withIds: false, fixed: [] });
    const rows = Array.from({ length: 1_000 }, () => EVENT);
    const start = performance.now();
    for (let batch = 0; batch < 100; batch += 1) table.add(rows);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe('columns', () => {
  test('are aligned, with two spaces between them, under their headings', () => {
    expect(
      textTable(
        ['NAME', 'KIND'],
        [
          ['prod-etl', 'x'],
          ['dev', 'y'],
        ],
      ),
    ).toBe('NAME      KIND\nprod-etl  x\ndev       y');
    expect(textTable(['A', 'B'], [])).toBe('A  B');
    expect(
      textTable(
        ['', ''],
        [
          ['a', 'b'],
          ['cc', 'd'],
        ],
      ),
    ).toBe('a   b\ncc  d');
  });

  const columns = [{ heading: 'A' }, { heading: 'B', least: 5 }, { heading: 'C', least: 5, rank: 1 }];
  test.each([
    [undefined, [10, 20, 30]],
    [64, [10, 20, 30]],
    [44, [10, 15, 15]],
    [24, [10, 5, 5]],
    [23, [10, 11, 0]],
    [10, [10, 5, 0]],
  ])('in %s are %j wide', (width, expected) => {
    expect(fitColumns(columns, [10, 20, 30], width)).toEqual(expected);
  });

  test('of numbers are aligned to the right, styled ones too', () => {
    const red = { text: 7, style: 'red' as const };
    expect(
      textTable(
        ['NAME', 'N'],
        [
          ['a', 10],
          ['b', red],
        ],
      ),
    ).toBe('NAME   N\na     10\nb      7');
  });

  test('that wrap continue below', () => {
    const wide = [{ heading: 'F' }, { heading: 'V', least: 4, tooWide: 'wrap' as const }];
    expect(textTable(wide, [['x', 'abcdefgh']], { width: 7, colour: false })).toBe('F  V\nx  abcd\n   efgh');
  });
});

describe('texts', () => {
  test('are cut by their width on a terminal', () => {
    expect(cutToWidth('日本語のログ', 7)).toBe('日本語…');
    expect(cutMiddle('ROLE_WITH_A_NAME/session', 11)).toBe('ROLE_…ssion');
    expect(wrapToWidth('日本語', 1)).toEqual(['日', '本', '語']);
  });

  test('wrapped lose nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(wrapToWidth(text, width).join('')).toBe(text);
      }),
    );
  });

  test('are safe when displayed, and inside JSON strings mean the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (text) => {
        const json = displayText(JSON.stringify(text));
        expect(json).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(JSON.parse(json)).toBe(text);
      }),
    );
  });
});

describe('times', () => {
  test('in a zone, with the offset in the heading', () => {
    const times = timeDisplay({ kind: 'absolute', zone: 'Europe/Berlin', now: NOW });
    expect(times.heading('TIME')).toBe('TIME (UTC+01:00)');
    expect(times.show('2026-11-13T23:30:00Z')).toBe('2026-11-14 00:30:00');
    expect(times.show('2026-07-01T00:00:00.123Z')).toBe('2026-07-01 02:00:00 +02:00');
    expect(times.full('2026-07-01T00:00:00Z')).toBe('2026-07-01 02:00:00 UTC+02:00');
  });

  test('in UTC as CloudTrail wrote them', () => {
    const times = timeDisplay({ kind: 'absolute', zone: 'UTC', now: NOW });
    expect([times.heading('TIME'), times.show('2026-11-13T23:30:00Z')]).toEqual(['TIME (UTC)', '2026-11-13 23:30:00']);
    expect(times.show('yesterday\u001b')).toBe('yesterday\\u001b');
  });

  test.each([
    [0, '0s ago'],
    [59_999, '59s ago'],
    [3 * 3_600_000, '3h ago'],
    [400 * 86_400_000, '1y ago'],
    [-300_000, 'in 5m'],
  ])('%i ms before now are %s', (age, expected) => {
    expect(relativeTime(NOW - age, NOW)).toBe(expected);
  });
});

describe('the view', () => {
  const terminal = { isTTY: true, columns: 100, hasColors: () => true } as NodeJS.WriteStream;
  const pipe = {} as NodeJS.WriteStream;
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

  test('of a terminal has its width and colours; times are in UTC unless local ones are asked for', () => {
    expect(viewOf(terminal, {}, {}, NOW)).toEqual({
      width: 100,
      colour: true,
      times: { kind: 'absolute', zone: 'UTC', now: NOW },
    });
    expect(viewOf(terminal, {}, { local: true }, NOW).times.zone).toBe(zone);
    expect(viewOf(pipe, {}, { local: true }, NOW).times.zone).toBe(zone);
  });

  test('of a pipe is plain and in UTC', () => {
    expect(viewOf(pipe, {}, {}, NOW)).toEqual(PLAIN);
  });

  test.each([
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [pipe, { FORCE_COLOR: '1' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [pipe, { NO_COLOR: '1', FORCE_COLOR: '1' }, true],
  ])('does as NO_COLOR and FORCE_COLOR say', (stream, env, expected) => {
    expect(viewOf(stream, env, {}, NOW).colour).toBe(expected);
  });
});
