import { isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments } from 'yaml';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../cloudtrail/times.ts';
import { TrailError } from '../errors.ts';
import { knownTrees } from './known-trees.ts';

/** A file of rules. */
export interface RuleFile {
  /** As messages name it. */
  path: string;
  text: string;
}

/** Something in a file of rules that is wrong, or not of the supported subset. Its message begins with `FILE:LINE:COLUMN: `. */
export class RuleError extends TrailError {
  readonly line: number;
  readonly column: number;

  constructor(path: string, { line, column }: { line: number; column: number }, reason: string) {
    super('rule', `${path}:${line}:${column}: ${reason}`);
    this.line = line;
    this.column = column;
  }
}

/** YAML as a tree of plain values, each with the place where it begins: an offset in the text of its file. */
export type Tree = TreeMap | TreeList | TreeScalar;

interface At {
  at: number;
}
export interface TreeMap extends At {
  kind: 'map';
  members: readonly Member[];
}
export interface Member extends At {
  name: string;
  value: Tree;
}
interface TreeList extends At {
  kind: 'list';
  items: readonly Tree[];
}
export interface TreeScalar extends At {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** As it is written, without quotes: numbers lose leading zeros in `value`. */
  source: string;
  /** Where `source` begins, if it stands in the file as it is; undefined for texts of several lines. */
  sourceAt: number | undefined;
}

/** How much a file may have: more is refused before it costs anything. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_DOCUMENTS = 50;
const MAX_DEPTH = 40;

/** Most of the time that it takes to read rules is that of parsing YAML. */
const KNOWN_TREES: ReadonlyMap<string, readonly TreeMap[]> = new Map(knownTrees());

/** Places in one file, for messages. */
export class Places {
  readonly path: string;
  private text = '';

  constructor(path: string) {
    this.path = path;
  }

  /** @param at a node, or an offset */
  problem(at: At | number, reason: string): RuleError {
    const before = this.text.slice(0, typeof at === 'number' ? at : at.at).split('\n');
    return new RuleError(this.path, { line: before.length, column: (before.at(-1) ?? '').length + 1 }, reason);
  }

  /**
   * Parses the documents of the file.
   * @throws {RuleError} if it is no YAML, too large, or has aliases or tags
   */
  parse(text: string): readonly TreeMap[] {
    this.text = text;
    const known = KNOWN_TREES.get(text);
    if (known) return known;
    if (text.length > MAX_CHARACTERS) throw this.problem(0, `expected at most ${MAX_CHARACTERS} characters`);
    const documents = this.documentsOf(text);
    if (documents.length > MAX_DOCUMENTS) throw this.problem(0, `expected at most ${MAX_DOCUMENTS} documents`);
    return documents.flatMap(({ errors, warnings, contents }) => {
      const [problem] = [...errors, ...warnings];
      if (problem) throw this.problem(problem.pos[0], `expected YAML: ${problem.message.split('\n')[0]}`);
      if (contents === null) return [];
      const tree = this.treeOf(contents as Node, 0);
      if (tree.kind === 'scalar' && tree.value === null) return [];
      if (tree.kind !== 'map') throw this.problem(tree, 'expected a map with title, logsource and detection');
      return [tree];
    });
  }

  private documentsOf(text: string) {
    try {
      const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: 'error' });
      return Array.isArray(documents) ? documents : [];
    } catch (error) {
      // The parser calls itself for each level.
      if (error instanceof RangeError) throw this.problem(0, `expected at most ${MAX_DEPTH} levels`);
      throw error;
    }
  }

  private treeOf(node: Node, depth: number): Tree {
    const at = node.range?.[0] ?? 0;
    if (depth > MAX_DEPTH) throw this.problem(at, `expected at most ${MAX_DEPTH} levels`);
    if (isAlias(node) || node.anchor !== undefined)
      throw this.problem(at, 'anchors and aliases are not supported: write the value again');
    if (node.tag !== undefined) throw this.problem(at, 'tags of YAML are not supported');
    if (isMap(node)) {
      const members = node.items.map(({ key, value }) => {
        const name = this.treeOf(key as Node, depth + 1);
        if (name.kind !== 'scalar') throw this.problem(name, 'expected a text as a key');
        const given = value === null ? emptyAt(name.at) : this.treeOf(value as Node, depth + 1);
        return { name: name.source, at: name.at, value: given };
      });
      return { kind: 'map', at, members };
    }
    if (isSeq(node)) {
      return { kind: 'list', at, items: node.items.map((item) => this.treeOf(item as Node, depth + 1)) };
    }
    if (!isScalar(node)) throw this.problem(at, 'expected a map, a list or a value');
    const { value, type = '' } = node;
    if (value === null) return emptyAt(at);
    const sourceAt = type === 'PLAIN' ? at : type.startsWith('QUOTE_') ? at + 1 : undefined;
    if (typeof value === 'string') return { kind: 'scalar', at, value, source: value, sourceAt };
    if (typeof value === 'number' || typeof value === 'boolean')
      return { kind: 'scalar', at, value, source: node.source ?? `${value}`, sourceAt };
    throw this.problem(at, 'expected a text, a number, true, false or null');
  }
}

const emptyAt = (at: number): TreeScalar => ({ kind: 'scalar', at, value: null, source: '', sourceAt: undefined });

/** The value of a member, if there is one. */
export function memberOf({ members }: TreeMap, name: string): Tree | undefined {
  return members.find((member) => member.name === name)?.value;
}

/** The tree as JSON would have it. */
export function plainValue(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plainValue);
  return Object.fromEntries(tree.members.map(({ name, value }) => [name, plainValue(value)]));
}

/** Reads parts of a tree, and refuses those of another form. */
export class TreeReader {
  readonly places: Places;

  constructor(places: Places) {
    this.places = places;
  }

  problem(at: At | number, reason: string): RuleError {
    return this.places.problem(at, reason);
  }

  map(tree: Tree, what: string): TreeMap {
    if (tree.kind !== 'map') throw this.problem(tree, `${what}: expected a map`);
    return tree;
  }

  text(tree: Tree, what: string): string {
    if (tree.kind !== 'scalar' || tree.value === null || tree.source === '')
      throw this.problem(tree, `${what}: expected a text`);
    return tree.source;
  }

  /** A text or a list of texts. */
  texts(tree: Tree, what: string): string[] {
    if (tree.kind !== 'list') return [this.text(tree, what)];
    return tree.items.map((item) => this.text(item, what));
  }

  /** A member that must be there. */
  required(map: TreeMap, name: string, what: string): Tree {
    const value = memberOf(map, name);
    if (value === undefined) throw this.problem(map, `${what}: expected ${name}`);
    return value;
  }

  /** Refuses members with other names. */
  only(map: TreeMap, names: readonly string[], what: string): void {
    const other = map.members.find(({ name }) => !names.includes(name));
    if (other) throw this.problem(other, `${what}: ${other.name} is not supported; expected ${names.join(', ')}`);
  }

  oneOf<const T extends string>(tree: Tree, allowed: readonly T[], what: string): T {
    const given = this.text(tree, what);
    const found = allowed.find((one) => one === given);
    if (found === undefined) throw this.problem(tree, `${what}: expected one of ${allowed.join(', ')}`);
    return found;
  }

  /** A length of time as Sigma writes it, `10m`, in milliseconds. */
  timespan(tree: Tree, what: string): number {
    const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(this.text(tree, what)) ?? [];
    const length = UNITS[unit];
    const ms = Number(count) * (length ?? Number.NaN);
    if (!(ms <= MAX_TIMESPAN)) throw this.problem(tree, `${what}: expected a number and s, m, h or d, such as 10m`);
    return ms;
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const MAX_TIMESPAN = 366 * DAY_MS;
