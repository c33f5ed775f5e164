import { stripVTControlCharacters } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type AttributeName, attributeOf } from '../../shared/audit-event/attributes.ts';
import { canonicalJson, parseJsonText } from '../../shared/audit-event/json-text.ts';
import { defined } from '../../shared/defined.ts';
import { compareEvents } from '../../shared/query/compare.ts';
import { historiesOf } from '../../shared/query/configuration.ts';
import { PeopleCounts, PersonCounts } from '../../shared/query/person.ts';
import type { Summary } from '../../shared/query/summary.ts';
import { forPeople } from '../../shared/render/compared-fields.ts';
import { comparisonText } from '../../shared/render/comparison.ts';
import { csvRow, eventCsv, FULL_COLUMNS, LISTED_COLUMNS } from '../../shared/render/csv.ts';
import { environmentsTable } from '../../shared/render/environments.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventText } from '../../shared/render/event-text.ts';
import { historyJson } from '../../shared/render/history-data.ts';
import { historyText } from '../../shared/render/history-text.ts';
import { eventJson } from '../../shared/render/json.ts';
import { peopleText, personText } from '../../shared/render/person.ts';
import { summaryText } from '../../shared/render/summary.ts';
import type { View } from '../../shared/render/view.ts';
import { fromEventItem, type StoredEvent, toEventItem } from '../../shared/store/event-item.ts';
import { codePoint } from '../support/code-point.ts';
import { eventOf } from '../support/events.ts';
import { anyString } from '../support/json-tree.ts';
import { scaled, TIME_LIMIT } from '../support/scale.ts';

jest.setTimeout(TIME_LIMIT);

const NOW = Date.parse('2026-11-20T12:00:00Z');
const ZONES = ['UTC', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'Europe/Berlin', 'Etc/Unknown'];

const text = fc.oneof(
  anyString,
  fc.string({ unit: codePoint }),
  fc.constantFrom(
    ...[
      '',
      ' ',
      '\t',
      '\u00a0',
      '\u3164',
      '\r\n',
      '\u0000',
      '\u001b[2J\u001b]0;x\u0007',
      '\u009b31m',
      '\u202eevil\u202c',
    ],
    ...[
      '\ud800',
      '\udc00\ud800',
      '\u{e0041}',
      'x'.repeat(5_000),
      '日'.repeat(500),
      '=1+1',
      '\uff1d1',
      '1',
      'null',
      'e\u0301',
    ],
    ...['2026-02-30T00:00:00Z', '2016-12-31T23:59:60Z', '0000-00-00T00:00:00Z', '-000001-01-01T00:00:00Z'],
    ...['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '1900-01-01T00:00:00Z', '2026-11-06T02:31:18+25:00'],
  ),
);
/** See `anyName`. */
const name = text.map((any) => `n${any}`);
const value = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(null, 0, -1, 1e300, 1_604_629_878, true, false) },
  { weight: 1, arbitrary: fc.array(text, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.dictionary(name, text, { maxKeys: 2 }) },
);
/** Everything that something is made of: each is anything at all, or absent. */
const any = (...names: string[]) =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
const record = fc
  .tuple(
    any(
      'eventTime',
      'eventName',
      'eventSource',
      'eventVersion',
      'userAgent',
      'requestID',
      'sharedEventID',
      'eventType',
    ),
    any('awsRegion', 'recipientAccountId', 'sourceIPAddress', 'errorCode', 'errorMessage', 'readOnly', 'eventCategory'),
    fc.record({
      userIdentity: any('type', 'userName', 'arn', 'accessKeyId', 'principalId', 'accountId'),
      requestParameters: any('Name', 'ResourceArn', 'Tags'),
      responseElements: any('message', 'Arn'),
      addendum: any('originalEventID', 'reason'),
    }),
    fc.dictionary(name, value, { maxKeys: 3 }),
  )
  .map((parts): object => ({ ...Object.assign({}, ...parts), eventID: 'event-1' }));
const stored = record.map((fields): StoredEvent => {
  const event = eventOf(JSON.stringify(fields));
  return fromEventItem(toEventItem(event, { ingestedAt: '2026-11-20T12:00:00.000Z' }));
});
const view = fc.record(
  {
    width: fc.integer({ min: 1, max: 250 }),
    colour: fc.boolean(),
    times: fc.record({
      kind: fc.constantFrom('absolute' as const, 'relative' as const),
      zone: fc.constantFrom(...ZONES),
      now: fc.constant(NOW),
    }),
  },
  { requiredKeys: ['colour', 'times'] },
);

/** Lines for people: nothing that a terminal obeys or hides, and no value that went wrong. */
function expectReadable(output: string, { colour }: View): string[] {
  expect(output.endsWith('\n')).toBe(true);
  const plain = colour ? stripVTControlCharacters(output) : output;
  const lines = plain.slice(0, -1).split('\n');
  expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u);
  expect(plain).not.toMatch(/Invalid Date|NaN|undefined|\[object/);
  return lines;
}

/** Whether records may have brought the words themselves that nothing else may bring. */
const isOrdinary = (...events: StoredEvent[]) => !/Invalid Date|NaN|undefined|\[object/.test(JSON.stringify(events));

/** Not by JSON.parse: in Node 24 it misreads names with escapes after it has read certain others, see `anyName`. */
const sameJson = (text: string) => canonicalJson(parseJsonText(text));

const RUNS = { numRuns: scaled(40, 1_000) };

describe('whatever a record holds', () => {
  test('its line in a table is one line, without an empty cell', () => {
    fc.assert(
      fc.property(
        fc.array(
          stored.filter((e) => isOrdinary(e)),
          { minLength: 1, maxLength: 3 },
        ),
        view,
        (events, look) => {
          expect(expectReadable(new EventTable(look, { withIds: false, fixed: {} }).add(events), look)).toHaveLength(
            events.length + 1,
          );
          // Each alone, as wide as it needs to be: under each heading stands something.
          for (const event of events) {
            const wide = { colour: false, times: look.times };
            const [heading, line] = expectReadable(
              new EventTable(wide, { withIds: false, fixed: {} }).add([event]),
              wide,
            );
            expect(heading!.split(/ {2,}/)).toHaveLength(10);
            if (!/^[\x20-\x7e]+$/.test(line!)) continue;
            const starts = [...heading!.matchAll(/(?<=^| {2})\S/g)].map(({ index }) => index);
            for (const [i, start] of starts.entries()) expect(line!.slice(start, starts[i + 1]).trim()).not.toBe('');
          }
        },
      ),
      RUNS,
    );
  });

  test('its text is lines of labels and a record that is the same JSON', () => {
    fc.assert(
      fc.property(
        stored.filter((e) => isOrdinary(e)),
        view,
        (event, look) => {
          const lines = expectReadable(eventText(event, look), look);
          const start = lines.indexOf('');
          for (const line of lines.slice(1, start)) expect(line).toMatch(/^(?:[a-z][a-z ID]+ {2,}|\s+)\S/);
          expect(sameJson(lines.slice(start).join('\n'))).toBe(sameJson(event.record!));
        },
      ),
      RUNS,
    );
  });

  test('its comparison', () => {
    fc.assert(
      fc.property(stored, stored, view, (one, other, look) => {
        fc.pre(isOrdinary(one, other));
        expectReadable(comparisonText([one, other], forPeople(compareEvents([one, other])), look), look);
      }),
      RUNS,
    );
  });

  test('the history that it is in', () => {
    fc.assert(
      fc.property(
        stored,
        text,
        fc.constantFrom(undefined, '2026-11-20T12:00:00.000Z'),
        view,
        (event, environment, at, look) => {
          const question = { environment, at, criteria: {} };
          const histories = historiesOf([event]);
          if (isOrdinary(event)) expectReadable(historyText(histories, question, look), look);
          for (const history of histories) {
            const json = historyJson(history, question);
            expect(json).not.toMatch(/[\r\n]/);
            expect(JSON.parse(json)).toMatchObject({ environment });
          }
        },
      ),
      RUNS,
    );
  });

  test('the page of who did it', () => {
    fc.assert(
      fc.property(stored, stored, view, (one, other, look) => {
        fc.pre(isOrdinary(one, other));
        const [counts, people] = [new PersonCounts(), new PeopleCounts()];
        for (const event of [one, other]) {
          counts.add(event);
          people.add(event);
        }
        expectReadable(personText(counts.of(one.user ?? 'nobody', false), 1, look), look);
        expectReadable(peopleText(people.of(false), look), look);
      }),
      RUNS,
    );
  });

  test('its JSON is one line of JSON, with its own record', () => {
    fc.assert(
      fc.property(stored, (event) => {
        const json = eventJson(event);
        expect(json).not.toMatch(/[\r\n]/);
        expect(JSON.parse(json)).toMatchObject({ eventId: 'event-1' });
        expect(sameJson(json)).toContain(`"record":${sameJson(event.record!)}`);
      }),
      RUNS,
    );
  });

  test('its row of CSV has a cell for each column, none of them a formula', () => {
    fc.assert(
      fc.property(stored, fc.constantFrom(LISTED_COLUMNS, FULL_COLUMNS), (event, columns) => {
        const row = eventCsv(event, columns);
        expect(row.endsWith('\r\n')).toBe(true);
        const cells = [...row.slice(0, -2).matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,"\r\n]*)/g)].map(([, cell]) => cell!);
        expect(cells).toHaveLength(columns.length);
        for (const cell of cells) expect(cell).not.toMatch(/^"?\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
        if (event.eventName !== undefined) expect(cells[columns.indexOf('eventName')]).not.toBe('');
        expect(csvRow(columns).split(',')).toHaveLength(columns.length);
      }),
      RUNS,
    );
  });

  test('the counts and the environments that it is in', () => {
    fc.assert(
      fc.property(stored, stored, view, (one, other, look) => {
        fc.pre(isOrdinary(one, other));
        const times = defined({ first: one.eventTime, last: other.eventTime });
        const counted = { events: 2, errors: 0, ...times };
        const tallies = (name: AttributeName) =>
          [one, other].map((event) => ({ name: String(attributeOf(event, name) ?? '-'), ...counted }));
        const summary: Summary = {
          ...{ ...counted, truncated: false, byDay: [{ name: one.day, ...counted }], byOutcome: tallies('outcome') },
          ...{ byAction: tallies('action'), byPrincipal: tallies('principal'), byError: tallies('errorCode') },
          ...{ byUser: tallies('user'), byRole: tallies('role'), byTarget: tallies('target') },
        };
        expectReadable(summaryText(summary, 10, look), look);
        const environments = [one, other].map(({ environment = 'x', accountId, region, eventTime }) => ({
          environment,
          ...(accountId === undefined ? {} : { accountId }),
          ...(region === undefined ? {} : { region }),
          ...(eventTime === undefined ? {} : { firstEventTime: eventTime, lastEventTime: eventTime }),
          ...{ recentSince: '2026-11-13T12:00:00.000Z', recentEvents: 1, recentErrors: 1, recentTruncated: false },
        }));
        expect(expectReadable(environmentsTable(environments, '7d', look), look)).toHaveLength(3);
      }),
      RUNS,
    );
  });
});
