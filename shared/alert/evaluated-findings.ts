import { timeOf } from '../audit-event/event-time.ts';
import { MINUTE_MS } from '../cloudtrail/times.ts';
import { evaluateStored, lookBack } from '../detect/detect-stored.ts';
import type { Rule } from '../detect/rule.ts';
import { AnswerCache } from '../query/answer-cache.ts';
import { type QueryDeps, readAll } from '../query/ask.ts';
import type { Period } from '../query/criteria-table.ts';
import { alertedFinding } from './alerted-finding.ts';
import type { FindingPage, FindingPageRequest, FindingSource } from './find-findings.ts';
import { type KeptFinding, markOf, meetsCriteria, positionOf, seenFinding } from './kept-finding.ts';

/** Events that are evaluated for an answer, those before its time included. */
const MAX_EVENTS = 20_000;

interface Evaluation {
  /** By position, the newest first. */
  findings: [position: string, kept: KeptFinding][];
  rules: readonly Rule[];
  /** How many were evaluated. */
  events: number;
  /** Since when; undefined: all of them were. */
  cutAt: string | undefined;
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
  const cache = new AnswerCache<Evaluation>({ lifetimeMs: MINUTE_MS, maxEntries: 20 }, deps);
  const evaluationBefore = (time: string | undefined) =>
    cache.get(time ?? '', async () => evaluate(await rules(), time, deps, maxEvents));
  return async (request) => {
    // Most stores are small: then one evaluation answers all questions.
    const all = await evaluationBefore(undefined);
    return pageOf(all.cutAt === undefined ? all : await evaluationBefore(request.criteria.until), request);
  };
}

function pageOf(
  { findings, events, cutAt = '', rules }: Evaluation,
  { criteria, limit, after = '~', within }: FindingPageRequest,
): FindingPage {
  const { since = '', until = '~' } = criteria;
  const wanted = findings.filter(
    ([position, kept]) => position < after && position >= since && position < until && meetsCriteria(kept, criteria),
  );
  const page = wanted.slice(0, limit);
  const isCut = cutAt > (lookBack(rules, criteria.since) ?? '');
  return {
    findings: page.map(([, kept]) => seenFinding(kept, within)),
    end: wanted.length > limit ? page.at(-1)?.[0] : undefined,
    origin: { kind: 'evaluated', events, ...(isCut && { cutAt }) },
  };
}

/** Finds what began before a time. */
async function evaluate(
  rules: readonly Rule[],
  until: string | undefined,
  deps: QueryDeps,
  maxEvents: number,
): Promise<Evaluation> {
  const cutAt = await beginningOf({ until }, deps, maxEvents);
  const found = new Map<string, KeptFinding & { more: Set<string> }>();
  let events = 0;
  for await (const { event, verdicts } of evaluateStored(rules, { since: cutAt, until }, deps)) {
    events += 1;
    for (const verdict of verdicts) {
      if (verdict.kind === 'quiet') continue;
      const marks = verdict.events.map(markOf);
      const position = positionOf({ ruleId: verdict.rule.id, began: verdict.began });
      const known = found.get(position);
      if (known) for (const mark of marks) known.more.add(mark);
      else {
        const finding = alertedFinding(event, verdict);
        found.set(position, { finding, delivery: 'evaluated', first: new Set(marks), more: new Set() });
      }
    }
  }
  return { rules, findings: [...found].sort(([a], [b]) => (a < b ? 1 : -1)), events, cutAt };
}

/** The time from which events are evaluated, so that there are not too many; undefined: all of them are. */
async function beginningOf(period: Period, deps: QueryDeps, maxEvents: number) {
  let events = 0;
  for await (const { timeKey } of readAll({ criteria: period, order: 'newest-first' }, deps)) {
    events += 1;
    if (events > maxEvents) return timeOf(timeKey);
  }
  return undefined;
}
