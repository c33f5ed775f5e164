import { type Places, TreeReader } from './rule-tree.ts';

/** The values of the placeholders that rules may expand, by name. Values may have wildcards. */
export type Lists = ReadonlyMap<string, readonly string[]>;

/** The file of a folder of rules that has its lists. */
export const LISTS_FILE = 'lists.yml';

const MAX_VALUES = 1_000;

/**
 * Reads a file of lists: a map of names and lists of texts.
 * @throws {RuleError}
 */
export function readLists(text: string, places: Places): Lists {
  const reader = new TreeReader(places);
  const documents = places.parse(text);
  if (documents.length > 1) throw reader.problem(documents[1]!, 'expected one document');
  const lists = new Map<string, readonly string[]>();
  for (const { name, at, value } of documents[0]?.members ?? []) {
    if (!/^[\w-]+$/.test(name)) throw reader.problem(at, `${name}: expected a name of letters, digits, _ and -`);
    if (value.kind !== 'list') throw reader.problem(value, `${name}: expected a list`);
    if (value.items.length > MAX_VALUES) throw reader.problem(value, `${name}: expected at most ${MAX_VALUES} values`);
    lists.set(name, reader.texts(value, name));
  }
  return lists;
}
