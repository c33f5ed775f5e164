import { useCallback, useState } from 'react';

/** A question with a name. */
export interface SavedSearch {
  name: string;
  /** The parameters of the page of events, as in its address. */
  search: string;
}

const KEY = 'mwaa-trail-searches';
const MAX_SEARCHES = 200;
const MAX_NAME = 100;

/** What a file of exported searches is. */
interface SearchFile {
  version: 1;
  searches: readonly SavedSearch[];
}

/**
 * Reads searches, as `exportText` writes them.
 * @throws {Error} with what was expected
 */
export function readSearches(text: string): SavedSearch[] {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error('Expected a JSON file that was exported by this console.');
  }
  const { version, searches } = (file ?? {}) as Partial<Record<keyof SearchFile, unknown>>;
  if (version !== 1 || !Array.isArray(searches)) {
    throw new Error('Expected a file of exported searches, version 1.');
  }
  const wrong = searches.findIndex((search) => !isSearch(search));
  if (wrong >= 0) throw new Error(`Expected a name and a search, both texts, in search ${wrong + 1}.`);
  return searches.map(({ name, search }) => ({ name, search }));
}

function isSearch(value: unknown): value is SavedSearch {
  const { name, search } = (value ?? {}) as Partial<Record<keyof SavedSearch, unknown>>;
  return typeof name === 'string' && name.trim() !== '' && name.length <= MAX_NAME && typeof search === 'string';
}

/** The text of a file with these searches. */
export function exportText(searches: readonly SavedSearch[]): string {
  const file: SearchFile = { version: 1, searches };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Adds searches, by name in order; a later one with the same name replaces an earlier one. */
export function merged(before: readonly SavedSearch[], added: readonly SavedSearch[]): SavedSearch[] {
  const byName = new Map([...before, ...added].map((search) => [search.name, search]));
  return [...byName.values()].sort((a, b) => a.name.localeCompare(b.name)).slice(0, MAX_SEARCHES);
}

/** The searches that are saved in this browser. */
export function useSavedSearches() {
  const [searches, setSearches] = useState(stored);
  const store = useCallback((changed: SavedSearch[]) => {
    localStorage.setItem(KEY, exportText(changed));
    setSearches(changed);
  }, []);
  return {
    searches,
    add: (added: readonly SavedSearch[]) => store(merged(searches, added)),
    remove: (name: string) => store(searches.filter((search) => search.name !== name)),
  };
}

function stored(): SavedSearch[] {
  try {
    return readSearches(localStorage.getItem(KEY) ?? exportText([]));
  } catch {
    return [];
  }
}
