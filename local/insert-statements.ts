import type { IncomingMessage } from 'node:http';
import type { Store } from 'dynalite/db/index.js';
import * as z from 'zod/mini';

/** DynamoDB's answer to a request: JSON. */
export interface DynamoAnswer {
  status: number;
  content: object;
}

const Input = z.object({
  Statements: z
    .array(z.object({ Statement: z.string(), Parameters: z.array(z.unknown()) }))
    .check(z.minLength(1), z.maxLength(25)),
});
type Statement = z.output<typeof Input>['Statements'][number];

const Problem = z.object({ __type: z.string(), message: z.optional(z.string()) });

/**
 * Answers BatchExecuteStatement, which dynalite does not have. It knows the statements that this project sends: each inserts an item
 * whose attributes are all parameters.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
 * @param putItem sends the input of a PutItem to dynalite
 * @returns undefined if the request asks for something else
 */
export async function answerInsertStatements(
  { headers }: IncomingMessage,
  body: Buffer,
  store: Store,
  putItem: (input: object) => Promise<DynamoAnswer>,
): Promise<DynamoAnswer | undefined> {
  if (headers['x-amz-target'] !== 'DynamoDB_20120810.BatchExecuteStatement') return undefined;
  const inserts = Input.safeParse(parse(body)).data?.Statements.map(readInsert);
  if (inserts === undefined || inserts.includes(undefined)) {
    const message = `expected 1 to 25 Statements, each INSERT INTO "table" VALUE {'attribute': ?, ...} with its Parameters`;
    return { status: 400, content: { __type: 'com.amazonaws.dynamodb.v20120810#ValidationException', message } };
  }
  const insert = async ({ TableName, Item }: Insert) => {
    const hashKey = await hashKeyOf(store, TableName);
    const isNew = hashKey && {
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': hashKey },
    };
    const { status, content } = await putItem({ TableName, Item, ...isNew });
    return { TableName, ...(status === 200 ? {} : { Error: errorOf(content) }) };
  };
  const Responses = await Promise.all(inserts.map((one) => insert(one as Insert)));
  return { status: 200, content: { Responses } };
}

interface Insert {
  TableName: string;
  Item: object;
}

function readInsert({ Statement, Parameters }: Statement): Insert | undefined {
  const { table, members = '' } =
    /^INSERT INTO "(?<table>[^"]+)" VALUE \{(?<members>.*)\}$/.exec(Statement)?.groups ?? {};
  const names = members.split(', ').map((member) => /^'([^']+)': \?$/.exec(member)?.[1]);
  if (table === undefined || names.includes(undefined) || names.length !== Parameters.length) return undefined;
  return { TableName: table, Item: Object.fromEntries(names.map((name, i) => [name, Parameters[i]])) };
}

/** Returns what a statement's failure is called, without `Exception` as the others are. */
function errorOf(content: object): { Code: string; Message: string } {
  const { __type = '', message = '' } = Problem.safeParse(content).data ?? {};
  const name = __type.replace(/^.*#/, '').replace(/Exception$/, '');
  const Code = CODES[name] ?? name;
  return { Code, Message: message };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html */
const CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailed: 'DuplicateItem',
  Validation: 'ValidationError',
};

function hashKeyOf({ getTable }: Store, tableName: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    getTable(tableName, false, (_, table) => {
      resolve(table?.KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName);
    });
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
