import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readStatusChange } from '../audit-event/status-change.ts';
import type { Config } from '../config.ts';
import type { CarriedEvent } from '../delivery/announcement.ts';
import { writeStatusChange } from '../store/status-changes.ts';

/**
 * Stores a status change. It is no event of CloudTrail: it is not counted, verified or evidence.
 * @returns `duplicate` if the table had it before
 * @throws {TrailError} `malformed-status-change`
 */
export async function storeStatusChange(
  event: CarriedEvent,
  { dynamo, config }: { dynamo: DynamoDBClient; config: Pick<Config, 'environmentsTable' | 'retentionDays'> },
): Promise<'stored' | 'duplicate'> {
  const change = readStatusChange(event);
  const isNew = await writeStatusChange(dynamo, config.environmentsTable, change, config.retentionDays);
  return isNew ? 'stored' : 'duplicate';
}
