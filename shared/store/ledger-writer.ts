import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { MINUTE_MS } from '../cloudtrail/times.ts';
import type { TableNames } from '../config.ts';
import { s3Uri, TrailError } from '../errors.ts';
import { conditionHeld, updateIf } from './conditional.ts';
import {
  joinSeen,
  noEnvironments,
  nothingWritten,
  type SeenEnvironments,
  writeEnvironments,
} from './environments-table.ts';
import { noteAltered } from './findings.ts';
import { insertItems } from './insert-items.ts';
import { number, text, toItem } from './item.ts';
import { readLedger, type Watermark } from './ledger.ts';
import {
  type LedgerEntry,
  ledgerKey,
  problemListing,
  type SignedHash,
  toLedgerItem,
  type Verification,
  verificationMark,
  verificationOf,
  WATERMARKS,
  withHistory,
} from './ledger-entry.ts';
import { readSigned } from './signed-hashes.ts';

/** What the reading of a log file writes into the tables, after its events. */
export interface LedgerUpdate {
  entry: LedgerEntry;
  /** What the ledger had when the reading began. */
  before: LedgerEntry | undefined;
  /** The days and environments of its events. */
  seen: SeenEnvironments;
}

const CONCURRENT_WRITES = 16;

/** A watermark moves in steps of at least this, so it is at most this far behind. Moving it costs as much as an entry. */
export const WATERMARK_STEP_MS = 15 * MINUTE_MS;

/** A reading that waits to be written together with others. */
interface Waiting extends Pick<PromiseWithResolvers<LedgerEntry>, 'resolve' | 'reject'> {
  update: LedgerUpdate;
}

interface LedgerWriterSettings {
  /** How long a reading may wait for others, in milliseconds; `flush` ends the waiting. */
  patienceMs: number;
  /** Entries could not be inserted together, for a reason with this code, and are written one by one. */
  insertFailed(code: string): void;
}

/**
 * Writes what readings leave, of many log files together: the environments that all of them showed, then their entries. So no entry is
 * stored without its environments. It remembers the environments and watermarks that it has written, so one for many log files makes
 * fewer requests. If it is interrupted, events are stored whose log files are read again.
 */
export class LedgerWriter {
  private readonly dynamo: DynamoDBClient;
  private readonly tables: TableNames;
  private readonly settings: LedgerWriterSettings;
  private readonly environments = nothingWritten();
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** By account and Region: the newest log file of all, and up to where the watermark was moved. */
  private readonly newest = new Map<string, Watermark>();
  private readonly moved = new Map<string, string>();

  constructor(dynamo: DynamoDBClient, tables: TableNames, settings: Partial<LedgerWriterSettings> = {}) {
    this.dynamo = dynamo;
    this.tables = tables;
    this.settings = { patienceMs: 0, insertFailed: () => {}, ...settings };
  }

  /**
   * Writes what a reading leaves, as soon as the writer's patience or `flush` ends.
   * @returns the entry as written, with what others wrote about the log file meanwhile
   */
  write(update: LedgerUpdate): Promise<LedgerEntry> {
    const { promise, ...settle } = Promise.withResolvers<LedgerEntry>();
    this.waiting.push({ update, ...settle });
    this.timer ??= setTimeout(() => this.flush(), this.settings.patienceMs);
    return promise;
  }

  /** Writes all that waits. Whoever waits for an entry learns what became of it. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const group = this.waiting;
    if (group.length === 0) return;
    this.waiting = [];
    try {
      const updates = group.map(({ update }) => update);
      await this.writeSeen(updates);
      const inserted = await this.insertEntries(updates);
      const write = async (update: LedgerUpdate) => {
        const written = inserted.get(update) ?? (await writeEntry(this.dynamo, this.tables.logFilesTable, update));
        this.note(update.entry);
        return written;
      };
      await pMap(group, ({ update, resolve, reject }) => write(update).then(resolve, reject), {
        concurrency: CONCURRENT_WRITES,
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /**
   * Inserts the entries of log files that had none.
   * @returns the entries that were inserted; `writeEntry` must write the others
   */
  private async insertEntries(updates: readonly LedgerUpdate[]): Promise<Map<LedgerUpdate, LedgerEntry>> {
    // Of two readings of one log file, one is inserted, and the other finds its entry.
    const first = new Map<string, { update: LedgerUpdate; entry: LedgerEntry }>();
    for (const update of updates) {
      if (update.before === undefined)
        first.set(ledgerKey(update.entry), { update, entry: withHistory(update.entry, undefined) });
    }
    const candidates = [...first.values()];
    const items = candidates.map(({ entry }) => toLedgerItem(entry));
    const { logFilesTable } = this.tables;
    const isInserted = await insertItems(this.dynamo, logFilesTable, items, this.settings.insertFailed);
    return new Map(candidates.filter((_, i) => isInserted[i]).map(({ update, entry }) => [update, entry]));
  }

  private async writeSeen(updates: readonly LedgerUpdate[]): Promise<void> {
    const seen = noEnvironments();
    for (const update of updates) joinSeen(seen, update.seen);
    const latest = updates.map(({ entry }) => entry.ingestedAt).reduce((a, b) => (a > b ? a : b));
    await writeEnvironments(this.dynamo, this.tables.environmentsTable, seen, latest, this.environments);
  }

  /** Moves the watermarks that are a step behind what was written, or were never moved by this writer. */
  async moveWatermarks(): Promise<void> {
    for (const [scope, newest] of this.newest) {
      const moved = this.moved.get(scope);
      if (moved !== undefined && Date.parse(newest.deliveredAt) - Date.parse(moved) < WATERMARK_STEP_MS) continue;
      await moveWatermark(this.dynamo, this.tables.logFilesTable, scope, newest);
      this.moved.set(scope, newest.deliveredAt);
    }
  }

  private note(entry: LedgerEntry): void {
    const { account = '-', region, deliveredAt, state } = entry;
    const scope = `${account}/${region}`;
    // Not all of a log file was read.
    if (state === 'partial' || deliveredAt === undefined) return;
    if (deliveredAt > (this.newest.get(scope)?.deliveredAt ?? ''))
      this.newest.set(scope, { account, region, deliveredAt });
  }
}

/**
 * Writes the entry of a reading. If another reading, or a verification, was written since `before`, the entry keeps what
 * they left: a verification mark and the hashes of what was ingested are never overwritten.
 *
 * Other content than before makes a second hash, so no signed hash can be that of all content. The verify function notes what is
 * signed and then reads the entry; here, the entry has both hashes before it is looked up what is signed. So one of the two sees
 * what the other wrote, whatever their order, and even if one is interrupted.
 */
function writeEntry(
  dynamo: DynamoDBClient,
  table: string,
  { entry, before }: Omit<LedgerUpdate, 'seen'>,
): Promise<LedgerEntry> {
  return untilWritten(entry, async (race) => {
    // If there was no entry, it could not be inserted.
    const isKnown = race === 0 && before !== undefined;
    const current = isKnown ? before : await readLedger(dynamo, table, entry);
    if (!isKnown && current && isBetter(current, entry)) return current;
    const reading = withHistory(entry, current);
    if (current && isNewHash(reading, current)) {
      await updateEntry(dynamo, table, current, withHash(current, reading.sha256));
      return undefined;
    }
    const next = await judged(dynamo, table, reading);
    await noteAltered(dynamo, table, next, entry.ingestedAt);
    return (await putEntry(dynamo, table, next)) ? next : undefined;
  });
}

/** Whether a reading brings a second hash, which nothing says yet is not what was signed. */
function isNewHash({ sha256, otherSha256, verification }: LedgerEntry, current: LedgerEntry): boolean {
  if (sha256 === undefined || otherSha256 === undefined || verification === 'failed') return false;
  return sha256 !== current.sha256 && !current.otherSha256?.includes(sha256);
}

function withHash(entry: LedgerEntry, sha256 = ''): LedgerEntry {
  return { ...entry, otherSha256: [...(entry.otherSha256 ?? []), sha256] };
}

/** Returns an entry that has hashes of other content, as failed if one of them is not what is noted as signed. */
async function judged(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<LedgerEntry> {
  if (entry.otherSha256 === undefined || entry.verification === 'failed') return entry;
  const name = ledgerKey(entry);
  const signed = (await readSigned(dynamo, table, [name], true)).get(name) ?? [];
  const other = signed.find(({ signedSha256 }) => verificationOf(entry, signedSha256) === 'failed');
  return other ? { ...entry, ...verificationMark(entry, other) } : entry;
}

/** Whether another reading of the same state ingested all of it, and this one did not. */
function isBetter(current: LedgerEntry, { state, etag, eventSources, schemaVersion }: LedgerEntry): boolean {
  const isSame =
    current.etag === etag &&
    current.eventSources.join() === eventSources.join() &&
    current.schemaVersion === schemaVersion;
  return isSame && current.state === 'ingested' && state !== 'ingested';
}

/** Each lost race means that another writer finished. */
const MAX_RACES = 8;

/**
 * Tries to change the entry of a log file until no other writer interferes.
 * @param attempt returns undefined if one interfered
 * @throws {TrailError} `write-race`
 */
export async function untilWritten<T>(
  file: { bucket: string; key: string },
  attempt: (race: number) => Promise<T | undefined>,
): Promise<T> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const result = await attempt(race);
    if (result !== undefined) return result;
  }
  throw new TrailError(
    'write-race',
    `${s3Uri(file)}: its ledger entry keeps changing: expected to write it in ${MAX_RACES} tries`,
  );
}

/** Writes an entry in place of the one of the revision before; returns false if the ledger has another. */
function putEntry(dynamo: DynamoDBClient, table: string, entry: LedgerEntry): Promise<boolean> {
  const before = (entry.revision ?? 1) - 1;
  const noEntry = { ConditionExpression: 'attribute_not_exists(revision)' };
  const isNext = {
    ConditionExpression: 'revision = :before',
    ExpressionAttributeValues: { ':before': number(before) },
  };
  const put = { TableName: table, Item: toLedgerItem(entry), ...(before === 0 ? noEntry : isNext) };
  return conditionHeld(dynamo.send(new PutItemCommand(put)));
}

/** Changes an entry without a new reading; returns false if it has changed since it was read. Needs `UpdateItem` alone. */
export function updateEntry(
  dynamo: DynamoDBClient,
  table: string,
  before: LedgerEntry,
  next: LedgerEntry,
): Promise<boolean> {
  const { logFile: _, ...attributes } = toLedgerItem({ ...next, revision: (before.revision ?? 0) + 1 });
  const removed = Object.keys(toLedgerItem(before)).filter((name) => name !== 'logFile' && !(name in attributes));
  const key = { logFile: text(ledgerKey(before)) };
  const isUnchanged = before.revision === undefined ? 'attribute_not_exists(#revision)' : '#revision < :revision';
  return updateIf(dynamo, table, key, attributes, isUnchanged, removed);
}

/** What names a log file in the ledger, even without an entry. */
export type LogFileIdentity = Pick<LedgerEntry, 'bucket' | 'key' | 'deliveryDay' | 'path'>;

/** Notes that a log file could not be read, unless it has an entry. */
export async function noteFailure(
  dynamo: DynamoDBClient,
  table: string,
  { bucket, key, deliveryDay, path }: LogFileIdentity,
  reason: string,
): Promise<void> {
  const listing = problemListing({ bucket, key, deliveryDay });
  const note = toItem({ bucket, objectKey: key, deliveryDay, path, state: 'failed', reason, ...listing });
  const logFile = text(ledgerKey({ bucket, key }));
  await updateIf(dynamo, table, { logFile }, note, 'attribute_not_exists(#state) OR #state = :state');
}

/**
 * Writes what a signed digest says of an ingested log file, and a finding if it says that other content was ingested.
 * @returns undefined if the entry has changed since it was read
 */
export async function writeVerification(
  dynamo: DynamoDBClient,
  table: string,
  entry: LedgerEntry,
  signed: SignedHash,
): Promise<Verification | undefined> {
  const mark = verificationMark(entry, signed);
  if (mark.verification === undefined) return undefined;
  const marked = { ...entry, ...mark };
  await noteAltered(dynamo, table, marked, signed.verifiedAt);
  return (await updateEntry(dynamo, table, entry, marked)) ? mark.verification : undefined;
}

/**
 * Moves the watermark of an account and Region, unless it is further already.
 * A bucket's name cannot start with `#`, so no log file has its key.
 */
async function moveWatermark(
  dynamo: DynamoDBClient,
  table: string,
  scope: string,
  watermark: Watermark,
): Promise<void> {
  const attributes = toItem({ listing: WATERMARKS, listingKey: scope, ...watermark });
  const isNewer = 'attribute_not_exists(#deliveredAt) OR #deliveredAt < :deliveredAt';
  await updateIf(dynamo, table, { logFile: text(`#watermark/${scope}`) }, attributes, isNewer);
}
