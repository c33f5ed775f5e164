import * as z from 'zod/mini';
import { type ObjectRef, objectName } from '../cloudtrail/object-key.ts';
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

/** How much of a log file is stored: all wanted records before `nextRecord` are counted. */
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

/** Whether everything that was ingested has the hash in a signed digest. */
export type Verification = z.output<typeof Verification>;
export const Verification = z.enum(['verified', 'failed']);

/** What every entry has. */
const COMMON = {
  bucket: z.string(),
  objectKey: z.string(),
  /** Without quotes. */
  etag: z.string(),
  /** The event sources that were kept. For others, the file must be read again. */
  eventSources: z._default(z.array(z.string()), []),
  /** Of the events that were made of it. For another version, the file must be read again. */
  schemaVersion: z._default(z.int(), 1),
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

  /** Other hashes of what was ingested under this name before, whose events may be in the table. */
  otherSha256: z.optional(z.array(z.string())),
  /** What was discarded from quarantine: the log file, or records of it. */
  discards: z.optional(z.array(jsonText(Discard))),
  /** `failed`; `verified` only where it is not noted for the hour of delivery (shared/store/signed-hashes.ts). */
  verification: z.optional(Verification),
  /** The key of the digest that names the log file. */
  verifiedBy: Text,
  /** ISO 8601. */
  verifiedAt: Text,
  /** The hash in that digest. */
  signedSha256: Text,
  /** Counts the changes of the entry; earlier versions did not. */
  revision: z.optional(z.int()),
};
/** `not-as-signed`, and a sentence, if the verification failed. */
const MISMATCH = { reason: Text, detail: Text };
/** Stored in every entry; 0 unless the log file is ingested. */
const SIZES = { compressedBytes: CountOrNone, uncompressedBytes: CountOrNone };

const StoredEntry = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('ingested'),
    ...COMMON,
    ...MISMATCH,
    ...LogFileCounts.shape,
    ...SIZES,
    /** Positions of quarantined records that were replayed since. The counts include them where the replay brought them. */
    replayedRecords: z.optional(
      z.array(z.codec(z.string(), z.int(), { decode: Number, encode: (position) => String(position) })),
    ),
  }),
  // Discarded: it was quarantined, and somebody decided that it is no log file.
  z.object({ state: z.enum(['quarantined', 'discarded']), ...COMMON, reason: z.string(), detail: z.string() }),
  // Time ran out: the next delivery continues from the checkpoint.
  z.object({ state: z.literal('partial'), ...COMMON, ...MISMATCH, checkpoint: jsonText(Checkpoint) }),
]);

/** Attributes with the object's key as `key`, which is a reserved word in DynamoDB. */
export type Named<T> = T extends unknown ? Omit<T, 'objectKey'> & { key: string } : never;
export const named = <T extends { objectKey: string }>({ objectKey: key, ...others }: T) =>
  ({ ...others, key }) as Named<T>;

/** What the ledger has on a log file, by how its last reading ended. */
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

/** The listings of the index byListing. */
export const WATERMARKS = 'watermarks';
export const PROBLEMS = 'problems';
export const DISCARDS = 'discards';
/** Longest sort key, in UTF-8 bytes. DynamoDB quota. */
const MAX_SORT_KEY_BYTES = 1024;

/** Whether a `bucket/key` can be a key of the ledger. */
export const isLedgerKey = (name: string): boolean => Buffer.byteLength(name) <= MAX_SORT_KEY_BYTES;

/** @throws {TrailError} `key-too-long`; CloudTrail's own keys are far below the limit */
export function ledgerKey(object: ObjectRef): string {
  const key = objectName(object);
  if (isLedgerKey(key)) return key;
  throw new TrailError(
    'key-too-long',
    `${s3Uri(object)}: expected at most ${MAX_SORT_KEY_BYTES} bytes of bucket and key`,
  );
}

/** Returns the listing of a log file, if it has one. */
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
export const NOT_AS_SIGNED_DETAIL = 'expected the content whose hash CloudTrail signed, ingested other content';

/** What a signed digest says of a log file. */
export interface SignedHash {
  signedSha256: string;
  verifiedBy: string;
  verifiedAt: string;
}

/** The hashes of everything that was ever ingested under the name of a log file. */
type IngestedHashes = Pick<LedgerEntry, 'sha256' | 'otherSha256'>;

/**
 * Whether what was ingested is what CloudTrail signed: nothing that was ever ingested under the log file's name may have another
 * hash. The verify function and the verify command share this definition.
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

/** Returns what an entry says of a signed hash. A quarantined or discarded file keeps its reason. */
export function verificationMark(
  entry: IngestedHashes & Pick<LedgerEntry, 'state'>,
  signed: SignedHash,
): SignedHash & { verification?: Verification; reason?: string; detail?: string } {
  const mark = { ...signed, ...defined({ verification: verificationOf(entry, signed.signedSha256) }) };
  if (mark.verification !== 'failed' || entry.state === 'quarantined' || entry.state === 'discarded') return mark;
  return { ...mark, reason: NOT_AS_SIGNED, detail: NOT_AS_SIGNED_DETAIL };
}

/** Whether a signed digest has the hash of everything that was ingested under the name of a log file. */
export interface EventVerification {
  /** `pending`: no digest was compared with the log file yet; `no-log-file`: the event is provisional. */
  verification: Verification | 'pending' | 'no-log-file';
  /** The key of the digest that names the log file. */
  verifiedBy?: string;
  /** ISO 8601. */
  verifiedAt?: string;
}

/**
 * Returns the verification of an entry.
 * @param signed what is noted of its log file, what was noted first before the others
 */
export function entryVerification(
  entry: IngestedHashes & Pick<LedgerEntry, 'verification' | 'verifiedBy' | 'verifiedAt'>,
  signed: readonly SignedHash[],
): EventVerification {
  const { verification, verifiedBy, verifiedAt } = entry;
  const noted = (wanted: Verification) => {
    const by = signed.find(({ signedSha256 }) => verificationOf(entry, signedSha256) === wanted);
    return by && { verification: wanted, verifiedBy: by.verifiedBy, verifiedAt: by.verifiedAt };
  };
  const own = verification && { verification, ...defined({ verifiedBy, verifiedAt }) };
  if (own?.verification === 'failed') return own;
  return noted('failed') ?? own ?? noted('verified') ?? { verification: 'pending' };
}

/** Returns the entry of a new reading with the history: the hashes of what was ingested, a digest's verdict, and discards. */
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
