import pMap from 'p-map';
import { listDay, listScopes, type ScopeFilter } from '../aws/list-trail.ts';
import {
  chainId,
  type ObjectRef,
  objectName,
  readDigestKey,
  readLogFileKey,
  type TrailScope,
} from '../cloudtrail/object-key.ts';
import { DAY_MS, daysBetween, isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri } from '../errors.ts';
import type { TimeBudget } from '../ingest/time-budget.ts';
import { type DigestChain, writeLastRun } from '../store/digest-chains.ts';
import { type ChainedDigest, checkLink, isNamed, otherPredecessor } from './chain.ts';
import { type Ledger, verifyInLedger } from './compare-with-ledger.ts';
import type { Digest } from './digest.ts';
import { type ExamineDeps, type ExaminedDigest, examineDigest } from './examine-digest.ts';
import type { Finding } from './finding.ts';
import { endOf, KnownChains, type KnownChainsDeps } from './known-chains.ts';
import { checkedKinds, KnownFindings, OF_LOG_FILES, overdueFindings, problemFindings } from './known-findings.ts';
import { KeysUnavailableError } from './public-keys.ts';

/** What the hourly verification works with. */
export interface VerifyIngestedDeps extends ExamineDeps, KnownChainsDeps {
  locations: readonly ScopeFilter[];
  /** How long a digest, or a log file that one names, may be missing because CloudTrail or ingest is late. Milliseconds. */
  graceMs: number;
}

/** How the log files that a digest names compare with what was ingested. */
interface FileCounts {
  /** What was ingested is what CloudTrail signed. */
  verified: number;
  /** It is something else. */
  failed: number;
  /** Marked as one or the other before. */
  known: number;
  /** Not ingested yet; `overdue` of them for longer than the grace. */
  open: number;
  overdue: number;
  /** Some of those that failed: `bucket/key`. */
  failedLogFiles: string[];
  /** Some of those that are overdue: `bucket/key`. */
  overdueLogFiles: string[];
}

/** One digest that was examined. */
export interface DigestReport extends FileCounts {
  bucket: string;
  key: string;
  account: string;
  region: string;
  /** It was examined before, and is rechecked for log files that were not ingested then. */
  again: boolean;
  /** Where the trail wrote before, if the function does not read that bucket; `s3://...`. */
  earlier?: string;
  /** Why it could not be checked: the public keys of its Region are unavailable. It is rechecked each hour. */
  unchecked?: string;
  /** What is wrong with the digest, or with its place in the chain. */
  findings: Pick<Finding, 'kind' | 'detail' | 'key' | 'from' | 'to'>[];
}

/** A trail whose digests end in an account and Region where another trail continues. It is reported once. */
export interface RetiredChain {
  bucket: string;
  account: string;
  region: string;
  trail: string;
  /** When its last digest ends; ISO 8601. */
  end: string;
}

/** Receives what happens, without record content. */
export interface VerifyObserver {
  digest(report: DigestReport): void;
  retired(chain: RetiredChain): void;
  /** The digests of an account and Region could not be examined; the next run tries again. */
  failed(place: string, error: unknown): void;
}

/** How a run ended. */
export interface RunReport {
  /** Accounts and Regions. */
  places: number;
  failedPlaces: number;
  chains: number;
  /** Whether all digests were examined; if not, the next run continues. */
  finished: boolean;
  /** Regions whose public keys are unavailable, each with the reason: their digests are not verified. */
  keysUnavailable: Readonly<Record<string, string>>;
  /** The age of the newest verified digest of the chain that is furthest behind; absent without chains. */
  digestAgeMs?: number;
}

/** CloudTrail retries deliveries for 30 days; a log file that is not ingested by then will not come by itself. */
const GIVEN_UP_MS = 30 * DAY_MS;
/** Some 30 KB. */
const MAX_PENDING = 200;
const MAX_NAMED = 20;
const CONCURRENT_SCOPES = 4;

/**
 * Verifies the digests that CloudTrail has delivered since the last run: their signatures, that none is missing between them,
 * and, by the hashes in the ledger, that what was ingested of the log files they name is what CloudTrail signed. The log
 * files themselves are not read: one that is deleted or changed later, without a notification, is not noticed here.
 *
 * It may be interrupted anywhere and rerun: a digest is done when all its results have been written.
 */
export async function verifyIngested(
  deps: VerifyIngestedDeps,
  observer: VerifyObserver,
  time: TimeBudget,
): Promise<RunReport> {
  const begunAt = isoTime(deps.now());
  const [chains, findings] = await Promise.all([KnownChains.read(deps), KnownFindings.read(deps)]);
  const run = new Run(deps, observer, time, chains, findings);
  for (const location of deps.locations) await run.location(location);
  const report = await run.end();
  if (report.finished && report.failedPlaces === 0) await writeLastRun(deps.dynamo, deps.logFilesTable, begunAt);
  return report;
}

class Run {
  private readonly deps: VerifyIngestedDeps;
  private readonly observer: VerifyObserver;
  private readonly time: TimeBudget;
  private readonly ledger: Ledger;
  private readonly chains: KnownChains;
  private readonly findings: KnownFindings;
  private readonly counts = { places: 0, failedPlaces: 0, finished: true };
  private readonly keysUnavailable: Record<string, string> = {};

  constructor(
    deps: VerifyIngestedDeps,
    observer: VerifyObserver,
    time: TimeBudget,
    chains: KnownChains,
    findings: KnownFindings,
  ) {
    this.deps = deps;
    this.observer = observer;
    this.time = time;
    this.ledger = { dynamo: deps.dynamo, table: deps.logFilesTable };
    this.chains = chains;
    this.findings = findings;
  }

  /** Reports trails that have ended while others of their account and Region continue, and how the run ended. */
  async end(): Promise<RunReport> {
    for await (const { bucket, account, region, last } of this.chains.retire()) {
      const trail = readDigestKey(last.key)?.trail ?? '';
      this.observer.retired({ bucket, account, region, trail, end: last.end });
    }
    const { counts, keysUnavailable, chains } = this;
    return { ...counts, chains: chains.size, keysUnavailable, ...defined({ digestAgeMs: chains.digestAgeMs() }) };
  }

  /** A failure of one account and Region leaves the others alone. */
  async location(location: ScopeFilter): Promise<void> {
    let scopes: TrailScope[];
    try {
      scopes = await listScopes(this.deps.s3, location);
    } catch (error) {
      this.counts.failedPlaces += 1;
      this.observer.failed(s3Uri({ bucket: location.bucket, key: location.prefix }), error);
      return;
    }
    // Those furthest behind come first, so that each gets its turn if time is short.
    const behind = scopes.map((scope) => ({ scope, position: this.chains.positionOf(scope) }));
    behind.sort((a, b) => (a.position < b.position ? -1 : 1));
    await pMap(behind, ({ scope }) => this.scope(scope), { concurrency: CONCURRENT_SCOPES });
  }

  private async scope(scope: TrailScope): Promise<void> {
    this.counts.places += 1;
    try {
      for (const chain of this.chains.of(scope)) await this.recheckPending(chain);
      await this.verifyNew(scope);
    } catch (error) {
      this.counts.failedPlaces += 1;
      const { bucket, root, account, region } = scope;
      this.observer.failed(`${s3Uri({ bucket, key: root })} ${account} ${region}`, error);
    }
  }

  /** Rechecks digests that name log files which were not ingested before. */
  private async recheckPending(chain: DigestChain): Promise<void> {
    let current = chain;
    for (const key of chain.pending) {
      if (this.isOutOfTime()) return;
      const digest = await this.examine({ bucket: chain.bucket, key });
      const counts = digest?.state === 'signed' ? await this.compare(digest.digest, current) : noCounts();
      if (digest) {
        const found = [...problemFindings(digest, chain), ...overdueFindings(digest, counts, chain)];
        await this.findings.keep(digest, found, digest.state === 'signed' ? OF_LOG_FILES : []);
      }
      const end = readDigestKey(key)?.end ?? '';
      const isPending = counts.open > 0 || digest?.state === 'unchecked';
      if (!isPending || this.ageOf(end) > GIVEN_UP_MS) {
        current = await this.chains.save({ ...current, pending: current.pending.filter((other) => other !== key) });
      }
      if (digest) this.tell(current, digest, counts, { again: true, links: [] });
      // The others need the same keys.
      if (digest?.state === 'unchecked') return;
    }
  }

  /** Examines the digests that have come since the last run, day by day, each chain from the oldest on. */
  private async verifyNew(scope: TrailScope): Promise<void> {
    const { s3, now } = this.deps;
    const waiting = new Set<string>();
    for (const day of daysBetween(this.chains.positionOf(scope), isoTime(now()))) {
      if (this.isOutOfTime()) return;
      const listed = await listDay(s3, scope, 'CloudTrail-Digest', day);
      const digests = listed.flatMap(({ key }) => {
        const names = readDigestKey(key);
        return names ? [{ key, names }] : [];
      });
      digests.sort((a, b) => (a.names.end < b.names.end ? -1 : 1));
      for (const { key, names } of digests) {
        const id = chainId(names);
        if (waiting.has(id)) continue;
        const chain = this.chains.with({ bucket: scope.bucket, key }) ?? this.chains.create(scope, id);
        if (names.end <= this.chains.readFrom(chain.last)) continue;
        if (this.isOutOfTime()) return;
        const examined = await this.examine({ bucket: scope.bucket, key });
        // A digest that was deleted after it was listed is reported through its successor.
        if (examined && !(await this.next(chain, { ...examined, names }))) waiting.add(id);
      }
    }
    for (const chain of this.chains.of(scope)) await this.chains.lookedAt(chain, waiting.has(chain.id));
  }

  /**
   * Checks the next digest of a chain: its link to the one before, and the ingested log files that it names.
   * @returns false if the chain has to wait here for something that may still come
   */
  private async next(chain: DigestChain, digest: ChainedDigest): Promise<boolean> {
    const { key, names, state, problem } = digest;
    const { findings: links, earlier } = await this.link(chain, digest);
    // A digest before this one, or a public key that CloudTrail has begun to use, may only be late.
    const mayBeLate = links.some(({ kind }) => kind === 'digest-missing') || problem?.kind === 'digest-key-unknown';
    if (mayBeLate && this.ageOf(names.end) < this.deps.graceMs) return false;
    const isTrusted = state === 'signed' && problem === undefined;
    const counts = isTrusted ? await this.compare(digest.digest, chain) : noCounts();
    const found = [...problemFindings(digest, chain), ...links, ...overdueFindings(digest, counts, chain)];
    await this.findings.keep(digest, found, checkedKinds(digest, isTrusted, chain.last !== undefined));
    const proof = state === 'signed' ? { sha256: digest.digest.sha256, signature: digest.signature } : {};
    const last = { key, end: names.end, signed: isTrusted, ...proof };
    const isPending = counts.open > 0 || state === 'unchecked';
    const pending = isPending ? [...chain.pending, key].slice(-MAX_PENDING) : chain.pending;
    const saved = await this.chains.save({ ...chain, last, pending, retired: false });
    this.tell(saved, digest, counts, { again: false, links, earlier });
    return true;
  }

  /** Checks how a digest is linked to its predecessor, wherever that is. */
  private async link(chain: DigestChain, newer: ChainedDigest): Promise<{ findings: Finding[]; earlier?: string }> {
    const older = endOf(chain);
    // The predecessor of a chain's first digest must be there, unless it is of a time before everything that is read.
    const searchedFrom = older === undefined ? this.chains.readFrom(undefined) : undefined;
    const previous = otherPredecessor(older, newer, searchedFrom);
    if (previous === undefined) return { findings: checkLink(older, newer, searchedFrom) };
    const left = this.chains.with(previous);
    const before = left && endOf(left);
    if (left && before && isNamed(before, previous)) {
      this.chains.moved(left);
      return { findings: checkLink(before, newer) };
    }
    // The function can read its locations only, so a digest elsewhere is not reported as missing.
    const isRead = this.deps.locations.some(
      ({ bucket, prefix }) => bucket === previous.bucket && previous.key.startsWith(`${prefix}AWSLogs/`),
    );
    if (!isRead) return { findings: [], earlier: s3Uri(previous) };
    const found = (await this.examine(previous)) ?? 'missing';
    const names = readDigestKey(previous.key);
    if (previous.bucket === chain.bucket && names && chainId(names) === chain.id)
      return { findings: checkLink(older, newer, searchedFrom, found) };
    // How far the trail came in the other place is known only if that was verified.
    const isEarlier = before !== undefined && before.end <= (newer.digest?.start ?? '');
    return { findings: checkLink(isEarlier ? before : older, newer, undefined, found) };
  }

  private async examine(object: ObjectRef): Promise<ExaminedDigest | undefined> {
    const digest = await examineDigest(object, this.deps);
    if (digest?.state === 'unchecked' && digest.error instanceof KeysUnavailableError)
      this.keysUnavailable[digest.error.region] ??= describeError(digest.error);
    return digest;
  }

  /** Verifies the log files that a signed digest names, as far as they are ingested. */
  private async compare(digest: Digest, chain: DigestChain): Promise<FileCounts> {
    const counts = noCounts();
    const isOverdue = this.ageOf(digest.end) > this.deps.graceMs;
    for await (const { file, outcome } of verifyInLedger(this.ledger, digest, isoTime(this.deps.now()))) {
      // A name without a time of delivery: it is within the time of the digest.
      const deliveredAt = readLogFileKey(file.key)?.deliveredAt ?? digest.end;
      if (outcome === 'open' && deliveredAt < chain.since) continue;
      counts[outcome] += 1;
      if (outcome === 'failed') name(file, counts.failedLogFiles);
      if (outcome === 'open' && isOverdue) {
        counts.overdue += 1;
        name(file, counts.overdueLogFiles);
      }
    }
    return counts;
  }

  private tell(
    { account, region }: DigestChain,
    digest: ExaminedDigest,
    counts: FileCounts,
    { again, links, earlier }: { again: boolean; links: readonly Finding[]; earlier?: string | undefined },
  ): void {
    const { bucket, key, problem } = digest;
    const findings = [
      ...(problem ? [problem] : []),
      ...links.map(({ kind, detail, key, from, to }) => ({ kind, detail, ...defined({ key, from, to }) })),
    ];
    const unchecked = digest.state === 'unchecked' ? describeError(digest.error) : undefined;
    const about = { bucket, key, account, region, again };
    this.observer.digest({ ...about, ...counts, ...defined({ unchecked, earlier }), findings });
  }

  private isOutOfTime(): boolean {
    if (!this.time.isSpent()) return false;
    this.counts.finished = false;
    return true;
  }

  private ageOf(time: string): number {
    return this.deps.now() - Date.parse(time);
  }
}

function name(file: ObjectRef, names: string[]): void {
  if (names.length < MAX_NAMED) names.push(objectName(file));
}

const noCounts = (): FileCounts => ({
  verified: 0,
  failed: 0,
  known: 0,
  open: 0,
  overdue: 0,
  failedLogFiles: [],
  overdueLogFiles: [],
});
