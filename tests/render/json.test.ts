import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventJson } from '../../shared/render/json.ts';
import { fromEventItem, toEventItem } from '../../shared/store/event-item.ts';
import { auditEvent, EVENT } from '../support/event-arbitrary.ts';
import { treeOf, written } from '../support/json-tree.ts';

const STORED = { ingestedAt: '2026-11-20T12:00:00.000Z' };
const full = (record: string) => eventJson({ ...EVENT, ...STORED, record });

describe("a record's text is embedded", () => {
  test.each([
    '{"a":1e400}',
    '{"a":9007199254740993,"b":-0,"c":1.10}',
    '{"a":1,"a":2}',
    '{"a":"\\u003d\\u0026\\/","\\u0061":"é\\ud800"}',
    '{"__proto__":{"x":1},"constructor":null}',
    '{"a":"two\\nlines  and   spaces\u2028"}',
    '{ "a" : [ 1 , 2 ] }',
  ])('%s', (record) => {
    expect(full(record).endsWith(`,"record":${record}}`)).toBe(true);
  });

  test('only line breaks between tokens are removed', () => {
    expect(full('{\r\n  "a": [\n    1,\n\n    "x\\n y"\n  ]\n}')).toContain('"record":{"a": [1,"x\\n y"]}');
  });

  test('any record, on one line', () => {
    fc.assert(
      fc.property(treeOf(), fc.nat(), fc.boolean(), (tree, seed, repeat) => {
        const record = written(tree, { seed, repeat });
        const json = full(record);
        expect(json).not.toMatch(/[\r\n]/);
        expect(JSON.parse(json).record).toEqual(JSON.parse(record));
        const text = json.slice(json.indexOf(',"record":') + ',"record":'.length, -1);
        expect(tokens(text)).toEqual(tokens(record));
      }),
    );
  });

  test('so is the record that an addendum replaced', () => {
    const version = { ...EVENT, ...STORED };
    const { record: _, ...omitted } = version;
    const previousVersions = [{ ...version, record: '{"a":1e400}' }];
    const json = eventJson({ ...version, record: '{"a":1.0}', previousVersions });
    expect(json.endsWith(',"record":{"a":1.0},"previousRecord":{"a":1e400}}')).toBe(true);
    const earlier = [...previousVersions, { ...version, record: '{"b":2.0}' }, omitted];
    expect(eventJson({ ...version, previousVersions: earlier })).toContain(
      ',"previousRecord":{"a":1e400},"earlierRecords":[{"b":2.0},null]}',
    );
  });
});

test('has every attribute of an event under its name, and nothing empty', () => {
  fc.assert(
    fc.property(auditEvent, (event) => {
      const stored = fromEventItem(toEventItem({ ...event, record: '{}' }, { ...STORED, expiresAt: 7 }));
      const { day, record, ...rest } = stored;
      const present = Object.entries(rest).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
      expect(JSON.parse(eventJson(stored))).toEqual({ ...Object.fromEntries(present), record: JSON.parse(record!) });
      expect(stored.timeKey.startsWith(day)).toBe(true);
    }),
  );
});

test('a listed event has the attributes of a list', () => {
  const meaning = { action: 'dag.list', access: 'read' as const, outcome: 'ok' as const, parameters: [] };
  expect(eventJson({ eventId: 'e', timeKey: 't', ...meaning, readOnly: false, environment: '\u001b"\n' })).toBe(
    '{"eventId":"e","action":"dag.list","access":"read","outcome":"ok","environment":"\\u001b\\"\\n","readOnly":false,"timeKey":"t"}',
  );
});

const tokens = (json: string) => json.match(/"(?:[^"\\]|\\.)*"|[^\s"[\]{},:]+|[[\]{},:]/gs);
