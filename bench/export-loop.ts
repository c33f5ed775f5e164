/**
 * The plain way to read all events and write them: what `mwaa-trail export` is compared with. Query, BatchGetItem, and each item
 * as it is into one file a day, as lines of JSON or by the same Parquet library. Prints how many.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type AttributeValue, BatchGetItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { parquetWriteFile } from 'hyparquet-writer';

const [table = '', out = '', format = ''] = process.argv.slice(2);
const dynamo = new DynamoDBClient({});
const ROWS = 10_000;

type Value = string | number | boolean | readonly unknown[] | undefined;
function plain(value: AttributeValue): Value {
  if (value.B !== undefined) return gunzipSync(value.B).toString();
  if (value.L !== undefined) return value.L.map(plain);
  return value.S ?? value.BOOL ?? Number(value.N);
}

function flat(item: Record<string, AttributeValue>): Record<string, Value> {
  const { listed, ...own } = item;
  const entries = Object.entries({ ...own, ...listed?.M });
  return Object.fromEntries(entries.map(([name, value]) => [name, plain(value)]));
}

let files = 0;
function write(day: string, rows: Record<string, Value>[]): void {
  if (format === 'ndjson') {
    appendFileSync(join(out, `${day}.ndjson`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return;
  }
  files += 1;
  const names = [...new Set(rows.flatMap(Object.keys))];
  const columnData = names.map((name) => {
    const data = rows.map((row) => {
      const value = row[name];
      return typeof value === 'object' ? JSON.stringify(value) : value;
    });
    const type = typeof data.find((value) => value !== undefined);
    return { name, data, type: type === 'boolean' ? 'BOOLEAN' : type === 'number' ? 'DOUBLE' : 'STRING' } as const;
  });
  parquetWriteFile({ filename: join(out, `${day}-${files}.parquet`), columnData, rowGroupSize: ROWS });
}

async function run(): Promise<void> {
  mkdirSync(out, { recursive: true });
  let count = 0;
  const days = await dynamo.send(new QueryCommand({ TableName: `${table.slice(0, -6)}environments` }));
  for (const { environmentKey } of days.Items ?? []) {
    const day = environmentKey?.S ?? '';
    let rows: Record<string, Value>[] = [];
    if (format === 'ndjson') writeFileSync(join(out, `${day}.ndjson`), '');
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const page = await dynamo.send(
        new QueryCommand({
          ...{ TableName: table, IndexName: 'byDay', KeyConditionExpression: '#day = :day', ExclusiveStartKey },
          ...{ ProjectionExpression: 'eventId', ExpressionAttributeNames: { '#day': 'day' } },
          ExpressionAttributeValues: { ':day': { S: day } },
        }),
      );
      const Keys = page.Items ?? [];
      for (let start = 0; start < Keys.length; start += 100) {
        const request = { [table]: { Keys: Keys.slice(start, start + 100) } };
        const answer = await dynamo.send(new BatchGetItemCommand({ RequestItems: request }));
        for (const item of answer.Responses?.[table] ?? []) rows.push(flat(item));
        if (rows.length >= ROWS) {
          count += rows.length;
          write(day, rows);
          rows = [];
        }
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    count += rows.length;
    if (rows.length > 0) write(day, rows);
  }
  process.stdout.write(`${count}\n`);
}

void run();
