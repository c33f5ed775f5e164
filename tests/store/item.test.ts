import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { booleanAt, itemSize, numberAt, textAt, textsAt, toItem } from '../../shared/store/item.ts';
import { codePoint } from '../support/code-point.ts';
import { countItem } from '../support/dynamo-item.ts';

test('values come back as they were put', () => {
  const values = fc.record({
    text: fc.string({ unit: codePoint }),
    number: fc.oneof(
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
    ),
    flag: fc.boolean(),
    list: fc.array(fc.string({ unit: codePoint })),
  });
  fc.assert(
    fc.property(values, (all) => {
      const item = toItem({ ...all, absent: undefined });
      expect(textAt(item, 'text')).toBe(all.text);
      expect(numberAt(item, 'number')).toBe(all.number);
      expect(booleanAt(item, 'flag')).toBe(all.flag);
      expect(textsAt(item, 'list')).toEqual(all.list);
      expect(Object.keys(item)).toEqual(
        all.list.length > 0 ? ['text', 'number', 'flag', 'list'] : ['text', 'number', 'flag'],
      );
    }),
  );
});

test('the size is not less than an independent count, and hardly more', () => {
  const name = fc.string({ unit: codePoint, minLength: 1 }).filter((text) => text !== '__proto__');
  const value = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.string(), { minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (values) => {
      const item = toItem(values);
      const size = itemSize(item) - countItem(item);
      expect(size).toBeGreaterThanOrEqual(0);
      expect(size).toBeLessThanOrEqual(2 * Object.keys(values).length);
    }),
  );
  expect(itemSize({ a: { B: new Uint8Array(7) } })).toBe(8);
});

test('what is not there is absent', () => {
  for (const read of [textAt, numberAt, booleanAt]) expect(read({}, 'x')).toBeUndefined();
  expect(textsAt({}, 'x')).toEqual([]);
});
