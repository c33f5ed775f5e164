import { phraseOf } from '../audit-event/actions.ts';
import { DAY_MS, shifted } from '../cloudtrail/times.ts';
import { LEVELS } from '../detect/level.ts';
import type { RuleName } from '../detect/rule.ts';
import type { QueryDeps } from '../query/ask.ts';
import { readCompleteness } from '../query/completeness.ts';
import { readNewest } from '../query/newest.ts';
import { Tallies } from '../query/tally.ts';
import { readVerificationFindings } from '../query/verification.ts';
import type { ListedEvent } from '../store/event-item.ts';
import { WATERMARK_STEP_MS } from '../store/ledger-writer.ts';
import type { FindingSource } from './find-findings.ts';

/** A time, ISO 8601 in UTC with milliseconds: `since` inclusive, `until` exclusive. */
export interface DigestPeriod {
  since: string;
  until: string;
}

/** Something that was counted. */
export interface NamedCount {
  name: string;
  count: number;
}

/** What happened in an environment; the most frequent first. */
export interface EnvironmentActivity {
  /** Undefined: what is of no environment. */
  environment: string | undefined;
  accountId: string | undefined;
  region: string | undefined;
  /** What was changed, in words, and by whom. */
  changes: NamedCount[];
  changedBy: NamedCount[];
  /** Who was denied, and whose calls failed. */
  denied: NamedCount[];
  failed: NamedCount[];
}

/** What happened in a time, in short. */
export interface ActivityDigest extends DigestPeriod {
  /** That were counted. */
  events: number;
  /** There are older events in this time, too many to be counted. */
  truncated: boolean;
  /** With changes, denials or failures; most of them first. */
  environments: EnvironmentActivity[];
  /** By rule, the worst first; 10,000 are counted. Undefined: there are too many events to evaluate the rules. */
  findings: { rule: RuleName; count: number }[] | undefined;
  /** Log files that are not stored completely, by their state; 100 are looked at. */
  problems: NamedCount[];
  /** The accounts and Regions without a log file in the last day, and when the newest came. */
  silent: { account: string; region: string; since: string }[];
  /** What verification found and still holds, by its kind; 1,000 are looked at. */
  evidence: NamedCount[];
}

/** About 3,500 read units. */
const MAX_EVENTS = 50_000;
const MAX_EVIDENCE = 1_000;
const MAX_FINDINGS = 10_000;
const FINDINGS_AT_ONCE = 1_000;

/** Reads what happened in a time. All reads are of indexes, and bounded. */
export async function readActivityDigest(
  period: DigestPeriod,
  source: FindingSource,
  deps: QueryDeps,
): Promise<ActivityDigest> {
  const activities = new Map<string, Activity>();
  let events = 0;
  const truncated = await readNewest(period, deps, MAX_EVENTS, (event) => {
    events += 1;
    const key = JSON.stringify([event.accountId, event.region, event.environment]);
    const activity = activities.get(key) ?? new Activity(event);
    activities.set(key, activity);
    activity.add(event);
  });
  const [findings, { problems, newestLogFiles }, evidence] = await Promise.all([
    readFindings(period, source, deps),
    readCompleteness(period, deps),
    readVerificationFindings(deps, MAX_EVIDENCE),
  ]);
  // A watermark may be a step behind.
  const silentSince = shifted(period.until, -DAY_MS - WATERMARK_STEP_MS);
  return {
    ...period,
    ...{ events, truncated },
    environments: [...activities.values()]
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight - a.weight)
      .map((activity) => activity.said()),
    findings,
    problems: counts(problems.map(({ state }) => state)),
    silent: newestLogFiles
      .filter(({ deliveredAt }) => deliveredAt < silentSince)
      .map(({ account, region, deliveredAt }) => ({ account, region, since: deliveredAt })),
    evidence: counts(evidence.flatMap(({ kind, resolvedAt }) => (resolvedAt === undefined ? [kind] : []))),
  };
}

/** What happened in one environment. Events must be added newest first. */
class Activity {
  /** How much there is to say. */
  weight = 0;
  private readonly place: Pick<EnvironmentActivity, 'environment' | 'accountId' | 'region'>;
  private readonly changes = new Tallies();
  private readonly changedBy = new Tallies();
  private readonly denied = new Tallies();
  private readonly failed = new Tallies();

  constructor({ environment, accountId, region }: ListedEvent) {
    this.place = { environment, accountId, region };
  }

  add(event: ListedEvent): void {
    const { access, action, outcome, user, principal } = event;
    const who = user ?? principal ?? '-';
    if (outcome !== 'ok') {
      this.weight += 1;
      (outcome === 'denied' ? this.denied : this.failed).add(who, event);
    } else if (access === 'write') {
      this.weight += 1;
      this.changes.add(phraseOf(action), event);
      this.changedBy.add(who, event);
    }
  }

  said(): EnvironmentActivity {
    const most = (tallies: Tallies) => tallies.mostFirst().map(({ name, events: count }) => ({ name, count }));
    return {
      ...this.place,
      ...{ changes: most(this.changes), changedBy: most(this.changedBy) },
      ...{ denied: most(this.denied), failed: most(this.failed) },
    };
  }
}

/** How often each name occurs, the most frequent first. */
function counts(names: readonly string[]): NamedCount[] {
  return [...Map.groupBy(names, (name) => name)]
    .map(([name, all]) => ({ name, count: all.length }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

async function readFindings(
  period: DigestPeriod,
  source: FindingSource,
  deps: QueryDeps,
): Promise<ActivityDigest['findings']> {
  const criteria = { ...period, level: 'informational', rule: undefined, event: undefined } as const;
  const rules: RuleName[] = [];
  let after: string | undefined;
  do {
    const page = await source({ criteria, limit: FINDINGS_AT_ONCE, after, within: undefined }, deps);
    if (page.origin.kind === 'evaluated' && page.origin.cutAt !== undefined) return undefined;
    rules.push(...page.findings.map(({ rule }) => rule));
    after = page.end;
  } while (after !== undefined && rules.length < MAX_FINDINGS);
  return byRule(rules);
}

function byRule(rules: readonly RuleName[]): { rule: RuleName; count: number }[] {
  const order = ({ level, title }: RuleName) => `${LEVELS.length - LEVELS.indexOf(level)} ${title}`;
  return [...Map.groupBy(rules, ({ id }) => id).values()]
    .map((all) => ({ rule: all[0]!, count: all.length }))
    .sort((a, b) => (order(a.rule) < order(b.rule) ? -1 : 1));
}

/** The sum of counts. */
export const sumOf = (all: readonly { count: number }[]) => all.reduce((sum, { count }) => sum + count, 0);
