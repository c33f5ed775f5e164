import type { JsonNode } from '../../../shared/audit-event/json-text.ts';
import { memberPath } from '../../../shared/query/compare.ts';

// A JSON text as the rows of a tree. Only what is open has rows, and a long list has rows for ranges of its elements, so that a record of
// any size and depth can be shown.

/** A row: a value with its name, or a range of the values in a long object or list. */
export interface TreeItem {
  /** Unique in the text. */
  id: string;
  parent: TreeItem | undefined;
  /** From 1; 0 is the whole, which has no row. */
  level: number;
  /** Among the rows of the same parent, from 1. */
  position: number;
  siblings: number;
  /** The value; for a range, what it is a range of. */
  node: JsonNode;
  /** The member's name or the element's index; undefined: the whole, or a range. */
  name: string | number | undefined;
  /** The first of the values in it, and after the last; undefined: not a range. */
  range: readonly [from: number, to: number] | undefined;
}

/** Most rows below one row. */
const MOST_CHILDREN = 100;

/** The item of a whole text. */
export function wholeOf(node: JsonNode): TreeItem {
  const unnamed = { parent: undefined, name: undefined, range: undefined };
  return { id: '', level: 0, position: 1, siblings: 1, node, ...unnamed };
}

/** How many values an object or a list has; 0 of others. */
export function sizeOf(node: JsonNode): number {
  return node.kind === 'object' ? node.members.length : node.kind === 'array' ? node.elements.length : 0;
}

export const canOpen = ({ node }: TreeItem) => sizeOf(node) > 0;

/** The items below an item: its values, or at most 100 ranges of them. */
export function childrenOf(item: TreeItem): TreeItem[] {
  const { node } = item;
  const [from, to] = item.range ?? [0, sizeOf(node)];
  const step = stepOf(to - from);
  const siblings = Math.ceil((to - from) / step);
  return Array.from({ length: siblings }, (_, i) => {
    const common = { parent: item, level: item.level + 1, position: i + 1, siblings };
    const start = from + i * step;
    if (step === 1) return { ...common, ...valueAt(node, start), range: undefined };
    const end = Math.min(start + step, to);
    return { ...common, id: `${node.start}:${start}-${end}`, node, name: undefined, range: [start, end] };
  });
}

/** How many values each child has, for at most 100 children. */
function stepOf(count: number): number {
  let step = 1;
  while (count > step * MOST_CHILDREN) step *= MOST_CHILDREN;
  return step;
}

function valueAt(node: JsonNode, index: number): Pick<TreeItem, 'id' | 'node' | 'name'> {
  if (node.kind === 'object') {
    const member = node.members[index];
    if (member) return { id: String(member.value.start), node: member.value, name: member.key.value };
  }
  const element = node.kind === 'array' ? node.elements[index] : undefined;
  if (element) return { id: String(element.start), node: element, name: index };
  throw new RangeError(`expected an index below ${sizeOf(node)}`);
}

/** The rows of a tree: what is below the whole, and below each open item. */
export function rowsOf(whole: TreeItem, open: ReadonlySet<string>): TreeItem[] {
  const rows: TreeItem[] = [];
  const add = (item: TreeItem) => {
    for (const child of childrenOf(item)) {
      rows.push(child);
      if (open.has(child.id)) add(child);
    }
  };
  add(whole);
  return rows;
}

/** The items that are opened, level by level, until there would be more rows than fit. */
export function openedUpTo(rows: number, whole: TreeItem): Set<string> {
  const open = new Set<string>();
  let level = childrenOf(whole);
  let left = rows - level.length;
  while (level.length > 0) {
    const below: TreeItem[] = [];
    for (const item of level.filter(canOpen)) {
      const children = childrenOf(item);
      if (children.length > left) continue;
      left -= children.length;
      open.add(item.id);
      below.push(...children);
    }
    level = below;
  }
  return open;
}

/** The path of a value in the record, as `mwaa-trail compare` writes it; of a range, that of what it is a range of. */
export function pathOf(item: TreeItem): string {
  const names: (string | number)[] = [];
  for (let at: TreeItem | undefined = item; at !== undefined; at = at.parent) {
    if (at.name !== undefined) names.push(at.name);
  }
  return names
    .reverse()
    .reduce<string>((path, name) => (typeof name === 'number' ? `${path}[${name}]` : memberPath(path, name)), '');
}

/** What is searched for, in names and values: any part of them, in any case. Undefined: nothing. */
export function searchPattern(query: string): RegExp | undefined {
  const escaped = query.toWellFormed().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return query === '' ? undefined : new RegExp(escaped, 'giu');
}

/**
 * Where the values begin that have a match in their name or, if they hold no others, in themselves. Texts are compared as they are
 * written and as they are meant: `é` finds `\u00e9`.
 */
export function search(text: string, root: JsonNode, pattern: RegExp): number[] {
  const found: number[] = [];
  const matches = (node: JsonNode) =>
    isFound(text.slice(node.start, node.end), pattern) || (node.kind === 'string' && isFound(node.value, pattern));
  const visit = (node: JsonNode, isNamed: boolean) => {
    const holdsOthers = node.kind === 'object' || node.kind === 'array';
    if (isNamed || (!holdsOthers && matches(node))) found.push(node.start);
    if (node.kind === 'object') for (const { key, value } of node.members) visit(value, matches(key));
    if (node.kind === 'array') for (const element of node.elements) visit(element, false);
  };
  visit(root, false);
  return found;
}

const isFound = (text: string, pattern: RegExp) => text.search(pattern) >= 0;

/** The items from the outermost to the value that begins at an offset. */
export function itemsTo(whole: TreeItem, start: number): TreeItem[] {
  const items: TreeItem[] = [];
  let at: TreeItem | undefined = whole;
  while (at !== undefined && (at.range !== undefined || at.node.start !== start)) {
    at = childrenOf(at).findLast((child) => startOf(child) <= start);
    if (at) items.push(at);
  }
  return items;
}

function startOf({ node, range }: TreeItem): number {
  return range === undefined ? node.start : valueAt(node, range[0]).node.start;
}

/** Parts of a text, in order; those that match a pattern are marked. */
export function markedParts(text: string, pattern: RegExp | undefined): { text: string; marked: boolean }[] {
  if (pattern === undefined) return [{ text, marked: false }];
  const parts: { text: string; marked: boolean }[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push({ text: text.slice(from, match.index), marked: false }, { text: match[0], marked: true });
    from = match.index + match[0].length;
  }
  return [...parts, { text: text.slice(from), marked: false }].filter((part) => part.text !== '');
}
