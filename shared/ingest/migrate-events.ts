import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { Provenance } from '../audit-event/audit-event.ts';
import { toAuditEvent } from '../audit-event/to-audit-event.ts';
import { objectRef, readLogFileKey } from '../cloudtrail/object-key.ts';
import { isoTime } from '../cloudtrail/times.ts';
import type { TableNames } from '../config.ts';
import { defined } from '../defined.ts';
import {
  listDays,
  noEnvironments,
  noteEvent,
  nothingWritten,
  type WrittenEnvironments,
  writeEnvironments,
} from '../store/environments-table.ts';
import {
  type DeliveredRecord,
  type EventVersion,
  fromEventItem,
  readDeliveredRecords,
  toVersionsItem,
} from '../store/event-item.ts';
import { itemsOfDay, newestFirst, replaceEvent } from '../store/events-table.ts';
import { type Item, StoredItemError } from '../store/item.ts';
import { SCHEMA_VERSION, schemaVersionOf } from '../store/schema-version.ts';
import { CONCURRENT_WRITES } from './store-records.ts';

/**
 * Returns the item that this schema version makes of the records in an item of an older one. It is the item that reading the log
 * files again would make, because everything is taken from a record after its secrets are masked.
 * @returns undefined if a record is not in the item: it was too big for it
 * @throws {StoredItemError}
 */
export function migratedItem(item: Item): Item | undefined {
  const versions: EventVersion[] = [];
  for (const delivered of readDeliveredRecords(item)) {
    const version = versionOf(delivered);
    if (version === undefined) return undefined;
    versions.push(version);
  }
  return toVersionsItem(newestFirst(versions));
}

function versionOf({ record, redacted, contentHash, ...delivered }: DeliveredRecord): EventVersion | undefined {
  if (record === undefined) return undefined;
  const { ingestedAt, expiresAt, backfilled, ...origin } = delivered;
  const provenance = origin as Provenance;
  const { logFile } = provenance;
  const keyAccount = logFile === undefined ? undefined : readLogFileKey(objectRef(logFile).key)?.account;
  const read = toAuditEvent(record, { ...provenance, keyAccount, now: Date.parse(ingestedAt) });
  if (read.kind !== 'event')
    throw new StoredItemError('stored-item', 'record of a stored item: expected one of an event');
  const { event } = read;
  // What was masked before is not found again, and the hash is of the record with its secrets.
  const masked = [...new Set([...redacted, ...event.redacted])];
  return { ...event, redacted: masked, contentHash, ingestedAt, ...defined({ expiresAt, backfilled }) };
}

/** Events by what became of them. */
export interface MigrationCounts {
  /** They are of this version already. */
  current: number;
  /** They were migrated or, in a dry run, would be. */
  migrated: number;
  /** Their records were too big for the table: their log files must be read again. */
  withoutRecord: number;
  /** A newer version of mwaa-trail wrote them. */
  newer: number;
  /** They are not as mwaa-trail writes them. */
  unreadable: number;
}

export interface MigrationProgress {
  day: string;
  daysDone: number;
  days: number;
  counts: Readonly<MigrationCounts>;
}

export interface MigrationDeps {
  dynamo: DynamoDBClient;
  tables: TableNames;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  isDryRun: boolean;
  /** Is called after each hundred events. */
  onProgress(progress: MigrationProgress): void;
}

/**
 * Migrates the events of a store to this schema version, day by day. It may be stopped and run again, and run beside ingestion: an
 * item that has changed since it was read stays as it is.
 */
export async function migrateEvents(deps: MigrationDeps): Promise<MigrationCounts> {
  const { dynamo, tables, isDryRun, onProgress } = deps;
  const counts: MigrationCounts = { current: 0, migrated: 0, withoutRecord: 0, newer: 0, unreadable: 0 };
  const written = nothingWritten();
  const days = await listDays(dynamo, tables.environmentsTable);
  for (const [daysDone, day] of days.entries()) {
    for await (const items of itemsOfDay(dynamo, tables.eventsTable, day)) {
      const results = items.map(migrationOf);
      for (const { kind } of results) counts[kind] += 1;
      if (!isDryRun) await writeMigrated(results, written, deps);
      onProgress({ day, daysDone, days: days.length, counts });
    }
  }
  return counts;
}

type Migration =
  | { kind: Exclude<keyof MigrationCounts, 'migrated'> }
  | { kind: 'migrated'; stored: Item; migrated: Item };

function migrationOf(stored: Item): Migration {
  try {
    const version = schemaVersionOf(stored);
    if (version === SCHEMA_VERSION) return { kind: 'current' };
    if (version > SCHEMA_VERSION) return { kind: 'newer' };
    const migrated = migratedItem(stored);
    return migrated === undefined ? { kind: 'withoutRecord' } : { kind: 'migrated', stored, migrated };
  } catch (error) {
    if (error instanceof StoredItemError) return { kind: 'unreadable' };
    throw error;
  }
}

/** Writes the environments first: this version may know the environment of an event that named none before. */
async function writeMigrated(
  migrations: readonly Migration[],
  written: WrittenEnvironments,
  { dynamo, tables, now }: MigrationDeps,
): Promise<void> {
  const migrated = migrations.filter((migration) => migration.kind === 'migrated');
  const seen = noEnvironments();
  for (const { migrated: item } of migrated) noteEvent(seen, fromEventItem(item));
  await writeEnvironments(dynamo, tables.environmentsTable, seen, isoTime(now()), written);
  const replace = ({ migrated: item, stored }: (typeof migrated)[number]) =>
    // If it has changed, a log file was read again: by this version.
    replaceEvent(dynamo, tables.eventsTable, item, stored);
  await pMap(migrated, replace, { concurrency: CONCURRENT_WRITES });
}
