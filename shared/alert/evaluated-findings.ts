import { timeOf } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import { evaluateStored, lookBack } from '../detect/detect-stored.ts';
import type { Rule } from '../detect/rule.ts';
import { type QueryDeps, readAll } from '../query/ask.ts';
import { alertedFinding } from './alerted-finding.ts';
import type { FindingOrigin, FindingPage, FindingPageRequest, FindingSource } from './find-findings.ts';
import { type KeptFinding, markOf, meetsCriteria, positionOf, seenFinding } from './kept-finding.ts';

/** Events that are evaluated for an answer, those before its time included. */
const MAX_EVENTS = 20_000;
const LIFETIME_MS = 60_000;
/** Evaluations that are remembered. */
const MAX_ENTRIES = 20;

interface Evaluation {
  /** By position, the newest first. */
  findings: [position: string, kept: KeptFinding][];
  origin: FindingOrigin & { kind: 'evaluated' };
}

/**
 * The findings in stored events where no alert function stores them. Rules are evaluated on request, and what they find is valid for
 * a minute. An event counts whenever it was stored.
 * @param deps for evaluations, which several callers share
 * @param rules are read for the first answer
 */
export function evaluatedFindings(
  rules: () => Promise<readonly Rule[]>,
  deps: QueryDeps,
  maxEvents = MAX_EVENTS,
): FindingSource {
  const entries = new Map<string, { until: number; evaluation: Promise<Evaluation> }>();
  const evaluation = (period: Period): Promise<Evaluation> => {
    const key = JSON.stringify([period.since, period.until]);
    const entry = entries.get(key);
    if (entry && deps.now() < entry.until) return entry.evaluation;
    const evaluation = rules().then((all) => evaluate(all, period, deps, maxEvents));
    entries.delete(key);
    entries.set(key, { until: deps.now() + LIFETIME_MS, evaluation });
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!);
    evaluation.catch(() => entries.delete(key));
    return evaluation;
  };
  return async (request) => {
    const { since, until } = request.criteria;
    // Most stores are small: then one evaluation answers all questions.
    const all = await evaluation({});
    const { cutAt } = all.origin;
    return pageOf(cutAt === undefined ? all : await evaluation(defined({ since, until })), request);
  };
}

interface Period {
  since?: string;
  until?: string;
}

function pageOf(
  { findings, origin }: Evaluation,
  { criteria, limit, after = '~', within }: FindingPageRequest,
): FindingPage {
  const { since = '', until = '~' } = criteria;
  const wanted = findings.filter(
    ([position, kept]) => position < after && position >= since && position < until && meetsCriteria(kept, criteria),
  );
  const page = wanted.slice(0, limit);
  return {
    findings: page.map(([, kept]) => seenFinding(kept, within)),
    end: wanted.length > limit ? page.at(-1)?.[0] : undefined,
    origin,
  };
}

/** Finds what began in a period, and before it as far as the rules look back. */
async function evaluate(
  rules: readonly Rule[],
  { since, until }: Period,
  deps: QueryDeps,
  maxEvents: number,
): Promise<Evaluation> {
  const begin = await beginningOf({ ...defined({ since: lookBack(rules, since), until }) }, deps, maxEvents);
  const found = new Map<string, KeptFinding & { more: Set<string> }>();
  let events = 0;
  for await (const { event, verdicts } of evaluateStored(
    rules,
    { historySince: begin.since, ...defined({ until }) },
    deps,
  )) {
    events += 1;
    for (const verdict of verdicts) {
      if (verdict.kind === 'quiet') continue;
      const marks = verdict.events.map(markOf);
      const position = positionOf({ ruleId: verdict.rule.id, began: verdict.began });
      const known = found.get(position);
      if (known) for (const mark of marks) known.more.add(mark);
      else {
        const { test: _, ...finding } = alertedFinding(event, verdict);
        found.set(position, { finding, delivery: 'evaluated', first: new Set(marks), more: new Set() });
      }
    }
  }
  const findings = [...found].sort(([a], [b]) => (a < b ? 1 : -1));
  return { findings, origin: { kind: 'evaluated', events, ...defined({ cutAt: begin.cutAt }) } };
}

/** From when events are read, so that there are not too many. */
async function beginningOf(period: Period, deps: QueryDeps, maxEvents: number) {
  let events = 0;
  for await (const { timeKey } of readAll({ criteria: period, order: 'newest-first' }, deps)) {
    events += 1;
    if (events > maxEvents) return { since: timeOf(timeKey), cutAt: timeOf(timeKey) };
  }
  return { since: period.since, cutAt: undefined };
}
