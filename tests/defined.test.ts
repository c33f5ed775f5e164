import { expect, test } from '@jest/globals';
import { defined } from '../shared/defined.ts';

test('keeps every value but undefined', () => {
  expect(Object.entries(defined({ a: undefined, b: null, c: 0, d: '', e: false, f: [] }))).toEqual([
    ['b', null],
    ['c', 0],
    ['d', ''],
    ['e', false],
    ['f', []],
  ]);
});

test('the type tells which members may be absent', () => {
  const optional: { a: string; b?: number } = defined({ a: 'x', b: undefined as number | undefined });
  expect(Object.hasOwn(optional, 'b')).toBe(false);
});
