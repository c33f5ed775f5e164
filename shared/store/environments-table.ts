import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { AttributeName, AttributeValues } from '../audit-event/attributes.ts';
import { timeOf } from '../audit-event/event-time.ts';
import { defined } from '../defined.ts';
import { updateIf } from './conditional.ts';
import { storedText } from './event-item.ts';
import { type Item, requiredTextAt, text, textAt, toItem } from './item.ts';
import { composeKey, truncateKey } from './keys.ts';
import { getItem, queryItems } from './read-items.ts';

/** An MWAA environment of one account and Region, as its events name it. */
export type EnvironmentName = { environment: string } & AttributeValues<'accountId' | 'region'>;

/** When the first and the last event of an environment happened: normalised eventTime (UTC, milliseconds). */
export type KnownEnvironment = EnvironmentName & { firstEventTime: string; lastEventTime: string };

/** The days and environments of the events of log files. Spans and days only grow. */
export interface SeenEnvironments {
  /** By sort key. */
  environments: Map<string, KnownEnvironment>;
  /** Days on which events happened, those that name no environment included. */
  days: Set<string>;
}

export const noEnvironments = (): SeenEnvironments => ({ environments: new Map(), days: new Set() });

/** A day on which stored events happened, `YYYY-MM-DD`; `0000-00-00` stands for invalid times. */
export interface StoredDay {
  day: string;
  /** The last day, in UTC, on which log files brought events of it; absent if an older version stored them. */
  changedOn?: string;
}

/** What earlier writes have read or written: environments by sort key, and the `changedOn` of days. */
export interface WrittenEnvironments {
  environments: Map<string, KnownEnvironment>;
  days: Map<string, string>;
}

export const nothingWritten = (): WrittenEnvironments => ({ environments: new Map(), days: new Map() });

/** The partition keys. There are few environments and days, so each kind has one partition. */
const ENVIRONMENTS = 'environments';
const DAYS = 'days';
/** `composeKey` can double a part's length; all parts must fit into a sort key of 1,024 bytes. */
const MAX_NAME_BYTES = 383;
const MAX_OTHER_PART_BYTES = 64;
const CONCURRENT_WRITES = 8;

/** Notes an event for `writeEnvironments`. An invalid time counts as the earliest. */
export function noteEvent(
  seen: SeenEnvironments,
  event: AttributeValues<'timeKey' | 'day' | 'environment' | 'accountId' | 'region'>,
): void {
  seen.days.add(event.day);
  if (event.environment === undefined) return;
  // As in the events table, so that a query by these names finds the events.
  const stored = (name: AttributeName, value: string | undefined) => value && storedText(name, value);
  const environment = storedText('environment', event.environment);
  const place = defined({ accountId: stored('accountId', event.accountId), region: stored('region', event.region) });
  const time = timeOf(event.timeKey);
  widen(seen, { environment, ...place, firstEventTime: time, lastEventTime: time });
}

/** Adds the days and environments of one log file to those of others. */
export function joinSeen(all: SeenEnvironments, one: SeenEnvironments): void {
  for (const day of one.days) all.days.add(day);
  for (const environment of one.environments.values()) widen(all, environment);
}

function widen(seen: SeenEnvironments, environment: KnownEnvironment): void {
  const key = environmentKey(environment);
  seen.environments.set(key, widened(seen.environments.get(key), environment));
}

function widened(one: KnownEnvironment = NEVER, other: KnownEnvironment): KnownEnvironment {
  const firstEventTime = one.firstEventTime < other.firstEventTime ? one.firstEventTime : other.firstEventTime;
  const lastEventTime = one.lastEventTime > other.lastEventTime ? one.lastEventTime : other.lastEventTime;
  return { ...other, firstEventTime, lastEventTime };
}

/** A span that every other one widens. */
const NEVER: KnownEnvironment = { environment: '', firstEventTime: '~', lastEventTime: '' };

/**
 * Writes the days and environments that the table does not have yet, and notes that the days have changed.
 * @param time when their events were stored, ISO 8601 in UTC
 * @param written what earlier calls have read or written; hand the same object to each call to save reads
 */
export async function writeEnvironments(
  dynamo: DynamoDBClient,
  table: string,
  seen: SeenEnvironments,
  time: string,
  written: WrittenEnvironments = nothingWritten(),
): Promise<void> {
  const changedOn = time.slice(0, 10);
  for (const day of seen.days) {
    if ((written.days.get(day) ?? '') >= changedOn) continue;
    await noteChange(dynamo, table, { day, changedOn });
    written.days.set(day, changedOn);
  }
  const write = async ([key, environment]: [string, KnownEnvironment]) => {
    const stored = written.environments.get(key) ?? (await readEnvironment(dynamo, table, key));
    await widenItem(dynamo, table, key, environment, stored);
    written.environments.set(key, widened(stored, environment));
  };
  await pMap(seen.environments, write, { concurrency: CONCURRENT_WRITES });
}

/** Returns all known environments, by name, account and Region. */
export async function listEnvironments(dynamo: DynamoDBClient, table: string): Promise<KnownEnvironment[]> {
  return (await listItems(dynamo, table, ENVIRONMENTS)).map(fromEnvironmentItem);
}

/** Returns all days on which stored events happened, oldest first. */
export async function listStoredDays(dynamo: DynamoDBClient, table: string): Promise<StoredDay[]> {
  return (await listItems(dynamo, table, DAYS)).map((item) => ({
    day: requiredTextAt(item, 'environmentKey'),
    ...defined({ changedOn: textAt(item, 'changedOn') }),
  }));
}

/** Returns all days, `YYYY-MM-DD`, on which stored events happened, oldest first; `0000-00-00` stands for invalid times. */
export async function listDays(dynamo: DynamoDBClient, table: string): Promise<string[]> {
  return (await listStoredDays(dynamo, table)).map(({ day }) => day);
}

/** Returns the items of one listing, in the order of their keys. */
export function listItems(dynamo: DynamoDBClient, table: string, listing: string): Promise<Item[]> {
  return queryItems(dynamo, {
    TableName: table,
    KeyConditionExpression: 'listing = :listing',
    ExpressionAttributeValues: { ':listing': text(listing) },
  });
}

/** Returns the sort key of an environment. */
export function environmentKey({ environment, accountId = '', region = '' }: EnvironmentName): string {
  return composeKey(
    truncateKey(environment, MAX_NAME_BYTES),
    truncateKey(accountId, MAX_OTHER_PART_BYTES),
    truncateKey(region, MAX_OTHER_PART_BYTES),
  );
}

const tableKey = (listing: string, key: string): Item => ({ listing: text(listing), environmentKey: text(key) });

/** Such reads cost half. A value that is not yet visible is written again. */
const EVENTUALLY = { ConsistentRead: false };

/** One write a day for each day of events, so it costs next to nothing. A slow writer never turns it back. */
async function noteChange(
  dynamo: DynamoDBClient,
  table: string,
  { day, changedOn }: Required<StoredDay>,
): Promise<void> {
  const key = tableKey(DAYS, day);
  const stored = await getItem(dynamo, table, key, EVENTUALLY);
  if (stored !== undefined && (textAt(stored, 'changedOn') ?? '') >= changedOn) return;
  const isLater = 'attribute_not_exists(#changedOn) OR #changedOn < :changedOn';
  await updateIf(dynamo, table, key, toItem({ changedOn }), isLater);
}

/** Makes at most two updates, and none if the stored span contains the new one. */
async function widenItem(
  dynamo: DynamoDBClient,
  table: string,
  key: string,
  { firstEventTime, lastEventTime, ...name }: KnownEnvironment,
  stored: KnownEnvironment = NEVER,
): Promise<void> {
  const update = (end: 'firstEventTime' | 'lastEventTime', comparison: '<' | '>', time: string) =>
    updateIf(
      dynamo,
      table,
      tableKey(ENVIRONMENTS, key),
      toItem({ ...name, [end]: time }),
      `attribute_not_exists(#${end}) OR :${end} ${comparison} #${end}`,
    );
  if (firstEventTime < stored.firstEventTime) await update('firstEventTime', '<', firstEventTime);
  if (lastEventTime > stored.lastEventTime) await update('lastEventTime', '>', lastEventTime);
}

/** Returns undefined if an end is missing, so that both are written. */
async function readEnvironment(
  dynamo: DynamoDBClient,
  table: string,
  key: string,
): Promise<KnownEnvironment | undefined> {
  const item = await getItem(dynamo, table, tableKey(ENVIRONMENTS, key), EVENTUALLY);
  return item?.firstEventTime && item.lastEventTime ? fromEnvironmentItem(item) : undefined;
}

function fromEnvironmentItem(item: Item): KnownEnvironment {
  // A writer that is interrupted between its updates leaves an item with one end.
  const [first, last] = [textAt(item, 'firstEventTime'), textAt(item, 'lastEventTime')];
  return {
    environment: requiredTextAt(item, 'environment'),
    ...defined({ accountId: textAt(item, 'accountId'), region: textAt(item, 'region') }),
    firstEventTime: first ?? last ?? '',
    lastEventTime: last ?? first ?? '',
  };
}
