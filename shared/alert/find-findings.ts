import { decodeCursor, encodeCursor, type QueryDeps } from '../query/ask.ts';
import { readCriteria } from '../query/criteria.ts';
import { NO_ALIASES } from '../query/user-aliases.ts';
import { withUserIds } from '../query/user-ids.ts';
import type { FindingCriteria } from './kept-finding.ts';
import type { SeenFinding } from './seen-finding.ts';

/** Whether new findings are stored. `unknown`: only the tables are read, which do not say. */
export type Alerts = 'on' | 'off' | 'unknown';

/** Where findings come from: the alert function stored them, or the rules were evaluated to answer. */
export type FindingOrigin =
  | { kind: 'stored'; alerts: Alerts }
  | {
      kind: 'evaluated';
      /** How many events. */
      events: number;
      /** There are too many events: only those since this time were evaluated, and none before it are known. */
      cutAt?: string;
    };

/** Findings, the newest first. */
export interface FindingPage {
  findings: SeenFinding[];
  /** The position after which the next page begins; undefined: this was the last. */
  end: string | undefined;
  origin: FindingOrigin;
}

/** A page to read. */
export interface FindingPageRequest {
  criteria: FindingCriteria;
  /** Most findings wanted; a page may have fewer. */
  limit: number;
  /** Where the page before this one ended. */
  after: string | undefined;
  /** The only environment that the answer may tell about; undefined: all. */
  within: string | undefined;
}

/** Where findings are read. */
export type FindingSource = (request: FindingPageRequest, deps: QueryDeps) => Promise<FindingPage>;

interface FindingQuestion {
  criteria: FindingCriteria;
  limit: number;
  cursor: string | undefined;
}

/** Answers a question about findings. `cursor` is that of the next page; undefined: this was the last. */
export async function answerFindings(
  { criteria, limit, cursor }: FindingQuestion,
  source: FindingSource,
  deps: QueryDeps,
) {
  const asked = { criteria: { ...criteria, of: 'findings' }, order: 'newest-first' } as const;
  const { after, asOf } = cursor === undefined ? { after: undefined, asOf: deps.now() } : decodeCursor(cursor, asked);
  const { level, rule, event, ...others } = criteria;
  const read = withUserIds(readCriteria(others, asOf), deps.aliases ?? NO_ALIASES);
  const within = deps.environment;
  const environment = within === undefined ? read.environment : [within];
  const page = await source({ criteria: { ...read, level, rule, event, environment }, limit, after, within }, deps);
  return { ...page, cursor: page.end === undefined ? undefined : encodeCursor({ after: page.end, asOf }, asked) };
}
