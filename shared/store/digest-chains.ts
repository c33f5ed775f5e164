import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { updateIf } from './conditional.ts';
import { type Item, numberAt, requiredTextAt, text, textAt, toItem } from './item.ts';
import { listItems } from './ledger.ts';
import { batchGet, getItem } from './read-items.ts';

/** How far the digests of a trail have been verified, in one account and Region. */
export interface DigestChain {
  bucket: string;
  /** Names the chain within its bucket. */
  id: string;
  account: string;
  region: string;
  /** Log files that were delivered before may be missing in the ledger; ISO 8601. */
  since: string;
  /** The start that the configuration named, if any. The chain begins again if it names another. */
  asked: string | undefined;
  /** The newest digest that was verified; undefined before the first. */
  last: LastDigest | undefined;
  /** Keys of digests that name log files which were not ingested yet, the oldest first. */
  pending: readonly string[];
  /** Whether its trail was reported as retired: it has no more digests, while another one goes on. */
  retired: boolean;
  /** Counts the writes; 0 before the first. */
  revision: number;
}

/** What the next digest is compared with: remembered, because the object itself may be deleted or replaced. */
export type LastDigest = z.infer<typeof LastDigest>;
const LastDigest = z.object({
  key: z.string(),
  /** When the time that it covers ends; ISO 8601 with milliseconds. */
  end: z.string(),
  /** Whether it is signed, and where it says that it is. */
  signed: z.boolean(),
  /** Hex, of its uncompressed bytes, and its signature; absent if it was not signed. */
  sha256: z.optional(z.string()),
  signature: z.optional(z.string()),
});
const Keys = z.array(z.string());

const CHAINS = 'digest-chains';

/** Returns all chains. */
export async function listChains(dynamo: DynamoDBClient, table: string): Promise<DigestChain[]> {
  // The index has only some attributes, and lags.
  const listed = await listItems(dynamo, table, CHAINS);
  const keys = listed.flatMap(({ logFile }) => (logFile ? [{ logFile }] : []));
  const groups = await Array.fromAsync(batchGet(dynamo, table, keys));
  return groups.flat().map(fromItem);
}

/**
 * Writes how far a chain has come, unless another run has since it was read.
 * @returns the chain as written; undefined if it has changed
 */
export async function writeChain(
  dynamo: DynamoDBClient,
  table: string,
  chain: DigestChain,
): Promise<DigestChain | undefined> {
  const { id, last, pending, ...others } = chain;
  const revision = chain.revision + 1;
  const listing = { listing: CHAINS, listingKey: `${chain.account}/${chain.region}` };
  // An undefined attribute would keep its stored value.
  const json = { last: JSON.stringify(last ?? null), unsettled: JSON.stringify(pending) };
  const attributes = toItem({ ...others, chain: id, ...json, ...listing, revision });
  const unchanged = 'attribute_not_exists(#revision) OR #revision < :revision';
  const written = await updateIf(dynamo, table, { logFile: text(chainKey(chain)) }, attributes, unchanged);
  return written ? { ...chain, revision } : undefined;
}

/** The item about runs over all chains. No chain has this key. */
const RUNS = { logFile: text('#digests') };

/** Returns when the last run began that looked at all digests, ISO 8601 with milliseconds; undefined before the first. */
export async function readLastRun(dynamo: DynamoDBClient, table: string): Promise<string | undefined> {
  const item = await getItem(dynamo, table, RUNS);
  return item && textAt(item, 'begunAt');
}

export async function writeLastRun(dynamo: DynamoDBClient, table: string, begunAt: string): Promise<void> {
  const isLater = 'attribute_not_exists(#begunAt) OR #begunAt < :begunAt';
  await updateIf(dynamo, table, RUNS, toItem({ begunAt }), isLater);
}

/** A bucket's name cannot start with `#`, so neither a log file nor a watermark has this key. */
export function chainKey({ bucket, id }: Pick<DigestChain, 'bucket' | 'id'>): string {
  return `#digests/${bucket}/${id}`;
}

function fromItem(item: Item): DigestChain {
  const last = textAt(item, 'last');
  return {
    bucket: requiredTextAt(item, 'bucket'),
    id: requiredTextAt(item, 'chain'),
    account: requiredTextAt(item, 'account'),
    region: requiredTextAt(item, 'region'),
    since: requiredTextAt(item, 'since'),
    asked: textAt(item, 'asked'),
    last: (last === undefined ? null : z.nullable(LastDigest).parse(JSON.parse(last))) ?? undefined,
    pending: Keys.parse(JSON.parse(requiredTextAt(item, 'unsettled'))),
    retired: item.retired?.BOOL === true,
    revision: numberAt(item, 'revision') ?? 0,
  };
}
