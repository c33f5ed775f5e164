import { DeleteItemCommand, type DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { DAY_MS } from '../cloudtrail/times.ts';
import { conditionHeld } from './conditional.ts';
import { type Item, requiredTextAt, text, textAt, toItem } from './item.ts';

/** An event that came before its log file. */
export interface WaitingEvent {
  eventId: string;
  account: string;
  region: string;
  /** When it came first; ISO 8601 with milliseconds. */
  since: string;
}

/** A listing of the index byListing of the ledger's table. */
const WAITING = 'waiting';
/** No bucket's name begins with `#`, so no log file has such a key. */
const PREFIX = '#waiting/';
/** Nobody looks at the entries once live events are off. They are deleted after this time. */
const LIFE_MS = 30 * DAY_MS;
/** Each page is looked up in one batch. */
const PAGE = 100;

/** Notes that an event waits for its log file, unless that is noted already. */
export async function noteWaiting(dynamo: DynamoDBClient, table: string, event: WaitingEvent): Promise<void> {
  const { eventId, account, region, since } = event;
  const listed = { listing: WAITING, listingKey: `${since}/${eventId}` };
  const expiresAt = Math.ceil((Date.parse(since) + LIFE_MS) / 1000);
  const put = new PutItemCommand({
    TableName: table,
    Item: toItem({ logFile: `${PREFIX}${eventId}`, ...listed, account, region, expiresAt }),
    ConditionExpression: 'attribute_not_exists(logFile)',
  });
  await conditionHeld(dynamo.send(put));
}

/**
 * Yields the events that have waited since before some time, those that have waited longest first, in groups of up to 100. The
 * index lags behind the table: an entry that was just removed may still come.
 * @param before ISO 8601
 */
export async function* listWaiting(
  dynamo: DynamoDBClient,
  table: string,
  before: string,
): AsyncGenerator<WaitingEvent[], void, void> {
  const input = {
    TableName: table,
    IndexName: 'byListing',
    KeyConditionExpression: 'listing = :listing AND listingKey < :before',
    ExpressionAttributeValues: { ':listing': text(WAITING), ':before': text(before) },
  };
  for await (const { Items = [] } of paginateQuery({ client: dynamo, pageSize: PAGE }, input)) {
    yield Items.map(fromWaitingItem);
  }
}

/** Notes that an event waits no more. */
export async function removeWaiting(dynamo: DynamoDBClient, table: string, eventId: string): Promise<void> {
  await dynamo.send(new DeleteItemCommand({ TableName: table, Key: { logFile: text(`${PREFIX}${eventId}`) } }));
}

function fromWaitingItem(item: Item): WaitingEvent {
  const eventId = requiredTextAt(item, 'logFile').slice(PREFIX.length);
  const since = requiredTextAt(item, 'listingKey').slice(0, -`/${eventId}`.length);
  return { eventId, account: textAt(item, 'account') ?? '-', region: textAt(item, 'region') ?? '-', since };
}
