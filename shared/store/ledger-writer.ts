import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableNames } from '../config.ts';
import { type SeenEnvironments, writeEnvironments } from './environments-table.ts';
import { readLedger, writeLedger } from './ledger.ts';
import type { LedgerEntry } from './ledger-entry.ts';

/** Looks up and closes the books of log files. */
export interface LedgerWriter {
  /** What is known of an object whose books were closed, or begun; nothing for any other. */
  find(object: { bucket: string; key: string }): Promise<LedgerEntry | undefined>;
  /**
   * Writes down which days and environments a log file showed, and then its books. When it returns, both are stored; an
   * entry is never stored without the other.
   * @returns the entry as written, with what others wrote about the log file meanwhile
   */
  close(entry: LedgerEntry, seen: SeenEnvironments): Promise<LedgerEntry>;
}

/** The books of each log file for themselves, in the ledger and the environments table. */
export function ledgerWriter(dynamo: DynamoDBClient, tables: TableNames): LedgerWriter {
  return {
    find: (object) => readLedger(dynamo, tables.logFilesTable, object),
    close: async (entry, seen) => {
      await writeEnvironments(dynamo, tables.environmentsTable, seen);
      return writeLedger(dynamo, tables.logFilesTable, entry);
    },
  };
}
