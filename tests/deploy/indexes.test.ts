import { expect, test } from '@jest/globals';
import { LOCAL_TABLES } from '../../local/local-names.ts';
import { tableDefinitions } from '../../local/table-definitions.ts';

/** The indexes of the last release, by table; a release brings them up to date. */
const RELEASED: Readonly<Record<string, readonly string[]>> = {
  [LOCAL_TABLES.eventsTable]: [
    ...['byAccessKey', 'byDay', 'byEnvironment', 'byErrorCode', 'byEventName', 'byPrincipal', 'byRole', 'byUser'],
  ],
  [LOCAL_TABLES.logFilesTable]: ['byDeliveryDay', 'byListing'],
  [LOCAL_TABLES.environmentsTable]: [],
};

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
test('an update creates or deletes one index of a table at most', () => {
  for (const { TableName, GlobalSecondaryIndexes = [] } of tableDefinitions(LOCAL_TABLES)) {
    const released = RELEASED[TableName]!;
    const now = GlobalSecondaryIndexes.map(({ IndexName }) => IndexName!);
    const changed = [
      ...now.filter((name) => !released.includes(name)),
      ...released.filter((name) => !now.includes(name)),
    ];
    expect({ TableName, tooMany: changed.slice(1) }).toEqual({ TableName, tooMany: [] });
  }
});
