import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { updateIf } from './conditional.ts';
import { storedText } from './event-item.ts';
import { type Item, requiredTextAt, text, toItem } from './item.ts';
import { composeKey, cutKey } from './keys.ts';
import { queryItems } from './query-items.ts';

/** An MWAA environment that events have named, and when the first and the last of them happened. */
export interface KnownEnvironment {
  environment: string;
  accountId?: string;
  region?: string;
  /** Normalised eventTime (UTC, milliseconds). */
  firstEventTime: string;
  lastEventTime: string;
}

/** The first and last times of a set of events. */
interface TimeSpan {
  first: string;
  last: string;
}

/** What the events of a log file showed, to be written once at its end. */
export interface SeenEnvironments {
  environments: Map<string, { environment: string; accountId?: string; region?: string; span: TimeSpan }>;
  /** Days on which events happened, those that name no environment included. */
  days: Set<string>;
}

/** The partition keys: a company has few environments, and a few years have few days; each are listed together. */
const ENVIRONMENTS = 'environments';
const DAYS = 'days';
/** Composing can double a part's length; all parts must fit into a sort key of 1,024 bytes. */
const MAX_NAME_BYTES = 383;
const MAX_OTHER_PART_BYTES = 64;

interface EventPlace {
  timeKey: string;
  day: string;
  environment?: string;
  accountId?: string;
  region?: string;
}

/** Notes an event for `writeEnvironments`. Events without a valid time count with the time before all others. */
export function noteEvent(seen: SeenEnvironments, event: EventPlace): void {
  const { timeKey, day } = event;
  seen.days.add(day);
  if (event.environment === undefined) return;
  // As the events table has them: names of any length fit, and a query by them finds the events.
  const environment = storedText('environment', event.environment);
  const accountId = event.accountId && storedText('accountId', event.accountId);
  const region = event.region && storedText('region', event.region);
  const time = timeKey.slice(0, timeKey.indexOf('#'));
  const key = environmentKey(environment, accountId, region);
  const before = seen.environments.get(key);
  seen.environments.set(key, {
    environment,
    ...(accountId === undefined ? {} : { accountId }),
    ...(region === undefined ? {} : { region }),
    span: widened(before?.span, time),
  });
}

/** Writes what a log file showed of environments; only where the table does not say it yet. */
export async function writeEnvironments(dynamo: DynamoDBClient, table: string, seen: SeenEnvironments): Promise<void> {
  for (const day of seen.days) await addDay(dynamo, table, day);
  for (const [key, { span, ...attributes }] of seen.environments) await widenSpan(dynamo, table, key, attributes, span);
}

/** All known environments, by name, account and Region. */
export async function listEnvironments(dynamo: DynamoDBClient, table: string): Promise<KnownEnvironment[]> {
  return (await listItems(dynamo, table, ENVIRONMENTS)).map(fromEnvironmentItem);
}

/** All days, `YYYY-MM-DD`, on which stored events happened, oldest first; `0000-00-00` stands for invalid times. */
export async function listDays(dynamo: DynamoDBClient, table: string): Promise<string[]> {
  return (await listItems(dynamo, table, DAYS)).map((item) => requiredTextAt(item, 'environmentKey'));
}

function listItems(dynamo: DynamoDBClient, table: string, listing: string): Promise<Item[]> {
  return queryItems(dynamo, {
    TableName: table,
    KeyConditionExpression: 'listing = :listing',
    ExpressionAttributeValues: { ':listing': text(listing) },
  });
}

function environmentKey(environment: string, accountId = '', region = ''): string {
  return composeKey(
    cutKey(environment, MAX_NAME_BYTES),
    cutKey(accountId, MAX_OTHER_PART_BYTES),
    cutKey(region, MAX_OTHER_PART_BYTES),
  );
}

function widened(span: TimeSpan | undefined, time: string): TimeSpan {
  if (!span) return { first: time, last: time };
  return { first: time < span.first ? time : span.first, last: time > span.last ? time : span.last };
}

async function addDay(dynamo: DynamoDBClient, table: string, day: string): Promise<void> {
  const key = tableKey(DAYS, day);
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: key }));
  if (!item) await dynamo.send(new PutItemCommand({ TableName: table, Item: key }));
}

/** Two conditional updates at most, and none when the stored span holds the new one: reads cost less than writes. */
async function widenSpan(
  dynamo: DynamoDBClient,
  table: string,
  key: string,
  attributes: { environment?: string; accountId?: string; region?: string },
  span: TimeSpan,
): Promise<void> {
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: tableKey(ENVIRONMENTS, key) }));
  // With one end alone the other must be written, or a later file writes an end that is too near.
  const stored = item?.firstEventTime && item.lastEventTime ? spanOf(item) : undefined;
  if (stored && stored.first <= span.first && stored.last >= span.last) return;
  const update = (name: 'firstEventTime' | 'lastEventTime', comparison: '<' | '>', time: string) =>
    updateIf(
      dynamo,
      table,
      tableKey(ENVIRONMENTS, key),
      toItem({ ...attributes, [name]: time }),
      `attribute_not_exists(#${name}) OR :${name} ${comparison} #${name}`,
    );
  await update('firstEventTime', '<', span.first);
  await update('lastEventTime', '>', span.last);
}

function tableKey(listing: string, key: string): Item {
  return { listing: text(listing), environmentKey: text(key) };
}

function spanOf(item: Item): TimeSpan {
  // A writer that stopped between its two updates leaves an item with one end.
  const first = item.firstEventTime ?? item.lastEventTime;
  const last = item.lastEventTime ?? item.firstEventTime;
  return { first: first?.S ?? '', last: last?.S ?? '' };
}

function fromEnvironmentItem(item: Item): KnownEnvironment {
  const { first, last } = spanOf(item);
  const { accountId, region } = item;
  return {
    environment: requiredTextAt(item, 'environment'),
    ...(accountId?.S === undefined ? {} : { accountId: accountId.S }),
    ...(region?.S === undefined ? {} : { region: region.S }),
    firstEventTime: first,
    lastEventTime: last,
  };
}
