import { nearestNames } from '../query/near-names.ts';
import { type EventFields, isOurs, OUR_FIELDS, readPath, type Value } from './fields.ts';
import type { Lists } from './lists.ts';
import type { Member, Tree, TreeReader } from './rule-tree.ts';
import { readValueTest, type ValueTest } from './value-test.ts';

/** A search identifier: it matches if all items of one of its alternatives do. */
export interface Selection {
  name: string;
  alternatives: readonly (readonly Item[])[];
}

/** A field and what is expected of it, or keywords. */
export interface Item {
  /** The field, or `(keyword)`. */
  field: string;
  test: ValueTest;
  valuesIn(fields: EventFields): readonly Value[] | undefined;
}

interface Context {
  reader: TreeReader;
  lists: Lists;
}

/**
 * Reads a search identifier: a map, whose members must all match, or a list of maps or keywords, of which one must.
 * @throws {RuleError}
 */
export function readSelection({ name, value }: Member, context: Context): Selection {
  const { reader } = context;
  if (value.kind === 'map') return { name, alternatives: [readMap(value, name, context)] };
  if (value.kind === 'scalar') throw reader.problem(value, `${name}: expected a map, or a list of maps or keywords`);
  if (value.items.length === 0) throw reader.problem(value, `${name}: expected one map or keyword at least`);
  return {
    name,
    alternatives: value.items.map((item) => {
      if (item.kind === 'map') return readMap(item, name, context);
      if (item.kind === 'list') throw reader.problem(item, `${name}: a list in a list is not supported`);
      return [keywordItem(item, [], item.at, context)];
    }),
  };
}

function readMap(map: Tree & { kind: 'map' }, name: string, context: Context): Item[] {
  if (map.members.length === 0) throw context.reader.problem(map, `${name}: expected one field at least`);
  return map.members.map((member) => readItem(member, context));
}

function readItem({ name, at, value }: Member, context: Context): Item {
  const { reader } = context;
  const [field = '', ...modifiers] = name.split('|');
  if (value.kind === 'map')
    throw reader.problem(value, `${field}: a map is not supported; name the field as ${field}.NAME`);
  if (field === '') return keywordItem(value, modifiers, at, context);
  if (isOurs(field) && !OUR_FIELDS.includes(field)) throw reader.problem(at, unknownField(field));
  const path = readPath(field);
  if (path.includes('')) throw reader.problem(at, `${field}: expected names with single dots between them`);
  const test = readValueTest(modifiers, value, at, context);
  return { field, test, valuesIn: (fields) => fields.valuesAt(path) };
}

function unknownField(field: string): string {
  const [nearest] = nearestNames(field, OUR_FIELDS);
  return `there is no field ${field}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

/** Keywords are searched for in all values of the event, and in the names of its members. */
function keywordItem(value: Tree, modifiers: readonly string[], at: number, context: Context): Item {
  const other = modifiers.find((modifier) => modifier !== 'all');
  if (other !== undefined) throw context.reader.problem(at, `modifier ${other}: not supported with keywords`);
  const test = readValueTest(['contains', ...modifiers], value, at, context);
  return { field: '(keyword)', test, valuesIn: (fields) => fields.texts() };
}

export function itemMatches({ test, valuesIn }: Item, fields: EventFields): boolean {
  return test.holds(valuesIn(fields));
}

export function selectionMatches({ alternatives }: Selection, fields: EventFields): boolean {
  return alternatives.some((items) => items.every((item) => itemMatches(item, fields)));
}
