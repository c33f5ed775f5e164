import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { displayText } from '../../shared/render/display.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import { codePoint } from '../support/code-point.ts';

describe('displayText', () => {
  test.each([
    ['prod-etl', 'prod-etl'],
    ['prod é 日本 💡 «»', 'prod é 日本 💡 «»'],
    ['a\r\nb', 'a\\u000d\\u000ab'],
    ['a\tb\0', 'a\\u0009b\\u0000'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u009b31m', '\\u009b31m'],
    ['a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['\u202egnp.exe\u202c', '\\u202egnp.exe\\u202c'],
    ['\u2066x\u2069\u061c\u200f', '\\u2066x\\u2069\\u061c\\u200f'],
    ['zero\u200bwidth\ufeff\u00ad', 'zero\\u200bwidth\\ufeff\\u00ad'],
    ['\ud800x\udc00', '\\ud800x\\udc00'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['a\u115f\u3164\uffa0\u034f', 'a\\u115f\\u3164\\uffa0\\u034f'],
    [' ', '" "'],
    ['\u00a0\u3000\u2800', '"\u00a0\u3000\u2800"'],
    ['', ''],
  ])('%j', (text, shown) => {
    expect(displayText(text)).toBe(shown);
  });

  test('any text becomes one line of visible characters', () => {
    const any = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.string({ unit: fc.constantFrom('\r', '\n', '\u001b', '\u2028', '\u202e', '\ud800', 'a') }),
    );
    fc.assert(
      fc.property(any, (text) => {
        const shown = displayText(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/u);
        if (text !== '') expect(shown).toMatch(/[^\p{Z}\u2800]/u);
        if (!/[\p{C}\p{Z}\p{DI}\u2800]/u.test(text)) expect(shown).toBe(text);
      }),
    );
  });
});

test.each([
  ['2026-11-06T02:31:18Z', '2026-11-06 02:31:18'],
  ['2026-11-06T02:31:18.123Z', '2026-11-06 02:31:18'],
  ['2026-11-06T02:31:18+01:00', '2026-11-06T02:31:18+01:00'],
  ['yesterday\n', 'yesterday\\u000a'],
  ['2026-11-06T02:31:18Z\n', '2026-11-06T02:31:18Z\\u000a'],
  ['2026-02-30T00:00:00Z', '2026-02-30T00:00:00Z'],
  ['2016-12-31T23:59:60Z', '2016-12-31T23:59:60Z'],
  ['0000-01-01T00:00:00Z', '0000-01-01 00:00:00'],
  ['', ''],
  [undefined, '-'],
])('the time %j', (time, shown) => {
  expect(timeDisplay({ kind: 'absolute', zone: 'UTC', now: 0 }).show(time)).toBe(shown);
});
