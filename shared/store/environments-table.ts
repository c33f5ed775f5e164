import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type Item, requiredTextAt, text } from './item.ts';
import { composeKey, cutKey } from './keys.ts';

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
export interface TimeSpan {
  first: string;
  last: string;
}

/** The environments seen while a log file was read, to be written once at its end. */
export interface SeenEnvironments {
  environments: Map<string, { environment: string; accountId?: string; region?: string; span: TimeSpan }>;
  /** Over all events, those that name no environment included. */
  all?: TimeSpan;
}

/** Every item has this partition key: a company has few environments, and they are listed together. */
const PARTITION = 'environments';
/** The item with the span of everything; a composed key never starts with a space, unless its first part is empty. */
const EVERYTHING = ' everything';
/** Composing can double a part's length; all parts must fit into a sort key of 1,024 bytes. */
const MAX_NAME_BYTES = 384;
const MAX_OTHER_PART_BYTES = 64;

interface EventPlace {
  timeKey: string;
  environment?: string;
  accountId?: string;
  region?: string;
}

/** Notes an event for `writeEnvironments`. Events without a valid time count with the time before all others. */
export function noteEvent(seen: SeenEnvironments, { timeKey, environment, accountId, region }: EventPlace): void {
  const time = timeKey.slice(0, timeKey.indexOf('#'));
  seen.all = widened(seen.all, time);
  if (environment === undefined) return;
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
  if (seen.all) await widenSpan(dynamo, table, EVERYTHING, {}, seen.all);
  for (const [key, { span, ...attributes }] of seen.environments) await widenSpan(dynamo, table, key, attributes, span);
}

/** All known environments, by name, account and Region. */
export async function listEnvironments(dynamo: DynamoDBClient, table: string): Promise<KnownEnvironment[]> {
  const environments: KnownEnvironment[] = [];
  const pages = paginateQuery(
    { client: dynamo },
    {
      TableName: table,
      // Composed keys start with a character above the space of EVERYTHING.
      KeyConditionExpression: 'listing = :listing AND environmentKey > :start',
      ExpressionAttributeValues: { ':listing': text(PARTITION), ':start': text('!') },
    },
  );
  for await (const page of pages) environments.push(...(page.Items ?? []).map(fromEnvironmentItem));
  return environments;
}

/** The times of the first and the last stored event; nothing while none is stored. */
export async function readSpanOfEverything(dynamo: DynamoDBClient, table: string): Promise<TimeSpan | undefined> {
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: tableKey(EVERYTHING) }));
  return item && spanOf(item);
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

/** Two conditional updates at most, and none when the stored span holds the new one: reads cost less than writes. */
async function widenSpan(
  dynamo: DynamoDBClient,
  table: string,
  key: string,
  attributes: { environment?: string; accountId?: string; region?: string },
  span: TimeSpan,
): Promise<void> {
  const { Item: item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: tableKey(key) }));
  const stored = item && spanOf(item);
  if (stored && stored.first <= span.first && stored.last >= span.last) return;
  const update = (name: 'firstEventTime' | 'lastEventTime', comparison: '<' | '>', time: string) =>
    updateIf(dynamo, table, key, { ...attributes, [name]: time }, `attribute_not_exists(${name}) OR :${name} ${comparison} ${name}`);
  await update('firstEventTime', '<', span.first);
  await update('lastEventTime', '>', span.last);
}

/** Sets attributes when the condition, in which `:NAME` is an attribute's new value, holds. */
async function updateIf(
  dynamo: DynamoDBClient,
  table: string,
  key: string,
  attributes: Readonly<Record<string, string>>,
  condition: string,
): Promise<void> {
  const names = Object.keys(attributes);
  try {
    await dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: tableKey(key),
        UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, text(attributes[name]!)])),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

function tableKey(environmentKey: string): Record<string, AttributeValue> {
  return { listing: text(PARTITION), environmentKey: text(environmentKey) };
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
