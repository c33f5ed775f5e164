import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CriteriaError, readCriteria } from '../../shared/query/criteria.ts';
import { type Criteria, exclusionsOf, TEXT_CRITERIA, TEXT_CRITERION_NAMES } from '../../shared/query/criteria-table.ts';
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

describe('exclusions', () => {
  test('have the name of a filter, as parameter or as flag, and any text after the first =', () => {
    const exclude = [
      'event-name=ListEnvironments',
      'eventName=ListEnvironments',
      'target=a=b*',
      'sourceIp=2001:DB8::0',
    ];
    const criteria = readCriteria({ exclude }, NOW);
    expect(criteria).toEqual({ exclude: ['eventName=ListEnvironments', 'target=a=b*', 'sourceIp=2001:db8::'] });
    expect(exclusionsOf(criteria)).toEqual(
      new Map([
        ['target', ['a=b*']],
        ['eventName', ['ListEnvironments']],
        ['sourceIp', ['2001:db8::']],
      ]),
    );
  });

  test.each([
    ['user', /^exclude: expected NAME=VALUE, such as user=/],
    ['', /^exclude: expected NAME=VALUE/],
    ['=anna', /^exclude: expected NAME=VALUE.*; NAME is one of/],
    ['usr=anna', /^exclude: expected NAME=VALUE.*; NAME is one of.*did you mean user\?/],
    ['errors=true', /^exclude: expected NAME=VALUE.*; NAME is one of/],
    ['user=', /^exclude: user: expected a text that is not empty/],
    ['outcome=OK', /^exclude: outcome: expected one of ok, denied, failed; did you mean ok\?/],
    ['source-ip=10.0.0.0/33', /^exclude: sourceIp: expected an address/],
  ])('%j is none', (text, message) => {
    expect(() => readCriteria({ exclude: [text] }, NOW)).toThrow(message);
    expect(() => readCriteria({ exclude: [text] }, NOW)).toThrow(expect.objectContaining({ parameter: 'exclude' }));
  });

  test('count among the values', () => {
    const user = Array.from({ length: 60 }, (_, i) => `u${i}`);
    const exclude = user.map((value) => `role=${value}`);
    expect(() => readCriteria({ user, exclude }, NOW)).toThrow(/^exclude: expected at most 100 values/);
  });
});

describe('a time around a moment', () => {
  test.each([
    [{ around: '2026-11-06T02:31:18Z' }, '2026-11-06T02:21:18.000Z', '2026-11-06T02:41:18.001Z'],
    [{ around: '2026-11-06T02:31:18Z', within: '1h' }, '2026-11-06T01:31:18.000Z', '2026-11-06T03:31:18.001Z'],
    [{ around: '1d', within: '12h' }, '2026-11-19T00:00:00.000Z', '2026-11-20T00:00:00.001Z'],
    [{ around: '0000-01-01', within: '1d' }, '0000-01-01T00:00:00.000Z', '0000-01-02T00:00:00.001Z'],
    [{ around: '9999-12-31T23:59:59Z', within: '1h' }, '9999-12-31T22:59:59.000Z', '9999-12-31T23:59:59.999Z'],
  ])('%j', (given, since, until) => {
    expect(readCriteria(given, NOW)).toEqual({ since, until });
  });

  test.each([
    [{ within: '10m' }, 'within', /^within: expected only together with around/],
    [{ around: '1d', within: 'long' }, 'within', /^within: expected a length of time such as 10m/],
    [{ around: 'noon' }, 'around', /^around: expected .* such as/],
    [{ around: '1d', since: '2d' }, 'around', /^around: expected without since and until/],
    [{ around: '1d', until: '2d' }, 'around', /^around: expected without since and until/],
  ])('%j names %s', (given, parameter, message) => {
    expect(() => readCriteria(given, NOW)).toThrow(message);
    expect(() => readCriteria(given, NOW)).toThrow(expect.objectContaining({ parameter }));
  });
});

describe('a prefix', () => {
  test.each([
    ['userAgent', 92],
    ['target', 988],
    ['user', 2012],
    ['session', 4060],
  ] as const)('of %s has at most %i bytes: of longer texts the rest is not stored', (name, bytes) => {
    const longest = `${'x'.repeat(bytes)}*`;
    expect(readCriteria({ [name]: [longest] }, NOW)).toEqual({ [name]: [longest] });
    for (const given of [{ [name]: [`x${longest}`] }, { exclude: [`${name}=x${longest}`] }]) {
      expect(() => readCriteria(given, NOW)).toThrow(`expected at most ${bytes} bytes before the final *`);
    }
    // Without the star it is a whole text, which finds what is stored of it.
    expect(readCriteria({ [name]: ['x'.repeat(5_000)] }, NOW)).toEqual({ [name]: ['x'.repeat(5_000)] });
  });
});
