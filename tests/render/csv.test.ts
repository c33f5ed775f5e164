import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { csvRow, eventCsv, FULL_COLUMNS, LISTED_COLUMNS } from '../../shared/render/csv.ts';
import { codePoint } from '../support/code-point.ts';
import { EVENT } from '../support/event-arbitrary.ts';

const cell = fc.oneof(
  fc.string({ unit: codePoint }).filter((text) => !/^[\p{C}\p{Z}\p{DI}]/u.test(text)),
  fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ' ', 'a', '=', "'", ';') }),
);

/** RFC 4180, as strictly as it is written: what is not quoted holds no quote, comma or line break. */
function parseRfc4180(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const [field, quoted] = /^(?:"((?:[^"]|"")*)"|[^",\r\n]*)/.exec(text.slice(at))!;
      row.push(quoted === undefined ? field : quoted.replaceAll('""', '"'));
      at += field.length;
      if (text[at] !== ',') break;
      at += 1;
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`expected a line break at ${at}`);
    at += 2;
    rows.push(row);
  }
  return rows;
}

/** Plain, full-width, small, raised and lowered signs, and the mathematical minus. */
const SIGNS = [
  ...['=', '+', '-', '@', '\uff1d', '\uff0b', '\uff0d', '\uff20', '\ufe66', '\ufe62', '\ufe63', '\ufe6b', '\u2212'],
  ...['\u207a', '\u207b', '\u207c', '\u208a', '\u208b', '\u208c'],
  // Two or three equals signs in one, and the Hebrew plus.
  ...['\u2a75', '\u2a76', '\ufb29'],
];
/** What may stand before them without being seen. */
const BLANKS = [
  ' ',
  '\t',
  '\r',
  '\n',
  '\v',
  '\0',
  '\u00a0',
  '\u2028',
  '\u3000',
  '\u200b',
  '\ufeff',
  '\u202e',
  '\u3164',
  '\u2800',
];

/** What a spreadsheet takes for text stays; before what it takes for a formula stands a quote. */
function asText(value: string): string {
  let start = 0;
  while (BLANKS.includes(value.charAt(start)) && start < value.length) start += 1;
  const isFormula = SIGNS.includes(value.charAt(start)) || /^[\t\r\n]/.test(value);
  return isFormula ? `'${value}` : value;
}

describe('a row', () => {
  test('reads back as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 5 })), (rows) => {
        expect(parseRfc4180(rows.map((row) => csvRow(row)).join(''))).toEqual(rows.map((row) => row.map(asText)));
      }),
      { numRuns: 500 },
    );
  });

  test.each(['a\nb', 'a\rb', 'a"b', 'a,b', '', ' a ', 'a\r\nb'])('%j', (value) => {
    expect(parseRfc4180(csvRow([value, 'x']))).toEqual([[value, 'x']]);
  });

  test('no cell begins like a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...BLANKS)), fc.constantFrom(...SIGNS), cell, (blanks, sign, rest) => {
        const value = blanks.join('') + sign + rest;
        expect(parseRfc4180(csvRow([value, 'x']))).toEqual([[`'${value}`, 'x']]);
      }),
      { numRuns: 500 },
    );
  });

  test('of all characters, only signs and separators make a cell a formula', () => {
    const changed: string[] = [];
    for (let code = 0; code <= 0xffff; code += 1) {
      const value = `${String.fromCharCode(code)}x`;
      if (csvRow([value, 'x']).replace(/^"/, '').startsWith("'") && code !== 0x27) changed.push(value.slice(0, 1));
    }
    expect(changed.sort()).toEqual(['\t', '\r', '\n', ...SIGNS].sort());
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['-2', "'-2"],
    ['+49', "'+49"],
    ['\tx', "'\tx"],
    ['\nx', "'\nx"],
    ['\n', "'\n"],
    ['\uff1d1+1', "'\uff1d1+1"],
    [' =1+1', "' =1+1"],
    [' x', ' x'],
    ["'x", "'x"],
    ['\u2013 a dash', '\u2013 a dash'],
    ['1=1', '1=1'],
    ['prod-etl', 'prod-etl'],
  ])('%j becomes %j', (value, expected) => {
    expect(parseRfc4180(csvRow([value, 'x']))).toEqual([[expected, 'x']]);
  });
});

describe('an event', () => {
  const event = {
    ...EVENT,
    readOnly: false,
    userAgent: '=cmd|calc',
    errorMessage: 'Line one\nline "two", three',
    flags: ['addendum' as const],
    ingestedAt: '2026-11-20T12:00:00.000Z',
    expiresAt: 1_800_000_000,
    record: '{"a":1e400}',
  };
  const cellsOf = (columns: typeof LISTED_COLUMNS) => {
    const [row] = parseRfc4180(eventCsv(event, columns)) as [string[]];
    expect(row).toHaveLength(columns.length);
    return Object.fromEntries(columns.map((name, i) => [name, row[i]]));
  };

  test('in a list', () => {
    expect(cellsOf(LISTED_COLUMNS)).toMatchObject({
      eventId: 'event-1',
      environment: 'prod-etl',
      readOnly: 'false',
      expiresAt: '1800000000',
      errorMessage: 'Line one\nline "two", three',
      errorCode: '',
      principal: '',
    });
  });

  test('in full', () => {
    expect(cellsOf(FULL_COLUMNS)).toMatchObject({
      ...cellsOf(LISTED_COLUMNS),
      userAgent: "'=cmd|calc",
      flags: '["addendum"]',
      redacted: '',
      recordIndex: '0',
      record: '{"a":1e400}',
    });
  });

  test('has the columns of its heading', () => {
    for (const columns of [LISTED_COLUMNS, FULL_COLUMNS]) {
      expect(parseRfc4180(csvRow(columns))).toEqual([columns]);
      expect(new Set(columns).size).toBe(columns.length);
    }
  });
});
