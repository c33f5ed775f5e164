import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventTable, textTable } from '../../shared/render/table.ts';
import { codePoint } from '../support/code-point.ts';

test('columns are aligned, numbers to the right, and two spaces stand between them', () => {
  expect(
    textTable(
      ['NAME', 'EVENTS'],
      [
        ['prod-etl', 7],
        ['dev', 1234],
      ],
    ),
  ).toBe(['NAME      EVENTS', 'prod-etl       7', 'dev         1234'].join('\n'));
});

test('without rows, the headings', () => {
  expect(textTable(['A', 'B'], [])).toBe('A  B');
});

test('an event is a line: when, what, where, who, from where, and how it ended', () => {
  const event = { eventId: 'e', timeKey: 't', eventTime: '2026-11-06T02:31:18Z', eventName: 'UpdateEnvironment' };
  const table = eventTable([
    { ...event, environment: 'prod-etl', principal: 'Admin/anna', sourceIp: '192.0.2.1' },
    { ...event, errorCode: 'AccessDenied', errorMessage: 'Access denied.\n\u001b[2J' },
    { eventId: 'e', timeKey: 't', eventTime: 'yesterday', errorCode: 'X' },
  ]);
  expect(table.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['TIME (UTC)', 'EVENT', 'ENVIRONMENT', 'WHO', 'FROM', 'RESULT'],
    ['2026-11-06 02:31:18', 'UpdateEnvironment', 'prod-etl', 'Admin/anna', '192.0.2.1', 'ok'],
    ['2026-11-06 02:31:18', 'UpdateEnvironment', '-', '-', '-', 'AccessDenied: Access denied.\\u000a\\u001b[2J'],
    ['yesterday', '-', '-', '-', '-', 'X'],
  ]);
});

test('whatever events hold, there is one line for each, and no text is cut', () => {
  const text = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.constantFrom('x'.repeat(500), '日本語', '\u001b[31m', '\r\n', '💡'),
  );
  const event = fc.record({ eventName: text, environment: text, principal: text, sourceIp: text, errorCode: text });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 4 }), (events) => {
      const lines = eventTable(events.map((one) => ({ ...one, eventId: 'e', timeKey: 't' }))).split('\n');
      expect(lines).toHaveLength(events.length + 1);
      expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      for (const [i, { environment }] of events.entries()) {
        if (/^[\x21-\x7e]+$/.test(environment)) expect(lines[i + 1]).toContain(environment);
      }
    }),
  );
});
