import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Criteria,
  CriteriaError,
  readCriteria,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
} from '../../shared/query/criteria.ts';
import { codePoint } from '../support/code-point.ts';

const CLOSED = TEXT_CRITERION_NAMES.filter((name) => TEXT_CRITERIA[name].values !== undefined);
const OPEN = TEXT_CRITERION_NAMES.filter((name) => TEXT_CRITERIA[name].values === undefined && name !== 'sourceIp');
const NOW = Date.parse('2026-11-20T12:00:00Z');

test('all filters of the command line', () => {
  const filters = [
    'environment',
    'eventName',
    'principal',
    'errorCode',
    'accessKeyId',
    'sourceIp',
    'account',
    'region',
  ];
  expect(TEXT_CRITERION_NAMES).toEqual(expect.arrayContaining([...filters, 'category']));
});

test('the criteria given are the criteria read, and no others', () => {
  const raw: Criteria = {
    environment: ['prod-etl', 'dev', 'prod-etl'],
    principal: ['Admin/*'],
    errors: true,
    readOnly: false,
    since: '7d',
    until: '2026-11-20',
  };
  expect(readCriteria(raw, NOW)).toStrictEqual({
    environment: ['prod-etl', 'dev'],
    principal: ['Admin/*'],
    errors: true,
    readOnly: false,
    since: '2026-11-13T12:00:00.000Z',
    until: '2026-11-20T00:00:00.000Z',
  });
});

test.each([
  [{}],
  [{ environment: [], since: undefined, until: undefined, readOnly: undefined, errors: undefined }],
  [{ errors: false }],
])('nothing asked: %j', (raw) => {
  expect(readCriteria(raw, NOW)).toStrictEqual({});
});

test('texts stay as given', () => {
  const values = fc.array(fc.string({ unit: codePoint, minLength: 1 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(fc.constantFrom(...OPEN), values, (name, texts) => {
      expect(readCriteria({ [name]: texts }, NOW)).toEqual({ [name]: [...new Set(texts)] });
    }),
  );
});

describe('a source', () => {
  const read = (...sourceIp: string[]) => readCriteria({ sourceIp }, NOW).sourceIp;

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:0DB8::/32', '2001:db8::/32'],
    ['cloudformation.amazonaws.com', 'cloudformation.amazonaws.com'],
    ['AWS Internal', 'AWS Internal'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
  ])('%s is %s', (given, source) => {
    expect(read(given)).toEqual([source]);
  });

  test('one address in two spellings counts once', () => {
    expect(read('2001:db8::1', '2001:DB8:0::1', 'AWS Internal')).toEqual(['2001:db8::1', 'AWS Internal']);
  });

  test.each([
    ...['10.0.0.0/33', '10.0.0.0/', '/8', '10.0.0/8', '10.0.0.0/08', '10.0.0.0/+8', '10.0.0.0/8/8', '10.0.0.0/-1'],
    ...['2001:db8::/129', '2001:db8/32', '2001:db8:::/32', 'fe80::1%eth0/64', '10.0.0.0/255.0.0.0', 'airflow/8', '/'],
    ...['10.0.0', '10.0.0.256', '10.0.0.0.0', '010.0.0.1', '2001:db8', '2001:db8:::1', '203.0.113.7:443', ':', '.'],
  ])('%s is neither an address nor a range', (given) => {
    expect(() => read('203.0.113.7', given)).toThrow(CriteriaError);
    expect(() => read(given)).toThrow(/^sourceIp: expected an address such as .* CIDR range such as/);
  });
});

describe('closed sets', () => {
  test.each(CLOSED)('%s accepts only its values', (name) => {
    const values = [...TEXT_CRITERIA[name].values!];
    expect(readCriteria({ [name]: values }, NOW)).toEqual({ [name]: values });
    for (const value of values) {
      for (const typed of [value.toLowerCase(), value.toUpperCase(), `${value} `].filter((other) => other !== value)) {
        expect(() => readCriteria({ [name]: [value, typed] }, NOW)).toThrow(
          `${name}: expected one of ${values.join(', ')}; did you mean ${value}?`,
        );
      }
    }
    expect(() => readCriteria({ [name]: ['x'] }, NOW)).toThrow(`${name}: expected one of ${values.join(', ')}`);
  });

  test('there are three', () => {
    expect(CLOSED).toEqual(['outcome', 'category', 'eventType']);
  });
});

test('times without an offset are in the given zone', () => {
  expect(readCriteria({ since: '2026-11-06 03:31:18', until: '2026-11-07' }, NOW, 'Europe/Berlin')).toEqual({
    since: '2026-11-06T02:31:18.000Z',
    until: '2026-11-06T23:00:00.000Z',
  });
});

describe('every error names its criterion', () => {
  test.each(TEXT_CRITERION_NAMES)('%s', (name) => {
    const tooMany = Array.from({ length: 101 }, (_, i) => `x${i}`);
    for (const values of [[''], ['a', ''], tooMany]) {
      expect(() => readCriteria({ [name]: values }, NOW)).toThrow(CriteriaError);
      expect(() => readCriteria({ [name]: values }, NOW)).toThrow(new RegExp(`^${name}: expected`));
    }
  });

  test.each(['since', 'until'])('%s', (name) => {
    for (const value of ['', 'yesterday', '2026-13-01', '2026-02-30', '7x']) {
      expect(() => readCriteria({ [name]: value }, NOW)).toThrow(CriteriaError);
      expect(() => readCriteria({ [name]: value }, NOW)).toThrow(new RegExp(`^${name}: expected .* such as`));
    }
  });

  test.each([
    ['2026-11-07', '2026-11-06'],
    ['2026-11-06', '2026-11-06'],
    ['1d', '2d'],
    ['2026-11-06T01:00+01:00', '2026-11-06'],
  ])('since %s until %s', (since, until) => {
    expect(() => readCriteria({ since, until }, NOW)).toThrow(CriteriaError);
    expect(() => readCriteria({ since, until }, NOW)).toThrow(/^since: expected .* until/);
  });
});
