import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { viewOf } from '../../cli/lib/output.ts';
import { displayText } from '../../shared/render/display.ts';
import { EventTable, type EventTableOptions } from '../../shared/render/event-table.ts';
import {
  type Column,
  cutMiddle,
  cutToWidth,
  fitColumns,
  TextTable,
  textTable,
  textWidth,
  wrapToWidth,
} from '../../shared/render/table.ts';
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
  { withIds = false, fixed = {} }: Partial<EventTableOptions> = {},
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
        'denied: Access denied.\\u000a\\u001b[2J',
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
    const reason = 'denied: not authorized to perform airflow:CreateWebLoginToken';
    for (const text of [EVENT.user!, EVENT.role!, EVENT.eventId, reason]) expect(line).toContain(text);
  });

  test.each([
    [60, ['TIME (UTC)', 'WHAT', 'RESULT']],
    [80, ['TIME (UTC)', 'WHO', 'WHAT', 'ENVIRONMENT', 'RESULT']],
    [120, ['TIME (UTC)', 'WHO', 'WHAT', 'ENVIRONMENT', 'FROM', 'RESULT']],
    [200, ['TIME (UTC)', 'WHO', 'WHAT', 'ENVIRONMENT', 'FROM', 'ROLE', 'EVENT ID', 'RESULT']],
  ])('has the columns that say most on a terminal of %i columns', (width, expected) => {
    expect(eventLines({ width })[0]!.split(/ {2,}/)).toEqual(expected);
  });

  test('has eventIDs below their events if there is no room beside them, but only if they are asked for', () => {
    const two = [EVENT, { ...EVENT, eventId: 'another' }];
    expect(eventLines({ width: 80 }, two)).toHaveLength(3);
    const [heading, , first, , second, ...rest] = eventLines({ width: 80 }, two, { withIds: true }).slice(1);
    expect([heading, first, second, rest]).toEqual(['  EVENT ID', `  ${EVENT.eventId}`, '  another', []]);
    expect(eventLines({ width: 130 }, two, { withIds: true })[1]).toContain(EVENT.eventId);
  });

  test.each([
    [{ width: 80 }, false, false],
    [{ width: 80 }, true, true],
    [{ width: 200 }, false, true],
    [{}, false, true],
  ])('knows whether it shows eventIDs: %j, %j', (view, withIds, expected) => {
    const table = new EventTable({ ...PLAIN, ...view }, { withIds, fixed: {} });
    table.add([EVENT]);
    expect(table.showsIds).toBe(expected);
  });

  test('leaves out what is the same in every event', () => {
    const fixed = { environment: 'prod-etl', user: 'mei.tanaka@example.com', region: 'eu-west-1', action: 'x' };
    expect(eventLines({}, [EVENT], { fixed })[0]).toMatch(
      /^TIME \(UTC\) +WHAT +FROM +ROLE +ACCOUNT +EVENT ID +RESULT$/,
    );
  });

  test('with one outcome has only the reasons', () => {
    const denied = eventLines({}, [EVENT], { fixed: { outcome: 'denied' } });
    expect(denied[0]).toMatch(/EVENT ID +REASON$/);
    expect(denied[1]).toMatch(/ {2}not authorized to perform airflow:CreateWebLoginToken$/);
    const ok = { ...EVENT, outcome: 'ok' } as const;
    const fixed = { outcome: 'ok' };
    expect(eventLines({}, [ok], { fixed })[0]).toMatch(/EVENT ID$/);
    const provisional: ListedEvent = { ...ok, provisional: true };
    expect(eventLines({}, [provisional], { fixed })[1]).toMatch(/ {2}\(provisional\)$/);
    const table = new EventTable(PLAIN, { withIds: false, fixed });
    table.add([ok]);
    expect(table.hasProvisional).toBe(false);
    expect(table.add([provisional])).toMatch(/ {2}\(provisional\)\n$/);
    table.add([ok]);
    expect(table.hasProvisional).toBe(true);
  });

  const cell = (width: number, heading: 'WHO' | 'WHAT' | 'RESULT', event: Partial<ListedEvent>) => {
    const [headings = '', line = ''] = eventLines({ width }, [{ ...EVENT, ...event }]);
    const start = headings.indexOf(heading);
    return line.slice(start).split(/ {2,}/)[0];
  };

  test.each([
    [80, 'mei.tanaka@example.com', 'mei.tanaka…'],
    [120, 'mei.tanaka@example.com', 'mei.tanaka@exampl…'],
    [80, 'EXAMPLECORP\\hana.kim', '…\\hana.kim'],
    [120, '444455556666 AROAEXAMPLEN5GYE3OZ2Y:a.nair', '444455556666 a.na…'],
    [80, 'evil\u202e and more', 'evil\\u202e…'],
  ])('in %i columns has the beginning of a name: %j', (width, user, expected) => {
    expect(cell(width, 'WHO', { user })).toBe(expected);
  });

  test.each([
    ['web-token.create', 'assumed-role/Admin', 'Airflow login token created: Admin'],
    ['web-token.create', 'federated-user/omar', 'Airflow login token created: omar'],
    ['workflow.read', 'arn:aws:airflow-serverless:eu-west-1:1:workflow/daily-a1', 'workflow read: workflow/daily-a1'],
    ['workflow.read', `${'0af9'.repeat(16)}, x`, 'workflow read: 0af90af9…, x'],
    ['environment.update', 'MaxWorkers, MinWorkers, WebserverAccessMode', 'environment updated: MaxWorkers +2'],
    ['environment.tag', 'A, B, AnotherTagOfIt', 'environment tagged: A, B +1'],
    ['connection.delete', 'a-connection-with-a-name', 'connection deleted: a-connection-wi…'],
  ])('says without noise to what it was done: %s %s', (action, target, expected) => {
    expect(cell(120, 'WHAT', { action, target })).toBe(expected);
  });

  test('has the reason if there is room for some of it', () => {
    expect(cell(80, 'RESULT', {})).toBe('denied');
    expect(cell(120, 'RESULT', {})).toBe('denied: not aut…');
    expect(cell(80, 'RESULT', { provisional: true })).toBe('denie…');
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
        fc.boolean(),
        (events, width, withIds) => {
          const filled = events.map((attributes) => ({ ...EVENT, ...attributes }) as ListedEvent);
          const lines = eventLines({ width }, filled, { withIds });
          for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
          if (withIds) expect(lines.filter((line) => line.includes(EVENT.eventId))).toHaveLength(events.length);
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
    const table = new EventTable({ ...PLAIN, width: 80 }, { withIds: false, fixed: {} });
    expect(table.add([EVENT]).split('\n')).toHaveLength(3);
    const more = table.add([{ ...EVENT, user: 'a' }]).split('\n');
    expect(more).toHaveLength(2);
    expect(more[0]).toMatch(/^2026-11-13 08:27:12 {2}a {2,}Airflow login token/);
  });

  test('a hundred thousand rows take only seconds', () => {
    const table = new EventTable(PLAIN, { withIds: false, fixed: {} });
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

  const columns = [{ heading: 'A' }, { heading: 'B', widths: [5, 5, 12] }, { heading: 'C', widths: [0, 8] }];
  test.each([
    [undefined, [10, 20, 30]],
    [64, [10, 20, 30]],
    [44, [10, 17, 13]],
    [34, [10, 12, 8]],
    [30, [10, 8, 8]],
    [26, [10, 14, 0]],
    [10, [10, 5, 0]],
  ])('in %s are %j wide', (width, expected) => {
    expect(fitColumns(columns, [10, 20, 30], width)).toEqual(expected);
  });

  test('never become narrower, and stay left out', () => {
    expect(fitColumns(columns, [10, 20, 0], 40, [10, 14, 0])).toEqual([10, 20, 0]);
    expect(fitColumns(columns, [14, 20, 30], 30, [10, 9, 8])).toEqual([10, 9, 8]);
  });

  test('fill the width, and exceed it only by what they have first', () => {
    const widths = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 5 });
    const column = fc.record({ widths, natural: fc.nat({ max: 60 }) });
    fc.assert(
      fc.property(
        fc.array(column, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 200 }),
        (asked, width) => {
          const natural = asked.map((one) => one.natural);
          const fitted = fitColumns(
            asked.map((one) => ({ heading: '', widths: one.widths })),
            natural,
            width,
          );
          const lineWidth = (all: readonly number[]) => {
            const shown = all.filter((wide) => wide > 0);
            return shown.reduce((sum, wide) => sum + wide + 2, 0) - (shown.length > 0 ? 2 : 0);
          };
          const first = asked.map((one) => Math.min(one.widths[0]!, one.natural));
          for (const [i, wide] of fitted.entries()) {
            expect(wide).toBeLessThanOrEqual(natural[i]!);
            expect(wide).toBeGreaterThanOrEqual(first[i]!);
          }
          expect(lineWidth(fitted)).toBeLessThanOrEqual(Math.max(width, lineWidth(first)));
          const isCut = fitted.some((wide, i) => wide > 0 && wide < natural[i]!);
          if (isCut) expect(lineWidth(fitted)).toBeGreaterThanOrEqual(width);
        },
      ),
    );
  });

  test('that find no room once are not begun later', () => {
    const table = new TextTable(columns, { width: 26, colour: false });
    table.add([['a'.repeat(10), 'b'.repeat(20), 'c'.repeat(30)]]);
    expect(table.add([['a', 'b', 'c']])).toBe('a           b\n');
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

  test('below their rows are whole, or wrap as they do beside them', () => {
    const below = (column: Partial<Column>) => [
      { heading: 'F' },
      { heading: 'V', widths: [0], below: true, ...column },
    ];
    const rows = [['x', 'ab cd ef gh']];
    expect(textTable(below({}), rows, { width: 7, colour: false })).toBe('F\n  V\nx\n  ab cd ef gh');
    expect(textTable(below({ narrow: wrapToWidth }), rows, { width: 7, colour: false })).toBe(
      'F\n  V\nx\n  ab cd\n  ef gh',
    );
  });

  test('that wrap continue below', () => {
    const wide = [{ heading: 'F' }, { heading: 'V', widths: [4], narrow: wrapToWidth }];
    expect(textTable(wide, [['x', 'abcdefgh']], { width: 7, colour: false })).toBe('F  V\nx  abcd\n   efgh');
  });
});

describe('texts', () => {
  test('are cut by their width on a terminal', () => {
    expect(cutToWidth('日本語のログ', 7)).toBe('日本語…');
    expect(cutMiddle('ROLE_WITH_A_NAME/session', 11)).toBe('ROLE_…ssion');
    expect(wrapToWidth('日本語', 1)).toEqual(['日', '本', '語']);
  });

  test.each([
    [12, 'No MWAA environment', ['No MWAA', 'environment']],
    [7, 'exactly seven of them', ['exactly', 'seven', 'of them']],
    [24, 'scheduler.min_file_process_interval', ['scheduler.min_file_', 'process_interval']],
    [16, 's3://bucket/dags/team-a/requirements.txt', ['s3://bucket/', 'dags/team-a/', 'requirements.txt']],
    [10, 'min-workers of prod-etl', ['min-', 'workers of', 'prod-etl']],
    [10, 'since 2026-11-06 02:31:18', ['since', '2026-11-06', '02:31:18']],
    [4, '-bcd日本', ['-bcd', '日本']],
    [5, `${'a'.repeat(12)} b`, ['aaaaa', 'aaaaa', 'aa b']],
    [4, '   abcdef   ', ['   a', 'bcde', 'f']],
  ])('in %i columns wrap between words and parts: %j', (width, text, lines) => {
    expect(wrapToWidth(text, width)).toEqual(lines);
  });

  test('wrapped lose nothing but spaces, and fit', () => {
    const part = fc.constantFrom('.', '/', '-', '  ', ' ', 'words');
    const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), part)).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 20 }), (text, width) => {
        const lines = wrapToWidth(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
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
