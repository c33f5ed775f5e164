import { readObjectKey } from '../delivery/object-key.ts';
import type { Finding } from './finding.ts';
import type { ListedObject, TrailPlace } from './list-objects.ts';
import type { LogFileOutcomes, PlaceReport } from './place-report.ts';
import { contains, earlier, HOUR_MS, later, shifted, type TimeRange } from './time-range.ts';

/** Longer ago, the digest must be there. */
export const DIGEST_DELAY_MS = 3 * HOUR_MS;
/** The time in a log file's name is some minutes before its delivery. */
const NAME_BEFORE_MS = HOUR_MS / 2;
const NAME_AFTER_MS = HOUR_MS / 12;

/** Times in names of log files that no digest can name, and the finding that says why; without one, a digest could not be read. */
interface Excuse {
  from: string;
  to: string;
  finding: Finding | undefined;
}

/** What judging works with. */
interface Judging {
  /** The clock, in milliseconds since 1970. */
  now(): number;
  outcomes: LogFileOutcomes;
}

/** The log files of a place that no digest has named so far. What that means is known when all digests are. */
export class UnnamedLogFiles {
  private readonly files = new Map<string, ListedObject>();
  /** Named by digests that are not signed. */
  private readonly suspects = new Map<string, Finding | undefined>();
  private readonly excuses: Excuse[] = [];
  /** When the digests begin. */
  private begin: string | undefined;
  /** The one finding for all log files of times before there were digests. */
  private notCovered: Finding | undefined;
  private readonly place: TrailPlace;
  private readonly range: TimeRange;
  private readonly report: PlaceReport;
  private readonly deps: Judging;

  constructor(place: TrailPlace, range: TimeRange, report: PlaceReport, deps: Judging) {
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
  suspect(key: string, finding: Finding | undefined): void {
    this.suspects.set(key, finding);
  }

  /** Nobody can name log files of a time. */
  excuse(from: string, to: string, finding: Finding | undefined): void {
    this.excuses.push({ from: shifted(from, -NAME_BEFORE_MS), to: shifted(to, NAME_AFTER_MS), finding });
  }

  /** From this time on there are digests. */
  expectFrom(time: string): void {
    this.begin = this.begin === undefined ? time : earlier(this.begin, time);
  }

  /**
   * Says of each what it means, in the report and to the outcomes.
   * @param newest when the newest digest of each chain ends
   */
  judge(newest: readonly string[]): void {
    const ends = [...newest].sort();
    for (const { key, storedAt } of this.files.values()) {
      const name = readObjectKey(key);
      const time = ('skipped' in name ? undefined : name.deliveredAt) ?? storedAt;
      if (!contains(this.range, time)) continue;
      const isPending = this.isPending(time, storedAt, ends);
      if (isPending) this.report.pending += 1;
      this.deps.outcomes.unproven(key, isPending ? undefined : this.findingFor(key, time));
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
  private findingFor(key: string, time: string): Finding | undefined {
    const excuse = this.suspects.has(key)
      ? { finding: this.suspects.get(key) }
      : this.excuses.find(({ from, to }) => time > from && time < to);
    if (!excuse && this.begin !== undefined && time >= this.begin) return this.addUnnamed(key);
    const finding = excuse ? excuse.finding : this.addNotCovered(time);
    if (finding) finding.unverifiable = (finding.unverifiable ?? 0) + 1;
    return finding;
  }

  private addUnnamed(key: string): Finding {
    const { account, region, bucket } = this.place;
    const detail = 'expected a digest that names it: CloudTrail did not deliver it';
    const finding: Finding = { kind: 'log-file-unnamed', account, region, bucket, key, detail };
    this.report.findings.push(finding);
    return finding;
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
