import { chainId, type ObjectRef, readDigestKey } from '../cloudtrail/object-key.ts';
import { earlier, type Interval } from '../cloudtrail/times.ts';
import { type ChainEnd, type ChainedDigest, chainEnd, isNamed, timeOf } from './chain.ts';

interface Chain {
  newest: ChainEnd | undefined;
  /** The digests after which its trail wrote elsewhere for a time, in order. */
  left: ChainEnd[];
  /** The times that it covers, without gaps in logging. */
  spans: Interval[];
}

/** The chains of digests in one account and Region, as far as they have been read. */
export class ScopeChains {
  private readonly chains = new Map<string, Chain>();
  /** The last digests of chains that continue in another scope. */
  private readonly continued = new Set<ChainEnd>();

  /** Returns the newest digest in the chain of a digest. */
  newest({ names }: ChainedDigest): ChainEnd | undefined {
    return this.chains.get(chainId(names))?.newest;
  }

  /** Adds a digest at the end of its chain. @param after `gap`: logging was off before it; `move`: its predecessor is in another scope */
  add(digest: ChainedDigest, after: 'predecessor' | 'gap' | 'move'): void {
    const id = chainId(digest.names);
    const chain = this.chains.get(id) ?? { newest: undefined, left: [], spans: [] };
    this.chains.set(id, chain);
    if (after === 'move' && chain.newest) chain.left.push(chain.newest);
    chain.newest = chainEnd(digest);
    if (digest.names.backfill) return;
    const time = timeOf(digest);
    const last = chain.spans.at(-1);
    if (last === undefined || after !== 'predecessor') chain.spans.push(time);
    else last.to = time.to;
  }

  /** Nothing is missing between a digest and its predecessor in another scope, which ended at a time. */
  joinMove(newer: ChainedDigest, end: string): void {
    const start = timeOf(newer).from;
    const span = this.chains.get(chainId(newer.names))?.spans.find(({ from }) => from === start);
    if (span) span.from = earlier(span.from, end);
  }

  /** Marks and returns the digest after which a trail moved, to continue with `newer`. @param previous the predecessor that `newer` names */
  leave(newer: ChainedDigest, previous: ObjectRef): ChainEnd | undefined {
    const names = readDigestKey(previous.key);
    const chain = names && this.chains.get(chainId(names));
    if (chain === undefined) return undefined;
    const ends = [...chain.left, ...(chain.newest ? [chain.newest] : [])];
    const { from } = timeOf(newer);
    const left = ends.find((end) => isNamed(end, previous)) ?? ends.findLast(({ names: { end } }) => end <= from);
    if (left) this.continued.add(left);
    return left;
  }

  isContinued(end: ChainEnd): boolean {
    return this.continued.has(end);
  }

  /** Returns the times that any chain covers. */
  spans(): Interval[] {
    return [...this.chains.values()].flatMap(({ spans }) => spans);
  }

  /** Returns the newest digests of chains, without backfill digests, which are not made each hour. */
  hourlyEnds(): ChainEnd[] {
    return [...this.chains.values()].flatMap(({ newest }) => (newest && !newest.names.backfill ? [newest] : []));
  }
}
