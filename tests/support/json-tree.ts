import fc from 'fast-check';
import { codePoint } from './code-point.ts';

/** A JSON value of which numbers are known as they are written. */
export type Tree =
  | { literal: string }
  | { string: string }
  | { list: Tree[] }
  | { object: [name: string, value: Tree][] };

const LITERALS = [
  ...['true', 'false', 'null', '0', '-0', '1', '1.0', '10e-1', '1E400', '-1e400', '1e-400', '0.1', '1.10'],
  ...['9007199254740993', '123456789012345678901234567890', '-9223372036854775808'],
];
const NAMES = [
  'a',
  'b',
  'é',
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '10',
  '9',
  'a b',
  '💡',
  '\ud800',
];

/** Strings with everything that JSON has to escape, and what it may. */
export const anyString = fc.oneof(
  fc.constantFrom('', 'x', '\\', '"', '/', '\u2028', '\u0000\u001f', '\ud800', '\udc00x', '💡', '{"a":[1]}', '\\u0041'),
  fc.string({ unit: codePoint }),
  fc.string(),
);

/**
 * Names that do not begin with a backslash: where one does, the JSON.parse of Node 24 reads other names wrongly, which
 * makes it no oracle. https://github.com/nodejs/node/issues/63785
 */
export const anyName = fc.oneof(fc.constantFrom(...NAMES), anyString).filter((name) => !name.startsWith('\\'));

/** @param names of the members; without repeats in one object */
export function treeOf({ strings = anyString, names = anyName } = {}) {
  const literal = fc.constantFrom(...LITERALS).map((text): Tree => ({ literal: text }));
  const string = strings.map((text): Tree => ({ string: text }));
  const { value } = fc.letrec<{ value: Tree; object: Tree }>((tie) => ({
    object: fc
      .uniqueArray(fc.tuple(names, tie('value')), { selector: ([name]) => name, maxLength: 5 })
      .map((object): Tree => ({ object })),
    value: fc.oneof(
      { maxDepth: 4 },
      literal,
      string,
      tie('object'),
      fc.array(tie('value'), { maxLength: 4 }).map((list): Tree => ({ list })),
    ),
  }));
  return value;
}

/** How freely a text is written. */
export interface Style {
  seed: number;
  /** Members in an order of the seed's choice. */
  shuffle?: boolean;
  /** Each member stands also before itself, with another value: the last one counts. */
  repeat?: boolean;
}

/** The JSON text of a value, with white space and escapes of the seed's choice. */
export function written(tree: Tree, style: Style): string {
  const random = randomOf(style.seed);
  const space = () => ' \n\t\r'.repeat(2).slice(0, random(6) < 3 ? 0 : random(8)) || (random(2) ? ' ' : '');
  const string = (text: string) => `"${[...text].map((c) => character(c, random)).join('')}"`;
  const write = (value: Tree): string => {
    if ('literal' in value) return value.literal;
    if ('string' in value) return string(value.string);
    if ('list' in value) return `[${space()}${value.list.map((e) => space() + write(e) + space()).join(',')}]`;
    const members = style.shuffle ? shuffled(value.object, random) : value.object;
    const texts = members.flatMap(([name, member]) => {
      const text = `${space()}${string(name)}${space()}:${space()}${write(member)}${space()}`;
      return style.repeat ? [`${string(name)}:[0]`, text] : [text];
    });
    return `{${space()}${texts.join(',')}}`;
  };
  return space() + write(tree) + space();
}

/** All values that differ from the given one in one place. */
export function changes(tree: Tree): Tree[] {
  if ('literal' in tree) return [{ literal: tree.literal === '1' ? '1.0' : '1' }, { string: tree.literal }];
  if ('string' in tree) return [{ string: `${tree.string}x` }, { list: [tree] }];
  if ('list' in tree) {
    return [
      { list: [...tree.list, { literal: 'null' }] },
      ...tree.list.flatMap((e, i) => changes(e).map((by) => ({ list: tree.list.with(i, by) }))),
    ];
  }
  const { object } = tree;
  return [
    ...object.map((_, i) => ({ object: object.toSpliced(i, 1) })),
    ...object.map(([name, value], i) => ({ object: object.with(i, [`${name}-changed`, value]) })),
    ...object.flatMap(([name, e], i) => changes(e).map((by): Tree => ({ object: object.with(i, [name, by]) }))),
  ];
}

function character(c: string, random: (below: number) => number): string {
  const plain = JSON.stringify(c).slice(1, -1);
  switch (random(4)) {
    case 0:
      return [...Array(c.length).keys()].map((i) => `\\u${hex(c.charCodeAt(i), random)}`).join('');
    case 1:
      return c === '/' ? '\\/' : plain;
    default:
      return plain;
  }
}

function hex(unit: number, random: (below: number) => number): string {
  const digits = unit.toString(16).padStart(4, '0');
  return random(2) ? digits : digits.toUpperCase();
}

function shuffled<T>(list: readonly T[], random: (below: number) => number): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = random(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

/** A small generator of numbers; the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
