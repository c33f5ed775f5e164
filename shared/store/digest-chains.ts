import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { updateIf } from './conditional.ts';
import { type Item, numberAt, requiredTextAt, text, textAt, toItem } from './item.ts';
import { queryItems } from './query-items.ts';

/** How far the digests of a trail, in one account and Region, have been verified. */
export interface DigestChain {
  bucket: string;
  /** Names the chain within its bucket. */
  id: string;
  account: string;
  region: string;
  /** Log files delivered before, and unknown to the ledger, are none of its business; ISO 8601. */
  since: string;
  /** The beginning that was asked for; another one begins there again. */
  asked?: string | undefined;
  /** The newest digest that was dealt with; absent before the first. */
  last?: LastDigest | undefined;
  /** Keys of digests that name log files which were not ingested when they were last looked at; the oldest first. */
  unsettled: readonly string[];
  /** Whether its trail was told of as retired: it has no digests any more, while another one goes on. */
  retired: boolean;
  /** Counts the writes of it; 0 before the first. */
  revision: number;
}

/** What the next digest is held against: remembered, because the object itself may be deleted or replaced. */
export type LastDigest = z.infer<typeof LastDigest>;
const LastDigest = z.object({
  key: z.string(),
  /** When the time that it covers ends; ISO 8601 with milliseconds. */
  end: z.string(),
  signed: z.boolean(),
  /** Hex, of its uncompressed bytes, and its signature; absent when it was not signed. */
  sha256: z.optional(z.string()),
  signature: z.optional(z.string()),
});
const Keys = z.array(z.string());

const CHAINS = 'digest-chains';

/** All chains that were seen so far. */
export async function listChains(dynamo: DynamoDBClient, table: string): Promise<DigestChain[]> {
  const listed = await queryItems(dynamo, {
    TableName: table,
    IndexName: 'byListing',
    KeyConditionExpression: 'listing = :listing',
    ExpressionAttributeValues: { ':listing': text(CHAINS) },
  });
  const chains: DigestChain[] = [];
  for (const { logFile } of listed) {
    // The index holds only a part, and lags.
    const { Item: item } = await dynamo.send(
      new GetItemCommand({ TableName: table, Key: { logFile: logFile! }, ConsistentRead: true }),
    );
    if (item) chains.push(fromItem(item));
  }
  return chains;
}

/**
 * Writes how far a chain has come, unless somebody else has since it was read.
 * @returns the chain as it is now; nothing when it has changed
 */
export async function writeChain(
  dynamo: DynamoDBClient,
  table: string,
  chain: DigestChain,
): Promise<DigestChain | undefined> {
  const { bucket, id, account, region, since, asked, last, unsettled, retired } = chain;
  const revision = chain.revision + 1;
  const attributes = toItem({
    ...{
      bucket,
      chain: id,
      account,
      region,
      since,
      asked,
      retired,
      revision,
      listing: CHAINS,
      listingKey: `${account}/${region}`,
    },
    last: JSON.stringify(last),
    unsettled: JSON.stringify(unsettled),
  });
  const unchanged = 'attribute_not_exists(#revision) OR #revision < :revision';
  const written = await updateIf(dynamo, table, { logFile: text(chainKey(chain)) }, attributes, unchanged);
  return written ? { ...chain, revision } : undefined;
}

/** The item of the runs over all chains; no chain has this key. */
const RUNS = { logFile: text('#digests') };

/** When the last run began that looked at all digests; ISO 8601 with milliseconds. Nothing before the first. */
export async function readLastRun(dynamo: DynamoDBClient, table: string): Promise<string | undefined> {
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: RUNS, ConsistentRead: true }));
  return item && textAt(item, 'begunAt');
}

export async function writeLastRun(dynamo: DynamoDBClient, table: string, begunAt: string): Promise<void> {
  const isLater = 'attribute_not_exists(#begunAt) OR #begunAt < :begunAt';
  await updateIf(dynamo, table, RUNS, toItem({ begunAt }), isLater);
}

/** A bucket's name cannot start with `#`, so no log file has this key; nor has a watermark. */
export function chainKey({ bucket, id }: Pick<DigestChain, 'bucket' | 'id'>): string {
  return `#digests/${bucket}/${id}`;
}

function fromItem(item: Item): DigestChain {
  const asked = textAt(item, 'asked');
  const last = textAt(item, 'last');
  return {
    bucket: requiredTextAt(item, 'bucket'),
    id: requiredTextAt(item, 'chain'),
    account: requiredTextAt(item, 'account'),
    region: requiredTextAt(item, 'region'),
    since: requiredTextAt(item, 'since'),
    ...(asked === undefined ? {} : { asked }),
    ...(last === undefined ? {} : { last: LastDigest.parse(JSON.parse(last)) }),
    unsettled: Keys.parse(JSON.parse(requiredTextAt(item, 'unsettled'))),
    retired: item.retired?.BOOL === true,
    revision: numberAt(item, 'revision') ?? 0,
  };
}
