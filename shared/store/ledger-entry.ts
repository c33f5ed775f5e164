import * as z from 'zod/mini';
import { defined } from '../defined.ts';
import { s3Uri, TrailError } from '../errors.ts';
import { type Item, jsonText, readItem, toItem } from './item.ts';
import { truncateKey } from './keys.ts';

const Count = z.int().check(z.nonnegative());
const CountOrNone = z._default(Count, 0);
const Text = z.optional(z.string());

/** The counts of one log file: recordsRead = eventsStored + eventsKnown + recordsFiltered + recordsQuarantined. */
export type LogFileCounts = z.output<typeof LogFileCounts>;
const LogFileCounts = z.object({
  recordsRead: CountOrNone,
  /** New events, and addenda that were joined with their original. */
  eventsStored: CountOrNone,
  /** Duplicates: events that the table had already. */
  eventsKnown: CountOrNone,
  /** Records of other event sources, aggregated and Insight records, and those that were discarded from quarantine. */
  recordsFiltered: CountOrNone,
  recordsQuarantined: CountOrNone,
});

/** No records at all. */
export const NO_COUNTS: LogFileCounts = LogFileCounts.parse({});

/** Returns only the counts of an entry. */
export const countsOf = (entry: LogFileCounts): LogFileCounts => LogFileCounts.parse(entry);

/** How far the storing of a log file has come: all wanted records before `nextRecord` are accounted for. */
export type Checkpoint = z.output<typeof Checkpoint>;
const Checkpoint = z.object({ nextRecord: Count, stored: Count, known: Count, skipped: Count, quarantined: Count });

/** What was discarded from quarantine, and who did so, when and why. */
export type Discard = z.output<typeof Discard>;
const Discard = z.object({
  /** Its ID in quarantine. */
  id: z.string(),
  recordIndex: z.optional(z.int()),
  path: Text,
  /** Why it was quarantined. */
  reason: z.string(),
  /** ISO 8601. */
  discardedAt: z.string(),
  discardedBy: z.string(),
  why: z.string(),
});

/** Whether the hash in a signed digest is that of the content that was ingested, all of it. */
export type Verification = z.output<typeof Verification>;
export const Verification = z.enum(['verified', 'failed']);

/** What every entry says of its log file, and what is kept of it from one reading to the next. */
const COMMON = {
  bucket: z.string(),
  objectKey: z.string(),
  /** Without quotes. */
  etag: z.string(),
  /** The event sources that were kept; another choice means that the file must be read again. */
  eventSources: z._default(z.array(z.string()), []),
  /** The path of a local file, as it was given. */
  path: Text,
  /** `YYYY-MM-DD`, from the key. */
  deliveryDay: z.string(),
  account: Text,
  region: z.string(),
  /** When S3 stored the object; ISO 8601. */
  deliveredAt: Text,
  ingestedAt: z.string(),
  /** Hex SHA-256 of the uncompressed bytes. */
  sha256: Text,

  /** The hashes of what was ingested under this name before, where they differ: events of it may be in the table. */
  otherSha256: z.optional(z.array(z.string())),
  /** What was discarded of it from quarantine: the log file, or records of it. */
  discards: z.optional(z.array(jsonText(Discard))),
  /** What a signed digest says of the content that was ingested; absent: no digest was compared with it yet. */
  verification: z.optional(Verification),
  /** The key of the digest that names the log file. */
  verifiedBy: Text,
  /** ISO 8601. */
  verifiedAt: Text,
  /** The hash in this digest. */
  signedSha256: Text,
  /** Counts the changes of the entry; absent before the first. */
  revision: z.optional(z.int()),
};
/** `not-as-signed`, and a sentence, if the verification failed. */
const MISMATCH = { reason: Text, detail: Text };
/** Stored in every entry; beside those of an ingested log file they are all 0. */
const SIZES = { compressedBytes: CountOrNone, uncompressedBytes: CountOrNone };

const StoredEntry = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('ingested'),
    ...COMMON,
    ...MISMATCH,
    ...LogFileCounts.shape,
    ...SIZES,
    /** Positions of records that were quarantined and have been replayed since: the counts have them where they went. */
    replayedRecords: z.optional(
      z.array(z.codec(z.string(), z.int(), { decode: Number, encode: (position) => String(position) })),
    ),
  }),
  // Discarded: it was quarantined, and somebody has decided that it is no log file.
  z.object({ state: z.enum(['quarantined', 'discarded']), ...COMMON, reason: z.string(), detail: z.string() }),
  // Time ran out: the next delivery goes on from the checkpoint.
  z.object({ state: z.literal('partial'), ...COMMON, ...MISMATCH, checkpoint: jsonText(Checkpoint) }),
]);

/** Attributes with the key of the object under its usual name; in DynamoDB `key` is a reserved word. */
export type Named<T> = T extends unknown ? Omit<T, 'objectKey'> & { key: string } : never;
export const named = <T extends { objectKey: string }>({ objectKey: key, ...others }: T) =>
  ({ ...others, key }) as Named<T>;

/** What the ledger has on a log file, by how the last reading of it ended. */
export type LedgerEntry = Named<z.output<typeof StoredEntry>>;
export type IngestedEntry = Extract<LedgerEntry, { state: 'ingested' }>;

export function toLedgerItem({ key, ...entry }: LedgerEntry): Item {
  const attributes = z.encode(StoredEntry, { ...entry, objectKey: key } as z.output<typeof StoredEntry>);
  return toItem({
    logFile: ledgerKey({ ...entry, key }),
    ...NO_COUNTS,
    compressedBytes: 0,
    uncompressedBytes: 0,
    ...attributes,
    ...listingOf({ key, ...entry } as LedgerEntry),
  });
}

/** @throws {StoredItemError} */
export function fromLedgerItem(item: Item): LedgerEntry {
  return named(readItem(StoredEntry, item));
}

/** What is listed apart from the log files, in the index byListing. */
export const WATERMARKS = 'watermarks';
export const PROBLEMS = 'problems';
export const DISCARDS = 'discards';
/** Longest sort key, in UTF-8 bytes. DynamoDB quota. */
const MAX_SORT_KEY_BYTES = 1024;

/** @throws {TrailError} `key-too-long`; CloudTrail's own keys are far below the limit */
export function ledgerKey(object: { bucket: string; key: string }): string {
  const key = `${object.bucket}/${object.key}`;
  if (Buffer.byteLength(key) <= MAX_SORT_KEY_BYTES) return key;
  throw new TrailError(
    'key-too-long',
    `${s3Uri(object)}: expected at most ${MAX_SORT_KEY_BYTES} bytes of bucket and key`,
  );
}

/** Returns where a log file is listed apart from the others, if anywhere. */
function listingOf(entry: LedgerEntry): { listing?: string; listingKey?: string } {
  const isWhole = entry.state === 'discarded' || (entry.state === 'ingested' && entry.recordsQuarantined === 0);
  if (!isWhole || entry.verification === 'failed') return problemListing(entry);
  const last = entry.discards?.at(-1);
  if (last === undefined) return {};
  return { listing: DISCARDS, listingKey: truncateKey(`${last.discardedAt}/${ledgerKey(entry)}`, MAX_SORT_KEY_BYTES) };
}

export function problemListing(file: Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay'>) {
  const listingKey = truncateKey(`${file.deliveryDay}/${ledgerKey(file)}`, MAX_SORT_KEY_BYTES);
  return { listing: PROBLEMS, listingKey };
}

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
  entry: IngestedHashes & Pick<LedgerEntry, 'state'>,
  signed: SignedHash,
): SignedHash & { verification?: Verification; reason?: string; detail?: string } {
  const mark = { ...signed, ...defined({ verification: verificationOf(entry, signed.signedSha256) }) };
  if (mark.verification !== 'failed' || entry.state === 'quarantined' || entry.state === 'discarded') return mark;
  const detail = 'expected the content of which CloudTrail signed the hash, ingested other content';
  return { ...mark, reason: NOT_AS_SIGNED, detail };
}

/**
 * Returns the entry of a new reading with what is kept of the entry before: the hashes of what was ingested, what a digest
 * said of them, and what was discarded.
 */
export function withHistory(reading: LedgerEntry, before: LedgerEntry | undefined): LedgerEntry {
  const revision = (before?.revision ?? 0) + 1;
  if (before === undefined) return { ...reading, revision };
  const { sha256, discards, signedSha256, verifiedBy = '', verifiedAt = '' } = before;
  const hashes = new Set([...(before.otherSha256 ?? []), ...(sha256 === undefined ? [] : [sha256])]);
  hashes.delete(reading.sha256 ?? '');
  const otherSha256 = hashes.size === 0 ? undefined : [...hashes];
  const entry: LedgerEntry = { ...reading, revision, ...defined({ otherSha256, discards }) };
  if (signedSha256 === undefined) return entry;
  return { ...entry, ...verificationMark(entry, { signedSha256, verifiedBy, verifiedAt }) };
}
