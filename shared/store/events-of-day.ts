import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { BATCH_KEYS, batchGet } from './batch-get.ts';
import { fromEventItem, type StoredEvent } from './event-item.ts';
import { requiredTextAt, text } from './item.ts';

/**
 * The events of a day, whole, in groups of up to 100; those of which the whole is gone meanwhile are left out.
 * @param day `YYYY-MM-DD`, of eventTime
 */
export async function* eventsOfDay(
  dynamo: DynamoDBClient,
  table: string,
  day: string,
): AsyncGenerator<StoredEvent[], void, void> {
  const input = {
    TableName: table,
    IndexName: 'byDay',
    KeyConditionExpression: '#day = :day',
    ExpressionAttributeNames: { '#day': 'day' },
    ExpressionAttributeValues: { ':day': text(day) },
  };
  for await (const { Items = [] } of paginateQuery({ client: dynamo }, input)) {
    const keys = Items.map((item) => ({ eventId: text(requiredTextAt(item, 'eventId')) }));
    for (let start = 0; start < keys.length; start += BATCH_KEYS) {
      yield (await batchGet(dynamo, table, keys.slice(start, start + BATCH_KEYS))).map(fromEventItem);
    }
  }
}
