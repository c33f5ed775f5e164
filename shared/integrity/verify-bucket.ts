import type { S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import pMap from 'p-map';
import { listScopes, type ScopeFilter } from '../aws/list-trail.ts';
import { openObject } from '../aws/open-object.ts';
import { type ObjectRef, readDigestKey, type TrailScope, trailScopeOf } from '../cloudtrail/object-key.ts';
import { later, type TimeRange } from '../cloudtrail/times.ts';
import { s3Uri } from '../errors.ts';
import { ledgerKey } from '../store/ledger-entry.ts';
import type { ExamineDeps } from './examine-digest.ts';
import type { Finding } from './finding.ts';
import { hashLogFile } from './log-file-hash.ts';
import { Outcomes, type ScopeReport, type Unchecked } from './scope-report.ts';
import { type EventCounts, type EventIndex, verifyEvents } from './verify-events.ts';
import { type Move, type ScopeDeps, type ScopeRequest, ScopeVerification } from './verify-scope.ts';

/** What is to be verified. */
export interface VerifyRequest extends ScopeFilter, TimeRange {
  /** Only the digests of these trails; then neither log files that no digest names nor events are looked for. */
  trails?: readonly string[] | undefined;
  /** Buckets of which this one is a replica; its digests name them. Its own digests are accepted as well. */
  originals?: readonly string[] | undefined;
}

export interface VerifyBucketDeps extends Omit<ExamineDeps, 'originals'> {
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Requests to S3 at a time. */
  concurrency: number;
  /** The tables that were made from the log files; absent: only the bucket is verified. */
  index?: EventIndex | undefined;
  /** Is told of so many more log files that were looked at. */
  onProgress?: (logFiles: number) => void;
}

export interface BucketReport {
  places: ScopeReport[];
  /** Absent without an index. */
  events?: EventCounts;
  /** All of them, by account and Region. */
  findings: Finding[];
  unchecked: Unchecked[];
}

const SCOPES_AT_ONCE = 16;

/**
 * Verifies that the log files of a bucket are all that CloudTrail delivered, unaltered, and that what is in the tables was
 * made from them. What could not be read is in the report as `unchecked`.
 * @throws any error of S3 while the accounts and Regions are listed
 */
export async function verifyBucket(request: VerifyRequest, deps: VerifyBucketDeps): Promise<BucketReport> {
  const { since, until, trails, originals = [] } = request;
  const { s3, keys, now, sleep, index, onProgress = () => {} } = deps;
  const limit = pLimit(deps.concurrency);
  const outcomes = new Outcomes();
  const scopeDeps: ScopeDeps = {
    ...{ s3, keys, now, sleep, limit, outcomes, originals, onProgress, copies: index?.copies ?? [] },
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
  await judge(verifications);
  await findMoved(verifications, scopeDeps);
  const places = verifications.map(({ report }) => report);
  const report: BucketReport = {
    places,
    findings: places.flatMap(({ findings }) => findings),
    unchecked: places.flatMap(({ unchecked }) => unchecked),
  };
  if (index === undefined || trails !== undefined) return report;
  const events = await verifyEvents({ request, places, outcomes, s3, limit, now }, index);
  report.findings.push(...events.findings);
  report.unchecked.push(...events.unchecked);
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

/** Says what only all digests of an account and Region together can tell. */
async function judge(verifications: readonly ScopeVerification[]): Promise<void> {
  for (const verification of verifications) {
    for (const move of verification.moves) await verification.settleMove(move, scopeBefore(verifications, move));
  }
  const groups = Map.groupBy(verifications, ({ report }) => `${report.account}/${report.region}`);
  for (const group of groups.values()) {
    const covered = group.flatMap((verification) => verification.coveredSpans());
    const newest = group.flatMap((verification) => (verification.request.followed ? [] : verification.livingEnds()));
    for (const verification of group) verification.checkEnds(covered);
    for (const verification of group) verification.judge(newest, covered);
  }
}

function scopeBefore(verifications: readonly ScopeVerification[], { previous }: Move): ScopeVerification | undefined {
  const scope = digestScope(previous);
  return scope && verifications.find(({ request }) => isSameScope(request.scope, scope));
}

const digestScope = (object: ObjectRef) => (readDigestKey(object.key) ? trailScopeOf(object) : undefined);
const scopeKey = ({ bucket, root, account, region }: TrailScope) => [bucket, root, account, region].join('|');
const isSameScope = (one: TrailScope, other: TrailScope) => scopeKey(one) === scopeKey(other);

/** A digest or log file that is missing in one place and turned up in another is moved, not missing. */
async function findMoved(
  verifications: readonly ScopeVerification[],
  { s3, limit, movedDigests }: Pick<ScopeDeps, 's3' | 'limit' | 'movedDigests'>,
): Promise<void> {
  const missing = new Map(verifications.flatMap((verification) => [...verification.named.missing]));
  const isMoved = async (finding: Finding): Promise<boolean> => {
    const { kind, key } = finding;
    if (kind === 'digest-missing' && key !== undefined) return movedDigests.has(ledgerKey(objectOf(finding)));
    if (kind !== 'log-file-unnamed' || missing.size === 0) return false;
    const origin = missing.get((await limit(() => hashOf(s3, objectOf(finding)))) ?? '');
    if (origin === undefined || origin.kind === 'log-file-moved') return false;
    origin.kind = 'log-file-moved';
    origin.detail = `expected it there, as its digest says; it is at ${s3Uri(objectOf(finding))}`;
    return true;
  };
  for (const { report } of verifications) {
    const moved = await Promise.all(report.findings.map(isMoved));
    report.findings = report.findings.filter((_, i) => !moved[i]);
  }
}

const objectOf = ({ bucket = '', key = '' }: Finding): ObjectRef => ({ bucket, key });

/** Returns undefined if a log file cannot be read: then it stays one that no digest names. */
async function hashOf(s3: S3Client, object: ObjectRef): Promise<string | undefined> {
  try {
    return await hashLogFile((await openObject(s3, object)).body);
  } catch {
    return undefined;
  }
}
