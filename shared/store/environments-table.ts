import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { updateIf } from './conditional.ts';
import { storedText } from './event-item.ts';
import { type Item, requiredTextAt, text, toItem } from './item.ts';
import { composeKey, truncateKey } from './keys.ts';
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

interface SeenEnvironment {
  environment: string;
  accountId?: string;
  region?: string;
  span: TimeSpan;
}

/** What the events of a log file showed, to be written once at its end. */
export interface SeenEnvironments {
  environments: Map<string, SeenEnvironment>;
  /** Days on which events happened, those that name no environment included. */
  days: Set<string>;
}

export const noEnvironments = (): SeenEnvironments => ({ environments: new Map(), days: new Set() });

/** What the table has for certain; days and spans only grow. */
export interface WrittenEnvironments {
  spans: Map<string, TimeSpan>;
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

/** Adds what one log file showed to what others did. */
export function joinSeen(all: SeenEnvironments, one: SeenEnvironments): void {
  for (const day of one.days) all.days.add(day);
  for (const [key, { span, ...attributes }] of one.environments) {
    const first = widened(all.environments.get(key)?.span, span.first);
    all.environments.set(key, { ...attributes, span: widened(first, span.last) });
  }
}

/**
 * Writes what log files showed of environments; only where the table does not say it yet.
 * @param written what earlier calls have found there or written, to be handed to each of them; spares its reads
 */
export async function writeEnvironments(
  dynamo: DynamoDBClient,
  table: string,
  seen: SeenEnvironments,
  written: WrittenEnvironments = { spans: new Map(), days: new Set() },
): Promise<void> {
  for (const day of seen.days) {
    if (!written.days.has(day)) await addDay(dynamo, table, day);
    written.days.add(day);
  }
  const widen = async ([key, { span, ...attributes }]: [string, SeenEnvironment]) => {
    written.spans.set(key, await widenSpan(dynamo, table, key, attributes, span, written.spans.get(key)));
  };
  await pMap(seen.environments, widen, { concurrency: CONCURRENT_WRITES });
}

const CONCURRENT_WRITES = 8;

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
    truncateKey(environment, MAX_NAME_BYTES),
    truncateKey(accountId, MAX_OTHER_PART_BYTES),
    truncateKey(region, MAX_OTHER_PART_BYTES),
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

/**
 * Two conditional updates at most, and none when the stored span holds the new one: reads cost less than writes.
 * @param known a span that the stored one holds for certain
 * @returns a span that it holds now
 */
async function widenSpan(
  dynamo: DynamoDBClient,
  table: string,
  key: string,
  attributes: { environment?: string; accountId?: string; region?: string },
  span: TimeSpan,
  known?: TimeSpan,
): Promise<TimeSpan> {
  const stored = known ?? (await readSpan(dynamo, table, key));
  const update = (name: 'firstEventTime' | 'lastEventTime', comparison: '<' | '>', time: string) =>
    updateIf(
      dynamo,
      table,
      tableKey(ENVIRONMENTS, key),
      toItem({ ...attributes, [name]: time }),
      `attribute_not_exists(#${name}) OR :${name} ${comparison} #${name}`,
    );
  if (!stored || span.first < stored.first) await update('firstEventTime', '<', span.first);
  if (!stored || span.last > stored.last) await update('lastEventTime', '>', span.last);
  return stored ? widened(widened(stored, span.first), span.last) : span;
}

/** With one end alone the other must be written, or a later file writes an end that is too near. */
async function readSpan(dynamo: DynamoDBClient, table: string, key: string): Promise<TimeSpan | undefined> {
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: tableKey(ENVIRONMENTS, key) }));
  return item?.firstEventTime && item.lastEventTime ? spanOf(item) : undefined;
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
