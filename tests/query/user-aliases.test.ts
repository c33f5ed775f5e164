import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actorOf, principalOf } from '../../shared/audit-event/principal.ts';
import type { JsonRecord } from '../../shared/audit-event/record-fields.ts';
import type { Criteria } from '../../shared/query/criteria-table.ts';
import { NO_ALIASES, nameOf, readUserAliases } from '../../shared/query/user-aliases.ts';
import { idsOf, withUserIds } from '../../shared/query/user-ids.ts';
import { ROOT } from '../support/cli.ts';

const MEI = 'mei.tanaka@example.com';
const FILE = 'aliases.json';

describe('an alias file', () => {
  test.each([
    ['{}', []],
    [`{"id-1": "${MEI}"}`, [['id-1', MEI]]],
    [`\uFEFF \n{ "id-1" : " ${MEI} " }\n`, [['id-1', MEI]]],
    [
      `{" id-1 ": "${MEI}", "id-2": "${MEI}"}`,
      [
        ['id-1', MEI],
        ['id-2', MEI],
      ],
    ],
    [
      '{"__proto__": "eve", "constructor": "eve"}',
      [
        ['__proto__', 'eve'],
        ['constructor', 'eve'],
      ],
    ],
    [`{"id-1": "${'x'.repeat(256)}"}`, [['id-1', 'x'.repeat(256)]]],
  ])('%s', (text, entries) => {
    expect([...readUserAliases(text, FILE)]).toStrictEqual(entries);
  });

  test.each(['', '{', '[]', 'null', '"mei"', '7', '{"id-1": "mei",}', `id-1=${MEI}`])('is not %j', (text) => {
    expect(() => readUserAliases(text, FILE)).toThrow(
      'aliases.json: expected a JSON object of user IDs and names, such as {"906750cd-b071-70a5-0e9e-5d9e5d1f2a3b": "mei.tanaka@example.com"}',
    );
  });

  test.each([
    ['{"id-1": "mei", "id-2": null}'],
    ['{"id-1": "mei", "id-2": ["mei"]}'],
    ['{"id-1": "mei", "id-2": " "}'],
    ['{"id-1": "mei", " ": "mei"}'],
    ['{"id-1": "mei", "id-2": "\\u001b[2J"}'],
    ['{"id-1": "mei", "id-2": "\\ud800"}'],
    [`{"id-1": "mei", "id-2": "${'x'.repeat(257)}"}`],
    [`{"id-1": "mei", "${'x'.repeat(257)}": "mei"}`],
  ])('does not hold %s', (text) => {
    expect(() => readUserAliases(text, FILE)).toThrow(
      /^aliases\.json: expected in entry 2 a user ID and a name, both texts/,
    );
  });

  test('has a size', () => {
    expect(() => readUserAliases(' '.repeat(4 * 1024 * 1024 + 1), FILE)).toThrow(
      'aliases.json: expected at most 4194304 bytes',
    );
  });
});

describe('lookups', () => {
  const aliases = readUserAliases(`{"id-1": "${MEI}", "id-2": "jonas", "id-3": "${MEI}"}`, FILE);

  test.each([
    [MEI, ['id-1', 'id-3']],
    ['jonas', ['id-2']],
    ['mei', []],
    ['mei*', ['id-1', 'id-3']],
    ['*', ['id-1', 'id-2', 'id-3']],
    ['id-1', []],
    ['', []],
  ])('the IDs of %j: %j', (name, ids) => {
    expect(idsOf(aliases, name)).toStrictEqual(ids);
  });

  test.each([
    ['id-1', MEI],
    ['id-4', 'id-4'],
    ['constructor', 'constructor'],
  ])('%s is shown as %s', (user, shown) => {
    expect(nameOf(aliases, user)).toBe(shown);
  });
});

describe('criteria', () => {
  const aliases = readUserAliases(`{"id-1": "${MEI}", "id-2": "jonas", "id-3": "${MEI}"}`, FILE);

  test.each<[Criteria, Criteria]>([
    [{ user: [MEI] }, { user: [MEI, 'id-1', 'id-3'] }],
    [{ user: ['jonas', 'ana', 'id-2'] }, { user: ['jonas', 'ana', 'id-2'] }],
    [{ user: ['mei*', 'ana'] }, { user: ['mei*', 'ana', 'id-1', 'id-3'] }],
    [{ user: ['*'] }, { user: ['*'] }],
    [{ user: ['nobody'] }, { user: ['nobody'] }],
    [
      { exclude: [`user=${MEI}`, 'user=ana', 'role=jonas'] },
      { exclude: [`user=${MEI}`, 'user=ana', 'role=jonas', 'user=id-1', 'user=id-3'] },
    ],
    [
      { user: ['jonas'], exclude: ['user=mei*'], role: [MEI], since: '2026-11-06T00:00:00.000Z' },
      {
        ...{ user: ['jonas', 'id-2'], exclude: ['user=mei*', 'user=id-1', 'user=id-3'] },
        ...{ role: [MEI], since: '2026-11-06T00:00:00.000Z' },
      },
    ],
    [{}, {}],
  ])('%j', (asked, extended) => {
    expect(withUserIds(asked, aliases)).toStrictEqual(extended);
    expect(withUserIds(asked, NO_ALIASES)).toBe(asked);
  });

  test('have a bound, user IDs included', () => {
    const many = new Map(Array.from({ length: 60 }, (_, i) => [`id-${i}`, i < 40 ? 'mei' : 'jonas']));
    const others = { role: Array.from({ length: 58 }, (_, i) => `role-${i}`) };
    expect(withUserIds({ ...others, user: ['mei'] }, many).user).toHaveLength(41);
    expect(() => withUserIds({ ...others, user: ['mei'], exclude: ['user=jonas'] }, many)).toThrow(
      'exclude: expected at most 100 values in all criteria together',
    );
    expect(() => withUserIds({ user: ['*', 'mei*', 'jonas*'], param: others.role }, many)).toThrow(
      'param: expected at most 100 values in all criteria together',
    );
  });
});

test('the sample file names the Identity Center user of the sample events', () => {
  const text = (path: string) => readFileSync(join(ROOT, 'events', path), 'utf8');
  const { Records } = JSON.parse(text('log-files/every-kind-of-principal.json')) as { Records: JsonRecord[] };
  const record = Records.find((one) => principalOf(one).principalType === 'IdentityCenterUser') ?? {};
  const aliases = readUserAliases(text('user-aliases.json'), 'user-aliases.json');
  expect(idsOf(aliases, MEI)).toEqual([actorOf(record).user]);
});

test('each ID is shown by its name and is found by it', () => {
  const name = fc.stringMatching(/^[a-z@.]{1,20}$/);
  fc.assert(
    fc.property(fc.dictionary(name, name), (names) => {
      const aliases = readUserAliases(JSON.stringify(names), FILE);
      for (const [id, alias] of Object.entries(names)) {
        expect(nameOf(aliases, id)).toBe(alias);
        expect(idsOf(aliases, alias)).toContain(id);
      }
      expect(aliases.size).toBe(Object.keys(names).length);
    }),
  );
});
