import { firstDay, listDay } from '../aws/list-trail.ts';
import { type ObjectRef, readDigestKey, type TrailScope } from '../cloudtrail/object-key.ts';
import {
  daysBetween,
  earlier,
  HOUR_MS,
  type Interval,
  isoTime,
  later,
  overlaps,
  shifted,
  type TimeRange,
  uncovered,
} from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri } from '../errors.ts';
import { ledgerKey } from '../store/ledger-entry.ts';
import {
  type ChainEnd,
  type ChainedDigest,
  chainEnd,
  chained,
  chainId,
  checkLink,
  isNamed,
  type LookedAt,
  otherPredecessor,
  timeOf,
} from './chain.ts';
import { type ExaminedDigest, examineDigest } from './examine-digest.ts';
import type { Finding } from './finding.ts';
import { type NamedFile, type NamedFilesDeps, NamedLogFiles } from './named-log-files.ts';
import type { ScopeReport } from './scope-report.ts';
import { DIGEST_DELAY_MS, UnreferencedLogFiles } from './unreferenced-log-files.ts';

/** What the verifications of all accounts and Regions share. */
export interface ScopeDeps extends NamedFilesDeps {
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Log files that digests name and that are not in their own account's folder of the same scope, as `bucket/key`. */
  namedElsewhere: Set<string>;
  /** Digests before the range that are verified all the same, as `bucket/key`. */
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
  /** Trails wrote there until the end of the range, and then elsewhere. */
  followed: boolean;
}

/** A digest whose predecessor is in another scope: its trail got another prefix or bucket, or became an organization's. */
export interface Move {
  newer: ChainedDigest;
  /** The digest before it in its own scope, if the trail has been there before. */
  older: ChainEnd | undefined;
  previous: ObjectRef;
}

/** The digests of one trail. */
interface Chain {
  newest: ChainEnd | undefined;
  /** Those after which it went on elsewhere, as far as is known; in order. */
  left: ChainEnd[];
  /** The times that it covers, without gaps in logging. */
  spans: Interval[];
}

/** Time around the range whose digests are read, too: the digest of a log file comes within an hour or two. */
const CONTEXT_BEFORE_MS = 2 * HOUR_MS;
const CONTEXT_AFTER_MS = 3 * HOUR_MS;
/** Days that are held in memory at once. */
const WINDOW_DAYS = 14;

/**
 * Verifies the digests and log files of one account and Region: first `read`; then, when those of all scopes were read,
 * `settleMove` for each move and `checkEnds`, and `judge` at the end.
 */
export class ScopeVerification {
  readonly report: ScopeReport;
  readonly moves: Move[] = [];
  readonly request: ScopeRequest;
  private readonly scope: TrailScope;
  private readonly range: TimeRange;
  private readonly deps: ScopeDeps;
  private readonly chains = new Map<string, Chain>();
  /** The last digests of chains that go on in another scope. */
  private readonly continued = new Set<ChainEnd>();
  readonly named: NamedLogFiles;
  private readonly unreferenced: UnreferencedLogFiles;
  private firstDigest: string | undefined;

  constructor(request: ScopeRequest, deps: ScopeDeps) {
    this.request = request;
    this.scope = request.scope;
    this.range = request.range;
    this.deps = deps;
    const { bucket, account, region, root } = request.scope;
    this.report = {
      ...{ bucket, account, region, root, followed: request.followed },
      ...{ digests: 0, digestsSigned: 0, logFiles: 0, logFilesVerified: 0, pending: 0 },
      ...{ findings: [], unchecked: [], retired: [], unlisted: false },
    };
    this.named = new NamedLogFiles(this.report, deps);
    this.unreferenced = new UnreferencedLogFiles(this.range, this.report, deps);
  }

  /** Reads all digests and the log files that they name. */
  async read(): Promise<void> {
    const { bucket, root, account, region } = this.scope;
    try {
      this.firstDigest = await this.firstDay('CloudTrail-Digest');
      const days = await this.days();
      for (let start = 0; start < days.length; start += WINDOW_DAYS)
        await this.verifyDays(days.slice(start, start + WINDOW_DAYS));
    } catch (error) {
      // Half of a listing would make findings of what is there.
      this.report.findings = [];
      this.moves.length = 0;
      this.named.missing.clear();
      this.report.unlisted = true;
      const place = s3Uri({ bucket, key: `${root}${account}/*/${region}/` });
      const { since: from, until: to } = this.range;
      const time = this.request.followed ? { to, ...defined({ from }) } : {};
      this.report.unchecked.push({ place, reason: describeError(error), ...time });
    }
  }

  /** Times that digests cover, of all trails. */
  coveredSpans(): Interval[] {
    return [...this.chains.values()].flatMap(({ spans }) => spans);
  }

  /** When the newest digest of each trail ends that goes on. */
  livingEnds(): string[] {
    const due = this.due();
    return this.hourlyEnds().flatMap(({ names }) => (names.end < due ? [] : [names.end]));
  }

  /**
   * Checks that a digest follows its predecessor in another scope.
   * @param there the verification of that scope, if there is one
   */
  async settleMove(move: Move, there: ScopeVerification | undefined): Promise<void> {
    const { newer, previous } = move;
    const left = there?.leftBefore(move);
    if (left) there?.continued.add(left);
    const older = [left, move.older]
      .filter((end) => end !== undefined)
      .sort(byEnd)
      .at(-1);
    const isLinked = left !== undefined && isNamed(left, previous);
    const start = timeOf(newer).from;
    // What is before the range is not asked for, and what could not be listed is said already.
    const isOpen = !isLinked && !there?.report.unlisted && start > (this.range.since ?? '');
    const other = isOpen ? await this.lookAt(previous, start) : 'unknown';
    await this.verifyEarlierBackfill(newer, other);
    const findings = checkLink(isLinked ? left : older, newer, this.searchedBefore(newer), other);
    for (const finding of findings) {
      this.addTimed(finding);
      there?.unreferenced.explainGap(finding, finding);
    }
    const span = this.chain(newer).spans.find(({ from }) => from === start);
    if (span && older && !findings.some(isLoggingGap)) span.from = earlier(span.from, older.names.end);
  }

  /** No successor names the newest digests: that others are missing shows in the time without them. */
  checkEnds(covered: readonly Interval[]): void {
    if (this.request.followed || this.report.unlisted) return;
    const { since } = this.range;
    const due = this.due();
    const ends = this.hourlyEnds();
    for (const end of ends) {
      const { names, bucket, key } = end;
      if (names.end >= due || this.continued.has(end)) continue;
      const open = uncovered(covered, { from: since === undefined ? names.end : later(names.end, since), to: due });
      const { trail, homeRegion } = names;
      if (open.length === 0) this.report.retired.push({ trail, homeRegion, end: names.end });
      for (const time of open) {
        const detail = `expected digests of trail ${trail} after this one`;
        this.addTimed({ ...this.uncoveredTime(time, due), bucket, key, detail });
      }
    }
    const { firstDigest } = this;
    if (ends.length > 0 || since === undefined || firstDigest === undefined || firstDigest >= since || since >= due)
      return;
    for (const time of uncovered(covered, { from: since, to: due })) {
      const detail = 'expected digests: there are some of earlier times';
      this.addTimed({ ...this.uncoveredTime(time, due), detail });
    }
  }

  /**
   * Says what the log files are that no digest names.
   * @param newest when the newest digest of each trail of the account and Region ends
   */
  judge(newest: readonly string[], covered: readonly Interval[]): void {
    if (this.request.trails === undefined && !this.report.unlisted) this.unreferenced.judge(newest, covered);
  }

  /** The digest with which a trail left this scope, before it went on with a move. */
  private leftBefore({ newer, previous }: Move): ChainEnd | undefined {
    const names = readDigestKey(previous.key);
    const chain = names && this.chains.get(chainId(names));
    if (chain === undefined) return undefined;
    const ends = [...chain.left, ...(chain.newest ? [chain.newest] : [])];
    const { from } = timeOf(newer);
    return ends.find((end) => isNamed(end, previous)) ?? ends.findLast(({ names: { end } }) => end <= from);
  }

  private due(): string {
    return earlier(this.range.until, isoTime(this.deps.now() - DIGEST_DELAY_MS));
  }

  private searchedFrom(): string | undefined {
    return this.range.since && shifted(this.range.since, -CONTEXT_BEFORE_MS);
  }

  /** A trail that has left writes nothing more there. */
  private searchedTo(): string {
    return this.request.followed ? this.range.until : shifted(this.range.until, CONTEXT_AFTER_MS);
  }

  private firstDay(folder: 'CloudTrail' | 'CloudTrail-Digest'): Promise<string | undefined> {
    return this.deps.limit(() => firstDay(this.deps.s3, this.scope, folder));
  }

  private async days(): Promise<string[]> {
    const from = this.searchedFrom();
    if (from !== undefined) return daysBetween(from, this.searchedTo());
    const days = [this.firstDigest, await this.firstDay('CloudTrail')];
    const first = days.filter((day) => day !== undefined).sort()[0];
    return first === undefined ? [] : daysBetween(first, this.searchedTo());
  }

  private async verifyDays(days: readonly string[]): Promise<void> {
    const { s3, limit } = this.deps;
    const list = async (folder: 'CloudTrail' | 'CloudTrail-Digest') =>
      (await Promise.all(days.map((day) => limit(() => listDay(s3, this.scope, folder, day))))).flat();
    const [listed, logFiles] = await Promise.all([list('CloudTrail-Digest'), list('CloudTrail')]);
    for (const file of logFiles) this.unreferenced.add(file);
    const examined = await Promise.all(listed.map(({ key }) => this.examineListed(key)));
    const digests = examined.filter((digest) => digest !== undefined);
    await this.checkChains(digests);
    await this.verifyDigests(digests);
  }

  /** Returns undefined if the key is not one of a digest that matters here. */
  private async examineListed(key: string): Promise<ChainedDigest | undefined> {
    const names = readDigestKey(key);
    const { trails } = this.request;
    if (names === undefined || (trails !== undefined && !trails.includes(names.trail))) return undefined;
    if (names.end <= (this.searchedFrom() ?? '') || names.end > this.searchedTo()) return undefined;
    const object = { bucket: this.scope.bucket, key };
    const unread = (error: unknown): ExaminedDigest => {
      return { ...object, state: 'unchecked', digest: undefined, problem: undefined, error };
    };
    const digest = await this.deps.limit(() => examineDigest(object, this.deps).catch(unread));
    if (digest?.state === 'unchecked')
      this.report.unchecked.push({ place: s3Uri(object), reason: describeError(digest.error) });
    // It was deleted after it was listed: then its successor says so.
    return digest && chained(digest);
  }

  /** Looks at a predecessor under the name that a digest has of it. @param to when that digest begins */
  private async lookAt(object: ObjectRef, to: string): Promise<LookedAt> {
    try {
      return (await this.deps.limit(() => examineDigest(object, this.deps))) ?? 'missing';
    } catch (error) {
      this.report.unchecked.push({ place: s3Uri(object), reason: describeError(error), to });
      return 'unknown';
    }
  }

  private async checkChains(digests: readonly ChainedDigest[]): Promise<void> {
    for (const chain of Map.groupBy(digests, ({ names }) => chainId(names)).values()) {
      chain.sort(byEnd);
      for (const digest of withoutCopies(chain)) {
        const { newest } = this.chain(digest);
        if (this.belongsHere(digest) && digest.names.end > (newest?.names.end ?? '')) await this.link(newest, digest);
      }
    }
  }

  private async link(older: ChainEnd | undefined, newer: ChainedDigest): Promise<void> {
    const chain = this.chain(newer);
    chain.newest = chainEnd(newer);
    const searchedFrom = this.searchedBefore(newer);
    const previous = otherPredecessor(older, newer, searchedFrom);
    if (previous !== undefined && this.isElsewhere(chainId(newer.names), previous)) {
      this.moves.push({ newer, older, previous });
      if (older) chain.left.push(older);
      extend(chain, newer, true);
      return;
    }
    const other = previous && (await this.lookAt(previous, timeOf(newer).from));
    if (other !== undefined) await this.verifyEarlierBackfill(newer, other);
    const findings = checkLink(older, newer, searchedFrom, other);
    for (const finding of findings) {
      this.addTimed(finding);
      if (newer.names.backfill && older === undefined && finding.kind === 'digest-missing')
        this.unreferenced.backfillMissing(finding);
    }
    extend(chain, newer, findings.some(isLoggingGap));
  }

  private chain({ names }: ChainedDigest): Chain {
    const id = chainId(names);
    const chain = this.chains.get(id) ?? { newest: undefined, left: [], spans: [] };
    this.chains.set(id, chain);
    return chain;
  }

  /**
   * Since when the predecessor of a digest matters. Backfill digests are made whenever there is something to add: the one
   * before a backfill digest of the range may be of any time, and is verified with it.
   */
  private searchedBefore(newer: ChainedDigest): string | undefined {
    const { since } = this.range;
    const previous = newer.digest?.previous;
    if (!newer.names.backfill || since === undefined || timeOf(newer).from < since) return this.searchedFrom();
    if (newer.state === 'signed' && previous) this.deps.alsoAsked.add(ledgerKey(previous));
    return undefined;
  }

  /** Verifies the predecessor of a backfill digest, if it is of a time before everything that was read. */
  private async verifyEarlierBackfill({ names }: ChainedDigest, other: LookedAt): Promise<void> {
    if (!names.backfill || other === 'missing' || other === 'unknown') return;
    const before = readDigestKey(other.key);
    if (before && before.end <= (this.searchedFrom() ?? '')) await this.verifyDigests([{ ...other, names: before }]);
  }

  /** Whether a digest belongs to no chain of this scope. */
  private isElsewhere(id: string, { bucket, key }: ObjectRef): boolean {
    const names = readDigestKey(key);
    return bucket !== this.scope.bucket || (names !== undefined && chainId(names) !== id);
  }

  /** A digest that was moved here from another account or Region is no part of the chains here. */
  private belongsHere({ names }: ChainedDigest): boolean {
    const { root, account, region } = this.scope;
    return names.root === root && names.account === account && names.region === region;
  }

  /** Reports on digests, then compares the log files that they name with what is in the bucket and in the ledger. */
  private async verifyDigests(digests: readonly ChainedDigest[]): Promise<void> {
    const { namedElsewhere, outcomes } = this.deps;
    // A digest and its copy name the same log files.
    const named = new Map<string, Omit<NamedFile, 'isListed'> & { isAsked: boolean }>();
    for (const digest of digests) this.addDigest(digest);
    for (const digest of digests) {
      const files = digest.digest?.logFiles ?? [];
      const isAsked = this.isAsked(digest);
      const finding = this.report.findings.find(({ key }) => key === digest.key);
      for (const file of files) {
        if (digest.state === 'signed') named.set(ledgerKey(file), { file, digest: digest.key, isAsked });
        // Whoever has no signature may name what they like.
        else this.unreferenced.claim(file.key, finding);
      }
    }
    const asked: NamedFile[] = [];
    for (const [name, { file, digest, isAsked }] of named) {
      const isListed = this.unreferenced.remove(file.key);
      if (!isListed) namedElsewhere.add(name);
      if (isAsked) asked.push({ file, digest, isListed });
      else outcomes.unproven(file.key);
    }
    await this.named.verify(asked);
  }

  private addDigest(digest: ChainedDigest): void {
    const { report } = this;
    const { account, region } = digest.names;
    const { bucket, key, problem } = digest;
    const time = timeOf(digest);
    if (this.belongsHere(digest) && time.to > (this.searchedFrom() ?? '')) this.unreferenced.expectFrom(time.from);
    if (!this.isAsked(digest)) return;
    report.digests += 1;
    const finding: Finding | undefined = problem && { ...problem, account, region, bucket, key, ...time };
    if (finding) report.findings.push(finding);
    if (digest.state !== 'signed') {
      this.unreferenced.explainGap(time, finding);
      return;
    }
    report.digestsSigned += 1;
    report.from = earlier(report.from ?? time.from, time.from);
    report.to = later(report.to ?? time.to, time.to);
    if (problem) this.deps.movedDigests.add(ledgerKey(digest.digest));
  }

  /** Whether a digest is of the range, or is the backfill digest before one that is. */
  private isAsked(digest: ChainedDigest): boolean {
    return overlaps(this.range, timeOf(digest)) || this.deps.alsoAsked.has(ledgerKey(digest));
  }

  private addTimed(finding: Finding): void {
    const { from, to, bucket = '', key = '' } = finding;
    if (from !== undefined && to !== undefined) {
      if (!overlaps(this.range, { from, to }) && !this.deps.alsoAsked.has(`${bucket}/${key}`)) return;
      this.unreferenced.explainGap(finding, finding);
    }
    this.report.findings.push(finding);
  }

  /** The newest digests of chains, without backfill digests, which are not made each hour. */
  private hourlyEnds(): ChainEnd[] {
    return [...this.chains.values()].flatMap(({ newest }) => (newest && !newest.names.backfill ? [newest] : []));
  }

  /** A time that no trail covers: another one goes on after it, or it reaches to where digests are due. */
  private uncoveredTime(time: Interval, due: string): Omit<Finding, 'detail'> {
    const { account, region } = this.scope;
    return { kind: time.to < due ? 'logging-gap' : 'digests-end', account, region, ...time };
  }
}

const byEnd = (a: Pick<ChainEnd, 'names'>, b: Pick<ChainEnd, 'names'>) => (a.names.end < b.names.end ? -1 : 1);
const isLoggingGap = ({ kind }: Finding) => kind === 'logging-gap';

/** Adds the time of a digest to what its chain covers. @param isApart whether there is, or may be, a gap before it */
function extend({ spans }: Chain, digest: ChainedDigest, isApart: boolean): void {
  if (digest.names.backfill) return;
  const time = timeOf(digest);
  const last = spans.at(-1);
  if (last === undefined || isApart) spans.push(time);
  else last.to = time.to;
}

/** If a digest and its copy are both there, the chain goes through the one that is where it belongs. */
function withoutCopies(chain: readonly ChainedDigest[]): ChainedDigest[] {
  const placed = new Map<string, ChainedDigest>();
  for (const digest of chain) {
    const key = digest.state === 'signed' ? digest.digest.key : digest.key;
    if (!placed.has(key) || digest.key === key) placed.set(key, digest);
  }
  return [...placed.values()];
}
