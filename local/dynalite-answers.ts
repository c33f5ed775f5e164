import type { Store, Table } from 'dynalite/db/index.js';

/** An answer of DynamoDB, for what dynalite does not answer; the content is sent as JSON. */
export interface DynamoAnswer {
  status: number;
  content: object;
}

export const invalid = (message: string) => problem('ValidationException', message);

export function problem(type: string, message: string): DynamoAnswer {
  return { status: 400, content: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message } };
}

/** Returns undefined if there is no such table. */
export function findTable({ getTable }: Store, name: string): Promise<Table | undefined> {
  return new Promise((resolve, reject) => {
    getTable(name, false, (error, table) => {
      if (table) resolve(table);
      else if (error?.statusCode === 400) resolve(undefined);
      else reject(error);
    });
  });
}
