import type { IncomingMessage } from 'node:http';
import type { Store, Table } from 'dynalite/db/index.js';
import * as z from 'zod/mini';
import { jsonText } from '../shared/store/item.ts';
import { type DynamoAnswer, findTable, invalid, problem } from './dynalite-answers.ts';

const Input = z.object({
  TableName: z.string(),
  TimeToLiveSpecification: z.optional(
    z.object({ Enabled: z.boolean(), AttributeName: z.string().check(z.minLength(1), z.maxLength(255)) }),
  ),
});

/**
 * Answers DescribeTimeToLive and UpdateTimeToLive, which dynalite does not have. No item is ever deleted.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
 * @returns undefined if the request asks for something else
 */
export async function answerTimeToLive(
  { headers }: IncomingMessage,
  body: Buffer,
  store: Store,
): Promise<DynamoAnswer | undefined> {
  const operation = /^DynamoDB_20120810\.(Describe|Update)TimeToLive$/.exec(String(headers['x-amz-target']))?.[1];
  if (operation === undefined) return undefined;
  const { TableName, TimeToLiveSpecification } = jsonText(Input).safeParse(body.toString()).data ?? {};
  if (TableName === undefined)
    return invalid('expected TableName and, if there is one, a whole TimeToLiveSpecification');
  const table = await findTable(store, TableName);
  if (table === undefined) {
    return problem('ResourceNotFoundException', `Requested resource not found: Table: ${TableName} not found`);
  }
  const current = await timeToLiveOf(store, table);
  if (operation === 'Describe') {
    const description = current
      ? { TimeToLiveStatus: 'ENABLED', AttributeName: current }
      : { TimeToLiveStatus: 'DISABLED' };
    return { status: 200, content: { TimeToLiveDescription: description } };
  }
  if (TimeToLiveSpecification === undefined) return invalid('expected TimeToLiveSpecification');
  const { Enabled, AttributeName } = TimeToLiveSpecification;
  if (current && current !== AttributeName) {
    return invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${current}`);
  }
  if (Boolean(current) === Enabled) return invalid(`TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`);
  await store.db.put(keyOf(table), Enabled ? AttributeName : '');
  return { status: 200, content: { TimeToLiveSpecification } };
}

/** Returns the name of the attribute by which items expire, if they do. */
export async function timeToLiveOf({ db }: Store, table: Table): Promise<string | undefined> {
  return (await db.get(keyOf(table))) || undefined;
}

/** A table that is created again has another id. */
const keyOf = ({ TableId }: Table) => `time-to-live~${TableId}`;
