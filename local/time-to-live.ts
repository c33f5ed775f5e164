import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';

/** Where the attribute is kept that holds the expiry time of a table's items. */
export interface TimeToLiveStore {
  /** Returns undefined if there is no such table. */
  tableId(name: string): Promise<string | undefined>;
  /** Returns undefined or an empty text if items of the table do not expire. */
  get(tableId: string): Promise<string | undefined>;
  put(tableId: string, attribute: string): Promise<void>;
}

/** The part of DynamoDB's API that describes and changes a table's time to live; nothing is ever deleted by it. */
const DescribeTimeToLive = z.object({ TableName: z.string() });
const UpdateTimeToLive = z.object({
  TableName: z.string(),
  TimeToLiveSpecification: z.object({
    Enabled: z.boolean(),
    AttributeName: z.string().check(z.minLength(1), z.maxLength(255)),
  }),
});

/**
 * Answers DescribeTimeToLive and UpdateTimeToLive.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
 * @returns false if the request asks for something else
 */
export async function answerTimeToLive(
  { headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  store: TimeToLiveStore,
): Promise<boolean> {
  const operation = /^DynamoDB_20120810\.(Describe|Update)TimeToLive$/.exec(String(headers['x-amz-target']))?.[1];
  if (operation === undefined) return false;
  const { status = 200, ...answer } = await (operation === 'Update' ? update : describe)(parse(body), store);
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  return true;
}

type Answer = { status?: number } & Record<string, unknown>;

async function describe(input: unknown, store: TimeToLiveStore): Promise<Answer> {
  const { data } = DescribeTimeToLive.safeParse(input);
  if (!data) return problem('ValidationException', 'expected TableName');
  const tableId = await store.tableId(data.TableName);
  if (tableId === undefined) return noTable(data.TableName);
  const AttributeName = await store.get(tableId);
  return {
    TimeToLiveDescription: AttributeName
      ? { TimeToLiveStatus: 'ENABLED', AttributeName }
      : { TimeToLiveStatus: 'DISABLED' },
  };
}

async function update(input: unknown, store: TimeToLiveStore): Promise<Answer> {
  const { data } = UpdateTimeToLive.safeParse(input);
  if (!data) {
    return problem(
      'ValidationException',
      'expected TableName and TimeToLiveSpecification with Enabled and AttributeName',
    );
  }
  const { TableName, TimeToLiveSpecification } = data;
  const { Enabled, AttributeName } = TimeToLiveSpecification;
  const tableId = await store.tableId(TableName);
  if (tableId === undefined) return noTable(TableName);
  const current = await store.get(tableId);
  if (Boolean(current) === Enabled && (!current || current === AttributeName)) {
    return problem('ValidationException', `TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`);
  }
  if (current && current !== AttributeName) {
    return problem(
      'ValidationException',
      `TimeToLive is active on a different AttributeName: current AttributeName is ${current}`,
    );
  }
  await store.put(tableId, Enabled ? AttributeName : '');
  return { TimeToLiveSpecification };
}

const noTable = (name: string) =>
  problem('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);

function problem(type: string, message: string): Answer {
  return { status: 400, __type: `com.amazonaws.dynamodb.v20120810#${type}`, message };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
