import { firstDay, listDay, type TrailFolderName } from '../aws/list-trail.ts';
import {
  chainId,
  type ObjectRef,
  objectName,
  readDigestKey,
  type TrailScope,
  trailScopeOf,
} from '../cloudtrail/object-key.ts';
import {
  daysBetween,
  earlier,
  HOUR_MS,
  isoTime,
  later,
  overlaps,
  shifted,
  type TimeRange,
} from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri } from '../errors.ts';
import {
  byEnd,
  type ChainEnd,
  type ChainedDigest,
  chained,
  checkLink,
  type LookedAt,
  otherPredecessor,
  timeOf,
  withoutCopies,
} from './chain.ts';
import { type ExaminedDigest, examineDigest } from './examine-digest.ts';
import type { Finding } from './finding.ts';
import { type NamedFile, type NamedFilesDeps, NamedLogFiles } from './named-log-files.ts';
import { ScopeChains } from './scope-chains.ts';
import type { ScopeReport } from './scope-report.ts';
import { DIGEST_DELAY_MS, UnreferencedLogFiles } from './unreferenced-log-files.ts';

/** What the verifications of all accounts and Regions share. */
export interface ScopeDeps extends NamedFilesDeps {
  /** When the verification began, in milliseconds since 1970: what is due later is not missing. */
  startedAt: number;
  /** Log files that digests name and that are not in their own account's folder of the same scope, as `bucket/key`. */
  namedElsewhere: Set<string>;
  /** Digests before the range that are verified too, as `bucket/key`. */
  alsoAsked: Set<string>;
  /** Where digests that are elsewhere say that they are, as `bucket/key`. */
  movedDigests: Set<string>;
}

/** What is to be verified in one account and Region. */
export interface ScopeRequest {
  scope: TrailScope;
  range: TimeRange;
  /** Only the digests of these trails; then log files that no digest names are not looked for. */
  trails: readonly string[] | undefined;
  /** Trails wrote there until the end of the range, then elsewhere. */
  followed: boolean;
}

/** A digest whose predecessor is in another scope: its trail got another prefix or bucket, or became an organization's. */
export interface Move {
  newer: ChainedDigest;
  /** The digest before it in its own scope, if the trail has been there before. */
  older: ChainEnd | undefined;
  previous: ObjectRef;
}

/** Time around the range whose digests are read, too: the digest of a log file comes within an hour or two. */
const CONTEXT_BEFORE_MS = 2 * HOUR_MS;
const CONTEXT_AFTER_MS = 3 * HOUR_MS;
/** Days that are held in memory at once. */
const WINDOW_DAYS = 14;

/**
 * Verifies the digests and log files of one account and Region, starting with `read`. `judgeScopes` then adds what requires
 * the digests of all accounts and Regions.
 */
export class ScopeVerification {
  readonly request: ScopeRequest;
  readonly report: ScopeReport;
  readonly chains = new ScopeChains();
  readonly moves: Move[] = [];
  readonly named: NamedLogFiles;
  readonly unreferenced: UnreferencedLogFiles;
  /** Digests that end before are expected to be there. */
  readonly due: string;
  /** The first day, `YYYY-MM-DD`, of which there are digests. */
  firstDigest: string | undefined;
  private readonly deps: ScopeDeps;
  /** The time of the digests that are read. */
  private readonly searchedFrom: string | undefined;
  private readonly searchedTo: string;

  constructor(request: ScopeRequest, deps: ScopeDeps) {
    const { scope, range, followed } = request;
    const { since, until } = range;
    this.request = request;
    this.deps = deps;
    this.due = earlier(until, isoTime(deps.startedAt - DIGEST_DELAY_MS));
    this.searchedFrom = since && shifted(since, -CONTEXT_BEFORE_MS);
    // A trail that moved away writes nothing more there.
    this.searchedTo = followed ? until : shifted(until, CONTEXT_AFTER_MS);
    this.report = {
      ...{ ...scope, followed, digests: 0, digestsSigned: 0, logFiles: 0, logFilesVerified: 0, pending: 0 },
      ...{ findings: [], unchecked: [], retired: [], unlisted: false },
    };
    this.named = new NamedLogFiles(this.report, deps);
    this.unreferenced = new UnreferencedLogFiles(range, this.report, deps);
  }

  /** Reads all digests and the log files that they name. */
  async read(): Promise<void> {
    try {
      const days = await this.days();
      for (let start = 0; start < days.length; start += WINDOW_DAYS)
        await this.verifyDays(days.slice(start, start + WINDOW_DAYS));
    } catch (error) {
      // With half of a listing, what is there would be reported as missing.
      this.report.findings = [];
      this.moves.length = 0;
      this.named.missing.clear();
      this.report.unlisted = true;
      const { scope, range, followed } = this.request;
      const { bucket, root, account, region } = scope;
      const place = s3Uri({ bucket, key: `${root}${account}/*/${region}/` });
      const time = followed ? { to: range.until, ...defined({ from: range.since }) } : {};
      this.report.unchecked.push({ place, reason: describeError(error), ...time });
    }
  }

  private async days(): Promise<string[]> {
    const { s3, limit } = this.deps;
    const first = (folder: TrailFolderName) => limit(() => firstDay(s3, this.request.scope, folder));
    this.firstDigest = await first('CloudTrail-Digest');
    const from = this.searchedFrom ?? [this.firstDigest, await first('CloudTrail')].sort()[0];
    return from === undefined ? [] : daysBetween(from, this.searchedTo);
  }

  private async verifyDays(days: readonly string[]): Promise<void> {
    const { s3, limit } = this.deps;
    const list = async (folder: TrailFolderName) =>
      (await Promise.all(days.map((day) => limit(() => listDay(s3, this.request.scope, folder, day))))).flat();
    const [listed, logFiles] = await Promise.all([list('CloudTrail-Digest'), list('CloudTrail')]);
    for (const file of logFiles) this.unreferenced.add(file);
    const examined = await Promise.all(listed.map(({ key }) => this.examineListed(key)));
    // A digest that was deleted after it was listed is reported through its successor.
    const digests = examined.filter((digest) => digest !== undefined);
    for (const chain of Map.groupBy(digests, ({ names }) => chainId(names)).values()) await this.checkChain(chain);
    await this.verifyDigests(digests);
  }

  /** Returns undefined if the key is not one of a digest that matters here, or it is gone. */
  private async examineListed(key: string): Promise<ChainedDigest | undefined> {
    const names = readDigestKey(key);
    const { scope, trails } = this.request;
    if (names === undefined || (trails !== undefined && !trails.includes(names.trail))) return undefined;
    if (names.end <= (this.searchedFrom ?? '') || names.end > this.searchedTo) return undefined;
    const digest = await this.examine({ bucket: scope.bucket, key });
    return digest && chained(digest);
  }

  /** Examines a digest, and reports it if it cannot be checked. @param time about which nothing is known then */
  private async examine(object: ObjectRef, time: { to?: string } = {}): Promise<ExaminedDigest | undefined> {
    const unread = (error: unknown): ExaminedDigest => {
      return { ...object, state: 'unchecked', digest: undefined, problem: undefined, error };
    };
    const digest = await this.deps.limit(() => examineDigest(object, this.deps).catch(unread));
    if (digest?.state === 'unchecked')
      this.report.unchecked.push({ place: s3Uri(object), reason: describeError(digest.error), ...time });
    return digest;
  }

  private async checkChain(digests: ChainedDigest[]): Promise<void> {
    for (const newer of withoutCopies(digests.sort(byEnd))) {
      const older = this.chains.newest(newer);
      if (this.belongsHere(newer) && newer.names.end > (older?.names.end ?? '')) await this.link(older, newer);
    }
  }

  private async link(older: ChainEnd | undefined, newer: ChainedDigest): Promise<void> {
    const previous = otherPredecessor(older, newer, this.searchedBefore(newer));
    if (previous !== undefined && this.isElsewhere(newer, previous)) {
      this.moves.push({ newer, older, previous });
      this.chains.add(newer, 'move');
      return;
    }
    const other = previous && (await this.lookAt(previous, timeOf(newer).from));
    const findings = await this.checkPredecessor(older, newer, other);
    const missing = findings.find(({ kind }) => kind === 'digest-missing');
    if (newer.names.backfill && older === undefined && missing) this.unreferenced.backfillMissing(missing);
    this.chains.add(newer, findings.some(({ kind }) => kind === 'logging-gap') ? 'gap' : 'predecessor');
  }

  /** Looks up a predecessor under the name that a digest gives. @param to when that digest begins */
  async lookAt(previous: ObjectRef, to: string): Promise<LookedAt> {
    return (await this.examine(previous, { to })) ?? 'missing';
  }

  /** Checks how a digest is linked to the one before it, and reports what is wrong. */
  async checkPredecessor(
    older: ChainEnd | undefined,
    newer: ChainedDigest,
    other: LookedAt | undefined,
  ): Promise<Finding[]> {
    // A backfill digest before everything that was read is verified with its successor.
    const before = newer.names.backfill && other !== undefined && other !== 'missing' ? chained(other) : undefined;
    if (before && before.names.end <= (this.searchedFrom ?? '')) await this.verifyDigests([before]);
    const findings = checkLink(older, newer, this.searchedBefore(newer), other);
    for (const finding of findings) this.add(finding);
    return findings;
  }

  /**
   * Since when the predecessor of a digest matters. Backfill digests are made whenever there is something to add: the one
   * before a backfill digest of the range may be of any time, and is verified with it.
   */
  private searchedBefore(newer: ChainedDigest): string | undefined {
    const { since } = this.request.range;
    const previous = newer.digest?.previous;
    if (!newer.names.backfill || since === undefined || timeOf(newer).from < since) return this.searchedFrom;
    if (newer.state === 'signed' && previous) this.deps.alsoAsked.add(objectName(previous));
    return undefined;
  }

  /** Reports on digests, then compares the log files that they name with what is in the bucket and in the ledger. */
  private async verifyDigests(digests: readonly ChainedDigest[]): Promise<void> {
    // A digest and its copy name the same log files.
    const named = new Map<string, Omit<NamedFile, 'isListed'> & { isAsked: boolean }>();
    for (const digest of digests) {
      const finding = this.addDigest(digest);
      const isAsked = this.isAsked(digest);
      for (const file of digest.digest?.logFiles ?? []) {
        if (digest.state === 'signed') named.set(objectName(file), { file, digest: digest.key, isAsked });
        // Without a signature, a digest may name any file.
        else this.unreferenced.claim(file.key, finding);
      }
    }
    const asked: NamedFile[] = [];
    for (const [name, { file, digest, isAsked }] of named) {
      const isListed = this.unreferenced.remove(file.key);
      if (!isListed) this.deps.namedElsewhere.add(name);
      if (isAsked) asked.push({ file, digest, isListed });
      else this.deps.outcomes.unproven(file.key);
    }
    await this.named.verify(asked);
  }

  /** Reports on a digest. @returns what is wrong with it */
  private addDigest(digest: ChainedDigest): Finding | undefined {
    const { report } = this;
    const { account, region } = digest.names;
    const { bucket, key, problem } = digest;
    const time = timeOf(digest);
    if (this.belongsHere(digest) && time.to > (this.searchedFrom ?? '')) this.unreferenced.expectFrom(time.from);
    if (!this.isAsked(digest)) return undefined;
    report.digests += 1;
    const finding: Finding | undefined = problem && { ...problem, account, region, bucket, key, ...time };
    if (finding) report.findings.push(finding);
    if (digest.state !== 'signed') {
      this.unreferenced.explainGap(time, finding);
      return finding;
    }
    report.digestsSigned += 1;
    report.from = earlier(report.from ?? time.from, time.from);
    report.to = later(report.to ?? time.to, time.to);
    if (problem) this.deps.movedDigests.add(objectName(digest.digest));
    return finding;
  }

  /** Reports what is wrong, if it is of the range. */
  add(finding: Finding): void {
    const { from, to, bucket = '', key = '' } = finding;
    if (from !== undefined && to !== undefined) {
      const isOfRange = overlaps(this.request.range, { from, to });
      if (!isOfRange && !this.deps.alsoAsked.has(objectName({ bucket, key }))) return;
      this.unreferenced.explainGap(finding, finding);
    }
    this.report.findings.push(finding);
  }

  /** Whether a digest is of the range, or is the backfill digest before one that is. */
  private isAsked(digest: ChainedDigest): boolean {
    return overlaps(this.request.range, timeOf(digest)) || this.deps.alsoAsked.has(objectName(digest));
  }

  /** Whether a predecessor belongs to no chain of this scope. */
  private isElsewhere(newer: ChainedDigest, { bucket, key }: ObjectRef): boolean {
    const names = readDigestKey(key);
    return bucket !== this.request.scope.bucket || (names !== undefined && chainId(names) !== chainId(newer.names));
  }

  /** A digest that was moved here from another account or Region is no part of the chains here. */
  private belongsHere({ names }: ChainedDigest): boolean {
    return isSameScope({ ...names, bucket: this.request.scope.bucket }, this.request.scope);
  }
}

/** Returns the account and Region to which a digest belongs; undefined if its key is not one of a digest. */
export const digestScope = (object: ObjectRef) => (readDigestKey(object.key) ? trailScopeOf(object) : undefined);
export const scopeKey = ({ bucket, root, account, region }: TrailScope) => [bucket, root, account, region].join('|');
export const isSameScope = (one: TrailScope, other: TrailScope) => scopeKey(one) === scopeKey(other);
