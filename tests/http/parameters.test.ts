import { expect, test } from '@jest/globals';
import { CRITERIA_PARAMETERS, PAGE_PARAMETERS, pathParameter, readValues } from '../../shared/http/parameters.ts';
import { TEXT_CRITERIA, TEXT_CRITERION_NAMES } from '../../shared/query/criteria-table.ts';

const read = (query: [string, string][]) => readValues({ ...CRITERIA_PARAMETERS, ...PAGE_PARAMETERS }, {}, { query });

test('every criterion is a parameter of the same name, and repeats', () => {
  for (const name of TEXT_CRITERION_NAMES) {
    const [first = 'a,b', second = 'c'] = TEXT_CRITERIA[name].values ?? [];
    expect(
      read([
        [name, first],
        [name, second],
      ]),
    ).toMatchObject({ [name]: [first, second] });
  }
});

test.each([
  ['category', 'data', 'category: expected one of Management, Data, NetworkActivity; did you mean Data?'],
  ['eventType', 'AWSAPICALL', 'AwsVpceEvents; did you mean AwsApiCall?'],
  ['eventType', 'x', 'eventType: expected one of AwsApiCall, AwsServiceEvent,'],
  ['order', 'Newest-First', 'order: expected one of newest-first, oldest-first; did you mean newest-first?'],
])('a closed set: %s=%s', (name, value, says) => {
  expect(() => read([[name, value]])).toThrow(says);
  expect(() => read([[name, value]])).toThrow(expect.objectContaining({ code: 'bad-parameter' }));
});

test('flags, times and the page', () => {
  const values = read([
    ['errors', 'true'],
    ['readOnly', 'false'],
    ['since', '7d'],
    ['until', '2026-11-06'],
    ['limit', '7'],
    ['order', 'oldest-first'],
    ['cursor', 'c'],
  ]);
  expect(values).toEqual({
    errors: true,
    readOnly: false,
    since: '7d',
    until: '2026-11-06',
    limit: 7,
    order: 'oldest-first',
    cursor: 'c',
  });
});

test('without any parameters', () => {
  expect(read([])).toEqual({ limit: 50, order: 'newest-first' });
});

test.each<[[string, string][], string]>([
  [[['enviroment', 'x']], 'enviroment'],
  [[['__proto__', 'x']], '__proto__'],
  [[['', 'x']], ''],
  [
    [
      ['limit', '1'],
      ['limit', '2'],
    ],
    'limit',
  ],
  [[['limit', '0']], 'limit'],
  [[['limit', '101']], 'limit'],
  [[['limit', '1e1']], 'limit'],
  [[['limit', '']], 'limit'],
  [[['order', 'newest']], 'order'],
  [[['errors', 'yes']], 'errors'],
  [[['readOnly', 'TRUE']], 'readOnly'],
  [
    [
      ['since', '1d'],
      ['since', '2d'],
    ],
    'since',
  ],
  [
    [
      ['cursor', 'a'],
      ['cursor', 'b'],
    ],
    'cursor',
  ],
  [[['environment', '']], 'environment'],
])('%j names the parameter %s', (query, parameter) => {
  expect(() => read(query)).toThrow(expect.objectContaining({ kind: 'bad-parameter', parameter }));
});

test('the name of an unknown parameter is shortened', () => {
  expect(() => read([['x'.repeat(10_000), '']])).toThrow(expect.objectContaining({ parameter: 'x'.repeat(100) }));
});

test('a placeholder of the path is not a parameter of the query', () => {
  const parameters = { name: pathParameter('a name') };
  expect(() => readValues(parameters, { name: 'a' }, { query: [['name', 'b']] })).toThrow(
    expect.objectContaining({ parameter: 'name' }),
  );
});
