import { expect, test } from '@jest/globals';
import { problemsOf, ruleText, selectionText } from './support.ts';

const HEAD = 'title: A rule\nlogsource:\n    product: aws\n    service: cloudtrail\n';
const OK = 'detection:\n    s:\n        eventName: A\n    condition: s\n';
const correlation = (members: string, first = 'a') =>
  `title: Many\ncorrelation:\n${members}---\nname: ${first}\n${HEAD}${OK}`;
const COUNT = '    type: event_count\n    rules: [a]\n    group-by: [mwaa.user]\n    timespan: 5m\n';
const item = (field: string, value = 'x') => ruleText(`s:\n    ${field}: ${value}\ncondition: s`);
const condition = (text: string) => ruleText(`s:\n    eventName: A\ncondition: ${text}`);

test.each<[string, string, string]>([
  ['no YAML', 'title: [', '1:9 expected YAML'],
  ['a text', 'hello', '1:1 expected a map'],
  ['no detection', HEAD, '1:1 expected one of detection, correlation, filter'],
  ['a misspelt detection', `${HEAD}detections: {}`, '1:1 expected one of detection, correlation, filter, not'],
  ['no title', `logsource:\n    product: aws\n    service: cloudtrail\n${OK}`, '1:1 a rule: expected title'],
  ['no log source', `title: x\n${OK}`, '1:1 a rule: expected logsource'],
  ['another product', HEAD.replace('aws', 'windows') + OK, '3:14 product: expected one of aws'],
  ['another service', HEAD.replace('cloudtrail', 'guardduty') + OK, '4:14 service: expected one of cloudtrail'],
  [
    'a category',
    HEAD.replace('    service', '    category: x\n    service') + OK,
    '4:5 logsource: category is not supported',
  ],
  ['another taxonomy', `taxonomy: ecs\n${HEAD}${OK}`, '1:11 taxonomy: expected one of sigma'],
  ['a level that there is not', `level: severe\n${HEAD}${OK}`, '1:8 level: expected one of informational'],
  ['a status that there is not', `status: good\n${HEAD}${OK}`, '1:9 status: expected one of stable'],
  ['a misspelt extension', `x-mwaa-trial: {}\n${HEAD}${OK}`, '1:1 expected x-mwaa-trail'],
  ['an unknown extension', `x-mwaa-trail:\n    window: 1d\n${HEAD}${OK}`, '2:5 x-mwaa-trail: window is not supported'],
  [
    'a list that there is not',
    `x-mwaa-trail:\n    needs: [offices]\n${HEAD}${OK}`,
    '2:12 needs: there is no list offices',
  ],
  ['a key twice', item('eventName: A\n    eventName'), 'expected YAML: Map keys must be unique'],
  ['an alias', `a: &x 1\nb: *x\n${HEAD}${OK}`, '1:7 anchors and aliases are not supported'],
  ['a tag', `a: !!binary aGk=\n${HEAD}${OK}`, 'tags of YAML are not supported'],
  ['an unknown tag', `a: !x 1\n${HEAD}${OK}`, '1:4 expected YAML: Unresolved tag'],
  ['no condition', ruleText('s:\n    eventName: A'), '6:5 detection: expected condition'],
  ['an empty map', ruleText('s: {}\ncondition: s'), '6:8 s: expected one field at least'],
  ['an empty list', ruleText('s: []\ncondition: s'), '6:8 s: expected one map or keyword at least'],
  ['no map', ruleText('s: x\ncondition: s'), '6:8 s: expected a map, or a list'],
  ['a list in a list', ruleText('s: [[x]]\ncondition: s'), '6:9 s: a list in a list'],
  [
    'a map in a map',
    ruleText('s:\n    userIdentity:\n        type: Root\ncondition: s'),
    'a map is not supported; name the field as userIdentity.NAME',
  ],
  ['an empty list of values', item('eventName', '[]'), '7:20 expected a value'],
  [
    'a timeframe',
    ruleText('s:\n    eventName: A\ntimeframe: 5m\ncondition: s'),
    '8:5 timeframe is not supported: use a correlation rule',
  ],
  ['an unknown modifier', item('eventName|contain'), '7:9 modifier contain is not supported: expected one of contains'],
  ['windash', item('eventName|windash|contains'), '7:9 modifier windash is not supported'],
  ['base64offset', item('eventName|base64offset|contains'), 'modifier base64offset is not supported'],
  ['fieldref', item('eventName|fieldref'), 'modifier fieldref is not supported'],
  ['neq', item('eventName|neq'), 'modifier neq is not supported: use a search identifier of its own'],
  ['hour', item('eventTime|hour', '3'), 'modifier hour is not supported: use the field mwaa.hour'],
  ['utf16le', item('eventName|utf16le'), 'modifier utf16le is not supported'],
  ['a modifier twice', item('eventName|contains|contains'), 'modifier contains: expected once'],
  ['two kinds', item('eventName|contains|re'), 'modifiers contains and re: expected one of them'],
  ['two places', item('eventName|startswith|endswith'), 'modifiers startswith and endswith'],
  ['a flag without re', item('eventName|i'), 'modifier i: not supported with a plain value'],
  ['a flag before re', item('eventName|i|re'), 'modifier i: expected after re'],
  ['cased re', item('eventName|re|cased'), 'modifier cased: not supported with re'],
  ['all of one', item('eventName|contains|all'), '7:33 all: expected a list of two values or more'],
  ['exists of a text', item('eventName|exists', 'maybe'), 'exists: expected true or false'],
  ['exists with another', item('eventName|exists|cased', 'true'), 'modifier cased: not supported with exists'],
  ['null in a list', item('eventName', "['', null]"), '7:25 null cannot be one of several values'],
  ['null with a modifier', item('eventName|contains', 'null'), 'null: expected no modifiers'],
  ['no number', item('x|gte', 'many'), '7:16 gte: expected a number'],
  ['no range', item('sourceIPAddress|cidr', '10.0.0.0/33'), 'cidr: expected ranges such as 10.0.0.0/8'],
  ['expand without a placeholder', item('x|expand', 'plain'), 'expand: expected a placeholder'],
  [
    'an unknown placeholder',
    item('x|expand', "'%servers%'"),
    '7:19 placeholder %servers%: expected a list of this name',
  ],
  ['an unknown field of ours', item('mwaa.usr'), '7:9 there is no field mwaa.usr; did you mean mwaa.user?'],
  ['an empty name in a field', item('userIdentity..type'), 'expected names with single dots'],
  [
    'keywords with a modifier',
    ruleText("s:\n    '|re': [x, y]\ncondition: s"),
    'modifier re: not supported with keywords',
  ],
  ['an unknown search identifier', condition('s and t'), '8:22 condition: there is no search identifier t'],
  ['an unknown search identifier in quotes', condition("'s and t'"), '8:23 condition: there is no search identifier t'],
  ['a pattern that fits none', condition('1 of filter_*'), '8:21 condition: there is no search identifier filter_*'],
  ['2 of', condition('2 of them'), '8:16 condition: 2 of: expected 1 of or all of'],
  ['any of', condition('any of them'), 'condition: any of: expected 1 of or all of'],
  ['an aggregation', condition('s | count() > 5'), '8:18 condition: expected and, or, or the end, not |'],
  ['an open parenthesis', condition('(s'), 'condition: expected )'],
  ['a closed parenthesis', condition('s)'), '8:17 condition: expected and, or, or the end, not )'],
  ['two operators', condition('s and or s'), '8:22 condition: expected a search identifier, not or'],
  ['an operator at the end', condition('s and'), 'condition: expected a search identifier at its end'],
  ['two search identifiers', condition('s s'), 'condition: expected and, or, or the end, not s'],
  ['an empty condition', condition("''"), 'condition: expected a text'],
  [
    'temporal',
    correlation(COUNT.replace('event_count', 'temporal')),
    '3:11 correlation type: expected one of event_count, value_count',
  ],
  ['value_sum', correlation(COUNT.replace('event_count', 'value_sum')), 'correlation type: expected one of'],
  [
    'a correlation of a rule that there is not',
    correlation(`${COUNT}    condition: {gte: 5}\n`, 'b'),
    '4:13 rules: there is no rule a',
  ],
  ['a correlation without a condition', correlation(COUNT), '3:5 correlation: expected condition'],
  [
    'a condition without a bound',
    correlation(`${COUNT}    condition: {field: x}\n`.replace('event', 'value')),
    'condition: expected a bound',
  ],
  [
    'a bound that there is not',
    correlation(`${COUNT}    condition: {min: 5}\n`),
    '7:17 condition: min is not supported',
  ],
  [
    'a bound that is too high',
    correlation(`${COUNT}    condition: {gte: 1001}\n`),
    'gte: expected a whole number from 0 to 1000',
  ],
  [
    'a field of an event_count',
    correlation(`${COUNT}    condition: {gte: 5, field: x}\n`),
    'condition: field is for value_count alone',
  ],
  [
    'a value_count without a field',
    correlation(`${COUNT}    condition: {gte: 5}\n`.replace('event', 'value')),
    'condition: expected field',
  ],
  [
    'a timespan in other words',
    correlation(`${COUNT}    condition: {gte: 5}\n`.replace('5m', '5 minutes')),
    '6:15 timespan: expected a number and s, m, h or d',
  ],
  [
    'an unknown member',
    correlation(`${COUNT}    condition: {gte: 5}\n    timeframe: 5m\n`),
    'correlation: timeframe is not supported',
  ],
  [
    'an alias of another rule',
    correlation(`${COUNT}    condition: {gte: 5}\n    aliases:\n        u:\n            b: x\n`),
    'aliases: the correlation has no rule b',
  ],
  [
    'an alias without a rule',
    correlation(`${COUNT}    condition: {gte: 5}\n    aliases:\n        u: {}\n`),
    'aliases: expected a field of a',
  ],
  [
    'a filter of a rule that there is not',
    `${HEAD}filter:\n    rules: [a]\n    s:\n        eventName: A\n    condition: not s\n`,
    'rules: there is no rule a',
  ],
  [
    'a filter that leaves nothing out',
    `${HEAD}filter:\n    rules: any\n    s:\n        eventName: A\n    condition: s\n`,
    'condition: expected not, and what to leave out',
  ],
  ['an id twice', `id: a\n${HEAD}${OK}---\nid: a\n${HEAD}${OK}`, 'a is the id or name of a rule in x.yml'],
])('%s', (_, text, expected) => {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(expected);
});

test.each<[string, string]>([
  ['lookahead', 'a(?=b)'],
  ['lookbehind', '(?<!a)b'],
  ['a backreference', '(a)\\1'],
  ['an atomic group', '(?>a)b'],
  ['a possessive quantifier', 'a++'],
  ['an open group', '(a'],
  ['an open set', '[a'],
  ['a wrong range', '[z-a]'],
  ['a quantifier of nothing', '*a'],
  ['bounds the wrong way round', 'a{3,2}'],
  ['too many repetitions', 'a{1001}'],
  ['too many states', '(a{1,100}){1,100}'],
  ['too many repetitions of nothing', '((((){1000}){1000}){1000}){1000}'],
  ['an unknown escape', '\\q'],
  ['groups without end', '('.repeat(1_900)],
])('the regular expression has %s', (_, expression) => {
  expect(problemsOf(selectionText({ 'eventName|re': expression }))[0]).toMatch(/^6:\d+ regular expression: .+$/);
});

test('every document of every file is looked at', () => {
  const bad = `${HEAD}detection:\n    s:\n        x|y: 1\n    condition: s\n`;
  expect(problemsOf(`${bad}---\n${HEAD}${OK}---\n${bad}`)).toHaveLength(2);
});
