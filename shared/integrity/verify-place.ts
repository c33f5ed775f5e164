import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectChangedError, ObjectMissingError, openObject } from '../aws/open-object.ts';
import { type DigestKey, readDigestKey, trailPath } from '../cloudtrail/object-key.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import type { LedgerSummary } from '../store/ledger-batch.ts';
import { ledgerKey, verificationOf } from '../store/ledger-entry.ts';
import {
  type ChainedDigest,
  chainId,
  checkLink,
  type Interval,
  isNamed,
  type LookedAt,
  type ObjectName,
  otherPredecessor,
} from './chain.ts';
import type { CoveredTime } from './covered-time.ts';
import type { NamedLogFile } from './digest.ts';
import { type CheckedDigest, checkDigest, fetchDigest } from './digest-file.ts';
import type { Finding } from './finding.ts';
import type { Gate } from './gate.ts';
import { firstDay, listDay, type TrailScope } from './list-objects.ts';
import { checkLogFile, type LogFileProblem } from './log-file-hash.ts';
import type { LogFileOutcomes, PlaceReport } from './place-report.ts';
import type { PublicKeySource } from './public-keys.ts';
import { daysBetween, earlier, HOUR_MS, later, overlaps, shifted, type TimeRange } from './time-range.ts';
import { type AllDigests, DIGEST_DELAY_MS, UnreferencedLogFiles } from './unreferenced-log-files.ts';

/** What the verification of a place works with. */
export interface PlaceDeps {
  s3: S3Client;
  keys: PublicKeySource;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
  gate: Gate;
  /** Looks log files up in the ledger, by `bucket/key`; absent: only the bucket is verified. */
  readLedger?: (objects: readonly { bucket: string; key: string }[]) => Promise<ReadonlyMap<string, LedgerSummary>>;
  /** Buckets through which log files also came into the ledger, below the same path from `AWSLogs/` on. */
  copies: readonly string[];
  /** Buckets of which the one that is verified is a replica; digests name them instead of it. */
  originals: readonly string[];
  /** Log files that digests name and that are not in their own account's folder of the same place, as `bucket/key`. */
  namedElsewhere: Set<string>;
  /** Digests before the range that are verified all the same, as `bucket/key`. */
  alsoAsked: Set<string>;
  /** Told what became of the log files, for the events that came from them. */
  outcomes: LogFileOutcomes;
  onProgress?: (logFiles: number) => void;
}

/** Time around the range whose digests are read, too: a log file's digest comes within an hour or two. */
const CONTEXT_BEFORE_MS = 2 * HOUR_MS;
const CONTEXT_AFTER_MS = 3 * HOUR_MS;
/** Days that are held at once. */
const WINDOW_DAYS = 14;

/** What is to be verified in one account and Region. */
export interface PlaceScope {
  place: TrailScope;
  range: TimeRange;
  /** Only the digests of these trails; then log files that no digest names are not looked for. */
  trails: readonly string[] | undefined;
  /** Trails wrote there until the end of the range, and then elsewhere. */
  followed: boolean;
}

/** A digest whose predecessor is in another place: its trail got another prefix or bucket, or became an organization's. */
export interface Move {
  newer: ChainedDigest;
  /** The digest before it in its own place, if the trail has been there before. */
  older: ChainedDigest | undefined;
  previous: ObjectName;
}

/**
 * Verifies the digests and log files of one account and Region: first `read`; then, when those of all places were read, each
 * `settleMove` and `checkEnds`, and `judge` at the end.
 */
export class PlaceVerification {
  readonly report: PlaceReport;
  readonly moves: Move[] = [];
  readonly scope: PlaceScope;
  private readonly place: TrailScope;
  private readonly range: TimeRange;
  private readonly trails: readonly string[] | undefined;
  private readonly deps: PlaceDeps;
  /** The newest digest of each chain. */
  private readonly newest = new Map<string, ChainedDigest>();
  /** The digests after which a chain went on elsewhere, for all that is known; of each chain, in order. */
  private readonly left = new Map<string, ChainedDigest[]>();
  private readonly continued = new Set<ChainedDigest>();
  /** The times that each chain covers, but for gaps in logging. */
  private readonly spans = new Map<string, Interval[]>();
  private readonly unreferenced: UnreferencedLogFiles;
  private firstDigest: string | undefined;

  constructor(scope: PlaceScope, deps: PlaceDeps) {
    const { place, range, trails, followed } = scope;
    this.scope = scope;
    this.place = place;
    this.range = range;
    this.trails = trails;
    this.deps = deps;
    const { bucket, account, region, root } = place;
    const counts = { digests: 0, digestsSigned: 0, logFiles: 0, logFilesVerified: 0, pending: 0 };
    this.report = {
      ...{ bucket, account, region, root, followed },
      ...counts,
      findings: [],
      unchecked: [],
      retired: [],
      unlisted: false,
      missingHashes: new Map(),
      movedDigests: new Set(),
    };
    this.unreferenced = new UnreferencedLogFiles(place, range, this.report, deps);
  }

  /** Reads all digests and the log files that they name. */
  async read(): Promise<void> {
    try {
      this.firstDigest = await this.deps.gate.run(() => firstDay(this.deps.s3, this.place, 'CloudTrail-Digest'));
      const days = await this.days();
      for (let start = 0; start < days.length; start += WINDOW_DAYS)
        await this.verifyDays(days.slice(start, start + WINDOW_DAYS));
    } catch (error) {
      // Half of a listing would make findings of what is there.
      this.report.findings = [];
      this.moves.length = 0;
      this.report.unlisted = true;
      const { bucket, root, account, region } = this.place;
      const { since: from, until: to } = this.range;
      this.report.unchecked.push({
        place: s3Uri({ bucket, key: `${root}${account}/*/${region}/` }),
        reason: describeError(error),
        ...(this.scope.followed && { ...(from !== undefined && { from }), to }),
      });
    }
  }

  /** Times that digests cover, of all trails; ISO 8601. */
  coveredSpans(): Interval[] {
    return [...this.spans.values()].flat();
  }

  /** When the newest digest of each trail ends that goes on. */
  livingEnds(): string[] {
    return this.newestDigests().flatMap(({ names }) => (names.end < this.due() ? [] : [names.end]));
  }

  /** The digest with which a trail left this place, before it went on with a move. */
  leftBefore({ newer, previous }: Move): ChainedDigest | undefined {
    const names = readDigestKey(previous.key);
    if (names === undefined) return undefined;
    const id = chainId(names);
    const newest = this.newest.get(id);
    const ends = [...(this.left.get(id) ?? []), ...(newest ? [newest] : [])];
    const [start] = timeOf(newer);
    return ends.find((digest) => isNamed(digest, previous)) ?? ends.findLast((digest) => digest.names.end <= start);
  }

  /**
   * Checks that a digest follows its predecessor in another place.
   * @param there the verification of that place, if there is one
   */
  async settleMove(move: Move, there: PlaceVerification | undefined): Promise<void> {
    const { newer, previous } = move;
    const left = there?.leftBefore(move);
    if (left) there?.continued.add(left);
    const older = [left, move.older]
      .filter((digest) => digest !== undefined)
      .sort(byEnd)
      .at(-1);
    const isLinked = left !== undefined && isNamed(left, previous);
    const [start] = timeOf(newer);
    // What is before the range is not asked for, and what could not be listed is said already.
    const isOpen = !isLinked && !there?.report.unlisted && start > (this.range.since ?? '');
    const other = isOpen ? await this.lookAt(previous, start) : 'unknown';
    await this.alsoVerify(newer, previous, other);
    const findings = checkLink(isLinked ? left : older, newer, this.searchedBefore(newer), other);
    for (const finding of findings) {
      this.addTimed(finding);
      if (finding.from !== undefined && finding.to !== undefined)
        there?.unreferenced.explainGap(finding.from, finding.to, finding);
    }
    const span = this.spans.get(chainId(newer.names))?.find(({ from }) => from === start);
    const isGap = findings.some(({ kind }) => kind === 'logging-gap');
    if (span && older && !isGap) span.from = earlier(span.from, older.names.end);
  }

  /** The newest digests, which no successor names, are missed by the time that passes without them. */
  checkEnds(covered: CoveredTime): void {
    if (this.scope.followed || this.report.unlisted) return;
    const { since } = this.range;
    const due = this.due();
    const chains = this.newestDigests();
    for (const digest of chains) {
      const { names, checked } = digest;
      if (names.end >= due || this.continued.has(digest)) continue;
      const open = covered.uncovered(since === undefined ? names.end : later(names.end, since), due);
      const { trail, homeRegion, end } = names;
      if (open.length === 0) this.report.retired.push({ trail, homeRegion, end });
      for (const { from, to } of open) {
        this.addTimed({
          ...this.end(from, to, due),
          bucket: checked.bucket,
          key: checked.key,
          detail: `expected digests of trail ${trail} after this one`,
        });
      }
    }
    const { firstDigest } = this;
    if (chains.length > 0 || since === undefined || firstDigest === undefined || firstDigest >= since || since >= due)
      return;
    for (const { from, to } of covered.uncovered(since, due)) {
      this.addTimed({ ...this.end(from, to, due), detail: 'expected digests: there are some of earlier times' });
    }
  }

  /** Says what the log files are that no digest names. */
  judge(all: Omit<AllDigests, 'isNamedElsewhere'>): void {
    if (this.trails !== undefined || this.report.unlisted) return;
    const { bucket } = this.place;
    const isNamedElsewhere = (key: string) => this.deps.namedElsewhere.has(ledgerKey({ bucket, key }));
    this.unreferenced.judge({ ...all, isNamedElsewhere });
  }

  private due(): string {
    return earlier(this.range.until, new Date(this.deps.now() - DIGEST_DELAY_MS).toISOString());
  }

  private searchedFrom(): string | undefined {
    return this.range.since && shifted(this.range.since, -CONTEXT_BEFORE_MS);
  }

  /** A trail that has left writes nothing more there. */
  private searchedTo(): string {
    return this.scope.followed ? this.range.until : shifted(this.range.until, CONTEXT_AFTER_MS);
  }

  private async days(): Promise<string[]> {
    const last = this.searchedTo();
    const from = this.searchedFrom();
    if (from !== undefined) return daysBetween(from, last);
    const firstLogFile = await this.deps.gate.run(() => firstDay(this.deps.s3, this.place, 'CloudTrail'));
    const first = [this.firstDigest, firstLogFile].filter((day) => day !== undefined).sort()[0];
    return first === undefined ? [] : daysBetween(first, last);
  }

  private async verifyDays(days: readonly string[]): Promise<void> {
    const list = (folder: 'CloudTrail' | 'CloudTrail-Digest') =>
      Promise.all(days.map((day) => this.deps.gate.run(() => listDay(this.deps.s3, this.place, folder, day))));
    const [digests, logFiles] = await Promise.all([list('CloudTrail-Digest'), list('CloudTrail')]);
    for (const file of logFiles.flat()) this.unreferenced.add(file);
    const checked = await Promise.all(digests.flat().flatMap(({ key }) => this.readDigest(key)));
    await this.checkChains(checked.filter((digest) => digest !== undefined));
    await this.verifyDigests(checked.filter((digest) => digest !== undefined));
  }

  private async verifyDigests(digests: readonly ChainedDigest[]): Promise<void> {
    for (const digest of digests) this.addDigest(digest);
    // A digest and its copy name the same log files.
    const named = new Map(
      digests.flatMap((digest) => this.namedBy(digest)).map((each) => [ledgerKey(each.file), each]),
    );
    const files = [...named.values()].map((each) => ({ ...each, isListed: this.unreferenced.remove(each.file.key) }));
    for (const { file, isListed } of files) if (!isListed) this.deps.namedElsewhere.add(ledgerKey(file));
    for (const { file, trusted } of files) if (!trusted) this.deps.outcomes.unproven(file.key);
    const asked = files.filter(({ trusted }) => trusted);
    await this.checkIngested(await Promise.all(asked.map((each) => this.checkNamed(each))));
  }

  /** Returns an empty list if the key is not one of a digest that matters here. */
  private readDigest(key: string): [] | [Promise<ChainedDigest | undefined>] {
    const names = readDigestKey(key);
    if (names === undefined || (this.trails !== undefined && !this.trails.includes(names.trail))) return [];
    if (names.end <= (this.searchedFrom() ?? '') || names.end > this.searchedTo()) return [];
    return [this.deps.gate.run(() => this.checkOne(key, names))];
  }

  private async checkOne(key: string, names: DigestKey): Promise<ChainedDigest | undefined> {
    const { bucket } = this.place;
    try {
      let checked = await this.readAndCheck(key);
      // Once more when it is not as expected: the transfer may be what is bad.
      if (!checked.signed && !checked.unchecked) checked = await this.readAndCheck(key);
      const { unchecked } = checked;
      if (unchecked) this.report.unchecked.push({ place: s3Uri({ bucket, key }), reason: describeError(unchecked) });
      // A moved digest stands where it was.
      const own = checked.signed ? readDigestKey(checked.digest!.key) : undefined;
      return { names: own ?? names, checked };
    } catch (error) {
      // It was deleted after it was listed: then its successor says so.
      if (error instanceof ObjectMissingError) return undefined;
      this.report.unchecked.push({ place: s3Uri({ bucket, key }), reason: describeError(error) });
      return { names, checked: { bucket, key, signed: false } };
    }
  }

  private async readAndCheck(key: string, bucket = this.place.bucket): Promise<CheckedDigest> {
    const file = await fetchDigest(this.deps.s3, { bucket, key }, this.deps);
    return checkDigest(file, this.deps.keys, this.deps.originals);
  }

  /** Looks at a predecessor under the name that a digest has of it. @param to when that digest begins */
  private async lookAt({ bucket, key }: ObjectName, to: string): Promise<LookedAt> {
    try {
      return await this.deps.gate.run(() => this.readAndCheck(key, bucket));
    } catch (error) {
      if (error instanceof ObjectMissingError) return 'missing';
      this.report.unchecked.push({ place: s3Uri({ bucket, key }), reason: describeError(error), to });
      return 'unknown';
    }
  }

  private async checkChains(digests: readonly ChainedDigest[]): Promise<void> {
    const chains = new Map<string, ChainedDigest[]>();
    for (const digest of digests) {
      const id = chainId(digest.names);
      chains.set(id, [...(chains.get(id) ?? []), digest]);
    }
    for (const [id, chain] of chains) {
      chain.sort((a, b) => (a.names.end < b.names.end ? -1 : 1));
      for (const digest of withoutCopies(chain)) {
        const older = this.newest.get(id);
        if (!this.belongsHere(digest) || digest.names.end <= (older?.names.end ?? '')) continue;
        await this.link(id, older, digest);
        this.newest.set(id, digest);
      }
    }
  }

  private async link(id: string, older: ChainedDigest | undefined, newer: ChainedDigest): Promise<void> {
    const searchedFrom = this.searchedBefore(newer);
    const previous = otherPredecessor(older, newer, searchedFrom);
    if (previous !== undefined && this.isElsewhere(id, previous)) {
      this.moves.push({ newer, older, previous });
      if (older) this.left.set(id, [...(this.left.get(id) ?? []), older]);
      this.extend(id, newer, true);
      return;
    }
    const other = previous && (await this.lookAt(previous, timeOf(newer)[0]));
    if (previous !== undefined && other !== undefined) await this.alsoVerify(newer, previous, other);
    const findings = checkLink(older, newer, searchedFrom, other);
    for (const finding of findings) {
      this.addTimed(finding);
      if (newer.names.backfill && older === undefined && finding.kind === 'digest-missing')
        this.unreferenced.backfillMissing(finding);
    }
    this.extend(
      id,
      newer,
      findings.some(({ kind }) => kind === 'logging-gap'),
    );
  }

  /**
   * Since when the predecessor of a digest matters. Backfill digests are made whenever there is something to add: the one
   * before a backfill digest of the range may be of any time, and is verified with it.
   */
  private searchedBefore(newer: ChainedDigest): string | undefined {
    const { since } = this.range;
    const previous = newer.checked.digest?.previous;
    if (!newer.names.backfill || since === undefined || timeOf(newer)[0] < since) return this.searchedFrom();
    if (newer.checked.signed && previous) this.deps.alsoAsked.add(ledgerKey(previous));
    return undefined;
  }

  /** A predecessor that is of a time before everything that was read. */
  private async alsoVerify({ names }: ChainedDigest, { key }: ObjectName, other: LookedAt): Promise<void> {
    const before = readDigestKey(key);
    if (!names.backfill || other === 'missing' || other === 'unknown' || before === undefined) return;
    if (before.end <= (this.searchedFrom() ?? '')) await this.verifyDigests([{ names: before, checked: other }]);
  }

  /** Whether a digest is none of a chain in this place. */
  private isElsewhere(id: string, { bucket, key }: ObjectName): boolean {
    const names = readDigestKey(key);
    return bucket !== this.place.bucket || (names !== undefined && chainId(names) !== id);
  }

  private extend(id: string, digest: ChainedDigest, isAnother: boolean): void {
    if (digest.names.backfill) return;
    const [from, to] = timeOf(digest);
    const spans = this.spans.get(id) ?? [];
    this.spans.set(id, spans);
    const last = spans.at(-1);
    if (last === undefined || isAnother) spans.push({ from, to });
    else last.to = to;
  }

  /** What was moved here from another account or Region is no part of the chains that are here. */
  private belongsHere({ names }: ChainedDigest): boolean {
    const { root, account, region } = this.place;
    return names.root === root && names.account === account && names.region === region;
  }

  private addDigest(digest: ChainedDigest): void {
    const { checked } = digest;
    const [start, end] = timeOf(digest);
    if (this.belongsHere(digest) && end > (this.searchedFrom() ?? '')) this.unreferenced.expectFrom(start);
    if (!this.isAsked(digest)) return;
    this.report.digests += 1;
    if (checked.signed) {
      this.report.digestsSigned += 1;
      this.report.from = this.report.from === undefined ? start : earlier(this.report.from, start);
      this.report.to = this.report.to === undefined ? end : later(this.report.to, end);
    }
    const finding = checked.problem && problemOf(digest, start, end);
    if (finding) this.report.findings.push(finding);
    if (finding?.kind === 'digest-moved') this.report.movedDigests.add(ledgerKey(checked.digest!));
    if (!checked.signed) this.unreferenced.explainGap(start, end, finding);
  }

  /** Whether a digest is of the range, or is the backfill digest before one that is. */
  private isAsked(digest: ChainedDigest): boolean {
    return overlaps(this.range, ...timeOf(digest)) || this.deps.alsoAsked.has(ledgerKey(digest.checked));
  }

  private addTimed(finding: Finding): void {
    const { from, to } = finding;
    if (from !== undefined && to !== undefined) {
      const { bucket = '', key = '' } = finding;
      if (!overlaps(this.range, from, to) && !this.deps.alsoAsked.has(`${bucket}/${key}`)) return;
      this.unreferenced.explainGap(from, to, finding);
    }
    this.report.findings.push(finding);
  }

  /** All log files that a digest names; `trusted`: they are to be verified, because the digest is in the range. */
  private namedBy({ names, checked }: ChainedDigest): NamedFile[] {
    const files = checked.digest?.logFiles ?? [];
    const trusted = this.isAsked({ names, checked });
    if (checked.signed) return files.map((file) => ({ file, digest: checked.key, trusted }));
    // Whoever has no signature may name what they like.
    const finding = this.report.findings.find(({ key }) => key === checked.key);
    for (const { key } of files) this.unreferenced.claim(key, finding);
    return [];
  }

  private async checkNamed({ file, digest, isListed }: NamedFile & { isListed: boolean }): Promise<CheckedFile> {
    this.report.logFiles += 1;
    const { bucket } = this.place;
    // In a copy of a bucket, the copy is what is verified.
    const isCopy = file.bucket !== bucket && isListed;
    const object = isCopy ? { bucket, key: file.key } : file;
    const result = await this.deps.gate.run(() => this.compare(object, file.sha256));
    this.deps.onProgress?.(1);
    const add = (kind: Finding['kind'], detail: string) => {
      const finding = this.addOf(file, { kind, digest, detail });
      if (result !== undefined) this.deps.outcomes.unproven(file.key, finding);
      return finding;
    };
    if (result === 'missing') {
      add('log-file-missing', 'expected this log file, which its digest names');
      this.report.missingHashes.set(ledgerKey(file), file.sha256);
    } else if (result !== undefined && 'reason' in result) {
      this.report.unchecked.push({ place: s3Uri(object), reason: result.reason });
      this.deps.outcomes.unproven(file.key);
    } else if (result !== undefined) {
      return { file, digest, missing: false, altered: add(result.kind, result.detail) };
    } else {
      this.report.logFilesVerified += 1;
      this.deps.outcomes.verified(file.key, file.sha256);
      if (isCopy) add('log-file-moved', `expected it there, as its digest says; it is at ${s3Uri(object)}`);
    }
    return { file, digest, missing: result === 'missing' };
  }

  /** Twice when the first time it is not as expected: the transfer may be what is bad. */
  private async compare(
    object: { bucket: string; key: string },
    sha256: string,
  ): Promise<LogFileProblem | 'missing' | { reason: string } | undefined> {
    for (let reading = 1; ; reading += 1) {
      try {
        const problem = await checkLogFile(() => this.open(object), sha256);
        if (problem === undefined || reading > 1) return problem;
      } catch (error) {
        if (error instanceof ObjectMissingError) return 'missing';
        if (!(error instanceof ObjectChangedError) || reading > 1) return { reason: describeError(error) };
      }
    }
  }

  private async open(object: { bucket: string; key: string }): Promise<AsyncIterable<Uint8Array>> {
    const open = await openObject(this.deps.s3, object, this.deps);
    if (open) return open.body;
    throw new TrailError('s3-answer', `${s3Uri(object)}: expected the object`);
  }

  private addOf(file: NamedLogFile, about: Pick<Finding, 'kind' | 'detail'> & { digest: string }): Finding {
    const { account, region } = this.place;
    const finding = { account, region, bucket: file.bucket, key: file.key, ...about };
    this.report.findings.push(finding);
    return finding;
  }

  /** Whether the log files came into the ledger, with the content that their digests say. */
  private async checkIngested(files: readonly CheckedFile[]): Promise<void> {
    const entries = await this.readLedger(files);
    if (entries === undefined) return;
    for (const { file, digest, missing, altered } of files) {
      const known = this.ledgerNames(file).flatMap((name) => entries.get(ledgerKey(name)) ?? []);
      // What a trail wrote elsewhere before may never have been meant to be ingested.
      const problem = ingestionProblem(file, known, missing || this.scope.followed);
      // What became of a log file that was altered is a consequence, and told with it.
      if (problem && altered) altered.detail += `; ${problem.detail}`;
      else if (problem) this.addOf(file, { digest, ...problem });
    }
  }

  /** Returns undefined if there is no ledger, or it cannot be read. */
  private async readLedger(files: readonly CheckedFile[]): Promise<ReadonlyMap<string, LedgerSummary> | undefined> {
    if (this.deps.readLedger === undefined || files.length === 0) return undefined;
    try {
      return await this.deps.readLedger(files.flatMap(({ file }) => this.ledgerNames(file)));
    } catch (error) {
      const { account, region } = this.place;
      this.report.unchecked.push({ place: `the ledger, for ${account} ${region}`, reason: describeError(error) });
      return undefined;
    }
  }

  /** The names that a log file can have in the ledger. */
  private ledgerNames({ bucket, key }: NamedLogFile): { bucket: string; key: string }[] {
    const copies = this.deps.copies.map((copy) => ({ bucket: copy, key: trailPath(key) }));
    const here = bucket === this.place.bucket ? [] : [{ bucket: this.place.bucket, key }];
    const originals = this.deps.originals.map((original) => ({ bucket: original, key }));
    return [{ bucket, key }, ...here, ...originals, ...copies];
  }

  private newestDigests(): ChainedDigest[] {
    return [...this.newest.values()].filter(({ names }) => !names.backfill);
  }

  /** A time that no trail covers: another one goes on after it, or it reaches to where digests are due. */
  private end(from: string, to: string, due: string): Omit<Finding, 'detail'> {
    const { account, region } = this.place;
    return { kind: to < due ? 'logging-gap' : 'digests-end', account, region, from, to };
  }
}

interface NamedFile {
  file: NamedLogFile;
  digest: string;
  trusted: boolean;
}

interface CheckedFile {
  file: NamedLogFile;
  digest: string;
  missing: boolean;
  /** What is wrong with its content. */
  altered?: Finding;
}

/**
 * @param known what the ledger has of the log file, under each of its names
 * @param mayBeUnknown whether it need not have been ingested
 */
function ingestionProblem(
  { sha256 }: NamedLogFile,
  known: readonly LedgerSummary[],
  mayBeUnknown: boolean,
): Pick<Finding, 'kind' | 'detail'> | undefined {
  const other = known.find((entry) => verificationOf(entry, sha256) === 'failed');
  if (other !== undefined) {
    const hashes = [...(other.sha256 === undefined ? [] : [other.sha256]), ...(other.otherSha256 ?? [])];
    const ingested = hashes.find((hash) => hash !== sha256);
    const detail = `expected content with the SHA-256 ${sha256} to be ingested; the ledger has ${ingested}`;
    return { kind: 'log-file-ingested-differently', detail };
  }
  if (mayBeUnknown || known.some(({ state }) => state === 'ingested')) return undefined;
  const [first] = known;
  const state = first
    ? `the ledger has it as ${first.state}${first.reason ? `: ${first.reason}` : ''}`
    : 'the ledger does not know it';
  return { kind: 'log-file-not-ingested', detail: `expected it to be ingested; ${state}` };
}

const byEnd = (a: ChainedDigest, b: ChainedDigest) => (a.names.end < b.names.end ? -1 : 1);

/** Of a digest that is not signed only its name is believed, and an hour assumed. */
function timeOf({ names, checked: { signed, digest } }: ChainedDigest): [string, string] {
  return signed && digest ? [digest.start, digest.end] : [shifted(names.end, -HOUR_MS), names.end];
}

/** Where a digest and its copy are both there, the chain goes through the one that is where it belongs. */
function withoutCopies(chain: readonly ChainedDigest[]): ChainedDigest[] {
  const placed = new Map<string, ChainedDigest>();
  for (const digest of chain) {
    const key = digest.checked.signed ? digest.checked.digest!.key : digest.checked.key;
    if (!placed.has(key) || digest.checked.key === key) placed.set(key, digest);
  }
  return [...placed.values()];
}

function problemOf({ names, checked }: ChainedDigest, from: string, to: string): Finding {
  const { kind, detail } = checked.problem!;
  const { bucket, key } = checked;
  return { kind, account: names.account, region: names.region, bucket, key, from, to, detail };
}
