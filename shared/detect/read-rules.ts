import { TrailError } from '../errors.ts';
import { nearestNames } from '../query/near-names.ts';
import { applyFilter } from './filter.ts';
import { type Lists, readLists } from './lists.ts';
import { readCorrelation } from './read-correlation.ts';
import { type Entry, type RuleDocument, readDetection, readInfo } from './read-rule.ts';
import type { EventRule, Rule } from './rule.ts';
import { memberOf, Places, RuleError, type RuleFile, type TreeMap, TreeReader } from './rule-tree.ts';

/** A folder of rules. */
export interface RuleFolder {
  files: readonly RuleFile[];
  /** Its lists, which replace those of the same names of folders before it; undefined: it has none. */
  lists: RuleFile | undefined;
}

/** All rules of some folders. */
export interface RuleSet {
  /** In the order of the folders and files. */
  rules: readonly Rule[];
  lists: Lists;
}

/** All that is wrong in some files of rules, a line each. */
export class RuleErrors extends TrailError {
  readonly problems: readonly RuleError[];

  constructor(problems: readonly RuleError[]) {
    const shown = problems.slice(0, MAX_SHOWN).map(({ message }) => message);
    const more = problems.length - shown.length;
    super('rules', [...shown, ...(more > 0 ? [`... and ${more} more`] : [])].join('\n'));
    this.problems = problems;
  }
}

const MAX_SHOWN = 20;

/**
 * Reads the rules of folders. A rule replaces that of a folder before it with the same id. What is not of the supported subset
 * of Sigma is refused, never ignored: https://sigmahq.io/sigma-specification, version 2.1.0; docs/detections.md has the subset.
 * @throws {RuleErrors} the first problem of each document
 */
export function readRules(folders: readonly RuleFolder[]): RuleSet {
  const problems: RuleError[] = [];
  const attempt = <T>(work: () => T[]): T[] => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      problems.push(error);
      return [];
    }
  };
  const lists = new Map<string, readonly string[]>();
  for (const { lists: file } of folders) {
    if (file)
      for (const [name, values] of attempt(() => [...readLists(file.text, new Places(file.path))]))
        lists.set(name, values);
  }
  const documents = folders.flatMap(({ files }, folder) =>
    files.flatMap((file) => attempt(() => documentsOf(file, folder))),
  );
  const events = withoutReplaced(
    documents
      .filter(({ kind }) => kind === 'detection')
      .flatMap((document) => attempt(() => [eventRule(document, lists)])),
  );
  const correlations = withoutReplaced(
    documents
      .filter(({ kind }) => kind === 'correlation')
      .flatMap((document) => attempt(() => [{ document, rule: readCorrelation(document, lists, events) }])),
  );
  for (const document of documents)
    if (document.kind === 'filter') attempt(() => [applyFilter(document, lists, events)]);
  const entries = [...events, ...correlations].sort(
    (a, b) => documents.indexOf(a.document) - documents.indexOf(b.document),
  );
  problems.push(...duplicates(entries));
  if (problems.length > 0) throw new RuleErrors(problems);
  return { rules: entries.map(({ rule }) => rule), lists };
}

function documentsOf({ path, text }: RuleFile, folder: number): RuleDocument[] {
  const places = new Places(path);
  const reader = new TreeReader(places);
  return places.parse(text).map((tree, i) => ({ path, folder, tree, reader, kind: kindOf(tree, reader), index: i }));
}

const KINDS = ['detection', 'correlation', 'filter'] as const;

function kindOf(tree: TreeMap, reader: TreeReader): RuleDocument['kind'] {
  const kinds = KINDS.filter((kind) => memberOf(tree, kind) !== undefined);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return kind;
  const given = tree.members.map(({ name }) => name);
  const near = KINDS.flatMap((name) => nearestNames(name, given))[0];
  const hint = kind === undefined && near !== undefined ? `, not ${near}` : '';
  throw reader.problem(tree, `expected one of ${KINDS.join(', ')}${hint}`);
}

function eventRule(document: RuleDocument, lists: Lists): Entry<EventRule> {
  const { firstSeen, ...info } = readInfo(document, lists);
  return {
    document,
    rule: { kind: 'event', ...info, firstSeen, detection: readDetection(document, lists), isPart: false },
  };
}

/** Later folders win. */
function withoutReplaced<R extends Rule>(entries: readonly Entry<R>[]): Entry<R>[] {
  const isReplaced = ({ document, rule }: Entry<R>) =>
    entries.some((other) => other.rule.id === rule.id && other.document.folder > document.folder);
  return entries.filter((entry) => !isReplaced(entry));
}

function duplicates(entries: readonly Entry[]): RuleError[] {
  const seen = new Map<string, Entry>();
  return entries.flatMap((entry) => {
    const { document, rule } = entry;
    const names = [rule.id, ...(rule.name === undefined ? [] : [rule.name])];
    const taken = names.find((name) => seen.has(name));
    for (const name of names) seen.set(name, seen.get(name) ?? entry);
    if (taken === undefined) return [];
    return [
      document.reader.problem(document.tree, `${taken} is the id or name of a rule in ${seen.get(taken)!.rule.path}`),
    ];
  });
}
