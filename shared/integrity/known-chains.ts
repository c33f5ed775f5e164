import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { chainId, type ObjectRef, readDigestKey, type TrailScope } from '../cloudtrail/object-key.ts';
import { DAY_MS, HOUR_MS, isoTime, shifted } from '../cloudtrail/times.ts';
import { TrailError } from '../errors.ts';
import { type DigestChain, listChains, readLastRun, writeChain } from '../store/digest-chains.ts';
import type { ChainEnd } from './chain.ts';

/** How long a chain that has ended, because its trail was deleted, is still searched for and raises an alarm. */
const LIVING_MS = 7 * DAY_MS;
/** A trail is retired when another one in the same account and Region is this far ahead. */
const RETIRED_MS = 3 * HOUR_MS;

export interface KnownChainsDeps {
  dynamo: DynamoDBClient;
  logFilesTable: string;
  /** Verify everything from this time on, ISO 8601. Absent: from when a trail is first seen, and of the day before what was ingested. */
  since?: string | undefined;
  now(): number;
}

/** How far the chains of digests have been verified, as the ledger's table remembers it. */
export class KnownChains {
  private readonly deps: KnownChainsDeps;
  private readonly chains: Map<string, DigestChain>;
  /** The last digests of chains that are verified again from another start. */
  private readonly before = new Map<string, DigestChain['last']>();
  /** A chain that ends before this time has had no digest for a week. */
  private readonly livingSince: string;
  private readonly movedOn = new Set<string>();
  private readonly upToDate = new Set<string>();

  static async read(deps: KnownChainsDeps): Promise<KnownChains> {
    const lastRun = await readLastRun(deps.dynamo, deps.logFilesTable);
    return new KnownChains(deps, await listChains(deps.dynamo, deps.logFilesTable), lastRun);
  }

  private constructor(deps: KnownChainsDeps, chains: readonly DigestChain[], lastRun: string | undefined) {
    this.deps = deps;
    this.livingSince = lastRun === undefined ? '' : shifted(lastRun, -LIVING_MS);
    this.chains = new Map(chains.map((chain) => [keyOf(chain), this.restarted(chain)]));
  }

  get size(): number {
    return this.chains.size;
  }

  /** Returns the age of the newest verified digest of the chain that is furthest behind. */
  digestAgeMs(): number | undefined {
    const ages = this.hourly()
      .filter(({ retired, last }) => !retired && last.end > this.livingSince)
      .map(({ last }) => this.deps.now() - Date.parse(last.end));
    return ages.length === 0 ? undefined : Math.max(0, ...ages);
  }

  of({ bucket, root, account, region }: TrailScope): DigestChain[] {
    const prefix = keyOf({ bucket, id: `${[root, account, region].join('|')}|` });
    return [...this.chains].filter(([key]) => key.startsWith(prefix)).map(([, chain]) => chain);
  }

  /** Returns the chain to which a digest belongs, by its key; undefined if none is known. */
  with({ bucket, key }: ObjectRef): DigestChain | undefined {
    const names = readDigestKey(key);
    return names && this.chains.get(keyOf({ bucket, id: chainId(names) }));
  }

  create({ bucket, account, region }: TrailScope, id: string): DigestChain {
    const { since: asked, now } = this.deps;
    const since = asked ?? isoTime(now());
    return { bucket, id, account, region, since, asked, last: undefined, pending: [], retired: false, revision: 0 };
  }

  async save(chain: DigestChain): Promise<DigestChain> {
    const saved = await writeChain(this.deps.dynamo, this.deps.logFilesTable, chain);
    if (!saved) {
      throw new TrailError(
        'write-race',
        `the digests of ${chain.id}: expected no other run to verify them at the same time`,
      );
    }
    this.chains.set(keyOf(saved), saved);
    return saved;
  }

  /** A chain continues in another place. */
  moved(chain: DigestChain): void {
    this.movedOn.add(keyOf(chain));
  }

  /** All digests of a chain were examined. @param isWaiting whether it waits for something before a digest that is there */
  async lookedAt(chain: DigestChain, isWaiting: boolean): Promise<void> {
    if (!isWaiting) this.upToDate.add(keyOf(chain));
    // A chain without digests since its new start is done as well.
    const last = this.before.get(keyOf(chain));
    if (last && !chain.last) await this.save({ ...chain, last });
  }

  /** Marks the chains that have ended. Yields those that other trails of their account and Region outlive, each once. */
  async *retire(): AsyncGenerator<EndedChain> {
    const chains = this.hourly();
    for (const chain of chains.filter(({ retired }) => !retired)) {
      const { account, region, last } = chain;
      const limit = shifted(last.end, RETIRED_MS);
      const isMoved = this.movedOn.has(keyOf(chain));
      const isOutlived =
        this.upToDate.has(keyOf(chain)) &&
        chains.some((one) => one.account === account && one.region === region && one.last.end > limit);
      if (isMoved || isOutlived) await this.save({ ...chain, retired: true });
      if (isOutlived && !isMoved) yield chain;
    }
  }

  /** Returns a time: digests that ended by then need not be read. */
  readFrom(last: DigestChain['last']): string {
    return last?.end ?? this.deps.since ?? isoTime(this.deps.now() - DAY_MS);
  }

  /** Returns the time from which digests of an account and Region are read, that of the chain that is furthest behind. */
  positionOf(scope: TrailScope): string {
    const living = this.of(scope).filter(({ last }) => last === undefined || last.end > this.livingSince);
    return living.map(({ last }) => this.readFrom(last)).sort()[0] ?? this.readFrom(undefined);
  }

  /** A chain is verified again if the configuration names another start than before. */
  private restarted(chain: DigestChain): DigestChain {
    const { since: asked } = this.deps;
    if (asked === undefined || asked === chain.asked) return chain;
    this.before.set(keyOf(chain), chain.last);
    return { ...chain, asked, since: asked < chain.since ? asked : chain.since, last: undefined };
  }

  /** Chains that have a digest, without those of backfill digests, which are not made each hour. */
  private hourly(): EndedChain[] {
    return [...this.chains.values()].flatMap((chain) => {
      const { id, last } = chain;
      return last === undefined || id.endsWith('|backfill') ? [] : [{ ...chain, last }];
    });
  }
}

type EndedChain = DigestChain & { last: NonNullable<DigestChain['last']> };

const keyOf = ({ bucket, id }: Pick<DigestChain, 'bucket' | 'id'>) => `${bucket}/${id}`;

/** Returns the last digest of a chain, as it was when it was verified. */
export function endOf({ bucket, last }: DigestChain): ChainEnd | undefined {
  const names = last && readDigestKey(last.key);
  if (last === undefined || names === undefined) return undefined;
  const { key, end, signed, sha256, signature } = last;
  const isProof = signed && sha256 !== undefined && signature !== undefined;
  return { bucket, key, names, end, signed: isProof ? { bucket, key, sha256, signature } : undefined };
}
