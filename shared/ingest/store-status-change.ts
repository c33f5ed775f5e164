import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readStatusChange } from '../audit-event/status-change.ts';
import type { Config } from '../config.ts';
import type { CarriedEvent } from '../delivery/announcement.ts';
import { writeStatusChange } from '../store/status-changes.ts';

/** What became of a status change. `duplicate`: the table had it before. */
export interface StatusChangeReport {
  outcome: 'stored' | 'duplicate';
  account: string;
  region: string;
}

/**
 * Stores a status change. It is no event of CloudTrail: it is not counted, verified or evidence.
 * @throws {TrailError} `malformed-status-change`
 */
export async function storeStatusChange(
  event: CarriedEvent,
  { dynamo, config }: { dynamo: DynamoDBClient; config: Pick<Config, 'environmentsTable' | 'retentionDays'> },
): Promise<StatusChangeReport> {
  const change = readStatusChange(event);
  const isNew = await writeStatusChange(dynamo, config.environmentsTable, change, config.retentionDays);
  return { outcome: isNew ? 'stored' : 'duplicate', account: event.account, region: event.region };
}
