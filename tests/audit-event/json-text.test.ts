import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalJson,
  indentedJson,
  type JsonNode,
  parseJsonText,
  replaceSpans,
} from '../../shared/audit-event/json-text.ts';
import { changes, treeOf, written } from '../support/json-tree.ts';

const tree = treeOf();
const seed = fc.nat();
const text = fc
  .record({ tree, seed, repeat: fc.boolean() })
  .map(({ tree: value, ...style }) => ({ value, text: written(value, style) }));

const canonical = (json: string) => canonicalJson(parseJsonText(json));

/** What the nodes say, built as JSON.parse builds it. */
function jsonValueOf(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object': {
      const object = {};
      for (const { key, value } of node.members) {
        const property = { value: jsonValueOf(value), enumerable: true, writable: true, configurable: true };
        Object.defineProperty(object, key.value, property);
      }
      return object;
    }
    case 'array':
      return node.elements.map(jsonValueOf);
    case 'string':
      return node.value;
    case 'literal':
      return JSON.parse(node.text);
  }
}

describe('parseJsonText', () => {
  test('finds the value that JSON.parse finds', () => {
    fc.assert(
      fc.property(text, ({ text: json }) => expect(jsonValueOf(parseJsonText(json))).toEqual(JSON.parse(json))),
    );
  });

  test('the text of every node is its value', () => {
    const check = (json: string, node: JsonNode): void => {
      expect(JSON.parse(json.slice(node.start, node.end))).toEqual(jsonValueOf(node));
      if (node.kind === 'array') for (const element of node.elements) check(json, element);
      if (node.kind !== 'object') return;
      for (const { key, value } of node.members) {
        check(json, key);
        check(json, value);
      }
    };
    fc.assert(fc.property(text, ({ text: json }) => check(json, parseJsonText(json))));
  });

  test('numbers are as they are written', () => {
    const json = '[1e400,-0,1.10,9007199254740993, 1E+2 ,0.1]';
    const node = parseJsonText(json);
    expect(node.kind === 'array' && node.elements.map((e) => e.kind === 'literal' && e.text)).toEqual([
      '1e400',
      '-0',
      '1.10',
      '9007199254740993',
      '1E+2',
      '0.1',
    ]);
  });

  test('nesting of a thousand levels, the depth cap of the reader', () => {
    const json = `${'[{"a":'.repeat(500)}1${'}]'.repeat(500)}`;
    expect(canonical(json)).toBe(json);
    expect(JSON.parse(indentedJson(json))).toEqual(JSON.parse(json));
  });
});

describe('canonicalJson', () => {
  test('is the same for all texts of a value, and has the same value', () => {
    fc.assert(
      fc.property(tree, seed, seed, (value, one, other) => {
        const form = canonical(written(value, { seed: one, shuffle: true }));
        expect(canonical(written(value, { seed: other, shuffle: true, repeat: true }))).toBe(form);
        expect(canonical(form)).toBe(form);
        expect(JSON.parse(form)).toEqual(JSON.parse(written(value, { seed: one })));
      }),
    );
  });

  test('differs for any other value', () => {
    fc.assert(
      fc.property(tree, seed, (value, style) => {
        const form = canonical(written(value, { seed: style }));
        for (const other of changes(value)) expect(canonical(written(other, { seed: style }))).not.toBe(form);
      }),
    );
  });

  test.each([
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['{ "a" : [ 1 , 2 ] }', '{"a":[1,2]}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"\\u0061":"\\u003d\\/"}', '{"a":"=/"}'],
    ['{"__proto__":{"x":1},"a":0}', '{"__proto__":{"x":1},"a":0}'],
    ['[1.0,1,1e0,1e400,-0]', '[1.0,1,1e0,1e400,-0]'],
    ['"\\ud800"', '"\\ud800"'],
    ['{"10":1,"9":2}', '{"10":1,"9":2}'],
    // Names that the JSON.parse of Node 24 mistakes for one another: https://github.com/nodejs/node/issues/63785
    ['[{"x":0,"\\\\":1},{"x":0,"\\"":1},{"x":0,"\\u0061":1}]', '[{"\\\\":1,"x":0},{"\\"":1,"x":0},{"a":1,"x":0}]'],
  ])('%s', (json, form) => {
    expect(canonical(json)).toBe(form);
  });
});

describe('replaceSpans', () => {
  test('replaces the given spans and nothing else', () => {
    const parts = fc.array(fc.record({ between: fc.string(), part: fc.string(), by: fc.string() }));
    fc.assert(
      fc.property(parts, fc.string(), (all, end) => {
        let whole = '';
        const spans = all.map(({ between, part, by }) => {
          whole += between + part;
          return { start: whole.length - part.length, end: whole.length, by };
        });
        expect(replaceSpans(whole + end, spans)).toBe(all.map(({ between, by }) => between + by).join('') + end);
      }),
    );
  });
});

describe('indentedJson', () => {
  test('changes only the white space between tokens', () => {
    fc.assert(
      fc.property(text, ({ text: json }) => {
        const pretty = indentedJson(json);
        expect(JSON.parse(pretty)).toEqual(JSON.parse(json));
        expect(withoutSpace(pretty)).toBe(withoutSpace(json));
      }),
    );
  });

  test('is what JSON.stringify writes, where that keeps everything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(indentedJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
      }),
    );
  });

  test('numbers, escapes and duplicates stay', () => {
    expect(indentedJson('{"a":1e400,"a":"\\u003d","b":{},"c":[ ],"d":[9007199254740993]}')).toBe(
      '{\n  "a": 1e400,\n  "a": "\\u003d",\n  "b": {},\n  "c": [],\n  "d": [\n    9007199254740993\n  ]\n}',
    );
  });
});

/** Tokens only. */
const withoutSpace = (json: string) => json.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/gs)?.join('');
