import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canOpen,
  childrenOf,
  itemsTo,
  markedParts,
  openedUpTo,
  pathOf,
  rowsOf,
  search,
  searchPattern,
  type TreeItem,
  wholeOf,
} from '../../console/src/lib/json-tree.ts';
import { parseJsonText } from '../../shared/audit-event/json-text.ts';
import { compareEvents } from '../../shared/query/compare.ts';
import { EVENT } from '../support/event-arbitrary.ts';
import { treeOf, written } from '../support/json-tree.ts';

const wholeOfText = (text: string) => wholeOf(parseJsonText(text));

/** Every row of a tree in which everything is open. */
function allRows(whole: TreeItem): TreeItem[] {
  return childrenOf(whole).flatMap((child) => [child, ...allRows(child)]);
}

/** JSON texts of objects and lists, also in unusual spellings. */
const jsonText = fc
  .tuple(treeOf(), fc.nat())
  .filter(([tree]) => 'object' in tree || 'list' in tree)
  .map(([tree, seed]) => written(tree, { seed }));

describe('rows', () => {
  test('have the same values under the same paths as a comparison', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const [leaves, fields] = [
          allRows(wholeOfText(text)).filter((item) => !canOpen(item)),
          compareEvents([{ ...EVENT, ingestedAt: '2026-11-06T03:00:00.000Z', record: text }]),
        ];
        const isEmpty = leaves.length === 0;
        expect(isEmpty ? [''] : leaves.map(pathOf)).toEqual(fields.map(({ path }) => path));
      }),
    );
  });

  test.each([1, 99, 100, 101, 10_000, 10_001, 250_000])(
    'of a list with %d elements are at most 100 at once',
    (length) => {
      const whole = wholeOfText(`[${Array.from({ length }, (_, i) => i).join(',')}]`);
      const rows = allRows(whole);
      const values = rows.filter(({ range }) => range === undefined);
      expect(values).toHaveLength(length);
      // To compare two lists that long takes seconds.
      expect(values.findIndex(({ name }, i) => name !== i)).toBe(-1);
      expect(Math.max(...[whole, ...rows.filter(canOpen)].map((item) => childrenOf(item).length))).toBeLessThanOrEqual(
        100,
      );
      expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
      const last = values.at(-1)!;
      expect(itemsTo(whole, last.node.start).at(-1)?.id).toBe(last.id);
    },
  );

  test('are opened level by level, as many as fit', () => {
    fc.assert(
      fc.property(jsonText, fc.nat({ max: 60 }), (text, most) => {
        const whole = wholeOfText(text);
        const rows = rowsOf(whole, openedUpTo(most, whole));
        expect(rows.length).toBeLessThanOrEqual(Math.max(most, childrenOf(whole).length));
        const all = allRows(whole);
        if (all.length <= most) expect(rows.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      }),
    );
  });

  test('of 1,000 levels have one way down', () => {
    const text = `${'{"a":'.repeat(1_000)}"deep"${'}'.repeat(1_000)}`;
    const whole = wholeOfText(text);
    const [start] = search(text, whole.node, searchPattern('deep')!);
    const items = itemsTo(whole, start!);
    expect(items).toHaveLength(1_000);
    expect(pathOf(items.at(-1)!)).toBe(Array(1_000).fill('a').join('.'));
  });
});

describe('search', () => {
  const RECORD = String.raw`{"Name":"prod-etl","n":1.50,"note":"caf\u00e9 \"x\"","list":[{"name":true},"a.b"],"x(y":null}`;
  const found = (query: string) => {
    const whole = wholeOfText(RECORD);
    return search(RECORD, whole.node, searchPattern(query)!).map((start) => pathOf(itemsTo(whole, start).at(-1)!));
  };

  test.each([
    ['prod', ['Name']],
    ['PROD', ['Name']],
    ['name', ['Name', 'list[0].name']],
    ['1.50', ['n']],
    ['1.5', ['n']],
    ['café', ['note']],
    [String.raw`\u00e9`, ['note']],
    ['"x"', ['note']],
    ['a.b', ['list[1]']],
    ['list', ['list']],
    ['(', ['["x(y"]']],
    ['null', ['["x(y"]']],
    ['members', []],
  ])('for %j finds %j', (query, paths) => {
    expect(found(query)).toEqual(paths);
  });

  test('for nothing is none', () => expect(searchPattern('')).toBeUndefined());

  test('finds every value by its own text, and the way to it', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const whole = wholeOfText(text);
        const holdsNone = ({ node }: TreeItem) => node.kind === 'string' || node.kind === 'literal';
        for (const item of allRows(whole).filter(holdsNone)) {
          const starts = search(text, whole.node, searchPattern(text.slice(item.node.start, item.node.end))!);
          expect(starts).toContain(item.node.start);
          expect(itemsTo(whole, item.node.start).map(({ id }) => id)).toContain(item.id);
        }
      }),
    );
  });

  test('marks what it found, and changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 1 }), (text, query) => {
        const parts = markedParts(text + query, searchPattern(query));
        expect(parts.map((part) => part.text).join('')).toBe(text + query);
        expect(parts.some(({ marked }) => marked)).toBe(true);
      }),
    );
  });
});
