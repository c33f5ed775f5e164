import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { TableDefinition } from './create-tables.ts';

/** A table in a CloudFormation template. */
export interface TableResource {
  Properties: TableDefinition;
}

/**
 * Reads the tables in serverless.yml. In the built program, this returns what it returned to build.mjs: to load a YAML parser
 * and to parse the file would take longer than to open the store.
 */
export function readTableResources(): Record<
  'EventsTable' | 'LogFilesTable' | 'EnvironmentsTable' | 'AlertStateTable',
  TableResource
> {
  // CloudFormation's tags, such as !Sub, are in parts that are not used here.
  const file = parse(readFileSync(new URL('../serverless.yml', import.meta.url), 'utf8'), { logLevel: 'error' });
  // Serverless includes the other resources from their files.
  const { EventsTable, LogFilesTable, EnvironmentsTable, AlertStateTable } = file.resources[0].Resources;
  return { EventsTable, LogFilesTable, EnvironmentsTable, AlertStateTable };
}
