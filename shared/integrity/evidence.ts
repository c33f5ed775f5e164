import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { type ObjectRef, readLogFileKey, trailPath } from '../cloudtrail/object-key.ts';
import { defined } from '../defined.ts';
import { describeError, s3Uri, TrailError } from '../errors.ts';
import { type RecordBatch, readLogFile } from '../log-file/read-log-file.ts';
import type { DeliveredEvent } from '../store/event-item.ts';
import { SCHEMA_VERSION } from '../store/schema-version.ts';
import { checkEvent, checkRecord } from './check-event.ts';
import { checkDigest, type DigestFile, type ExaminedDigest } from './examine-digest.ts';
import { checkLogFile } from './log-file-hash.ts';
import { givenKeys, type KeysByRegion, type PublicKeySource, readPublicKeys, writePublicKeys } from './public-keys.ts';

/** Everything that proves an event: its item in the table, its log file, and the digests that prove the log file. */
export interface Evidence {
  event: DeliveredEvent;
  /** The version of the rules that made the event's attributes. */
  schemaVersion: number;
  logFile: ObjectRef & { bytes: Uint8Array };
  /** The one that names the log file, then each one's predecessor. */
  digests: DigestFile[];
  publicKeys: KeysByRegion;
}

/** What the verification of evidence showed. */
export interface EvidenceReport {
  eventId: string;
  logFile: string;
  /** Whether the event's attributes were compared, or only its record: they are of another schema version. */
  compared: 'event' | 'record';
  /** The number of digests, the time that they cover, and whether they reach back to the start of their chain. */
  digests: number;
  from?: string;
  to?: string;
  reachesStart: boolean;
  /** Fingerprints of the keys with which they are signed. */
  fingerprints: string[];
  /** What is wrong; sentences that name the part and the expectation. */
  problems: string[];
}

const FORMAT = 'mwaa-trail-evidence-1';
const NOTE =
  'Contains unredacted text: the log file is as CloudTrail delivered it, with whatever secrets its records have. Keep it to those who may see all of them.';

const Place = { bucket: z.string(), key: z.string(), bytes: z.string() };
const BUNDLE = z.object({
  format: z.literal(FORMAT),
  note: z.literal(NOTE),
  // The first version did not write it.
  schemaVersion: z.optional(z.int()),
  event: z.record(z.string(), z.unknown()),
  logFile: z.object(Place),
  digests: z.array(z.object({ ...Place, metadata: z.record(z.string(), z.string()) })),
  publicKeys: z.unknown(),
  sha256: z.string(),
});

/**
 * Returns evidence as the text of a file: JSON, with the files in base64. The last member is the SHA-256 of everything before
 * it, which detects damage; the signatures of the digests detect forgery.
 */
export function writeEvidence({ event, schemaVersion, logFile, digests, publicKeys }: Evidence): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return sealed({
    format: FORMAT,
    note: NOTE,
    schemaVersion,
    event,
    logFile: { bucket: logFile.bucket, key: logFile.key, bytes: base64(logFile.bytes) },
    digests: digests.map(({ bucket, key, bytes, metadata }) => ({ bucket, key, bytes: base64(bytes), metadata })),
    publicKeys: JSON.parse(writePublicKeys(publicKeys)),
  });
}

function sealed(content: object): string {
  const sha256 = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return `${JSON.stringify({ ...content, sha256 }, null, 1)}\n`;
}

/**
 * Reads an evidence bundle. Every byte must be as it was written.
 * @throws {TrailError} `evidence`, if it is not
 */
export function readEvidence(text: string): Evidence {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged('an evidence bundle, JSON that the command evidence wrote');
  }
  const read = BUNDLE.safeParse(json);
  if (!read.success) throw damaged(`an evidence bundle; ${read.error.issues[0]?.path.join('.') || 'the whole'} is not`);
  const { sha256: _, ...content } = read.data;
  if (sealed(content) !== text) throw damaged('every byte as it was written: it was changed, or damaged');
  const { event, schemaVersion = 1, logFile, digests, publicKeys } = content;
  const bytesOf = <T extends { bytes: string }>(file: T) => ({ ...file, bytes: Buffer.from(file.bytes, 'base64') });
  return {
    event: event as unknown as DeliveredEvent,
    schemaVersion,
    logFile: bytesOf(logFile),
    digests: digests.map(bytesOf),
    publicKeys: readPublicKeys(JSON.stringify(publicKeys)),
  };
}

/**
 * Verifies evidence, without a network: the event is what the log file says (its record alone, if its attributes are of
 * another schema version), a signed digest has the log file's hash, and
 * each digest names the hash and signature of its predecessor.
 * @param trusted public keys to trust instead of those in the evidence
 */
export async function verifyEvidence(evidence: Evidence, trusted?: PublicKeySource): Promise<EvidenceReport> {
  const { event, schemaVersion, logFile, digests } = evidence;
  const keys = trusted ?? givenKeys(evidence.publicKeys);
  const checked = await Promise.all(digests.map((digest) => checkDigest(digest, keys)));
  const problems = [
    ...(await eventProblems(evidence)),
    ...(await logFileProblems(logFile, checked[0])),
    ...checked.flatMap(digestProblems),
    ...checked.flatMap((newer, i) => linkProblems(newer, checked[i + 1], digests[i + 1]?.metadata.signature)),
  ];
  const times = checked.flatMap(({ digest }) => (digest ? [digest.start, digest.end] : [])).sort();
  const oldest = checked.at(-1)?.digest;
  const fingerprints = checked.flatMap((one) => (one.state === 'signed' ? one.publicKey.fingerprint : []));
  return {
    eventId: event.eventId,
    logFile: s3Uri(logFile),
    compared: schemaVersion === SCHEMA_VERSION ? 'event' : 'record',
    digests: digests.length,
    ...defined({ from: times[0], to: times.at(-1) }),
    reachesStart: oldest !== undefined && oldest.previous === undefined,
    fingerprints: [...new Set(fingerprints)].sort(),
    problems,
  };
}

async function eventProblems({ event, schemaVersion, logFile }: Evidence): Promise<string[]> {
  let text: string | undefined;
  const onRecords = ({ kept }: RecordBatch) => {
    const record = kept.find(({ index }) => index === event.recordIndex);
    if (record) text = Buffer.from(record.bytes).toString();
  };
  try {
    await readLogFile([logFile.bytes], { eventSources: [event.eventSource ?? ''], onRecords });
  } catch (error) {
    if (!(error instanceof TrailError)) throw error;
    return [`log file: ${error.message}`];
  }
  // It may have come in through a copy, which has the same path.
  if (trailPath(event.logFile) !== trailPath(logFile.key)) return ['event: expected it to be of this log file'];
  const keyAccount = readLogFileKey(logFile.key)?.account;
  const check = schemaVersion === SCHEMA_VERSION ? checkEvent : checkRecord;
  const problem = check(event, text === undefined ? undefined : { text, keyAccount });
  return problem === undefined ? [] : [`event: ${problem}`];
}

async function logFileProblems(logFile: Evidence['logFile'], naming: ExaminedDigest | undefined): Promise<string[]> {
  const named = naming?.digest?.logFiles.find(({ bucket, key }) => bucket === logFile.bucket && key === logFile.key);
  if (naming === undefined || named === undefined) return ['log file: expected the first digest to name it'];
  const problem = await checkLogFile(async () => Readable.from([logFile.bytes]), named.sha256);
  return problem ? [`log file: ${problem.detail}`] : [];
}

function digestProblems(digest: ExaminedDigest): string[] {
  if (digest.state === 'unchecked') return [`digest ${s3Uri(digest)}: ${describeError(digest.error)}`];
  return digest.problem ? [`digest ${s3Uri(digest)}: ${digest.problem.detail}`] : [];
}

/** @param signature of the older digest */
function linkProblems(
  newer: ExaminedDigest,
  older: ExaminedDigest | undefined,
  signature: string | undefined,
): string[] {
  if (older === undefined || newer.digest === undefined) return [];
  const { previous } = newer.digest;
  const isLinked =
    previous !== undefined &&
    previous.bucket === older.bucket &&
    previous.key === older.key &&
    previous.sha256 === older.digest?.sha256 &&
    previous.signature.toLowerCase() === signature?.toLowerCase();
  return isLinked
    ? []
    : [`digest ${s3Uri(newer)}: expected it to be signed upon the digest that follows in the bundle`];
}

function damaged(expectation: string): TrailError {
  return new TrailError('evidence', `expected ${expectation}`);
}
