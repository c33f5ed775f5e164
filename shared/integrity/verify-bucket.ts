import pLimit from 'p-limit';
import pMap from 'p-map';
import { listScopes, type ScopeFilter } from '../aws/list-trail.ts';
import { later, type TimeRange } from '../cloudtrail/times.ts';
import type { ExamineDeps } from './examine-digest.ts';
import { type Finding, sortFindings } from './finding.ts';
import { judgeScopes } from './judge-scopes.ts';
import { Outcomes, type ScopeReport, sortUnchecked, type Unchecked } from './scope-report.ts';
import { type EventCounts, type EventIndex, verifyEvents } from './verify-events.ts';
import {
  digestScope,
  isSameScope,
  type ScopeDeps,
  type ScopeRequest,
  ScopeVerification,
  scopeKey,
} from './verify-scope.ts';

/** What is to be verified. */
export interface VerifyRequest extends ScopeFilter, TimeRange {
  /** Only the digests of these trails; then neither log files that no digest names nor events are looked for. */
  trails?: readonly string[] | undefined;
  /** The buckets that this one replicates; its digests name them. Its own digests are accepted as well. */
  originals?: readonly string[] | undefined;
}

export interface VerifyBucketDeps extends Omit<ExamineDeps, 'originals'> {
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Requests to S3 at a time. */
  concurrency: number;
  /** The tables that were made from the log files; absent: only the bucket is verified. */
  index?: EventIndex | undefined;
  /** Called with the number of log files that were checked since the last call. */
  onProgress?: (logFiles: number) => void;
}

export interface BucketReport {
  places: ScopeReport[];
  /** Absent without an index. */
  events?: EventCounts;
  /** All of them, by account and Region, kind and time; those of events come last. */
  findings: Finding[];
  unchecked: Unchecked[];
}

const SCOPES_AT_ONCE = 16;

/**
 * Verifies that the log files of a bucket are all that CloudTrail delivered, unaltered, and that what is in the tables was
 * made from them. The report lists what could not be read as `unchecked`.
 * @throws any error of S3 while the accounts and Regions are listed
 */
export async function verifyBucket(request: VerifyRequest, deps: VerifyBucketDeps): Promise<BucketReport> {
  const { since, until, trails, originals = [] } = request;
  const { s3, keys, now, sleep, index, onProgress = () => {} } = deps;
  const startedAt = now();
  const limit = pLimit(deps.concurrency);
  const outcomes = new Outcomes();
  const scopeDeps: ScopeDeps = {
    ...{ s3, keys, startedAt, sleep, limit, outcomes, originals, onProgress, copies: index?.copies ?? [] },
    ...{ namedElsewhere: new Set(), alsoAsked: new Set(), movedDigests: new Set() },
    ledger: index && { dynamo: index.dynamo, table: index.tables.logFilesTable },
  };
  const readScopes = (requests: readonly ScopeRequest[]) => {
    const read = async (one: ScopeRequest) => {
      const verification = new ScopeVerification(one, scopeDeps);
      await verification.read();
      return verification;
    };
    return pMap(requests, read, { concurrency: SCOPES_AT_ONCE });
  };
  const found = await listScopes(s3, request);
  const requests = found.map((scope) => ({ scope, range: { since, until }, trails, followed: false }));
  const verifications = await readScopes(requests);
  for (let next = earlierScopes(verifications); next.length > 0; next = earlierScopes(verifications)) {
    verifications.push(...(await readScopes(next)));
  }
  await judgeScopes(verifications, scopeDeps);
  const places = verifications.map(({ report }) => report);
  const report: BucketReport = {
    places,
    findings: places.flatMap(({ findings }) => sortFindings(findings)),
    unchecked: places.flatMap(({ unchecked }) => sortUnchecked(unchecked)),
  };
  if (index === undefined || trails !== undefined) return report;
  const events = await verifyEvents({ request, places, outcomes, s3, limit, startedAt }, index);
  report.findings.push(...sortFindings(events.findings));
  report.unchecked.push(...sortUnchecked(events.unchecked));
  return { ...report, events: events.counts };
}

/** Where trails wrote before they came to what was read: only those trails are verified there. */
function earlierScopes(verifications: readonly ScopeVerification[]): ScopeRequest[] {
  const requests = new Map<string, ScopeRequest>();
  for (const { moves, request } of verifications) {
    for (const { previous, newer } of moves) {
      const scope = digestScope(previous);
      const until = newer.digest?.start;
      const { since } = request.range;
      if (scope === undefined || until === undefined || (since !== undefined && until <= since)) continue;
      if (verifications.some((other) => isSameScope(other.request.scope, scope))) continue;
      const known = requests.get(scopeKey(scope));
      requests.set(scopeKey(scope), {
        scope,
        range: { since, until: later(until, known?.range.until ?? until) },
        trails: [...new Set([...(known?.trails ?? []), newer.names.trail])],
        followed: true,
      });
    }
  }
  return [...requests.values()];
}
