import { isoTime } from '../../shared/cloudtrail/times.ts';
import { defined } from '../../shared/defined.ts';
import { detectStored, evaluateStored, lookBack } from '../../shared/detect/detect-stored.ts';
import type { Verdict } from '../../shared/detect/detector.ts';
import { evidenceFindings } from '../../shared/detect/evidence.ts';
import { explain } from '../../shared/detect/explain.ts';
import { EventFields, timeIn } from '../../shared/detect/fields.ts';
import type { Finding } from '../../shared/detect/finding.ts';
import { isAtLeast, LEVELS, type Level } from '../../shared/detect/level.ts';
import { type RuleSet, readRules } from '../../shared/detect/read-rules.ts';
import type { Rule } from '../../shared/detect/rule.ts';
import { runRuleTests } from '../../shared/detect/rule-tests.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { readCriteria } from '../../shared/query/criteria.ts';
import { nearestNames } from '../../shared/query/near-names.ts';
import {
  explanationText,
  failedTestsText,
  findingCounts,
  findingsText,
  rulesText,
} from '../../shared/render/detections.ts';
import { counted, displayText } from '../../shared/render/display.ts';
import type { StoredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { loadRules } from '../detect/load-rules.ts';
import { type Context, command, EXIT, UsageError, type Values } from '../lib/command.ts';
import { CRITERIA, choiceOf, format, inGroup, repeated, toggle, value } from '../lib/options.ts';
import { jsonText, viewOf, write, writeJsonList } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES, zoneOf } from '../lib/times.ts';

const { since, until, environment, account, region } = CRITERIA;

const level = (says: string) => value<Level | undefined>('<level>', says, choiceOf(LEVELS));

const words = (placeholder: string, says: string) => value<string[] | undefined>(placeholder, says);

const FLAGS = {
  ...inGroup('Which findings:', { since, until, environment, account, region }),
  ...inGroup('Rules:', {
    level: level('only rules of this level or a higher one'),
    rules: repeated('<dir>', 'a folder of your own rules and lists, added to those of mwaa-trail; may be repeated'),
    list: toggle('list the rules', (option) => option.conflicts(['test', 'explain'])),
    test: toggle('run the tests in the rule files', (option) => option.conflicts('explain')),
    explain: words('<rule event...>', 'say why a rule, by ID or title, matches an event, by eventID, or not'),
  }),
  ...inGroup('Output:', {
    format: format(['table', 'json', 'ndjson']),
    failOn: level('exit with 1 if there is a finding of this level or a higher one'),
    ...TIMES,
  }),
  ...STORE,
};
type DetectOptions = Values<typeof FLAGS>;

export default command({
  about:
    'Find what the detection rules say is suspicious in what is stored, newest first. The rules are Sigma rules: ' +
    'docs/detections.md says how they work, and how to write your own.',
  flags: FLAGS,
  async run(options, context) {
    const folders = await loadRules(options.rules ?? []);
    if (options.test) return test(await runRuleTests(folders), options, context);
    const set = readRules(folders);
    if (options.list) return list(set, options, context);
    if (options.explain) return explainEvent(options.explain, set.rules, options, context);
    return detect(atLeast(set.rules, options.level), options, context);
  },
});

/** The parts of correlations are no rules of their own. */
const atLeast = (rules: readonly Rule[], least: Level = 'informational') =>
  rules.filter((rule) => (rule.kind === 'event' && rule.isPart) || isAtLeast(rule.level, least));

const shownRules = (rules: readonly Rule[]) => rules.filter((rule) => rule.kind === 'correlation' || !rule.isPart);

async function detect(rules: readonly Rule[], options: DetectOptions, context: Context): Promise<number> {
  const { env, program, out, err } = context;
  const { since, until, environment, account, region } = options;
  const given = defined({ since, until, environment, account, region });
  const criteria = readCriteria(given, Date.now(), zoneOf(options));
  return withStore(options, env, async (deps) => {
    const view = viewOf(out, env, options, deps.now(), deps.aliases);
    const detected = await detectStored(rules, criteria, deps);
    const { events, withoutRecord } = detected;
    const evidence = await evidenceFindings(criteria, deps);
    const findings = [...detected.findings, ...evidence].sort((a, b) => whenOf(b) - whenOf(a));
    if (options.format === 'json') await writeJsonList(out, iterated(findings), JSON.stringify);
    if (options.format === 'ndjson') for (const finding of findings) await write(out, `${JSON.stringify(finding)}\n`);
    if (options.format === 'table') {
      if (findings.length > 0) await write(out, findingsText(findings, view));
      const active = shownRules(rules).filter(({ off }) => off === undefined).length;
      err.write(`${findingCounts(findings)} in ${counted(events, 'event')}, with ${counted(active, 'rule')}.\n`);
      for (const { title, off } of rules)
        if (off !== undefined) err.write(`${displayText(`Off: ${title}: ${off}.`)}\n`);
      if (findings.length > 0)
        err.write(`Why: ${program} detect --explain RULE EVENT. IDs of all events: --format json.\n`);
    }
    if (withoutRecord > 0)
      err.write(
        `${counted(withoutRecord, 'event')} without a record, which was too big: only their attributes were looked at.\n`,
      );
    const { failOn } = options;
    return failOn !== undefined && findings.some(({ rule }) => isAtLeast(rule.level, failOn)) ? EXIT.failed : EXIT.done;
  });
}

/** An event without a usable time counts as the oldest. */
const whenOf = ({ time }: Finding) => Date.parse(time) || 0;

async function* iterated<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function list({ rules }: RuleSet, options: DetectOptions, { env, out }: Context): Promise<number> {
  const listed = shownRules(atLeast(rules, options.level));
  const lines = listed.map(({ id, title, level, status, off, path, tags, description }) =>
    defined({ id, title, level, status, off, path, tags, description }),
  );
  if (options.format === 'json') await writeJsonList(out, iterated(lines), JSON.stringify);
  else if (options.format === 'ndjson') for (const line of lines) await write(out, `${JSON.stringify(line)}\n`);
  else await write(out, rulesText(listed, viewOf(out, env, options, Date.now())));
  return EXIT.done;
}

async function test(
  results: Awaited<ReturnType<typeof runRuleTests>>,
  options: DetectOptions,
  { out, err }: Context,
): Promise<number> {
  const failed = results.filter(({ passed }) => !passed);
  if (options.format === 'table') {
    await write(out, failedTestsText(results));
    err.write(
      `${counted(results.length, 'test')} of rules: ${failed.length === 0 ? 'all passed' : `${failed.length} failed`}.\n`,
    );
  } else {
    const lines = results.map(({ rule, ...result }) => ({ rule: rule.id, path: rule.path, ...result }));
    await write(out, jsonText(lines));
  }
  return failed.length === 0 ? EXIT.done : EXIT.failed;
}

async function explainEvent(
  [wanted = '', eventId = '', ...more]: readonly string[],
  rules: readonly Rule[],
  options: DetectOptions,
  { env, out }: Context,
): Promise<number> {
  if (eventId === '' || more.length > 0) throw new UsageError('--explain: expected a rule and an eventID');
  const rule = ruleNamed(wanted, rules);
  return withStore(options, env, async (deps) => {
    const event = await getEvent(deps.dynamo, deps.tables.eventsTable, eventId, deps.now());
    if (event === undefined) throw new UsageError('--explain: there is no event with this eventID in the store');
    const verdict = await verdictOn(event, rule, rules, deps);
    const explanations = explain(rule, new EventFields(event));
    const { id, title, level } = rule;
    if (options.format !== 'table') {
      await write(out, jsonText({ rule: { id, title, level }, eventId, result: verdict, explanations }));
      return EXIT.done;
    }
    const view = viewOf(out, env, options, deps.now(), deps.aliases);
    await write(out, explanations.map((explanation) => explanationText(explanation, view)).join('\n'));
    await write(out, `${displayText(verdict)}\n`);
    return EXIT.done;
  });
}

function ruleNamed(wanted: string, rules: readonly Rule[]): Rule {
  const namesOf = ({ id, title, name, path }: Rule) =>
    [id, title, name ?? id, path.replace(/^.*\//, '').replace(/\.ya?ml$/, '')].map((known) => known.toLowerCase());
  const found = shownRules(rules).find((rule) => namesOf(rule).includes(wanted.toLowerCase()));
  if (found) return found;
  const [nearest] = nearestNames(
    wanted,
    rules.map(({ title }) => title),
  );
  const hint = nearest === undefined ? '; --list has them' : `; did you mean '${nearest}'?`;
  throw new UsageError(`--explain: there is no rule ${displayText(wanted)}${hint}`);
}

/** What the rule says of the event after all that it remembers. */
async function verdictOn(event: StoredEvent, rule: Rule, rules: readonly Rule[], deps: QueryDeps): Promise<string> {
  const parts = rules.filter((other) => rule.kind === 'correlation' && rule.rules.some((part) => part === other));
  const time = timeIn(event);
  const period = time === undefined ? {} : upTo(time, rule);
  let verdict: Verdict | undefined;
  for await (const { event: other, verdicts } of evaluateStored([rule, ...parts], period, deps))
    if (other.eventId === event.eventId) verdict = verdicts.find((one) => one.rule === rule);
  if (rule.off !== undefined) return `No finding: the rule is off, because ${rule.off}.`;
  if (verdict === undefined) return 'No finding: the rule does not match.';
  if (verdict.kind === 'quiet') return `No finding: ${verdict.why}.`;
  const { eventId: begunBy } = verdict.began;
  const part = begunBy === event.eventId ? '' : `, which event ${begunBy} began`;
  return `A finding${part}: ${verdict.reason}.`;
}

/** `until` is exclusive. */
function upTo(time: number, rule: Rule) {
  return { since: lookBack([rule], isoTime(time)), until: isoTime(time + 1) };
}
