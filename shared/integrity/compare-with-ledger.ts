import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { type FailedLogFile, readLedger, readLedgerBatch } from '../store/ledger.ts';
import { type LedgerEntry, ledgerKey, type Verification, verificationOf } from '../store/ledger-entry.ts';
import { writeVerification } from '../store/ledger-writer.ts';
import type { NamedLogFile } from './digest.ts';

/** The table of the ledger. */
export interface Ledger {
  dynamo: DynamoDBClient;
  table: string;
}

/** How what was ingested of a log file compares with what CloudTrail signed. */
export type Comparison =
  /** Other content was ingested under its name, now or before; events of it may be in the table. */
  | { result: 'differs'; entry: LedgerEntry }
  | { result: 'ingested'; entry: LedgerEntry }
  /** `entry`: what the ledger has nevertheless. */
  | { result: 'not-ingested'; entry: LedgerEntry | FailedLogFile | undefined };

/** Log files that are compared together. */
const BATCH = 100;

/**
 * Compares log files that signed digests name with the ledger, in batches to bound memory.
 * @param namesOf the names that a log file can have in the ledger
 */
export async function* compareWithLedger<T extends { file: NamedLogFile }>(
  { dynamo, table }: Ledger,
  named: readonly T[],
  namesOf: (file: NamedLogFile) => ObjectRef[],
): AsyncGenerator<{ named: T; comparison: Comparison }[]> {
  for (let start = 0; start < named.length; start += BATCH) {
    const batch = named.slice(start, start + BATCH);
    const found = await readLedgerBatch(
      dynamo,
      table,
      batch.flatMap(({ file }) => namesOf(file)),
    );
    yield batch.map((each) => {
      const entries = namesOf(each.file).flatMap((name) => found.get(ledgerKey(name)) ?? []);
      return { named: each, comparison: compare(entries, each.file) };
    });
  }
}

function compare(found: readonly (LedgerEntry | FailedLogFile)[], { sha256 }: NamedLogFile): Comparison {
  const entries = found.filter((entry): entry is LedgerEntry => entry.state !== 'failed');
  const different = entries.find((entry) => verificationOf(entry, sha256) === 'failed');
  if (different) return { result: 'differs', entry: different };
  const ingested = entries.find(({ state }) => state === 'ingested');
  return ingested ? { result: 'ingested', entry: ingested } : { result: 'not-ingested', entry: found[0] };
}

/** Each lost race means that another reading of a log file was written. */
const MAX_RACES = 8;

/**
 * Marks a log file in the ledger as verified or failed.
 * @returns `known`: it was marked so before; `open`: it is not ingested yet
 */
export async function markInLedger(
  { dynamo, table }: Ledger,
  file: NamedLogFile,
  found: Comparison,
  digest: { verifiedBy: string; verifiedAt: string },
): Promise<Verification | 'known' | 'open'> {
  let comparison = found;
  for (let race = 0; race < MAX_RACES && comparison.result !== 'not-ingested'; race += 1) {
    const { entry } = comparison;
    if (entry.verification !== undefined && entry.signedSha256 === file.sha256) return 'known';
    // Without a hash of what was ingested there is nothing to mark.
    if (verificationOf(entry, file.sha256) === undefined) return 'open';
    const written = await writeVerification(dynamo, table, entry, { ...digest, signedSha256: file.sha256 });
    if (written !== undefined) return written;
    const again = await readLedger(dynamo, table, file);
    comparison = compare(again ? [again] : [], file);
  }
  return 'open';
}
