import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import type { TableNames } from '../shared/config.ts';
import type { TableDefinition } from './create-tables.ts';

const KeySchema = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));

/** What of a table's resource an embedded DynamoDB can take; the rest (recovery, encryption) is AWS's to do. */
const TableProperties = z.object({
  AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  KeySchema,
  TimeToLiveSpecification: z.optional(z.object({ AttributeName: z.string(), Enabled: z.boolean() })),
  GlobalSecondaryIndexes: z.optional(
    z.array(
      z.object({
        IndexName: z.string(),
        KeySchema,
        Projection: z.object({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: z.optional(z.array(z.string())),
        }),
      }),
    ),
  ),
});

const Table = z.object({ Properties: TableProperties });
const Tables = z.object({
  Resources: z.object({ EventsTable: Table, LogFilesTable: Table, EnvironmentsTable: Table }),
});
/** Other resources stand in files of their own, which Serverless puts in. */
const ServerlessFile = z.object({ resources: z.tuple([Tables], z.unknown()) });

/** The tables as serverless.yml defines them, the one source of truth, under the given names. */
export function tableDefinitions(names: TableNames): TableDefinition[] {
  tables ??= readTables();
  return [
    { TableName: names.eventsTable, ...tables.EventsTable.Properties },
    { TableName: names.logFilesTable, ...tables.LogFilesTable.Properties },
    { TableName: names.environmentsTable, ...tables.EnvironmentsTable.Properties },
  ].map(withoutAbsent) as TableDefinition[];
}

/** Of serverless.yml, read once. */
let tables: ReturnType<typeof readTables> | undefined;

function readTables() {
  const yaml = readFileSync(join(packageRoot(), 'serverless.yml'), 'utf8');
  // CloudFormation's tags, such as !Sub, stand in parts that are not needed here.
  return ServerlessFile.parse(parse(yaml, { logLevel: 'error' })).resources[0].Resources;
}

/** The folder with serverless.yml: above this file, both as source and inside the built program. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'serverless.yml'))) {
    if (folder === dirname(folder)) throw new Error('serverless.yml is missing from the mwaa-trail package');
    folder = dirname(folder);
  }
  return folder;
}

function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
