import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { ObjectMissingError } from '../aws/open-object.ts';
import { type DigestKey, readDigestKey, readObjectKey } from '../cloudtrail/object-key.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import type { TimeBudget } from '../ingest/time-budget.ts';
import { type DigestChain, listChains, readLastRun, writeChain, writeLastRun } from '../store/digest-chains.ts';
import { readLedger } from '../store/ledger.ts';
import { verificationOf } from '../store/ledger-entry.ts';
import { writeVerification } from '../store/ledger-writer.ts';
import { type ChainedDigest, chainId, checkLink, isNamed, otherPredecessor } from './chain.ts';
import type { Digest, NamedLogFile } from './digest.ts';
import { type CheckedDigest, checkDigest, fetchDigest } from './digest-file.ts';
import type { Finding } from './finding.ts';
import { listDay, listPlaces, type ScopeFilter, type TrailScope } from './list-objects.ts';
import type { PublicKeySource } from './public-keys.ts';
import { shifted } from './time-range.ts';

/** What the verification works with. */
export interface VerifyDeps {
  s3: S3Client;
  dynamo: DynamoDBClient;
  logFilesTable: string;
  locations: readonly ScopeFilter[];
  /** Buckets of which those of the locations are replicas; digests name them. */
  originals: readonly string[];
  keys: PublicKeySource;
  /** From when on everything is to be verified, ISO 8601; absent: from when a trail is first seen, and what it can of the day before. */
  since?: string | undefined;
  /** For so long a digest, and a log file that one names, may be missing: CloudTrail, or ingest, is late. Milliseconds. */
  graceMs: number;
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

/** What a digest showed of the log files that it names. */
export interface FileCounts {
  /** What was ingested is what CloudTrail signed. */
  verified: number;
  /** It is something else. */
  failed: number;
  /** Found to be one or the other before. */
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
  /** Where the trail wrote before, if that is a bucket that the function does not read; `s3://...`. */
  earlier?: string;
  /** Why it could not be checked: the public keys of its Region could not be had. It is looked at again each hour. */
  unchecked?: string;
  /** What is wrong with the digest, or with its place in the chain. */
  findings: Pick<Finding, 'kind' | 'detail' | 'key' | 'from' | 'to'>[];
  /** Log files that failed, some of them: `bucket/key`. */
  failedLogFiles: string[];
}

/** A trail whose digests end in an account and Region while another trail goes on there. It is told once. */
export interface RetiredChain {
  bucket: string;
  account: string;
  region: string;
  trail: string;
  /** When its last digest ends; ISO 8601. */
  end: string;
}

/** Who is told what happens. Nothing told holds record content. */
export interface VerifyObserver {
  digest(report: DigestReport): void;
  retired(chain: RetiredChain): void;
  /** The digests of an account and Region could not be looked at; they will be the next time. */
  failed(place: string, error: unknown): void;
}

/** How a run ended. */
export interface VerifyReport {
  /** Accounts and Regions. */
  places: number;
  failedPlaces: number;
  chains: number;
  /** Whether all digests were looked at; else the next run goes on. */
  finished: boolean;
  /** Regions whose public keys could not be had, each with the reason: their digests are not verified. */
  keysUnavailable: Readonly<Record<string, string>>;
  /** How long ago the newest digest ends that was dealt with, of the chain that is behind most; absent without chains. */
  digestAgeMs?: number;
}

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** CloudTrail delivers again for 30 days; what is not ingested by then will not be by itself. */
const GIVEN_UP_MS = 30 * DAY_MS;
/** A chain that goes on no longer, because its trail is no more, is looked for, and is an alarm, for this long. */
const LIVING_MS = 7 * DAY_MS;
/** A trail is retired when another one in the same account and Region is so much further. */
const RETIRED_MS = 3 * HOUR_MS;
/** Some 30 KB. */
const MAX_UNSETTLED = 200;
const MAX_NAMED = 20;
const CONCURRENT_PLACES = 4;
const CONCURRENT_LOG_FILES = 8;
/** Each lost race means that another reading of a log file was written. */
const MAX_RACES = 8;

/**
 * Verifies the digests that CloudTrail has delivered since the last run: their signatures, that none is missing between them,
 * and that what was ingested of the log files they name is what CloudTrail signed, by the hashes that the ledger has. The
 * log files themselves are not read: one that is deleted or changed later, without being announced, is not noticed here.
 *
 * It may end anywhere, and be run again: a digest counts as dealt with when everything it says has been written.
 */
export async function verifyIngested(
  deps: VerifyDeps,
  observer: VerifyObserver,
  time: TimeBudget,
): Promise<VerifyReport> {
  const { dynamo, logFilesTable } = deps;
  const begunAt = new Date(deps.now()).toISOString();
  const lastRun = await readLastRun(dynamo, logFilesTable);
  const run = new Run(deps, observer, time, await listChains(dynamo, logFilesTable), lastRun);
  for (const location of deps.locations) await run.location(location);
  await run.retire();
  const report = run.report();
  if (report.finished && report.failedPlaces === 0) await writeLastRun(dynamo, logFilesTable, begunAt);
  return report;
}

class Run {
  private readonly deps: VerifyDeps;
  private readonly observer: VerifyObserver;
  private readonly time: TimeBudget;
  private readonly chains: Map<string, DigestChain>;
  /** Chains that begin anew, as they were. */
  private readonly before = new Map<string, DigestChain>();
  /** A chain that ends before went on no more when that was last looked at, for a week. */
  private readonly livingSince: string;
  private readonly counts = { places: 0, failedPlaces: 0, finished: true };
  private readonly keysUnavailable: Record<string, string> = {};
  /** Chains that were found to go on in another place. */
  private readonly movedOn = new Set<string>();
  /** Chains that are as far as their digests go: all of them were looked at, and none is waited for. */
  private readonly upToDate = new Set<string>();

  constructor(
    deps: VerifyDeps,
    observer: VerifyObserver,
    time: TimeBudget,
    chains: readonly DigestChain[],
    lastRun: string | undefined,
  ) {
    this.deps = deps;
    this.observer = observer;
    this.time = time;
    this.livingSince = lastRun === undefined ? '' : new Date(Date.parse(lastRun) - LIVING_MS).toISOString();
    this.chains = new Map(chains.map((chain) => [keyOf(chain), this.restarted(chain)]));
  }

  report(): VerifyReport {
    const ends = [...this.chains.values()]
      .filter((chain) => chain.last !== undefined && !chain.retired && this.isLiving(chain) && !isBackfill(chain.id))
      .map(({ last }) => this.deps.now() - Date.parse(last!.end));
    const age = ends.length === 0 ? {} : { digestAgeMs: Math.max(0, ...ends) };
    return { ...this.counts, chains: this.chains.size, keysUnavailable: this.keysUnavailable, ...age };
  }

  /** Trails that are no more, while others of their account and Region go on, are told of once. */
  async retire(): Promise<void> {
    const living = [...this.chains.values()].filter(({ id, last }) => last !== undefined && !isBackfill(id));
    for (const chain of living) {
      if (chain.retired) continue;
      if (this.movedOn.has(keyOf(chain))) {
        await this.save({ ...chain, retired: true });
        continue;
      }
      if (!this.upToDate.has(keyOf(chain))) continue;
      const limit = shifted(chain.last!.end, RETIRED_MS);
      const { bucket, account, region } = chain;
      const isOutlived = living.some(
        (other) => other.account === account && other.region === region && other.last!.end > limit,
      );
      if (!isOutlived) continue;
      const saved = await this.save({ ...chain, retired: true });
      const { trail } = readDigestKey(saved.last!.key)!;
      this.observer.retired({ bucket, account, region, trail, end: saved.last!.end });
    }
  }

  /** A failure of one account and Region leaves the others alone. */
  async location(location: ScopeFilter): Promise<void> {
    let places: TrailScope[];
    try {
      places = await listPlaces(this.deps.s3, location);
    } catch (error) {
      this.counts.failedPlaces += 1;
      this.observer.failed(s3Uri({ bucket: location.bucket, key: location.prefix }), error);
      return;
    }
    // Those that are behind come first, so that all have their turn when time is short.
    const behind = new Map(places.map((place) => [place, this.positionOf(place)]));
    places.sort((a, b) => (behind.get(a)! < behind.get(b)! ? -1 : 1));
    await pMap(places, (place) => this.place(place), { concurrency: CONCURRENT_PLACES });
  }

  private async place(place: TrailScope): Promise<void> {
    this.counts.places += 1;
    try {
      for (const chain of this.chainsOf(place)) await this.again(chain);
      await this.onward(place);
    } catch (error) {
      this.counts.failedPlaces += 1;
      this.observer.failed(
        `${s3Uri({ bucket: place.bucket, key: place.root })} ${place.account} ${place.region}`,
        error,
      );
    }
  }

  /** Looks once more at digests that name log files which were not ingested. */
  private async again(chain: DigestChain): Promise<void> {
    let current = chain;
    for (const key of chain.unsettled) {
      if (this.isOutOfTime()) return;
      const names = readDigestKey(key)!;
      const checked = await this.fetch({ bucket: chain.bucket, key });
      const counts = checked?.signed ? await this.settle(checked.digest!, current) : NOTHING;
      const isOpen = counts.open > 0 || checked?.unchecked !== undefined;
      const settled = !isOpen || this.deps.now() - Date.parse(names.end) > GIVEN_UP_MS;
      if (settled) {
        current = await this.save({ ...current, unsettled: current.unsettled.filter((other) => other !== key) });
      }
      if (checked) this.tell(current, checked, counts, [], true);
      // The others need the same keys.
      if (checked?.unchecked) return;
    }
  }

  /** Goes on with the digests that have come since, day by day, in each chain from the oldest on. */
  private async onward(place: TrailScope): Promise<void> {
    const waiting = new Set<string>();
    for (const day of daysFrom(this.positionOf(place).slice(0, 10), this.deps.now())) {
      if (this.isOutOfTime()) return;
      const objects = await listDay(this.deps.s3, place, 'CloudTrail-Digest', day);
      const digests = objects.flatMap(({ key }) => {
        const names = readDigestKey(key);
        return names ? [{ bucket: place.bucket, key, names }] : [];
      });
      digests.sort((a, b) => (a.names.end < b.names.end ? -1 : 1));
      for (const digest of digests) {
        const id = chainId(digest.names);
        if (waiting.has(id)) continue;
        const chain = this.chains.get(keyOf({ bucket: place.bucket, id })) ?? this.newChain(place, id);
        if (digest.names.end <= this.readFrom(chain)) continue;
        if (this.isOutOfTime()) return;
        if (!(await this.next(chain, digest))) waiting.add(id);
      }
    }
    for (const chain of this.chainsOf(place)) if (!waiting.has(chain.id)) this.upToDate.add(keyOf(chain));
    // What was to begin anew, and has nothing since then, has been looked at all the same.
    for (const { asked, last, ...chain } of this.chainsOf(place)) {
      const before = this.before.get(keyOf(chain));
      if (before && !last) await this.save({ ...chain, asked, last: before.last });
    }
  }

  /** @returns false when the chain is to wait here, for something that may still come */
  private async next(chain: DigestChain, object: DigestObject): Promise<boolean> {
    const checked = await this.fetch(object);
    // Deleted since it was listed: its successor will say that it is missing.
    if (checked === undefined) return true;
    const { findings, earlier } = await this.link(chain, { names: object.names, checked });
    // What may only be late: a digest before this one, a public key that CloudTrail has begun to use.
    const late =
      findings.some(({ kind }) => kind === 'digest-missing') || checked.problem?.kind === 'digest-key-unknown';
    if (late && this.deps.now() - Date.parse(object.names.end) < this.deps.graceMs) return false;
    const trusted = checked.signed && checked.problem === undefined;
    const counts = trusted ? await this.settle(checked.digest!, chain) : NOTHING;
    const { sha256, signature, signed } = checked;
    const last = {
      ...{ key: object.key, end: object.names.end, signed: trusted },
      ...(signed && sha256 !== undefined && signature !== undefined ? { sha256, signature } : {}),
    };
    const isOpen = counts.open > 0 || checked.unchecked !== undefined;
    const unsettled = isOpen ? [...chain.unsettled, object.key].slice(-MAX_UNSETTLED) : chain.unsettled;
    const saved = await this.save({ ...chain, last, unsettled, retired: false });
    this.tell(saved, checked, counts, findings, false, earlier);
    return true;
  }

  /** Checks a digest against what came before it, wherever that is. */
  private async link(chain: DigestChain, newer: ChainedDigest): Promise<{ findings: Finding[]; earlier?: string }> {
    const older = chain.last && chainedDigest(chain.bucket, chain.last);
    // What the chain's first digest names must be there, unless it is of a time before everything that is read.
    const searchedFrom = older === undefined ? this.readFrom(chain) : undefined;
    const previous = otherPredecessor(older, newer, searchedFrom);
    if (previous === undefined) return { findings: checkLink(older, newer, searchedFrom) };
    const left = this.chainWith(previous);
    const before = left?.last && chainedDigest(left.bucket, left.last);
    if (left && before && isNamed(before, previous)) {
      this.movedOn.add(keyOf(left));
      return { findings: checkLink(before, newer) };
    }
    // The function may read its locations, and nothing else: what is elsewhere is not called missing.
    const isRead = this.deps.locations.some(
      ({ bucket, prefix }) => bucket === previous.bucket && previous.key.startsWith(`${prefix}AWSLogs/`),
    );
    if (!isRead) return { findings: [], earlier: s3Uri(previous) };
    const looked = (await this.fetch(previous)) ?? 'missing';
    const names = readDigestKey(previous.key);
    if (previous.bucket === chain.bucket && names !== undefined && chainId(names) === chain.id)
      return { findings: checkLink(older, newer, searchedFrom, looked) };
    // How far the trail came in the other place is known only if that was verified.
    const isEarlier = before !== undefined && before.names.end <= newer.checked.digest!.start;
    return { findings: checkLink(isEarlier ? before : older, newer, undefined, looked) };
  }

  /** The chain to which a digest belongs, by its key; undefined if none is known. */
  private chainWith({ bucket, key }: { bucket: string; key: string }): DigestChain | undefined {
    const names = readDigestKey(key);
    return names && this.chains.get(keyOf({ bucket, id: chainId(names) }));
  }

  /** Undefined if it is gone. */
  private async fetch({ bucket, key }: { bucket: string; key: string }): Promise<CheckedDigest | undefined> {
    try {
      const file = await fetchDigest(this.deps.s3, { bucket, key }, { sleep: this.deps.sleep });
      const checked = await checkDigest(file, this.deps.keys, this.deps.originals);
      const { unchecked } = checked;
      if (unchecked) this.keysUnavailable[unchecked.region] ??= describeError(unchecked);
      return checked;
    } catch (error) {
      if (error instanceof ObjectMissingError) return undefined;
      throw error;
    }
  }

  /** Holds what a signed digest says against the ledger. */
  private async settle(digest: Digest, chain: DigestChain): Promise<Settled> {
    const settled: Settled = { ...NOTHING, failedLogFiles: [] };
    const overdue = this.deps.now() - Date.parse(digest.end) > this.deps.graceMs;
    const one = async (file: NamedLogFile) => {
      const outcome = await this.logFile(file, digest.key);
      if (outcome === 'open') {
        if (deliveredAt(file.key, digest) < chain.since) return;
        if (overdue) settled.overdue += 1;
      }
      settled[outcome] += 1;
      if (outcome === 'failed' && settled.failedLogFiles.length < MAX_NAMED) {
        settled.failedLogFiles.push(`${file.bucket}/${file.key}`);
      }
    };
    await pMap(digest.logFiles, one, { concurrency: CONCURRENT_LOG_FILES });
    return settled;
  }

  private async logFile(file: NamedLogFile, digestKey: string): Promise<'verified' | 'failed' | 'known' | 'open'> {
    const { dynamo, logFilesTable, now } = this.deps;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const entry = await readLedger(dynamo, logFilesTable, file);
      const verification = entry && verificationOf(entry, file.sha256);
      // Other content that was ingested stays wrong, also while the log file is in quarantine, or at work.
      if (entry === undefined || verification === undefined) return 'open';
      if (entry.state !== 'ingested' && verification === 'verified') return 'open';
      if (entry.verification !== undefined && entry.signedSha256 === file.sha256) return 'known';
      const signed = { signedSha256: file.sha256, verifiedBy: digestKey, verifiedAt: new Date(now()).toISOString() };
      const written = await writeVerification(dynamo, logFilesTable, entry, signed);
      if (written !== undefined) return written;
    }
    return 'open';
  }

  private async save(chain: DigestChain): Promise<DigestChain> {
    const saved = await writeChain(this.deps.dynamo, this.deps.logFilesTable, chain);
    if (!saved) {
      throw new TrailError(
        'write-race',
        `the digests of ${chain.id} are verified by somebody else: expected to be alone`,
      );
    }
    this.chains.set(keyOf(saved), saved);
    return saved;
  }

  private tell(
    { account, region }: DigestChain,
    { bucket, key, problem, unchecked }: CheckedDigest,
    { failedLogFiles, ...counts }: Settled,
    links: readonly Finding[],
    again: boolean,
    earlier?: string,
  ): void {
    const findings = [...(problem ? [problem] : []), ...links].map(({ kind, detail, ...more }) => {
      const { key, from, to } = more as Partial<Finding>;
      return { kind, detail, ...(key && { key }), ...(from && { from }), ...(to && { to }) };
    });
    const more = { ...(unchecked && { unchecked: describeError(unchecked) }), ...(earlier && { earlier }) };
    this.observer.digest({ bucket, key, account, region, again, ...counts, ...more, findings, failedLogFiles });
  }

  private isOutOfTime(): boolean {
    if (!this.time.isSpent()) return false;
    this.counts.finished = false;
    return true;
  }

  private newChain({ bucket, account, region }: TrailScope, id: string): DigestChain {
    const since = this.deps.since ?? new Date(this.deps.now()).toISOString();
    return { bucket, id, account, region, since, asked: this.deps.since, unsettled: [], retired: false, revision: 0 };
  }

  /** Who asks for another beginning than before is taken at his word. */
  private restarted(chain: DigestChain): DigestChain {
    const { since: asked } = this.deps;
    if (asked === undefined || asked === chain.asked) return chain;
    this.before.set(keyOf(chain), chain);
    return { ...chain, asked, since: asked < chain.since ? asked : chain.since, last: undefined };
  }

  private chainsOf({ bucket, root, account, region }: TrailScope): DigestChain[] {
    const prefix = keyOf({ bucket, id: `${[root, account, region].join('|')}|` });
    return [...this.chains].filter(([key]) => key.startsWith(prefix)).map(([, chain]) => chain);
  }

  /** Digests that ended by then need not be read. */
  private readFrom({ last }: Pick<DigestChain, 'last'>): string {
    return last?.end ?? this.deps.since ?? new Date(this.deps.now() - DAY_MS).toISOString();
  }

  private isLiving({ last }: DigestChain): boolean {
    return last === undefined || last.end > this.livingSince;
  }

  /** The oldest of those times of the chains of a place that still go on. */
  private positionOf(place: TrailScope): string {
    const chains = this.chainsOf(place).filter((chain) => this.isLiving(chain));
    return chains.length === 0
      ? this.readFrom({})
      : chains.map((chain) => this.readFrom(chain)).reduce((oldest, end) => (end < oldest ? end : oldest));
  }
}

interface DigestObject {
  bucket: string;
  key: string;
  names: DigestKey;
}

type Settled = FileCounts & { failedLogFiles: string[] };
const NOTHING: Settled = { verified: 0, failed: 0, known: 0, open: 0, overdue: 0, failedLogFiles: [] };

const keyOf = ({ bucket, id }: Pick<DigestChain, 'bucket' | 'id'>) => `${bucket}/${id}`;
const isBackfill = (id: string) => id.endsWith('|backfill');

/** The digest before, as it was when it was verified. */
function chainedDigest(bucket: string, last: NonNullable<DigestChain['last']>): ChainedDigest {
  const { key, end, signed, sha256, signature } = last;
  const names = readDigestKey(key)!;
  const digest: Digest = {
    ...{ bucket, key, account: names.account, start: end, end, endAsWritten: end, fingerprint: '', logFiles: [] },
  };
  return {
    names,
    checked: { bucket, key, signed, ...(signed && sha256 && signature ? { digest, sha256, signature } : {}) },
  };
}

/** When CloudTrail delivered a log file, to the minute; that of a name which does not say is in the time of the digest. */
function deliveredAt(key: string, digest: Digest): string {
  const names = readObjectKey(key);
  return ('skipped' in names ? undefined : names.deliveredAt) ?? digest.end;
}

function* daysFrom(first: string, now: number): Generator<string> {
  for (let time = Date.parse(first); time <= now; time += DAY_MS) yield new Date(time).toISOString().slice(0, 10);
}
