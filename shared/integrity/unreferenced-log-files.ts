import type { ListedObject } from '../aws/list-trail.ts';
import { objectName, readLogFileKey } from '../cloudtrail/object-key.ts';
import {
  contains,
  earlier,
  HOUR_MS,
  type Interval,
  isoTime,
  later,
  shifted,
  type TimeRange,
} from '../cloudtrail/times.ts';
import type { Finding, FindingKind } from './finding.ts';
import type { Outcomes, ScopeReport } from './scope-report.ts';

/** After this time the digest must be there. */
export const DIGEST_DELAY_MS = 3 * HOUR_MS;
/** The time in a log file's name is some minutes before its delivery. */
const NAME_BEFORE_MS = HOUR_MS / 2;
const NAME_AFTER_MS = HOUR_MS / 12;

/** Findings that say that a trail logged nothing. If another trail did, they explain no log file. */
const NOT_LOGGED: readonly (FindingKind | undefined)[] = ['logging-gap', 'digests-end'];

interface Deps {
  /** When the verification began, in milliseconds since 1970. */
  startedAt: number;
  outcomes: Outcomes;
  /** Log files that a digest of another scope names, as `bucket/key`. */
  namedElsewhere: ReadonlySet<string>;
}

/**
 * The log files of an account and Region that no digest has named so far. What that means is known once all digests of the
 * account and Region have been read.
 */
export class UnreferencedLogFiles {
  /** When each was stored, by its key. */
  private readonly files = new Map<string, string>();
  /** Log files that unsigned digests name, and what is wrong with the digest; undefined: it could not be checked. */
  private readonly claimed = new Map<string, Finding | undefined>();
  /** Times in names of log files that no digest can name, and the finding that says why. */
  private readonly explainedGaps: (Interval & { finding: Finding | undefined })[] = [];
  private readonly missingBackfill: { key: string; from: string }[] = [];
  /** When the digests begin. */
  private begin: string | undefined;
  /** The one finding for all log files of times before there were digests. */
  private notCovered: (Finding & Interval) | undefined;
  private readonly range: TimeRange;
  private readonly report: ScopeReport;
  private readonly deps: Deps;

  constructor(range: TimeRange, report: ScopeReport, deps: Deps) {
    this.range = range;
    this.report = report;
    this.deps = deps;
  }

  /** Takes a listed object, if it is a log file. */
  add({ key, storedAt }: ListedObject): void {
    if (readLogFileKey(key) !== undefined) this.files.set(key, storedAt);
  }

  /** A signed digest names it. @returns whether it was listed */
  remove(key: string): boolean {
    return this.files.delete(key);
  }

  /** A digest that is not signed names it; `finding`: what is wrong with that digest. */
  claim(key: string, finding: Finding | undefined): void {
    this.claimed.set(key, finding);
  }

  /** No digest can name log files of a time. */
  explainGap({ from, to }: Partial<Interval>, finding: Finding | undefined): void {
    if (from === undefined || to === undefined) return;
    this.explainedGaps.push({ from: shifted(from, -NAME_BEFORE_MS), to: shifted(to, NAME_AFTER_MS), finding });
  }

  /** Digests begin at this time, or earlier. */
  expectFrom(time: string): void {
    this.begin = earlier(this.begin ?? time, time);
  }

  /** A backfill digest is missing. Those before it, whose names are unknown, may be missing too. */
  backfillMissing({ key = '', from = '' }: Finding): void {
    this.missingBackfill.push({ key, from });
  }

  /**
   * Reports what each of them means.
   * @param newest when the newest digest of each trail that continues ends
   * @param covered times that digests of any trail cover
   */
  judge(newest: readonly string[], covered: readonly Interval[]): void {
    const { outcomes, namedElsewhere } = this.deps;
    const { bucket } = this.report;
    const ends = [...newest].sort();
    for (const [key, storedAt] of this.files) {
      if (namedElsewhere.has(objectName({ bucket, key }))) continue;
      const time = readLogFileKey(key)?.deliveredAt ?? storedAt;
      if (!contains(this.range, time)) continue;
      const isPending = this.isPending(time, storedAt, ends);
      if (isPending) this.report.pending += 1;
      outcomes.unproven(key, isPending ? undefined : this.findingFor(key, time, covered));
    }
  }

  /** Whether the digest of a log file may still come. Several trails make their digests at different minutes. */
  private isPending(time: string, storedAt: string, ends: readonly string[]): boolean {
    const [first, last] = [ends[0], ends.at(-1)];
    if (first === undefined || last === undefined) return false;
    const recent = isoTime(this.deps.startedAt - DIGEST_DELAY_MS);
    // CloudTrail delivers some files again, long after the time in their names.
    return (time > recent && time > shifted(first, -NAME_BEFORE_MS)) || (storedAt > recent && storedAt > last);
  }

  /** Returns why no digest names a log file; undefined if that is no finding. */
  private findingFor(key: string, time: string, covered: readonly Interval[]): Finding | undefined {
    const isCovered = covered.some(({ from, to }) => time > from && time <= to);
    const explanation = this.claimed.has(key)
      ? { finding: this.claimed.get(key) }
      : this.explainedGaps.find(
          ({ from, to, finding }) => time > from && time < to && !(isCovered && NOT_LOGGED.includes(finding?.kind)),
        );
    if (!explanation && this.begin !== undefined && time >= this.begin) return this.addUnreferenced(key, time);
    const finding = explanation ? explanation.finding : this.addNotCovered(time);
    if (finding) finding.unverifiable = (finding.unverifiable ?? 0) + 1;
    return finding;
  }

  private addUnreferenced(key: string, time: string): Finding {
    const { account, region, bucket, findings, retired } = this.report;
    const backfill = this.missingBackfill.find(({ from }) => time <= from);
    // How CloudTrail could have delivered it nevertheless.
    const otherReasons = [
      ...(backfill ? [`or a backfill digest named it, older than ${backfill.key}, which is missing`] : []),
      ...retired
        .filter(({ end }) => time > end)
        .map(({ trail, end }) => `or trail ${trail} did, which has no digests after ${end}`),
    ];
    const detail = ['expected a digest that names it: CloudTrail did not deliver it', ...otherReasons].join('; ');
    const finding: Finding = { kind: 'log-file-unnamed', account, region, bucket, key, detail };
    findings.push(finding);
    return finding;
  }

  private addNotCovered(time: string): Finding {
    if (this.notCovered === undefined) {
      const { account, region, findings } = this.report;
      const detail =
        'expected digests of the time of these log files: log file validation was off, or they were deleted';
      this.notCovered = { kind: 'not-covered', account, region, from: time, to: time, detail };
      findings.push(this.notCovered);
    }
    this.notCovered.from = earlier(this.notCovered.from, time);
    this.notCovered.to = later(this.notCovered.to, time);
    return this.notCovered;
  }
}
