import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import type { StatusChange } from '../audit-event/status-change.ts';
import { defined } from '../defined.ts';
import { conditionHeld, updateIf } from './conditional.ts';
import { environmentKey, listItems } from './environments-table.ts';
import { expiryAfter, storedText } from './event-item.ts';
import { readItem, toItem } from './item.ts';
import { composeKey, truncateKey } from './keys.ts';

/** The listing with one item for each environment: its status. */
const STATUSES = 'statuses';
/** The listing with the status changes of the environments of one name. */
const listingOf = (environment: string) => composeKey('status-changes', truncateKey(environment, MAX_NAME_BYTES));
/** `composeKey` can double the length; a partition key has 2,048 bytes at most. */
const MAX_NAME_BYTES = 1_000;
const MAX_ID_BYTES = 512;

const Status = z.object({
  environment: z.string(),
  accountId: z.string(),
  region: z.string(),
  time: z.string(),
  status: z.string(),
});
const StoredChange = z.extend(Status, {
  id: z.string(),
  updateCreatedAt: z.optional(z.string()),
  updateSource: z.optional(z.string()),
  updateStatus: z.optional(z.string()),
  errorCode: z.optional(z.string()),
  errorMessage: z.optional(z.string()),
  expiresAt: z.optional(z.number()),
});

/** The status of an environment, and since when it has it. */
export type EnvironmentStatus = z.output<typeof Status>;

/**
 * Stores a status change, and the status if none is newer. The same change again alters nothing.
 * @param retentionDays days after which it expires; undefined: never
 * @returns whether it was new
 */
export async function writeStatusChange(
  dynamo: DynamoDBClient,
  table: string,
  change: StatusChange,
  retentionDays: number | undefined,
): Promise<boolean> {
  const environment = storedText('environment', change.environment);
  const order = `${change.time}#${truncateKey(change.id, MAX_ID_BYTES)}`;
  const expiresAt = retentionDays === undefined ? undefined : expiryAfter(Date.parse(change.time), retentionDays);
  const key = toItem({ listing: listingOf(environment), environmentKey: order });
  const isNew = await conditionHeld(
    dynamo.send(
      new PutItemCommand({
        TableName: table,
        Item: { ...toItem({ ...change, environment, ...defined({ expiresAt }) }), ...key },
        ConditionExpression: 'attribute_not_exists(listing)',
      }),
    ),
  );
  const { accountId, region, time, status } = change;
  const name = { environment, accountId, region };
  await updateIf(
    dynamo,
    table,
    toItem({ listing: STATUSES, environmentKey: environmentKey(name) }),
    toItem({ ...name, time, status, order }),
    'attribute_not_exists(#order) OR #order < :order',
  );
  return isNew;
}

/**
 * Returns the status changes of the environments of one name, in all accounts and Regions, oldest first.
 * @param now milliseconds since 1970: DynamoDB deletes expired items only days later
 */
export async function listStatusChanges(
  dynamo: DynamoDBClient,
  table: string,
  environment: string,
  now: number,
): Promise<StatusChange[]> {
  const items = await listItems(dynamo, table, listingOf(storedText('environment', environment)));
  return items.flatMap((item) => {
    const { expiresAt = Number.POSITIVE_INFINITY, ...change } = readItem(StoredChange, item);
    return expiresAt * 1000 <= now ? [] : [change as StatusChange];
  });
}

/** Returns the status of each environment of which one is known, by name, account and Region. */
export async function listStatuses(dynamo: DynamoDBClient, table: string): Promise<EnvironmentStatus[]> {
  return (await listItems(dynamo, table, STATUSES)).map((item) => readItem(Status, item));
}
