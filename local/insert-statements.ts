import type { IncomingMessage } from 'node:http';
import type { Store } from 'dynalite/db/index.js';
import * as z from 'zod/mini';
import { jsonText } from '../shared/store/item.ts';
import { type DynamoAnswer, findTable, invalid } from './dynalite-answers.ts';

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
  const inserts = jsonText(Input).safeParse(body.toString()).data?.Statements.map(readInsert);
  if (inserts === undefined || inserts.includes(undefined)) {
    return invalid(
      `expected 1 to 25 Statements, each INSERT INTO "table" VALUE {'attribute': ?, ...} with its Parameters`,
    );
  }
  const insert = async ({ TableName, Item }: Insert) => {
    const table = await findTable(store, TableName);
    const isNew = table && {
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': table.KeySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName },
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

/** Returns the error of a statement, whose codes are the names of exceptions without `Exception`, but for these two. */
function errorOf(content: object): { Code: string; Message: string } {
  const { __type = '', message = '' } = Problem.safeParse(content).data ?? {};
  const name = __type.replace(/^.*#/, '').replace(/Exception$/, '');
  return { Code: CODES[name] ?? name, Message: message };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html */
const CODES: Readonly<Record<string, string>> = {
  ConditionalCheckFailed: 'DuplicateItem',
  Validation: 'ValidationError',
};
