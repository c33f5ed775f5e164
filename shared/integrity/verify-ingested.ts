import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { listDay, listScopes, type ScopeFilter } from '../aws/list-trail.ts';
import { type ObjectRef, readDigestKey, readLogFileKey, type TrailScope } from '../cloudtrail/object-key.ts';
import { DAY_MS, daysBetween, HOUR_MS, isoTime, shifted } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import type { TimeBudget } from '../ingest/time-budget.ts';
import { type DigestChain, listChains, readLastRun, writeChain, writeLastRun } from '../store/digest-chains.ts';
import { type ChainEnd, type ChainedDigest, chainId, checkLink, isNamed, otherPredecessor } from './chain.ts';
import { compareWithLedger, type Ledger, markInLedger } from './compare-with-ledger.ts';
import type { Digest } from './digest.ts';
import { type ExamineDeps, type ExaminedDigest, examineDigest } from './examine-digest.ts';
import type { Finding } from './finding.ts';
import { KeysUnavailableError } from './public-keys.ts';

/** What the hourly verification works with. */
export interface VerifyIngestedDeps extends ExamineDeps {
  dynamo: DynamoDBClient;
  logFilesTable: string;
  locations: readonly ScopeFilter[];
  /** Verify everything from this time on, ISO 8601; absent: from when a trail is first seen, and what it can of the day before. */
  since?: string | undefined;
  /** How long a digest, or a log file that one names, may be missing because CloudTrail or ingest is late. Milliseconds. */
  graceMs: number;
  now(): number;
}

/** How the log files that a digest names compare with what was ingested. */
export interface FileCounts {
  /** What was ingested is what CloudTrail signed. */
  verified: number;
  /** It is something else. */
  failed: number;
  /** Marked as one or the other before. */
  known: number;
  /** Not ingested yet; `overdue` of them for longer than the grace. */
  open: number;
  overdue: number;
}

/** One digest that was looked at. */
export interface DigestReport extends FileCounts {
  bucket: string;
  key: string;
  account: string;
  region: string;
  /** Looked at before, and again for the log files that were not ingested then. */
  again: boolean;
  /** Where the trail wrote before, if the function does not read that bucket; `s3://...`. */
  earlier?: string;
  /** Why it could not be checked: the public keys of its Region are unavailable. It is looked at again each hour. */
  unchecked?: string;
  /** What is wrong with the digest, or with its place in the chain. */
  findings: Pick<Finding, 'kind' | 'detail' | 'key' | 'from' | 'to'>[];
  /** Log files that failed, some of them: `bucket/key`. */
  failedLogFiles: string[];
}

/** A trail whose digests end in an account and Region while another trail goes on there. It is reported once. */
export interface RetiredChain {
  bucket: string;
  account: string;
  region: string;
  trail: string;
  /** When its last digest ends; ISO 8601. */
  end: string;
}

/** Is told what happens, without record content. */
export interface VerifyObserver {
  digest(report: DigestReport): void;
  retired(chain: RetiredChain): void;
  /** The digests of an account and Region could not be looked at; the next run tries again. */
  failed(place: string, error: unknown): void;
}

/** How a run ended. */
export interface RunReport {
  /** Accounts and Regions. */
  places: number;
  failedPlaces: number;
  chains: number;
  /** Whether all digests were looked at; else the next run goes on. */
  finished: boolean;
  /** Regions whose public keys are unavailable, each with the reason: their digests are not verified. */
  keysUnavailable: Readonly<Record<string, string>>;
  /** How long ago the newest digest ends that was dealt with, of the chain that is furthest behind; absent without chains. */
  digestAgeMs?: number;
}

/** CloudTrail delivers again for 30 days; what is not ingested by then never will be by itself. */
const GIVEN_UP_MS = 30 * DAY_MS;
/** A chain that has ended, because its trail was deleted, is looked for, and raises an alarm, for this long. */
const LIVING_MS = 7 * DAY_MS;
/** A trail is retired when another one in the same account and Region is so much further. */
const RETIRED_MS = 3 * HOUR_MS;
/** Some 30 KB. */
const MAX_PENDING = 200;
const MAX_NAMED = 20;
const CONCURRENT_SCOPES = 4;
const CONCURRENT_LOG_FILES = 8;

/**
 * Verifies the digests that CloudTrail has delivered since the last run: their signatures, that none is missing between them,
 * and, by the hashes in the ledger, that what was ingested of the log files they name is what CloudTrail signed. The log
 * files themselves are not read: one that is deleted or changed later, without a notification, is not noticed here.
 *
 * It may end anywhere, and run again: a digest counts as dealt with when everything it says has been written.
 */
export async function verifyIngested(
  deps: VerifyIngestedDeps,
  observer: VerifyObserver,
  time: TimeBudget,
): Promise<RunReport> {
  const { dynamo, logFilesTable } = deps;
  const begunAt = isoTime(deps.now());
  const lastRun = await readLastRun(dynamo, logFilesTable);
  const run = new Run(deps, observer, time, await listChains(dynamo, logFilesTable), lastRun);
  for (const location of deps.locations) await run.location(location);
  await run.retire();
  const report = run.report();
  if (report.finished && report.failedPlaces === 0) await writeLastRun(dynamo, logFilesTable, begunAt);
  return report;
}

class Run {
  private readonly deps: VerifyIngestedDeps;
  private readonly observer: VerifyObserver;
  private readonly time: TimeBudget;
  private readonly ledger: Ledger;
  private readonly chains: Map<string, DigestChain>;
  /** The last digests of chains that begin again. */
  private readonly before = new Map<string, DigestChain['last']>();
  /** A chain that ends before has not gone on for a week. */
  private readonly livingSince: string;
  private readonly counts = { places: 0, failedPlaces: 0, finished: true };
  private readonly keysUnavailable: Record<string, string> = {};
  /** Chains that go on in another place. */
  private readonly movedOn = new Set<string>();
  /** Chains of which all digests were looked at, and none is waited for. */
  private readonly upToDate = new Set<string>();

  constructor(
    deps: VerifyIngestedDeps,
    observer: VerifyObserver,
    time: TimeBudget,
    chains: readonly DigestChain[],
    lastRun: string | undefined,
  ) {
    this.deps = deps;
    this.observer = observer;
    this.time = time;
    this.ledger = { dynamo: deps.dynamo, table: deps.logFilesTable };
    this.livingSince = lastRun === undefined ? '' : shifted(lastRun, -LIVING_MS);
    this.chains = new Map(chains.map((chain) => [keyOf(chain), this.restarted(chain)]));
  }

  report(): RunReport {
    const ages = this.hourly()
      .filter((chain) => !chain.retired && chain.last.end > this.livingSince)
      .map(({ last }) => this.deps.now() - Date.parse(last.end));
    return {
      ...this.counts,
      chains: this.chains.size,
      keysUnavailable: this.keysUnavailable,
      ...defined({ digestAgeMs: ages.length === 0 ? undefined : Math.max(0, ...ages) }),
    };
  }

  /** Reports trails that have ended while others of their account and Region go on, each once. */
  async retire(): Promise<void> {
    const chains = this.hourly();
    for (const chain of chains) {
      const { bucket, account, region, last } = chain;
      if (chain.retired) continue;
      if (this.movedOn.has(keyOf(chain))) {
        await this.save({ ...chain, retired: true });
        continue;
      }
      if (!this.upToDate.has(keyOf(chain))) continue;
      const limit = shifted(last.end, RETIRED_MS);
      if (!chains.some((one) => one.account === account && one.region === region && one.last.end > limit)) continue;
      await this.save({ ...chain, retired: true });
      const trail = readDigestKey(last.key)?.trail ?? '';
      this.observer.retired({ bucket, account, region, trail, end: last.end });
    }
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
    // Those furthest behind come first, so that all have their turn when time is short.
    const behind = scopes.map((scope) => ({ scope, position: this.positionOf(scope) }));
    behind.sort((a, b) => (a.position < b.position ? -1 : 1));
    await pMap(behind, ({ scope }) => this.scope(scope), { concurrency: CONCURRENT_SCOPES });
  }

  private async scope(scope: TrailScope): Promise<void> {
    this.counts.places += 1;
    try {
      for (const chain of this.chainsOf(scope)) await this.recheckPending(chain);
      await this.goOn(scope);
    } catch (error) {
      this.counts.failedPlaces += 1;
      const { bucket, root, account, region } = scope;
      this.observer.failed(`${s3Uri({ bucket, key: root })} ${account} ${region}`, error);
    }
  }

  /** Looks once more at digests that name log files which were not ingested. */
  private async recheckPending(chain: DigestChain): Promise<void> {
    let current = chain;
    for (const key of chain.pending) {
      if (this.isOutOfTime()) return;
      const digest = await this.examine({ bucket: chain.bucket, key });
      const counts = digest?.state === 'signed' ? await this.compare(digest.digest, current) : noCounts();
      const end = readDigestKey(key)?.end ?? '';
      const isPending = counts.open > 0 || digest?.state === 'unchecked';
      if (!isPending || this.ageOf(end) > GIVEN_UP_MS) {
        current = await this.save({ ...current, pending: current.pending.filter((other) => other !== key) });
      }
      if (digest) this.tell(current, digest, counts, { again: true, links: [] });
      // The others need the same keys.
      if (digest?.state === 'unchecked') return;
    }
  }

  /** Goes on with the digests that have come since, day by day, in each chain from the oldest on. */
  private async goOn(scope: TrailScope): Promise<void> {
    const { s3, now } = this.deps;
    const waiting = new Set<string>();
    for (const day of daysBetween(this.positionOf(scope), isoTime(now()))) {
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
        const chain = this.chains.get(keyOf({ bucket: scope.bucket, id })) ?? this.newChain(scope, id);
        if (names.end <= this.readFrom(chain.last)) continue;
        if (this.isOutOfTime()) return;
        const examined = await this.examine({ bucket: scope.bucket, key });
        // Deleted since it was listed: its successor will say that it is missing.
        if (examined && !(await this.next(chain, { ...examined, names }))) waiting.add(id);
      }
    }
    for (const chain of this.chainsOf(scope)) {
      if (!waiting.has(chain.id)) this.upToDate.add(keyOf(chain));
      // A chain that was to begin again, and has nothing since then, has been looked at all the same.
      const last = this.before.get(keyOf(chain));
      if (last && !chain.last) await this.save({ ...chain, last });
    }
  }

  /**
   * Deals with the next digest of a chain: is it linked to the one before, was what it names ingested as CloudTrail signed it.
   * @returns false if the chain has to wait here, for something that may still come
   */
  private async next(chain: DigestChain, digest: ChainedDigest): Promise<boolean> {
    const { key, names, state, problem } = digest;
    const { findings: links, earlier } = await this.link(chain, digest);
    // What may only be late: a digest before this one, a public key that CloudTrail has begun to use.
    const mayBeLate = links.some(({ kind }) => kind === 'digest-missing') || problem?.kind === 'digest-key-unknown';
    if (mayBeLate && this.ageOf(names.end) < this.deps.graceMs) return false;
    const isTrusted = state === 'signed' && problem === undefined;
    const counts = isTrusted ? await this.compare(digest.digest, chain) : noCounts();
    const proof = state === 'signed' ? { sha256: digest.digest.sha256, signature: digest.signature } : {};
    const last = { key, end: names.end, signed: isTrusted, ...proof };
    const isPending = counts.open > 0 || state === 'unchecked';
    const pending = isPending ? [...chain.pending, key].slice(-MAX_PENDING) : chain.pending;
    const saved = await this.save({ ...chain, last, pending, retired: false });
    this.tell(saved, digest, counts, { again: false, links, earlier });
    return true;
  }

  /** Checks a digest against what came before it, wherever that is. */
  private async link(chain: DigestChain, newer: ChainedDigest): Promise<{ findings: Finding[]; earlier?: string }> {
    const older = endOf(chain);
    // The predecessor of a chain's first digest must be there, unless it is of a time before everything that is read.
    const searchedFrom = older === undefined ? this.readFrom(undefined) : undefined;
    const previous = otherPredecessor(older, newer, searchedFrom);
    if (previous === undefined) return { findings: checkLink(older, newer, searchedFrom) };
    const names = readDigestKey(previous.key);
    const id = names && chainId(names);
    const left = id === undefined ? undefined : this.chains.get(keyOf({ bucket: previous.bucket, id }));
    const before = left && endOf(left);
    if (left && before && isNamed(before, previous)) {
      this.movedOn.add(keyOf(left));
      return { findings: checkLink(before, newer) };
    }
    // The function can read its locations, and nothing else: what is elsewhere is not called missing.
    const isRead = this.deps.locations.some(
      ({ bucket, prefix }) => bucket === previous.bucket && previous.key.startsWith(`${prefix}AWSLogs/`),
    );
    if (!isRead) return { findings: [], earlier: s3Uri(previous) };
    const found = (await this.examine(previous)) ?? 'missing';
    if (previous.bucket === chain.bucket && id === chain.id)
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

  /** Compares the log files that a signed digest names with the ledger, and marks them there. */
  private async compare(digest: Digest, chain: DigestChain): Promise<Counts> {
    const counts = noCounts();
    const isOverdue = this.ageOf(digest.end) > this.deps.graceMs;
    const mark = { verifiedBy: digest.key, verifiedAt: isoTime(this.deps.now()) };
    const named = digest.logFiles.map((file) => ({ file }));
    for await (const batch of compareWithLedger(this.ledger, named, (file) => [file])) {
      const one = async ({ named: { file }, comparison }: (typeof batch)[number]) => {
        const outcome = await markInLedger(this.ledger, file, comparison, mark);
        // The time of a name that does not tell when it was delivered is in that of the digest.
        const deliveredAt = readLogFileKey(file.key)?.deliveredAt ?? digest.end;
        if (outcome === 'open' && deliveredAt < chain.since) return;
        if (outcome === 'open' && isOverdue) counts.overdue += 1;
        counts[outcome] += 1;
        if (outcome === 'failed' && counts.failedLogFiles.length < MAX_NAMED)
          counts.failedLogFiles.push(`${file.bucket}/${file.key}`);
      };
      await pMap(batch, one, { concurrency: CONCURRENT_LOG_FILES });
    }
    return counts;
  }

  private async save(chain: DigestChain): Promise<DigestChain> {
    const saved = await writeChain(this.deps.dynamo, this.deps.logFilesTable, chain);
    if (!saved) {
      throw new TrailError('write-race', `the digests of ${chain.id}: expected no other run to verify them meanwhile`);
    }
    this.chains.set(keyOf(saved), saved);
    return saved;
  }

  private tell(
    { account, region }: DigestChain,
    digest: ExaminedDigest,
    counts: Counts,
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

  private newChain({ bucket, account, region }: TrailScope, id: string): DigestChain {
    const { since: asked, now } = this.deps;
    const since = asked ?? isoTime(now());
    return { bucket, id, account, region, since, asked, last: undefined, pending: [], retired: false, revision: 0 };
  }

  /** A chain begins again if the configuration names another start than before. */
  private restarted(chain: DigestChain): DigestChain {
    const { since: asked } = this.deps;
    if (asked === undefined || asked === chain.asked) return chain;
    this.before.set(keyOf(chain), chain.last);
    return { ...chain, asked, since: asked < chain.since ? asked : chain.since, last: undefined };
  }

  private chainsOf({ bucket, root, account, region }: TrailScope): DigestChain[] {
    const prefix = keyOf({ bucket, id: `${[root, account, region].join('|')}|` });
    return [...this.chains].filter(([key]) => key.startsWith(prefix)).map(([, chain]) => chain);
  }

  /** Chains that have a digest, without those of backfill digests, which are not made each hour. */
  private hourly(): (DigestChain & { last: NonNullable<DigestChain['last']> })[] {
    return [...this.chains.values()].flatMap((chain) => {
      const { id, last } = chain;
      return last === undefined || id.endsWith('|backfill') ? [] : [{ ...chain, last }];
    });
  }

  /** Digests that ended by then need not be read. */
  private readFrom(last: DigestChain['last']): string {
    return last?.end ?? this.deps.since ?? isoTime(this.deps.now() - DAY_MS);
  }

  /** The time from which digests of an account and Region are to be read: that of its chain that is furthest behind. */
  private positionOf(scope: TrailScope): string {
    const living = this.chainsOf(scope).filter(({ last }) => last === undefined || last.end > this.livingSince);
    return living.map(({ last }) => this.readFrom(last)).sort()[0] ?? this.readFrom(undefined);
  }
}

type Counts = FileCounts & Pick<DigestReport, 'failedLogFiles'>;
const noCounts = (): Counts => ({ verified: 0, failed: 0, known: 0, open: 0, overdue: 0, failedLogFiles: [] });

const keyOf = ({ bucket, id }: Pick<DigestChain, 'bucket' | 'id'>) => `${bucket}/${id}`;

/** The last digest of a chain, as it was when it was verified. */
function endOf({ bucket, last }: DigestChain): ChainEnd | undefined {
  const names = last && readDigestKey(last.key);
  if (last === undefined || names === undefined) return undefined;
  const { key, end, signed, sha256, signature } = last;
  const isProof = signed && sha256 !== undefined && signature !== undefined;
  return { bucket, key, names, end, signed: isProof ? { bucket, key, sha256, signature } : undefined };
}
