import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TableNames } from '../shared/config.ts';
import { defined } from '../shared/defined.ts';
import type { TableDefinition } from './create-tables.ts';
import { readTableResources, type TableResource } from './table-resources.ts';

/** The tables as serverless.yml defines them, the one source of truth, under the given names. */
export function tableDefinitions(names: TableNames): TableDefinition[] {
  resources ??= readTableResources();
  const { EventsTable, LogFilesTable, EnvironmentsTable } = resources;
  return [
    tableDefinition(names.eventsTable, EventsTable),
    tableDefinition(names.logFilesTable, LogFilesTable),
    tableDefinition(names.environmentsTable, EnvironmentsTable),
  ];
}

/** The table in which the alert function remembers. */
export function stateTableDefinition(name: string): TableDefinition {
  resources ??= readTableResources();
  return tableDefinition(name, resources.AlertStateTable);
}

/** They are read once. */
let resources: ReturnType<typeof readTableResources> | undefined;

/** Leaves out what an embedded DynamoDB lacks: recovery, encryption, limits of throughput. */
function tableDefinition(TableName: string, { Properties }: TableResource): TableDefinition {
  const { AttributeDefinitions, BillingMode, KeySchema, TimeToLiveSpecification } = Properties;
  const GlobalSecondaryIndexes = Properties.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
  const required = { TableName, AttributeDefinitions, BillingMode, KeySchema };
  return { ...required, ...defined({ TimeToLiveSpecification, GlobalSecondaryIndexes }) };
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
