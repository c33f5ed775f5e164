import * as z from 'zod/mini';
import { s3Uri, TrailError } from '../errors.ts';
import { type Item, numberAt, requiredTextAt, textAt, textsAt, toItem } from './item.ts';
import { truncateKey } from './keys.ts';

/**
 * How the work on a log file ended; `partial`: for want of time, and it goes on from its checkpoint; `discarded`: it was
 * quarantined, and somebody has decided that it is no log file.
 */
export type LogFileState = 'ingested' | 'quarantined' | 'partial' | 'discarded';

/** The books of one log file: recordsRead = eventsStored + eventsKnown + recordsFiltered + recordsQuarantined. */
export interface LogFileCounts {
  recordsRead: number;
  /** New events, and addenda that were joined with their original. */
  eventsStored: number;
  /** Events the table had already. */
  eventsKnown: number;
  /** Records of other event sources, aggregated and Insight records, and those that somebody has discarded from quarantine. */
  recordsFiltered: number;
  recordsQuarantined: number;
}

/** No records at all. */
export const NO_COUNTS: LogFileCounts = {
  recordsRead: 0,
  eventsStored: 0,
  eventsKnown: 0,
  recordsFiltered: 0,
  recordsQuarantined: 0,
};

/** How far the storing of a log file has come: all wanted records before `nextRecord` are accounted for. */
export type Checkpoint = z.infer<typeof Checkpoint>;
const Count = z.int().check(z.nonnegative());
const Checkpoint = z.object({ nextRecord: Count, stored: Count, known: Count, skipped: Count, quarantined: Count });

/** What was discarded from the quarantine, and who did so, when and why. */
export type Discard = z.infer<typeof Discard>;
const Discard = z.object({
  /** That it had in quarantine. */
  id: z.string(),
  recordIndex: z.optional(z.int()),
  path: z.optional(z.string()),
  /** Why it was in quarantine. */
  reason: z.string(),
  /** ISO 8601. */
  discardedAt: z.string(),
  discardedBy: z.string(),
  why: z.string(),
});

export interface LedgerEntry extends LogFileCounts {
  bucket: string;
  key: string;
  state: LogFileState;
  /** Why the file was quarantined: the code, and the sentence with place and expectation. */
  reason?: string;
  detail?: string;
  /** Without quotes. */
  etag: string;
  /** Hex SHA-256 of the uncompressed bytes. */
  sha256?: string;
  compressedBytes: number;
  uncompressedBytes: number;
  /** The event sources that were kept; another choice means that the file must be read again. */
  eventSources: readonly string[];
  /** Of a file on somebody's machine: its path, as it was given. */
  path?: string;
  /** `YYYY-MM-DD`, from the key. */
  deliveryDay: string;
  account?: string;
  region: string;
  /** When S3 stored the object; ISO 8601. */
  deliveredAt?: string;
  ingestedAt: string;
  /** Only with the state `partial`. */
  checkpoint?: Checkpoint;
  /** Positions of records that were quarantined, and have been replayed since: the books count them where they went. */
  replayedRecords?: readonly number[];
  /** What somebody has discarded of it from the quarantine: the log file, or records of it. */
  discards?: readonly Discard[];
  /** What a signed digest said of the content that was ingested; absent: no digest was checked against it yet. */
  verification?: Verification;
  /** The key of the digest that names the log file. */
  verifiedBy?: string;
  /** ISO 8601. */
  verifiedAt?: string;
  /** The hash that this digest has of it. */
  signedSha256?: string;
  /** The hashes of what was ingested under this name before, where they differ: events of it may be in the table. */
  otherSha256?: readonly string[];
  /** Counts the readings and verifications that were written; absent before the first. */
  revision?: number;
}

/** Whether the digest's hash is that of the content that was ingested, all of it. */
export type Verification = 'verified' | 'failed';

/** Why a log file that failed its verification is a problem. */
export const NOT_AS_SIGNED = 'not-as-signed';

/** What a signed digest says of a log file. */
export interface SignedHash {
  signedSha256: string;
  verifiedBy: string;
  verifiedAt: string;
}

/** The hashes of everything that was ever ingested under the name of a log file. */
type IngestedHashes = Pick<LedgerEntry, 'sha256' | 'otherSha256'>;

/**
 * Whether the content that was ingested of a log file is what CloudTrail signed: of everything that ever was ingested under
 * its name, nothing may have another hash. This is the only definition; the verify function and the verify command share it.
 * @returns undefined if nothing was ingested
 */
export function verificationOf(
  { sha256, otherSha256 = [] }: IngestedHashes,
  signedSha256: string,
): Verification | undefined {
  const ingested = [...(sha256 === undefined ? [] : [sha256]), ...otherSha256];
  if (ingested.some((hash) => hash !== signedSha256)) return 'failed';
  return ingested.length === 0 ? undefined : 'verified';
}

/** What the entry of a log file says of a signed hash; a file that is, or was, in quarantine keeps the reason why. */
export function verificationMark(
  entry: IngestedHashes & { state: LogFileState },
  signed: SignedHash,
): SignedHash & Pick<LedgerEntry, 'verification' | 'reason' | 'detail'> {
  const verification = verificationOf(entry, signed.signedSha256);
  if (verification !== 'failed') return { ...signed, ...(verification && { verification }) };
  if (entry.state === 'quarantined' || entry.state === 'discarded') return { ...signed, verification };
  const detail = 'expected the content of which CloudTrail signed the hash, ingested other content';
  return { ...signed, verification, reason: NOT_AS_SIGNED, detail };
}

/**
 * The entry of another reading of a log file, with what has to be kept of the entry before: the hashes of what was ingested,
 * what a digest said of them, and what was discarded.
 */
export function withHistory(reading: LedgerEntry, before: LedgerEntry | undefined): LedgerEntry {
  const {
    verification: _,
    verifiedBy: __,
    verifiedAt: ___,
    signedSha256: ____,
    otherSha256: _____,
    discards: ______,
    ...entry
  } = reading;
  if (entry.reason === NOT_AS_SIGNED) {
    delete entry.reason;
    delete entry.detail;
  }
  entry.revision = (before?.revision ?? 0) + 1;
  if (before === undefined) return entry;
  const hashes = new Set([...(before.otherSha256 ?? []), ...(before.sha256 === undefined ? [] : [before.sha256])]);
  if (entry.sha256 !== undefined) hashes.delete(entry.sha256);
  const kept = {
    ...entry,
    ...(hashes.size === 0 ? {} : { otherSha256: [...hashes] }),
    ...(before.discards === undefined ? {} : { discards: before.discards }),
  };
  const { signedSha256, verifiedBy, verifiedAt } = before;
  if (signedSha256 === undefined || verifiedBy === undefined || verifiedAt === undefined) return kept;
  return { ...kept, ...verificationMark(kept, { signedSha256, verifiedBy, verifiedAt }) };
}

const BOOKS = [
  'recordsRead',
  'eventsStored',
  'eventsKnown',
  'recordsFiltered',
  'recordsQuarantined',
] as const satisfies readonly (keyof LogFileCounts)[];

/** What is listed apart from the log files, in the index byListing. */
export const WATERMARKS = 'watermarks';
export const PROBLEMS = 'problems';
export const DISCARDS = 'discards';
/** Longest sort key, in UTF-8 bytes. DynamoDB quota. */
const MAX_SORT_KEY_BYTES = 1024;

/** Only the books of a ledger entry. */
export function countsOf({
  recordsRead,
  eventsStored,
  eventsKnown,
  recordsFiltered,
  recordsQuarantined,
}: LogFileCounts): LogFileCounts {
  return { recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined };
}

/** @throws {TrailError} `key-too-long`; CloudTrail's own keys are far below the limit */
export function ledgerKey(object: { bucket: string; key: string }): string {
  const key = `${object.bucket}/${object.key}`;
  if (Buffer.byteLength(key) <= MAX_SORT_KEY_BYTES) return key;
  throw new TrailError(
    'key-too-long',
    `${s3Uri(object)}: expected at most ${MAX_SORT_KEY_BYTES} bytes of bucket and key`,
  );
}

export function toLedgerItem(entry: LedgerEntry): Item {
  const { bucket, key, checkpoint, replayedRecords, discards, ...others } = entry;
  return toItem({
    logFile: ledgerKey(entry),
    bucket,
    objectKey: key,
    ...others,
    checkpoint: checkpoint && JSON.stringify(checkpoint),
    replayedRecords: replayedRecords?.map(String),
    discards: discards?.map((discard) => JSON.stringify(discard)),
    ...listingOf(entry),
  });
}

/** Where a log file is listed apart from the others, if anywhere. */
export function listingOf(entry: LedgerEntry): { listing?: string; listingKey?: string } {
  const { state, recordsQuarantined, verification, discards } = entry;
  const isWhole = (state === 'ingested' || state === 'discarded') && recordsQuarantined === 0;
  if (!isWhole || verification === 'failed') return problemListing(entry);
  const last = discards?.at(-1);
  if (last === undefined) return {};
  return { listing: DISCARDS, listingKey: truncateKey(`${last.discardedAt}/${ledgerKey(entry)}`, MAX_SORT_KEY_BYTES) };
}

export function fromLedgerItem(item: Item): LedgerEntry {
  const optional = (name: string) => {
    const value = textAt(item, name);
    return value === undefined ? {} : { [name]: value };
  };
  return {
    bucket: requiredTextAt(item, 'bucket'),
    key: requiredTextAt(item, 'objectKey'),
    state: requiredTextAt(item, 'state') as LogFileState,
    etag: requiredTextAt(item, 'etag'),
    compressedBytes: numberAt(item, 'compressedBytes') ?? 0,
    uncompressedBytes: numberAt(item, 'uncompressedBytes') ?? 0,
    eventSources: textsAt(item, 'eventSources'),
    deliveryDay: requiredTextAt(item, 'deliveryDay'),
    region: requiredTextAt(item, 'region'),
    ingestedAt: requiredTextAt(item, 'ingestedAt'),
    ...(Object.fromEntries(BOOKS.map((name) => [name, numberAt(item, name) ?? 0])) as unknown as LogFileCounts),
    ...optional('reason'),
    ...optional('detail'),
    ...optional('path'),
    ...optional('sha256'),
    ...optional('account'),
    ...optional('deliveredAt'),
    ...optional('verification'),
    ...optional('verifiedBy'),
    ...optional('verifiedAt'),
    ...optional('signedSha256'),
    ...(item.otherSha256 === undefined ? {} : { otherSha256: textsAt(item, 'otherSha256') }),
    ...(item.revision === undefined ? {} : { revision: numberAt(item, 'revision') ?? 0 }),
    ...(item.discards === undefined ? {} : { discards: textsAt(item, 'discards').map(readDiscard) }),
    ...readCheckpoint(textAt(item, 'checkpoint')),
    ...readReplayedRecords(textsAt(item, 'replayedRecords')),
  };
}

function readCheckpoint(json: string | undefined): { checkpoint?: Checkpoint } {
  return json === undefined ? {} : { checkpoint: Checkpoint.parse(JSON.parse(json)) };
}

function readDiscard(json: string): Discard {
  return Discard.parse(JSON.parse(json));
}

function readReplayedRecords(positions: readonly string[]): { replayedRecords?: readonly number[] } {
  return positions.length === 0 ? {} : { replayedRecords: positions.map(Number) };
}

export function problemListing(file: Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay'>) {
  const listingKey = truncateKey(`${file.deliveryDay}/${ledgerKey(file)}`, MAX_SORT_KEY_BYTES);
  return { listing: PROBLEMS, listingKey };
}
