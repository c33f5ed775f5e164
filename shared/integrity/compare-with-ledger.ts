import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import type { ObjectRef } from '../cloudtrail/object-key.ts';
import { type FailedLogFile, readLedger, readLedgerBatch } from '../store/ledger.ts';
import { type LedgerEntry, ledgerKey, type Verification, verificationOf } from '../store/ledger-entry.ts';
import { writeVerification } from '../store/ledger-writer.ts';
import { hashesByHour, readSigned, writeSigned } from '../store/signed-hashes.ts';
import type { Digest, NamedLogFile } from './digest.ts';

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

/**
 * What comes of a log file that a signed digest names. `known`: it was verified, or failed, before; `open`: it is not ingested yet.
 */
export type Outcome = Verification | 'known' | 'open';

type SignedLogFiles = Pick<Digest, 'key' | 'logFiles'>;

const CONCURRENT_LOG_FILES = 8;

/**
 * Notes in the ledger what a signed digest says of log files, compares them with it, and marks those that failed. May be
 * interrupted anywhere and repeated.
 *
 * What is signed is noted before the entries are read. A reading that brings other content writes its hash into the entry before it
 * looks up what is noted. So one of the two sees what the other wrote.
 * @param verifiedAt ISO 8601
 */
export async function* verifyInLedger(
  ledger: Ledger,
  digest: SignedLogFiles,
  verifiedAt: string,
): AsyncGenerator<{ file: NamedLogFile; outcome: Outcome }, void, void> {
  const compared = await readCompared(ledger, digest);
  const noted = await noteInLedger(ledger, digest, verifiedAt, compared);
  const mark = { verifiedBy: digest.key, verifiedAt };
  const named = digest.logFiles.map((file) => ({ file }));
  let isLate = false;
  for await (const batch of compareWithLedger(ledger, named, (file) => [file])) {
    const one = async ({ named: { file }, comparison }: (typeof batch)[number]) => {
      const name = ledgerKey(file);
      const comparedAt = noted.has(name) ? (compared.get(name) ?? '') : undefined;
      const outcome = await markInLedger(ledger, file, comparison, mark, comparedAt);
      isLate ||= outcome === 'verified' && compared.has(name);
      return { file, outcome };
    };
    yield* await pMap(batch, one, { concurrency: CONCURRENT_LOG_FILES });
  }
  // Those that were ingested after they were noted are verified once.
  if (isLate) await noteInLedger(ledger, digest, verifiedAt, new Map());
}

/** Returns when the log files of a digest were compared with the ledger last, ISO 8601 by `bucket/key`, as is noted there. */
async function readCompared(
  { dynamo, table }: Ledger,
  { key, logFiles }: SignedLogFiles,
): Promise<ReadonlyMap<string, string>> {
  const signed = await readSigned(dynamo, table, logFiles.map(ledgerKey), true);
  const compared = logFiles.flatMap((file) => {
    const name = ledgerKey(file);
    const note = signed.get(name)?.find((one) => one.verifiedBy === key && one.signedSha256 === file.sha256);
    return note === undefined ? [] : [[name, note.verifiedAt] as const];
  });
  return new Map(compared);
}

/**
 * Notes the hashes that a digest has.
 * @param compared as `readCompared` returns it: what it has is noted
 * @returns the log files that are noted, `bucket/key`; the others must be marked in their entries
 */
async function noteInLedger(
  { dynamo, table }: Ledger,
  { key, logFiles }: SignedLogFiles,
  at: string,
  compared: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  const noted = new Set<string>();
  for (const hour of hashesByHour(key, new Map(logFiles.map((file) => [ledgerKey(file), file.sha256])))) {
    const names = [...hour.hashes.keys()];
    const isNoted = names.every((name) => compared.has(name)) || (await writeSigned(dynamo, table, hour, at));
    if (isNoted) for (const name of names) noted.add(name);
  }
  return noted;
}

/** Each lost race means that another reading of a log file was written. */
const MAX_RACES = 8;

/**
 * Decides whether a log file is verified, and marks it in the ledger if that failed, or if its hash is not noted.
 * @param comparedAt when a log file that is noted was compared last, or an empty text; undefined: it is not noted
 */
export async function markInLedger(
  { dynamo, table }: Ledger,
  file: NamedLogFile,
  found: Comparison,
  digest: { verifiedBy: string; verifiedAt: string },
  comparedAt: string | undefined,
): Promise<Outcome> {
  let comparison = found;
  for (let race = 0; race < MAX_RACES && comparison.result !== 'not-ingested'; race += 1) {
    const { result, entry } = comparison;
    if (entry.verification !== undefined && entry.signedSha256 === file.sha256) return 'known';
    // Without a hash of what was ingested there is nothing to mark.
    if (verificationOf(entry, file.sha256) === undefined) return 'open';
    if (result === 'ingested' && comparedAt !== undefined) return entry.ingestedAt > comparedAt ? 'verified' : 'known';
    const written = await writeVerification(dynamo, table, entry, { ...digest, signedSha256: file.sha256 });
    if (written !== undefined) return written;
    const again = await readLedger(dynamo, table, file);
    comparison = compare(again ? [again] : [], file);
  }
  return 'open';
}
