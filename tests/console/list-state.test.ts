import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ListState,
  readListState,
  shownItems,
  WHOLE_LIST,
  withListState,
} from '../../console/src/lib/list-state.ts';

interface Item {
  name: string;
  events?: number;
}

const COLUMNS = [
  { id: 'name', value: ({ name }: Item) => name },
  { id: 'events', value: ({ events }: Item) => events },
];
const ITEMS: Item[] = [{ name: 'prod-etl', events: 10 }, { name: 'dev' }, { name: 'Prod-reporting', events: 9 }];
const namesOf = (state: Partial<ListState>, pageSize = 10) =>
  shownItems(ITEMS, COLUMNS, { ...WHOLE_LIST, ...state }, pageSize).items.map(({ name }) => name);

describe('the address', () => {
  test('has the whole state, and keeps other parameters', () => {
    const states = fc.record({
      filter: fc.string({ unit: 'grapheme' }),
      sort: fc.option(fc.record({ column: fc.constantFrom('name', 'last'), descending: fc.boolean() }), {
        nil: undefined,
      }),
      page: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(states, (state) => {
        const params = withListState(new URLSearchParams('recent=30d&page=7'), state);
        expect(params.get('recent')).toBe('30d');
        expect(readListState(new URLSearchParams(params.toString()))).toEqual(state);
      }),
    );
  });

  test.each(['page=0', 'page=-1', 'page=x', 'page=1.5', 'sort='])('%s is the usual', (query) => {
    expect(readListState(new URLSearchParams(query))).toEqual(WHOLE_LIST);
  });
});

describe('shownItems', () => {
  test.each<[Partial<ListState>, string[]]>([
    [{}, ['prod-etl', 'dev', 'Prod-reporting']],
    [{ filter: ' PROD' }, ['prod-etl', 'Prod-reporting']],
    // Numbers are not what the filter looks into.
    [{ filter: '10' }, []],
    [{ sort: { column: 'events', descending: false } }, ['Prod-reporting', 'prod-etl', 'dev']],
    [{ sort: { column: 'events', descending: true } }, ['prod-etl', 'Prod-reporting', 'dev']],
    [{ sort: { column: 'name', descending: false } }, ['dev', 'prod-etl', 'Prod-reporting']],
    [{ sort: { column: 'unknown', descending: true } }, ['prod-etl', 'dev', 'Prod-reporting']],
  ])('%j', (state, names) => {
    expect(namesOf(state)).toEqual(names);
  });

  test('a page after the last one is the last one', () => {
    expect(namesOf({ page: 2 }, 2)).toEqual(['Prod-reporting']);
    expect(shownItems(ITEMS, COLUMNS, { ...WHOLE_LIST, page: 9 }, 2)).toMatchObject({ page: 2, pages: 2, matching: 3 });
    expect(shownItems([], COLUMNS, WHOLE_LIST, 2)).toEqual({ items: [], matching: 0, page: 1, pages: 1 });
  });
});
