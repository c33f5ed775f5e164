import { describe, expect, test } from '@jest/globals';
import { ruleMatches, ruleText, selectionText } from './support.ts';

const where = (members: object) => ({ requestParameters: { Name: 'prod-etl', ...members } });
const matches = (selection: unknown, members: object, lists?: string) =>
  ruleMatches(selectionText(selection), members, lists);

describe('values, as the specification has them', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['case does not matter', 'PUBLIC_only', 'public_ONLY', true],
    ['the whole value counts', 'PUBLIC', 'PUBLIC_ONLY', false],
    ['? is one character', 'prog?.exe', 'progA.exe', true],
    ['? is not none', 'prog?.exe', 'prog.exe', false],
    ['? is one character of any size', 'a?b', 'a😀b', true],
    ['* is any number', 'antivirus_V*.exe', 'antivirus_V21.2.1.exe', true],
    ['* is none, too', '*a*b*', 'ab', true],
    ['pieces in order', '*a*b*', 'ba', false],
    ['the end is not used twice', 'ab*ab', 'ab', false],
    ['the end is not used twice, with ?', '*a?*?a', 'aba', false],
    ['a plain backslash', 'C:\\x', 'C:\\x', true],
    ['two backslashes are one', 'C:\\\\x', 'C:\\x', true],
    ['an escaped asterisk', 'a\\*', 'a*', true],
    ['an escaped asterisk is no wildcard', 'a\\*', 'ab', false],
    ['an escaped question mark', 'a\\?', 'a?', true],
    ['a backslash before a wildcard', 'a\\\\*', 'a\\anything', true],
    ['a backslash and an asterisk', 'a\\\\\\*', 'a\\*', true],
    ['a backslash and an asterisk are no wildcard', 'a\\\\\\*', 'a\\b', false],
    ['four backslashes are two', 'a\\\\\\\\b', 'a\\\\b', true],
    ['three backslashes are two', 'a\\\\\\b', 'a\\\\b', true],
    ['a list is any of them', ['x', 'y'], 'Y', true],
    ['a number as a text', 517, '517', true],
    ['a number as a number', 517, 517, true],
    ['a number written otherwise', 1.0, 1, true],
    ['true as a text', true, 'true', true],
    ['false is not absent', false, undefined, false],
    ['an empty text', '', '', true],
    ['an empty text is not absent', '', undefined, false],
    ['null is absent', null, undefined, true],
    ['null is null', null, null, true],
    ['null is not empty', null, '', false],
    ['an element of a list', 'sg-2', ['sg-1', 'sg-2'], true],
    ['no element of a list', 'sg-3', ['sg-1', 'sg-2'], false],
    ['no object', '*', { a: 'x' }, false],
  ])('%s', (_, wanted, found, expected) => {
    const members = found === undefined ? {} : { Field: found };
    expect(matches({ 'requestParameters.Field': wanted }, where(members))).toBe(expected);
  });

  test.each<[string, unknown, unknown, boolean]>([
    ['contains', 'LIC_on', 'PUBLIC_ONLY', true],
    ['contains', 'l?c*ly', 'PUBLIC_ONLY', true],
    ['startswith', 'public', 'PUBLIC_ONLY', true],
    ['startswith', 'only', 'PUBLIC_ONLY', false],
    ['endswith', '_only', 'PUBLIC_ONLY', true],
    ['endswith', 'public', 'PUBLIC_ONLY', false],
    ['contains|all', ['PUB', 'ONLY'], 'PUBLIC_ONLY', true],
    ['contains|all', ['PUB', 'BOTH'], 'PUBLIC_ONLY', false],
    ['all', ['sg-1', 'sg-2'], ['sg-2', 'sg-1'], true],
    ['all', ['sg-1', 'sg-2'], ['sg-2'], false],
    ['cased', 'PUBLIC_ONLY', 'PUBLIC_ONLY', true],
    ['cased', 'PUBLIC_only', 'PUBLIC_ONLY', false],
    ['contains|cased', 'blic', 'PUBLIC_ONLY', false],
    ['exists', true, null, true],
    ['exists', true, '', true],
    ['exists', true, undefined, false],
    ['exists', false, undefined, true],
    ['exists', false, {}, false],
    ['re', 'PUB.*ONLY', 'PUBLIC_ONLY', true],
    ['re', 'pub.*only', 'PUBLIC_ONLY', false],
    ['re|i', '^pub.*only$', 'PUBLIC_ONLY', true],
    ['re', '^b$', 'a\nb\nc', false],
    ['re|m', '^b$', 'a\nb\nc', true],
    ['re', 'a.b', 'a\nb', false],
    ['re|s', 'a.b', 'a\nb', true],
    ['re|i|s', 'A.B', 'a\nb', true],
    ['re', ['x', 'y'], 'y', true],
    ['cidr', '198.51.100.0/24', '198.51.100.7', true],
    ['cidr', '198.51.100.0/24', '198.51.101.7', false],
    ['cidr', ['10.0.0.0/8', '2001:db8::/32'], '2001:DB8:0::1', true],
    ['cidr', '0.0.0.0/0', '::1', false],
    ['cidr', '0.0.0.0/0', 'cloudformation.amazonaws.com', false],
    ['gt', 5, 6, true],
    ['gt', 5, 5, false],
    ['gte', 5, '5', true],
    ['lt', 5, 4.5, true],
    ['lte', -1, -1, true],
    ['gt', 5, 'six', false],
    ['lt', 5, undefined, false],
    ['lt', 5, null, false],
  ])('%s %j, %j: %s', (modifiers, wanted, found, expected) => {
    const members = found === undefined ? {} : { Field: found };
    expect(matches({ [`requestParameters.Field|${modifiers}`]: wanted }, where(members))).toBe(expected);
  });

  test('an account keeps its leading zero', () => {
    const text = ruleText('selection:\n    recipientAccountId: 012345678901\ncondition: selection');
    expect(ruleMatches(text, { recipientAccountId: '012345678901' })).toBe(true);
    expect(ruleMatches(text, { recipientAccountId: '12345678901' })).toBe(false);
  });
});

describe('placeholders', () => {
  const LISTS = 'names: ["srv*", bo]\nranges: [10.0.0.0/8]\nnone: []\n';
  test.each<[string, unknown, string, boolean]>([
    ['expand', '%names%', 'SRV-1', true],
    ['expand', '%names%', 'bo', true],
    ['expand', '%names%', '%names%', false],
    ['expand', 'team/%names%/x', 'team/bo/x', true],
    ['expand', '%names%-%names%', 'bo-srv9', true],
    ['expand', '\\%names%names%', '%namesbo', true],
    ['contains|expand', '%names%', 'a bo b', true],
    ['cidr|expand', '%ranges%', '10.1.2.3', true],
    ['expand', '%none%', 'bo', false],
  ])('%s %s, %s: %s', (modifiers, wanted, found, expected) => {
    expect(matches({ [`requestParameters.Field|${modifiers}`]: wanted }, where({ Field: found }), LISTS)).toBe(
      expected,
    );
  });

  test('without expand they are plain text', () => {
    expect(matches({ 'requestParameters.Field': '%names%' }, where({ Field: '%names%' }), LISTS)).toBe(true);
  });
});

describe('fields', () => {
  const MEMBERS = {
    eventName: 'InvokeRestApi',
    sourceIPAddress: '2001:DB8:4a1c:0020::b57',
    requestParameters: {
      Name: 'prod-etl',
      Method: 'DELETE',
      Path: '/connections/x',
      Tags: { 'a.b': '1' },
      List: [{ K: 'v' }],
    },
    responseElements: { RestApiStatusCode: 204 },
    eventTime: '2026-11-01T23:15:00Z',
  };
  test.each<[string, unknown]>([
    ['userIdentity.userName', 'ana'],
    ['requestParameters.Tags.a.b', '1'],
    ['requestParameters.List.K', 'V'],
    ['mwaa.action', 'connection.delete'],
    ['mwaa.target', 'x'],
    ['mwaa.user', 'ana'],
    ['mwaa.environment', 'PROD-etl'],
    ['mwaa.outcome', 'ok'],
    ['mwaa.access', 'write'],
    ['mwaa.parameters', 'Path'],
    ['mwaa.statusCode', 204],
    ['mwaa.sourceIp', '2001:db8:4a1c:20::b57'],
    ['mwaa.network', '2001:db8:4a1c::/48'],
    ['mwaa.hour', 23],
    ['mwaa.weekday', 7],
  ])('%s', (field, value) => {
    expect(matches({ [field]: value }, MEMBERS)).toBe(true);
    expect(matches({ [field]: 'another' }, MEMBERS)).toBe(false);
  });

  test('names have the case of CloudTrail', () => {
    expect(matches({ eventname: 'InvokeRestApi' }, MEMBERS)).toBe(false);
  });

  test('a record cannot say what is ours, and reaches no prototype', () => {
    expect(matches({ 'mwaa.user': 'mallory' }, { ...MEMBERS, mwaa: { user: 'mallory' } })).toBe(false);
    for (const field of ['__proto__', 'constructor', 'requestParameters.constructor.name', 'toString'])
      expect(matches({ [`${field}|exists`]: true }, MEMBERS)).toBe(false);
  });
});

describe('search identifiers and conditions', () => {
  const two = (condition: string, members: object, more = '') =>
    ruleMatches(
      ruleText(
        `selection_a:\n    eventName: A\nselection_b:\n    awsRegion: b\n_hidden:\n    eventName: H\n${more}condition: ${condition}`,
      ),
      members,
    );
  const [A, B, AB, NONE] = [
    { eventName: 'A' },
    { awsRegion: 'b' },
    { eventName: 'A', awsRegion: 'b' },
    { eventName: 'C' },
  ];

  test.each<[string, object[], object[]]>([
    ['selection_a', [A, AB], [B, NONE]],
    ['selection_a and selection_b', [AB], [A, B, NONE]],
    ['selection_a or selection_b', [A, B, AB], [NONE]],
    ['not selection_a', [B, NONE], [A, AB]],
    ['selection_a and not selection_b', [A], [AB, B, NONE]],
    ['not (selection_a or selection_b)', [NONE], [A, B, AB]],
    ['not selection_a or selection_b', [B, NONE, AB], [A]],
    ['selection_b or selection_a and not selection_b', [A, B, AB], [NONE]],
    ['1 of selection_*', [A, B, AB], [NONE]],
    ['all of selection_*', [AB], [A, B, NONE]],
    ['1 of them', [A, B, AB], [NONE, { eventName: 'H' }]],
    ['ALL OF THEM', [AB], [A, B]],
    ['1 of *_a', [A, AB], [B, NONE]],
    ['1 of _*', [{ eventName: 'H' }], [A, B]],
    ['selection_a AND NOT 1 OF selection_b', [A], [AB, B]],
    ['[selection_a, selection_b]', [A, B, AB], [NONE]],
  ])('%s', (condition, matching, others) => {
    for (const members of matching) expect(two(condition, members)).toBe(true);
    for (const members of others) expect(two(condition, members)).toBe(false);
  });

  test('a map is and, a list of maps is or', () => {
    const list = [{ eventName: 'A', awsRegion: 'b' }, { eventName: 'C' }];
    expect(matches(list, AB)).toBe(true);
    expect(matches(list, A)).toBe(false);
    expect(matches(list, NONE)).toBe(true);
  });

  test('keywords are searched for in all values and names', () => {
    const members = where({ Note: 'Ask EvilService' });
    expect(matches(['evilservice', 'other'], members)).toBe(true);
    expect(matches(['e?ilserv*'], members)).toBe(true);
    expect(matches(['note'], members)).toBe(true);
    expect(matches(['absent'], members)).toBe(false);
    expect(matches({ '|all': ['evilservice', 'prod-etl'] }, members)).toBe(true);
    expect(matches({ '|all': ['evilservice', 'absent'] }, members)).toBe(false);
  });
});
