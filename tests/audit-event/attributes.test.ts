import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { packageRoot, tableDefinitions } from '../../local/table-definitions.ts';
import { attributeNamed, attributesWhere, isInListedMap, LISTED_MAP } from '../../shared/audit-event/attributes.ts';
import { TEXT_CRITERIA, TEXT_CRITERION_NAMES } from '../../shared/query/criteria-table.ts';

const LISTED = attributesWhere(({ shown }) => shown === 'list');
const KEYS = attributesWhere(({ index }) => index !== undefined);

describe('serverless.yml', () => {
  const [events] = tableDefinitions(LOCAL_TABLES);
  const indexes = events!.GlobalSecondaryIndexes ?? [];
  const projected = indexes.map(({ Projection }) => Projection?.NonKeyAttributes ?? []);

  test('has an index for each attribute that is the key of one, and no others', () => {
    const keys = indexes.map(({ IndexName, KeySchema }) => [IndexName, KeySchema]);
    const wanted = KEYS.map((name) => [
      attributeNamed(name).index?.[0],
      [
        { AttributeName: name, KeyType: 'HASH' },
        { AttributeName: 'timeKey', KeyType: 'RANGE' },
      ],
    ]);
    expect(keys).toHaveLength(wanted.length);
    expect(keys).toEqual(expect.arrayContaining(wanted));
  });

  test.each(KEYS)('the index of %s has what a list shows, except its own keys', (name) => {
    const i = indexes.findIndex(({ IndexName }) => IndexName === attributeNamed(name).index?.[0]);
    const own = LISTED.filter((listed) => !isInListedMap(listed) && listed !== name && listed !== 'eventId');
    expect([...projected[i]!].sort()).toEqual([...own, LISTED_MAP, 'schemaVersion'].sort());
  });

  test('keeps the limits of DynamoDB: 20 attributes an index, 100 in all', () => {
    expect(Math.max(...projected.map(({ length }) => length))).toBeLessThanOrEqual(20);
    expect(projected.flat().length).toBeLessThanOrEqual(100);
  });
});

describe('docs/stored-items.md', () => {
  const text = readFileSync(join(packageRoot(), 'docs', 'stored-items.md'), 'utf8');
  const events = text.slice(text.indexOf('\n## Events'), text.indexOf('\n## Log files'));
  const namesIn = (lines: string) => [...lines.matchAll(/`(\w+)`/g)].map(([, name]) => name);

  test('lists every stored attribute, once', () => {
    const rows = [...events.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell!);
    const documented = rows.flatMap(namesIn);
    expect(documented.sort()).toEqual(attributesWhere(({ shown }) => shown !== 'ledger').sort());
  });

  test('names the indexes, and what they hold', () => {
    const indexes = events.slice(events.indexOf('### Indexes'));
    const named = new Set(namesIn(indexes));
    for (const name of KEYS) expect(named).toContain(attributeNamed(name).index?.[0]);
    for (const name of LISTED.slice(1)) expect(named).toContain(name);
  });
});

test('each criterion has its own name, and its attribute is in every index', () => {
  expect(TEXT_CRITERION_NAMES).toHaveLength(attributesWhere(({ criterion }) => criterion !== undefined).length);
  for (const { attribute } of Object.values(TEXT_CRITERIA)) expect(LISTED).toContain(attribute);
});

test('no two indexes have the same rank', () => {
  const ranks = KEYS.flatMap((name) => {
    const { index, rare } = attributeNamed(name);
    return [index?.[1], ...(rare ? [rare.rank] : [])];
  });
  expect(new Set(ranks).size).toBe(ranks.length);
});
