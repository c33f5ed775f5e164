/** `npm run tables`: creates the tables of serverless.yml, named by the functions' environment variables. */

import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { readTableNames } from '../shared/config.ts';
import { describeError, TrailError } from '../shared/errors.ts';
import { ensureTable, type TableState } from './create-tables.ts';
import { tableDefinitions } from './table-definitions.ts';

const REMARKS: Readonly<Record<TableState, string>> = {
  created: 'created',
  present: 'exists',
  unfinished: 'is being created by another process, or was left unfinished',
  different: 'exists, but with other keys or indexes than serverless.yml has',
};

try {
  const dynamo = createDynamoClient();
  for (const definition of tableDefinitions(readTableNames(process.env))) {
    const state = await ensureTable(dynamo, definition);
    process.stdout.write(`${definition.TableName} ${REMARKS[state]}\n`);
    if (state === 'unfinished' || state === 'different') process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`tables: ${error instanceof TrailError ? error.message : describeError(error)}\n`);
  process.exitCode = 1;
}
