import { toAuditEvent } from '../audit-event/to-audit-event.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { Detector, type Verdict } from './detector.ts';
import type { DetectableEvent } from './fields.ts';
import type { Lists } from './lists.ts';
import { type RuleFolder, readRules } from './read-rules.ts';
import type { Rule } from './rule.ts';
import { memberOf, plainValue, type TreeMap, type TreeReader } from './rule-tree.ts';
import { MemoryState } from './state.ts';

/** A test in a rule's own file: records, of which the last one is, or is not, part of a finding. */
interface RuleTest {
  name: string;
  expects: 'match' | 'noMatch';
  records: readonly object[];
}

/** What became of a test. */
export interface TestResult {
  rule: Rule;
  name: string;
  expects: RuleTest['expects'];
  passed: boolean;
  /** What the rule says of the last record. */
  says: string;
}

/** The record of an ordinary call. A record in a test replaces its members, and adds others. */
const ORDINARY_RECORD = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'IAMUser',
    principalId: 'AIDAEXAMPLEANA',
    arn: 'arn:aws:iam::111122223333:user/ana',
    accountId: '111122223333',
    accessKeyId: 'AKIAEXAMPLEANA000001',
    userName: 'ana',
  },
  eventTime: '2026-11-02T09:15:00Z',
  eventSource: 'airflow.amazonaws.com',
  awsRegion: 'eu-west-1',
  sourceIPAddress: '198.51.100.24',
  userAgent: 'aws-cli/2.31.18',
  requestParameters: { Name: 'prod-etl' },
  responseElements: null,
  readOnly: false,
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
};

/**
 * Runs the tests of all rules of some folders.
 * @throws {RuleErrors} if a rule or a test is written wrongly
 */
export async function runRuleTests(folders: readonly RuleFolder[]): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const rule of readRules(folders).rules) {
    if (rule.tests === undefined) continue;
    const { tests, lists } = readTests(rule.tests);
    const tested = lists === undefined ? rule : withLists(rule, lists, folders);
    for (const test of tests) results.push(await runTest(tested, test));
  }
  return results;
}

function withLists(rule: Rule, lists: Lists, folders: readonly RuleFolder[]): Rule {
  const file = { path: rule.path, text: JSON.stringify(Object.fromEntries(lists)) };
  const { rules } = readRules([...folders, { files: [], lists: file }]);
  return rules.find(({ id }) => id === rule.id) ?? rule;
}

async function runTest(rule: Rule, { name, expects, records }: RuleTest): Promise<TestResult> {
  const parts = rule.kind === 'correlation' ? rule.rules : [];
  const detector = new Detector([rule, ...parts], new MemoryState());
  let verdicts: Verdict[] = [];
  for (const [i, record] of records.entries()) verdicts = await detector.evaluate(eventOf(record, `${i}`));
  const verdict = verdicts.find((one) => one.rule === rule);
  const says =
    verdict === undefined ? 'the record does not match' : verdict.kind === 'finding' ? verdict.reason : verdict.why;
  return { rule, name, expects, passed: (verdict?.kind === 'finding') === (expects === 'match'), says };
}

function eventOf(record: object, eventID: string): DetectableEvent {
  const text = JSON.stringify({ ...ORDINARY_RECORD, eventID, ...record });
  const read = toAuditEvent(text, { provisional: true, keyAccount: undefined, now: Number.MAX_SAFE_INTEGER });
  if (read.kind === 'event') return read.event;
  throw new TypeError('expected the record of an event');
}

const MAX_REPEAT = 1_000;

function readTests({ tree, reader }: NonNullable<Rule['tests']>): { tests: RuleTest[]; lists: Lists | undefined } {
  const map = reader.map(tree, 'tests');
  reader.only(map, ['match', 'noMatch', 'lists'], 'tests');
  const given = memberOf(map, 'lists');
  const lists =
    given && new Map(reader.map(given, 'lists').members.map(({ name, value }) => [name, reader.texts(value, name)]));
  const tests = (['match', 'noMatch'] as const).flatMap((expects) => {
    const list = memberOf(map, expects);
    if (list === undefined) return [];
    if (list.kind !== 'list') throw reader.problem(list, `${expects}: expected a list`);
    return list.items.map((item): RuleTest => {
      const test = reader.map(item, expects);
      reader.only(test, ['name', 'before', 'record', 'repeat', 'every'], expects);
      return {
        name: reader.text(reader.required(test, 'name', expects), 'name'),
        expects,
        records: recordsOf(test, reader),
      };
    });
  });
  return { tests, lists };
}

function recordsOf(test: TreeMap, reader: TreeReader): object[] {
  const record = plainValue(reader.map(reader.required(test, 'record', 'a test'), 'record')) as { eventTime?: string };
  const before = memberOf(test, 'before');
  if (before !== undefined && before.kind !== 'list') throw reader.problem(before, 'before: expected a list');
  const earlier = (before?.items ?? []).map((item) => plainValue(reader.map(item, 'before')) as object);
  const times = memberOf(test, 'repeat');
  if (times === undefined) return [...earlier, record];
  const count = times.kind === 'scalar' ? Number(times.value) : Number.NaN;
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_REPEAT)
    throw reader.problem(times, `repeat: expected a whole number from 1 to ${MAX_REPEAT}`);
  const every = reader.timespan(reader.required(test, 'every', 'repeat'), 'every');
  const start = Date.parse(record.eventTime ?? ORDINARY_RECORD.eventTime);
  const repeated = Array.from({ length: count }, (_, i) => ({
    ...record,
    eventTime: isoTime(start + i * every),
  }));
  return [...earlier, ...repeated];
}
