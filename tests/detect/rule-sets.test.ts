import { describe, expect, test } from '@jest/globals';
import { Findings, lookBack } from '../../shared/detect/detect-stored.ts';
import { Detector, LEARNING_MS } from '../../shared/detect/detector.ts';
import { EventFields } from '../../shared/detect/fields.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { MemoryState } from '../../shared/detect/state.ts';
import { eventOf, folderOf, ruleText, verdictsOn } from './support.ts';

const rule = (more: string, detection = 's:\n    eventName: A\ncondition: s') => `${more}${ruleText(detection)}`;
const at = (time: string, members: object = {}, id = time) =>
  eventOf({ eventName: 'A', eventTime: time, ...members }, id);
const DAY = 24 * 3600 * 1000;

describe('folders', () => {
  test('a rule replaces that of a folder before with the same id, and a list the list', () => {
    const ours = folderOf(`${rule('id: one\nlevel: low\n')}---\n${rule('id: two\n')}`, 'names: [a]\n');
    const { rules, lists } = readRules([ours, folderOf(rule('id: one\nlevel: high\n'), 'names: [b]\nmore: []\n')]);
    expect(rules.map(({ id, level }) => [id, level])).toEqual([
      ['two', 'medium'],
      ['one', 'high'],
    ]);
    expect([...lists]).toEqual([
      ['names', ['b']],
      ['more', []],
    ]);
  });

  test('a correlation may refer to a rule of another folder, which stays a rule', () => {
    const correlation =
      'title: Many\nid: many\ncorrelation:\n    type: event_count\n    rules: [one]\n    timespan: 1h\n    condition: {gte: 2}\n';
    const { rules } = readRules([folderOf(rule('id: one\n')), folderOf(correlation)]);
    expect(rules).toMatchObject([
      { id: 'one', isPart: false },
      { id: 'many', kind: 'correlation' },
    ]);
  });

  test('a rule that is off is not evaluated', async () => {
    for (const more of ['status: deprecated\n', 'status: unsupported\n', 'x-mwaa-trail:\n    needs: [names]\n']) {
      const { rules } = readRules([folderOf(rule(more), 'names: []\n')]);
      expect(rules[0]!.off).toBeDefined();
      expect(await verdictsOn(rules, [at('2026-11-02T09:00:00Z')])).toEqual([[]]);
    }
  });

  test('a filter leaves events out of the rules that it names', async () => {
    const filter = (rules: string) =>
      `title: Not for ana\nlogsource:\n    product: aws\n    service: cloudtrail\nfilter:\n    rules: ${rules}\n    s:\n        userIdentity.userName: ana\n    condition: not s\n`;
    const bo = { userIdentity: { type: 'IAMUser', userName: 'bo' } };
    const found = async (rules: string) => {
      const set = readRules([folderOf(`${rule('id: one\n')}---\n${rule('id: two\n')}`), folderOf(filter(rules))]);
      const verdicts = await verdictsOn(set.rules, [at('2026-11-02T09:00:00Z'), at('2026-11-02T09:01:00Z', bo)]);
      return verdicts.map((some) => some.map(({ rule: { id } }) => id));
    };
    expect(await found('[one]')).toEqual([['two'], ['one', 'two']]);
    expect(await found('any')).toEqual([[], ['one', 'two']]);
  });
});

describe('aliases', () => {
  test('a group has other fields in other rules', async () => {
    const text =
      'title: Both\ncorrelation:\n    type: event_count\n    rules: [a, b]\n    group-by: [who]\n    timespan: 1h\n    condition: {gte: 2}\n' +
      '    aliases:\n        who:\n            a: userIdentity.userName\n            b: requestParameters.User\n---\n' +
      `name: a\n${rule('')}---\nname: b\n${rule('', 's:\n    eventName: B\ncondition: s')}`;
    const { rules } = readRules([folderOf(text)]);
    const verdicts = await verdictsOn(rules, [
      at('2026-11-02T09:00:00Z'),
      eventOf({ eventName: 'B', eventTime: '2026-11-02T09:01:00Z', requestParameters: { User: 'bo' } }, 'b1'),
      eventOf({ eventName: 'B', eventTime: '2026-11-02T09:02:00Z', requestParameters: { User: 'ana' } }, 'b2'),
    ]);
    expect(verdicts.map(([verdict]) => verdict!.kind)).toEqual(['quiet', 'quiet', 'finding']);
  });
});

describe('a burst is one finding', () => {
  const times = ['09:00', '09:10', '09:59', '10:01', '10:02'];
  const events = times.map((time) => at(`2026-11-02T${time}:00Z`));
  const findingsOf = async (text: string) => {
    const { rules } = readRules([folderOf(text)]);
    const findings = new Findings();
    for (const [i, verdicts] of (await verdictsOn(rules, events)).entries())
      for (const verdict of verdicts) findings.add(events[i]!, verdict);
    return findings.newestFirst().map(({ time, eventIds }) => [time.slice(11, 16), eventIds.length]);
  };

  test('of one rule, environment and user, for an hour or as long as the rule says', async () => {
    expect(await findingsOf(rule(''))).toEqual([
      ['10:01', 2],
      ['09:00', 3],
    ]);
    expect(await findingsOf(rule('x-mwaa-trail:\n    suppress: 1d\n'))).toEqual([['09:00', 5]]);
  });

  test('of a correlation, with all that were counted', async () => {
    const text = `title: Many\ncorrelation:\n    type: event_count\n    rules: [a]\n    timespan: 30m\n    condition: {gte: 2}\n---\nname: a\n${rule('')}`;
    expect(await findingsOf(text)).toEqual([['09:10', 5]]);
  });

  test('and the same when events are given twice', async () => {
    const { rules } = readRules([folderOf(rule(''))]);
    const verdicts = await verdictsOn(
      rules,
      [...events, ...events].sort((a, b) => (a.timeKey < b.timeKey ? -1 : 1)),
    );
    expect(new Set(verdicts.flat().map((verdict) => verdict.kind === 'finding' && verdict.began.eventId)).size).toBe(2);
  });
});

describe('first seen', () => {
  const text = rule('x-mwaa-trail:\n    first-seen:\n        fields: [mwaa.user]\n        history: 30d\n');
  const kinds = async (...events: ReturnType<typeof at>[]) => {
    const { rules } = readRules([folderOf(text)]);
    return (await verdictsOn(rules, events)).map(([verdict]) => verdict?.kind);
  };
  const before = at('2026-10-01T00:00:00Z', { eventName: 'B' });

  test('the first counts, the next do not, until the history is over', async () => {
    const events = ['2026-11-02', '2026-11-20', '2026-12-20', '2027-02-01'].map((day) => at(`${day}T00:00:00Z`));
    expect(await kinds(before, ...events)).toEqual([undefined, 'finding', 'quiet', 'quiet', 'finding']);
  });

  test('not in the first 7 days of an environment', async () => {
    const day = (n: number, s = 0) => new Date(Date.parse('2026-10-01') + n * DAY + s * 1000).toISOString();
    expect(await kinds(before, at(day(7, -1)))).toEqual([undefined, 'quiet']);
    expect(await kinds(before, at(day(7)))).toEqual([undefined, 'finding']);
    const elsewhere = { requestParameters: { Name: 'other' } };
    expect(await kinds(before, at(day(8), elsewhere))).toEqual([undefined, 'quiet']);
  });

  test('the same event again is as new as before', async () => {
    const first = at('2026-11-02T00:00:00Z');
    expect(await kinds(before, first, first)).toEqual([undefined, 'finding', 'finding']);
  });

  test('events without a usable time are never news', async () => {
    expect(await kinds(before, at('soon'))).toEqual([undefined, 'quiet']);
  });

  test('how far back is read for findings since a time', () => {
    const { rules } = readRules([folderOf(text)]);
    expect(lookBack(rules, undefined)).toBeUndefined();
    expect(lookBack(rules, '2026-11-30T00:00:00.000Z')).toBe('2026-10-31T00:00:00.000Z');
    expect(lookBack([], '2026-11-30T00:00:00.000Z')).toBe(
      new Date(Date.parse('2026-11-30') - LEARNING_MS).toISOString(),
    );
  });
});

test('an event without its record is judged by its attributes', async () => {
  const members = {
    eventName: 'UpdateEnvironment',
    errorCode: 'AccessDenied',
    requestParameters: { Name: 'prod-etl', StartupScriptS3Path: 'x' },
  };
  const { record: _, ...event } = eventOf(members);
  const fields = new EventFields(event);
  const at = (name: string) => fields.valuesAt(name.split('.'));
  expect(at('requestParameters.Name')).toEqual(['prod-etl']);
  expect(at('requestParameters.StartupScriptS3Path')).toEqual(['***']);
  expect(at('errorCode')).toEqual(['AccessDenied']);
  expect(at('userIdentity.userName')).toEqual(['ana']);
  expect(at('mwaa.recordOmitted')).toEqual([true]);
  const { rules } = readRules([
    folderOf(ruleText('s:\n    requestParameters.StartupScriptS3Path|exists: true\ncondition: s')),
  ]);
  const [verdicts] = await verdictsOn(rules, [event]);
  expect(verdicts).toMatchObject([{ reason: expect.stringContaining('only its attributes were looked at') }]);
});

test('memory is bounded', async () => {
  const state = new MemoryState();
  for (let i = 0; i < 300_000; i += 1) state.seen(`key ${i}`, { time: i, eventId: `e${i}` }, DAY);
  expect(state.seen('key 0', { time: 300_000, eventId: 'again' }, DAY)).toMatchObject({ eventId: 'again' });
  expect(state.seen('key 299999', { time: 300_000, eventId: 'again' }, DAY)).toMatchObject({ eventId: 'e299999' });
  let window: readonly unknown[] = [];
  for (let i = 0; i < 5_000; i += 1)
    window = state.window(
      'g',
      { time: i, eventId: `e${i}`, environment: undefined, value: undefined, distinct: '' },
      DAY,
    );
  expect(window).toHaveLength(1_000);
});

test('an event is evaluated by the rules of its operation alone', async () => {
  const { rules } = readRules([
    folderOf(`${rule('')}---\n${rule('id: two\n', 's:\n    awsRegion: eu-west-1\ncondition: s')}`),
  ]);
  const detector = new Detector(rules, new MemoryState());
  expect((await detector.evaluate(at('2026-11-02T09:00:00Z'))).length).toBe(2);
  expect((await detector.evaluate(at('2026-11-02T09:00:00Z', { eventName: 'a' }))).length).toBe(2);
  expect((await detector.evaluate(at('2026-11-02T09:00:00Z', { eventName: 'B' }))).length).toBe(1);
});
