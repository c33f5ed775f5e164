import { readObjectKey } from '../cloudtrail/object-key.ts';
import type { CoveredTime } from './covered-time.ts';
import type { Finding, FindingKind } from './finding.ts';
import type { ListedObject, TrailScope } from './list-objects.ts';
import type { LogFileOutcomes, PlaceReport } from './place-report.ts';
import { contains, earlier, HOUR_MS, later, shifted, type TimeRange } from './time-range.ts';

/** Longer ago, the digest must be there. */
export const DIGEST_DELAY_MS = 3 * HOUR_MS;
/** The time in a log file's name is some minutes before its delivery. */
const NAME_BEFORE_MS = HOUR_MS / 2;
const NAME_AFTER_MS = HOUR_MS / 12;

/** Times in names of log files that no digest can name, and the finding that says why; without one, a digest could not be read. */
interface ExplainedGap {
  from: string;
  to: string;
  finding: Finding | undefined;
}

/** What is known once all digests of the account and Region were read. */
export interface AllDigests {
  /** When the newest digest of each trail that goes on ends. */
  newest: readonly string[];
  covered: CoveredTime;
  /** Whether a digest of another place names a log file. */
  isNamedElsewhere(key: string): boolean;
}

/** Findings that say that a trail logged nothing; where another trail did, they explain no log file. */
const NOT_LOGGED: readonly (FindingKind | undefined)[] = ['logging-gap', 'digests-end'];

/** What judging works with. */
interface Judging {
  /** The clock, in milliseconds since 1970. */
  now(): number;
  outcomes: LogFileOutcomes;
}

/** The log files of a place that no digest has named so far. What that means is known when all digests are. */
export class UnreferencedLogFiles {
  private readonly files = new Map<string, ListedObject>();
  /** Named by digests that are not signed. */
  private readonly suspects = new Map<string, Finding | undefined>();
  private readonly explainedGaps: ExplainedGap[] = [];
  private readonly unknownBackfill: { key: string; from: string }[] = [];
  /** When the digests begin. */
  private begin: string | undefined;
  /** The one finding for all log files of times before there were digests. */
  private notCovered: Finding | undefined;
  private readonly place: TrailScope;
  private readonly range: TimeRange;
  private readonly report: PlaceReport;
  private readonly deps: Judging;

  constructor(place: TrailScope, range: TimeRange, report: PlaceReport, deps: Judging) {
    this.place = place;
    this.range = range;
    this.report = report;
    this.deps = deps;
  }

  /** Takes a listed object, if it is a log file. */
  add(file: ListedObject): void {
    if (!('skipped' in readObjectKey(file.key))) this.files.set(file.key, file);
  }

  /** A signed digest names it. @returns whether it was listed */
  remove(key: string): boolean {
    return this.files.delete(key);
  }

  /** A digest that is not signed names it; `finding`: what is wrong with that. */
  claim(key: string, finding: Finding | undefined): void {
    this.suspects.set(key, finding);
  }

  /** Nobody can name log files of a time. */
  explainGap(from: string, to: string, finding: Finding | undefined): void {
    this.explainedGaps.push({ from: shifted(from, -NAME_BEFORE_MS), to: shifted(to, NAME_AFTER_MS), finding });
  }

  /** From this time on there are digests. */
  expectFrom(time: string): void {
    this.begin = this.begin === undefined ? time : earlier(this.begin, time);
  }

  /** A backfill digest is missing, and so may be those before it, which nobody knows. */
  backfillMissing({ key = '', from = '' }: Finding): void {
    this.unknownBackfill.push({ key, from });
  }

  /** Says of each what it means, in the report and to the outcomes. */
  judge({ newest, covered, isNamedElsewhere }: AllDigests): void {
    const ends = [...newest].sort();
    for (const { key, storedAt } of this.files.values()) {
      if (isNamedElsewhere(key)) continue;
      const name = readObjectKey(key);
      const time = ('skipped' in name ? undefined : name.deliveredAt) ?? storedAt;
      if (!contains(this.range, time)) continue;
      const isPending = this.isPending(time, storedAt, ends);
      if (isPending) this.report.pending += 1;
      this.deps.outcomes.unproven(key, isPending ? undefined : this.findingFor(key, time, covered));
    }
  }

  /** Whether the digest of a log file may be still to come. Several trails make their digests at different minutes. */
  private isPending(time: string, storedAt: string, ends: readonly string[]): boolean {
    const [first, last] = [ends[0], ends.at(-1)];
    if (first === undefined || last === undefined) return false;
    const recent = shifted(new Date(this.deps.now()).toISOString(), -DIGEST_DELAY_MS);
    // CloudTrail delivers some files once more, long after the time in their names.
    return (time > recent && time > shifted(first, -NAME_BEFORE_MS)) || (storedAt > recent && storedAt > last);
  }

  /** Why nobody named a log file; nothing when that is no finding. */
  private findingFor(key: string, time: string, covered: CoveredTime): Finding | undefined {
    const isCovered = covered.has(time);
    const excuse = this.suspects.has(key)
      ? { finding: this.suspects.get(key) }
      : this.explainedGaps.find(
          ({ from, to, finding }) => time > from && time < to && !(isCovered && NOT_LOGGED.includes(finding?.kind)),
        );
    if (!excuse && this.begin !== undefined && time >= this.begin) return this.addUnreferenced(key, time);
    const finding = excuse ? excuse.finding : this.addNotCovered(time);
    if (finding) finding.unverifiable = (finding.unverifiable ?? 0) + 1;
    return finding;
  }

  private addUnreferenced(key: string, time: string): Finding {
    const { account, region, bucket } = this.place;
    const detail = ['expected a digest that names it: CloudTrail did not deliver it', ...this.otherReasons(time)].join(
      '; ',
    );
    const finding: Finding = { kind: 'log-file-unnamed', account, region, bucket, key, detail };
    this.report.findings.push(finding);
    return finding;
  }

  /** How CloudTrail could have delivered a log file all the same. */
  private otherReasons(time: string): string[] {
    const backfill = this.unknownBackfill.find(({ from }) => time <= from);
    return [
      ...(backfill ? [`or a backfill digest named it, older than ${backfill.key}, which is missing`] : []),
      ...this.report.retired
        .filter(({ end }) => time > end)
        .map(({ trail, end }) => `or trail ${trail} did, of which there are no digests after ${end}`),
    ];
  }

  private addNotCovered(time: string): Finding {
    const { account, region } = this.place;
    if (this.notCovered === undefined) {
      const detail =
        'expected digests of the time of these log files: log file validation was off, or they were deleted';
      this.notCovered = { kind: 'not-covered', account, region, from: time, to: time, detail };
      this.report.findings.push(this.notCovered);
    }
    this.notCovered.from = earlier(this.notCovered.from ?? time, time);
    this.notCovered.to = later(this.notCovered.to ?? time, time);
    return this.notCovered;
  }
}
