import type { S3Client } from '@aws-sdk/client-s3';
import { openObject } from '../aws/open-object.ts';
import { type ObjectRef, objectName } from '../cloudtrail/object-key.ts';
import { type Interval, later, uncovered } from '../cloudtrail/times.ts';
import { s3Uri } from '../errors.ts';
import { byEnd, isNamed, timeOf } from './chain.ts';
import type { Finding } from './finding.ts';
import { hashLogFile } from './log-file-hash.ts';
import { digestScope, isSameScope, type Move, type ScopeDeps, type ScopeVerification } from './verify-scope.ts';

/** Adds to the reports what requires the digests of all accounts and Regions. */
export async function judgeScopes(scopes: readonly ScopeVerification[], deps: ScopeDeps): Promise<void> {
  for (const here of scopes) {
    for (const move of here.moves) {
      const scope = digestScope(move.previous);
      await settleMove(move, here, scope && scopes.find(({ request }) => isSameScope(request.scope, scope)));
    }
  }
  for (const group of Map.groupBy(scopes, ({ report }) => `${report.account}/${report.region}`).values()) {
    const covered = group.flatMap(({ chains }) => chains.spans());
    const newest = group.flatMap(({ request, chains, due }) =>
      request.followed ? [] : chains.hourlyEnds().flatMap(({ names }) => (names.end < due ? [] : [names.end])),
    );
    for (const scope of group) checkEnds(scope, covered);
    for (const { request, report, unreferenced } of group)
      if (request.trails === undefined && !report.unlisted) unreferenced.judge(newest, covered);
  }
  await findMoved(scopes, deps);
}

/**
 * Checks that a digest follows its predecessor in another scope.
 * @param there the verification of that scope, if there is one
 */
async function settleMove({ newer, older, previous }: Move, here: ScopeVerification, there?: ScopeVerification) {
  const left = there?.chains.leave(newer, previous);
  const isLinked = left !== undefined && isNamed(left, previous);
  const start = timeOf(newer).from;
  // What is before the range is not asked for, and a scope that could not be listed is reported already.
  const isOpen = !isLinked && !there?.report.unlisted && start > (here.request.range.since ?? '');
  const other = isOpen ? await here.lookAt(previous, start) : undefined;
  const ends = [left, older].filter((end) => end !== undefined);
  const last = ends.sort(byEnd).at(-1);
  const findings = await here.checkPredecessor(isLinked ? left : last, newer, other);
  for (const finding of findings) there?.unreferenced.explainGap(finding, finding);
  if (last && !findings.some(({ kind }) => kind === 'logging-gap')) here.chains.joinMove(newer, last.names.end);
}

/** No successor names the newest digests. If others should have followed, the time without them shows that. */
function checkEnds(scope: ScopeVerification, covered: readonly Interval[]): void {
  const { request, report, chains, due, firstDigest } = scope;
  if (request.followed || report.unlisted) return;
  const { account, region } = report;
  const { since } = request.range;
  const addOpen = (from: string, about: Pick<Finding, 'bucket' | 'key' | 'detail'>): boolean => {
    const open = uncovered(covered, { from, to: due });
    // Another trail goes on after it, or it reaches to where digests are due.
    for (const time of open)
      scope.add({ kind: time.to < due ? 'logging-gap' : 'digests-end', account, region, ...time, ...about });
    return open.length > 0;
  };
  const ends = chains.hourlyEnds();
  for (const end of ends) {
    const { names, bucket, key } = end;
    if (names.end >= due || chains.isContinued(end)) continue;
    const { trail, homeRegion } = names;
    const detail = `expected digests of trail ${trail} after this one`;
    const isOpen = addOpen(later(names.end, since ?? ''), { bucket, key, detail });
    if (!isOpen) report.retired.push({ trail, homeRegion, end: names.end });
  }
  if (ends.length === 0 && since !== undefined && firstDigest !== undefined && firstDigest < since && since < due)
    addOpen(since, { detail: 'expected digests: there are some of earlier times' });
}

/** A digest or log file that is missing in one place and turned up in another is moved, not missing. */
async function findMoved(
  scopes: readonly ScopeVerification[],
  { s3, limit, movedDigests }: Pick<ScopeDeps, 's3' | 'limit' | 'movedDigests'>,
): Promise<void> {
  const missing = new Map(scopes.flatMap(({ named }) => [...named.missing]));
  const hashOf = ({ kind, ...finding }: Finding) =>
    kind === 'log-file-unnamed' && missing.size > 0 ? limit(() => hashUnreferenced(s3, objectOf(finding))) : undefined;
  for (const { report } of scopes) {
    const hashes = await Promise.all(report.findings.map(hashOf));
    report.findings = report.findings.filter((finding, i) => {
      if (finding.kind === 'digest-missing') return !movedDigests.has(objectName(objectOf(finding)));
      const origin = missing.get(hashes[i] ?? '');
      if (origin === undefined || origin.kind === 'log-file-moved') return true;
      origin.kind = 'log-file-moved';
      origin.detail = `expected it there, as its digest says; it is at ${s3Uri(objectOf(finding))}`;
      return false;
    });
  }
}

const objectOf = ({ bucket = '', key = '' }: Pick<Finding, 'bucket' | 'key'>): ObjectRef => ({ bucket, key });

/** Returns undefined if a log file cannot be read: then it stays one that no digest names. */
async function hashUnreferenced(s3: S3Client, object: ObjectRef): Promise<string | undefined> {
  try {
    return await hashLogFile((await openObject(s3, object)).body);
  } catch {
    return undefined;
  }
}
