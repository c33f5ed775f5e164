import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectChangedError, ObjectMissingError, openObject } from '../aws/open-object.ts';
import { type DigestKey, readDigestKey, trailPath } from '../delivery/object-key.ts';
import { describeError, s3Place, TrailError } from '../errors.ts';
import type { LedgerSummary } from '../store/ledger-batch.ts';
import { ledgerKey } from '../store/ledger-entry.ts';
import { type ChainedDigest, chainId, checkLink } from './chain.ts';
import type { NamedLogFile } from './digest.ts';
import { type CheckedDigest, checkDigest, fetchDigest } from './digest-file.ts';
import type { Finding } from './finding.ts';
import type { Gate } from './gate.ts';
import { firstDay, listDay, type TrailPlace } from './list-objects.ts';
import { checkLogFile, type LogFileProblem } from './log-file-hash.ts';
import type { LogFileOutcomes, PlaceReport } from './place-report.ts';
import type { PublicKeySource } from './public-keys.ts';
import { daysBetween, earlier, HOUR_MS, later, overlaps, shifted, type TimeRange } from './time-range.ts';
import { DIGEST_DELAY_MS, UnnamedLogFiles } from './unnamed-log-files.ts';

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
  /** Told what became of the log files, for the events that came from them. */
  outcomes: LogFileOutcomes;
  onProgress?: (logFiles: number) => void;
}

/** Time around the range whose digests are read, too: a log file's digest comes within an hour or two. */
const CONTEXT_BEFORE_MS = 2 * HOUR_MS;
const CONTEXT_AFTER_MS = 3 * HOUR_MS;
/** Days that are held at once. */
const WINDOW_DAYS = 14;

/**
 * Verifies the digests and log files of one account and Region.
 * @param trails only the digests of these trails; then log files that no digest names are not looked for
 */
export async function verifyPlace(
  place: TrailPlace,
  range: TimeRange,
  trails: readonly string[] | undefined,
  deps: PlaceDeps,
): Promise<PlaceReport> {
  const verification = new PlaceVerification(place, range, trails, deps);
  try {
    await verification.run();
  } catch (error) {
    // Half of a listing would make findings of what is there.
    const { report } = verification;
    report.findings = [];
    report.unlisted = true;
    report.unchecked.push({
      place: s3Place({ bucket: place.bucket, key: `${place.root}${place.account}/*/${place.region}/` }),
      reason: describeError(error),
    });
  }
  return verification.report;
}

class PlaceVerification {
  readonly report: PlaceReport;
  private readonly place: TrailPlace;
  private readonly range: TimeRange;
  private readonly trails: readonly string[] | undefined;
  private readonly deps: PlaceDeps;
  /** The newest digest of each chain. */
  private readonly newest = new Map<string, ChainedDigest>();
  private readonly unnamed: UnnamedLogFiles;

  constructor(place: TrailPlace, range: TimeRange, trails: readonly string[] | undefined, deps: PlaceDeps) {
    this.place = place;
    this.range = range;
    this.trails = trails;
    this.deps = deps;
    const { account, region, root } = place;
    const counts = { digests: 0, digestsSigned: 0, logFiles: 0, logFilesVerified: 0, pending: 0 };
    this.report = {
      account,
      region,
      root,
      ...counts,
      findings: [],
      unchecked: [],
      unlisted: false,
      missingHashes: new Map(),
      movedDigests: new Set(),
    };
    this.unnamed = new UnnamedLogFiles(place, range, this.report, deps);
  }

  async run(): Promise<void> {
    const firstDigest = await this.deps.gate.run(() => firstDay(this.deps.s3, this.place, 'CloudTrail-Digest'));
    const days = await this.days(firstDigest);
    for (let start = 0; start < days.length; start += WINDOW_DAYS)
      await this.verifyDays(days.slice(start, start + WINDOW_DAYS));
    this.checkEnds(firstDigest);
    if (this.trails === undefined) this.unnamed.judge(this.newestDigests().map(({ names }) => names.end));
  }

  private async days(firstDigest: string | undefined): Promise<string[]> {
    const { since, until } = this.range;
    const last = shifted(until, CONTEXT_AFTER_MS);
    if (since !== undefined) return daysBetween(shifted(since, -CONTEXT_BEFORE_MS), last);
    const firstLogFile = await this.deps.gate.run(() => firstDay(this.deps.s3, this.place, 'CloudTrail'));
    const first = [firstDigest, firstLogFile].filter((day) => day !== undefined).sort()[0];
    return first === undefined ? [] : daysBetween(first, last);
  }

  private async verifyDays(days: readonly string[]): Promise<void> {
    const list = (folder: 'CloudTrail' | 'CloudTrail-Digest') =>
      Promise.all(days.map((day) => this.deps.gate.run(() => listDay(this.deps.s3, this.place, folder, day))));
    const [digests, logFiles] = await Promise.all([list('CloudTrail-Digest'), list('CloudTrail')]);
    for (const file of logFiles.flat()) this.unnamed.add(file);
    const checked = await Promise.all(digests.flat().flatMap(({ key }) => this.readDigest(key)));
    this.checkChains(checked.filter((digest) => digest !== undefined));
    // A digest and its copy name the same log files.
    const named = new Map(
      checked.flatMap((digest) => (digest ? this.namedBy(digest) : [])).map((each) => [ledgerKey(each.file), each]),
    );
    const files = [...named.values()].map((each) => ({ ...each, isListed: this.unnamed.remove(each.file.key) }));
    for (const { file, trusted } of files) if (!trusted) this.deps.outcomes.unproven(file.key);
    const asked = files.filter(({ trusted }) => trusted);
    await this.checkIngested(await Promise.all(asked.map((each) => this.checkNamed(each))));
  }

  /** Nothing when the key is none of a digest that matters here. */
  private readDigest(key: string): [] | [Promise<ChainedDigest | undefined>] {
    const names = readDigestKey(key);
    if (names === undefined || (this.trails !== undefined && !this.trails.includes(names.trail))) return [];
    const { since, until } = this.range;
    if (since !== undefined && names.end <= shifted(since, -CONTEXT_BEFORE_MS)) return [];
    if (names.end > shifted(until, CONTEXT_AFTER_MS)) return [];
    return [this.deps.gate.run(() => this.checkOne(key, names))];
  }

  private async checkOne(key: string, names: DigestKey): Promise<ChainedDigest | undefined> {
    const { bucket } = this.place;
    try {
      let checked = await this.readAndCheck(key);
      // Once more when it is not as expected: the transfer may be what is bad.
      if (!checked.signed) checked = await this.readAndCheck(key);
      // A moved digest stands where it was.
      const own = checked.signed ? readDigestKey(checked.digest!.key) : undefined;
      return { names: own ?? names, checked };
    } catch (error) {
      // It was deleted after it was listed: then its successor says so.
      if (error instanceof ObjectMissingError) return undefined;
      this.report.unchecked.push({ place: s3Place({ bucket, key }), reason: describeError(error) });
      return { names, checked: { bucket, key, signed: false } };
    }
  }

  private async readAndCheck(key: string): Promise<CheckedDigest> {
    const file = await fetchDigest(this.deps.s3, { bucket: this.place.bucket, key }, this.deps);
    return checkDigest(file, this.deps.keys);
  }

  private checkChains(digests: readonly ChainedDigest[]): void {
    const chains = new Map<string, ChainedDigest[]>();
    for (const digest of digests) {
      const id = chainId(digest.names);
      chains.set(id, [...(chains.get(id) ?? []), digest]);
    }
    for (const [id, chain] of chains) {
      chain.sort((a, b) => (a.names.end < b.names.end ? -1 : 1));
      for (const digest of withoutCopies(chain)) {
        if (!this.belongsHere(digest) || digest.names.end <= (this.newest.get(id)?.names.end ?? '')) continue;
        const searchedFrom = this.range.since && shifted(this.range.since, -CONTEXT_BEFORE_MS);
        for (const finding of checkLink(this.newest.get(id), digest, searchedFrom)) this.addTimed(finding);
        this.newest.set(id, digest);
      }
    }
    for (const digest of digests) this.addDigest(digest);
  }

  /** What was moved here from another account or Region is no part of the chains that are here. */
  private belongsHere({ names }: ChainedDigest): boolean {
    const { root, account, region } = this.place;
    return names.root === root && names.account === account && names.region === region;
  }

  private addDigest(digest: ChainedDigest): void {
    const { checked } = digest;
    const [start, end] = timeOf(digest);
    if (this.belongsHere(digest)) this.unnamed.expectFrom(start);
    if (!overlaps(this.range, start, end)) return;
    this.report.digests += 1;
    if (checked.signed) {
      this.report.digestsSigned += 1;
      this.report.from = this.report.from === undefined ? start : earlier(this.report.from, start);
      this.report.to = this.report.to === undefined ? end : later(this.report.to, end);
    }
    const finding = checked.problem && problemOf(digest, start, end);
    if (finding) this.report.findings.push(finding);
    if (finding?.kind === 'digest-moved') this.report.movedDigests.add(ledgerKey(checked.digest!));
    if (!checked.signed) this.unnamed.excuse(start, end, finding);
  }

  private addTimed(finding: Finding): void {
    const { from, to } = finding;
    if (from !== undefined && to !== undefined) {
      if (!overlaps(this.range, from, to)) return;
      this.unnamed.excuse(from, to, finding);
    }
    this.report.findings.push(finding);
  }

  /** All log files that a digest names; `trusted`: they are to be verified, because the digest is in the range. */
  private namedBy({ names, checked }: ChainedDigest): NamedFile[] {
    const files = checked.digest?.logFiles ?? [];
    const trusted = overlaps(this.range, ...timeOf({ names, checked }));
    if (checked.signed) return files.map((file) => ({ file, digest: checked.key, trusted }));
    // Whoever has no signature may name what they like.
    const finding = this.report.findings.find(({ key }) => key === checked.key);
    for (const { key } of files) this.unnamed.suspect(key, finding);
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
      this.report.unchecked.push({ place: s3Place(object), reason: result.reason });
      this.deps.outcomes.unproven(file.key);
    } else if (result !== undefined) {
      return { file, digest, missing: false, altered: add(result.kind, result.detail) };
    } else {
      this.report.logFilesVerified += 1;
      this.deps.outcomes.verified(file.key, file.sha256);
      if (isCopy) add('log-file-moved', `expected it there, as its digest says; it is at ${s3Place(object)}`);
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
    throw new TrailError('s3-answer', `${s3Place(object)}: expected the object`);
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
      const problem = ingestionProblem(file, known, missing);
      // What became of a log file that was altered is a consequence, and told with it.
      if (problem && altered) altered.detail += `; ${problem.detail}`;
      else if (problem) this.addOf(file, { digest, ...problem });
    }
  }

  /** Nothing when there is no ledger, or it cannot be read. */
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
    return [{ bucket, key }, ...here, ...copies];
  }

  /** The newest digests, which no successor names, are missed by the time that passes without them. */
  private checkEnds(firstDigest: string | undefined): void {
    const { since, until } = this.range;
    const due = earlier(until, new Date(this.deps.now() - DIGEST_DELAY_MS).toISOString());
    const chains = this.newestDigests();
    for (const { names, checked } of chains) {
      if (names.end >= due) continue;
      const from = since === undefined ? names.end : later(names.end, since);
      this.addTimed({
        ...this.end(from, due),
        bucket: checked.bucket,
        key: checked.key,
        detail: `expected digests of trail ${names.trail} after this one`,
      });
    }
    if (chains.length > 0 || since === undefined || firstDigest === undefined || firstDigest >= since || since >= due)
      return;
    this.addTimed({ ...this.end(since, due), detail: 'expected digests: there are some of earlier times' });
  }

  private newestDigests(): ChainedDigest[] {
    return [...this.newest.values()].filter(({ names }) => !names.backfill);
  }

  private end(from: string, to: string): Omit<Finding, 'detail'> {
    const { account, region } = this.place;
    return { kind: 'digests-end', account, region, from, to };
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

/** @param known what the ledger has of the log file, under each of its names */
function ingestionProblem(
  { sha256 }: NamedLogFile,
  known: readonly LedgerSummary[],
  missing: boolean,
): Pick<Finding, 'kind' | 'detail'> | undefined {
  const ingested = known.find(({ state }) => state === 'ingested');
  if (ingested === undefined) {
    if (missing) return undefined;
    const [other] = known;
    const state = other
      ? `the ledger has it as ${other.state}${other.reason ? `: ${other.reason}` : ''}`
      : 'the ledger does not know it';
    return { kind: 'log-file-not-ingested', detail: `expected it to be ingested; ${state}` };
  }
  if (ingested.sha256 === undefined || ingested.sha256 === sha256) return undefined;
  const detail = `expected content with the SHA-256 ${sha256} to be ingested; the ledger has ${ingested.sha256}`;
  return { kind: 'log-file-ingested-differently', detail };
}

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
