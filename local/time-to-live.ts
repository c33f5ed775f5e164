import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from 'dynalite/db/index.js';
import * as z from 'zod/mini';

const DescribeTimeToLive = z.object({ TableName: z.string() });
const UpdateTimeToLive = z.object({
  TableName: z.string(),
  TimeToLiveSpecification: z.object({
    Enabled: z.boolean(),
    AttributeName: z.string().check(z.minLength(1), z.maxLength(255)),
  }),
});

/**
 * Answers DescribeTimeToLive and UpdateTimeToLive, which dynalite does not have. No item is ever deleted.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
 * @returns false if the request asks for something else
 */
export async function answerTimeToLive(
  { headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  store: Store,
): Promise<boolean> {
  const operation = /^DynamoDB_20120810\.(Describe|Update)TimeToLive$/.exec(String(headers['x-amz-target']))?.[1];
  if (operation === undefined) return false;
  const { status, content } = await (operation === 'Update' ? update : describe)(parse(body), store);
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(content));
  return true;
}

interface Answer {
  status: 200 | 400;
  content: object;
}

async function describe(input: unknown, store: Store): Promise<Answer> {
  const { data } = DescribeTimeToLive.safeParse(input);
  if (!data) return problem('ValidationException', 'expected TableName');
  const key = await keyOf(store, data.TableName);
  if (key === undefined) return noTable(data.TableName);
  const AttributeName = await store.db.get(key);
  const description = AttributeName ? { TimeToLiveStatus: 'ENABLED', AttributeName } : { TimeToLiveStatus: 'DISABLED' };
  return { status: 200, content: { TimeToLiveDescription: description } };
}

async function update(input: unknown, store: Store): Promise<Answer> {
  const { data } = UpdateTimeToLive.safeParse(input);
  if (!data) return problem('ValidationException', 'expected TableName and a whole TimeToLiveSpecification');
  const { TableName, TimeToLiveSpecification } = data;
  const { Enabled, AttributeName } = TimeToLiveSpecification;
  const key = await keyOf(store, TableName);
  if (key === undefined) return noTable(TableName);
  const current = await store.db.get(key);
  if (current && current !== AttributeName) {
    const expectation = `TimeToLive is active on a different AttributeName: current AttributeName is ${current}`;
    return problem('ValidationException', expectation);
  }
  if (Boolean(current) === Enabled) {
    return problem('ValidationException', `TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`);
  }
  await store.db.put(key, Enabled ? AttributeName : '');
  return { status: 200, content: { TimeToLiveSpecification } };
}

/**
 * Where the database keeps the name of the attribute; absent or empty there if items do not expire. A table that is created
 * again under its name has another id.
 * @returns undefined if there is no such table
 */
function keyOf({ getTable }: Store, tableName: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    getTable(tableName, false, (error, table) => {
      if (table) resolve(`time-to-live~${table.TableId}`);
      else if (error?.statusCode === 400) resolve(undefined);
      else reject(error);
    });
  });
}

const noTable = (name: string) =>
  problem('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);

function problem(type: string, message: string): Answer {
  return { status: 400, content: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message } };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
