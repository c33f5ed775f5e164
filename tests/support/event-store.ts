import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import type { Provenance } from '../../shared/audit-event/audit-event.ts';
import type { StatusChange } from '../../shared/audit-event/status-change.ts';
import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';
import type { TableNames } from '../../shared/config.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import {
  noEnvironments,
  noteEvent,
  type SeenEnvironments,
  writeEnvironments,
} from '../../shared/store/environments-table.ts';
import { toEventItem } from '../../shared/store/event-item.ts';
import { putEvent } from '../../shared/store/events-table.ts';
import type { Item } from '../../shared/store/item.ts';
import type { LedgerEntry } from '../../shared/store/ledger-entry.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { writeStatusChange } from '../../shared/store/status-changes.ts';
import { mwaaRecord } from './mwaa-record.ts';
import { awsSettings, type Ended, runInProcess, type Terminal } from './program.ts';
import { connect, createTables, uniqueTableNames } from './servers.ts';
import { writeLedger } from './world.ts';

/** What a test says of an event; the rest is that of an ordinary one. */
export interface TestEvent {
  id: string;
  time: string;
  name?: string;
  environment?: string;
  who?: string;
  error?: string;
  /** No log file has brought it. */
  provisional?: boolean;
  /** Members of the record, over the others. */
  record?: object;
}

const FROM_LOG_FILE = { logFile: 'bucket/key.json.gz', recordIndex: 0 };
/** DynamoDB takes no more in one request. */
const MAX_BATCH = 25;

/** Tables of its own, with a clock that stands still until it is set. */
export class EventStore {
  readonly endpoint: string;
  readonly deps: QueryDeps;
  readonly tables: TableNames;
  private readonly servers = connect();

  static async start(clock: { now: number }, tables = uniqueTableNames()): Promise<EventStore> {
    const store = new EventStore(clock, tables);
    await createTables(store.deps.dynamo, tables);
    return store;
  }

  private constructor(clock: { now: number }, tables: TableNames) {
    const { client, endpoint } = this.servers.dynamo;
    this.endpoint = endpoint;
    this.tables = tables;
    this.deps = { dynamo: client, tables, now: () => clock.now };
  }

  async add(...events: TestEvent[]): Promise<void> {
    const seen = noEnvironments();
    for (const event of events) {
      const item = this.toItem(recordText(event), event.provisional ? { provisional: true } : FROM_LOG_FILE, seen);
      await putEvent(this.deps.dynamo, this.tables.eventsTable, item);
    }
    await writeEnvironments(
      this.deps.dynamo,
      this.tables.environmentsTable,
      seen,
      new Date(this.deps.now()).toISOString(),
    );
  }

  /** Stores many records that are all new. */
  async addRecords(records: readonly object[]): Promise<void> {
    const seen = noEnvironments();
    for (let start = 0; start < records.length; start += MAX_BATCH) {
      const requests = records.slice(start, start + MAX_BATCH).map((record) => ({
        PutRequest: { Item: this.toItem(JSON.stringify(record), FROM_LOG_FILE, seen) },
      }));
      await this.deps.dynamo.send(new BatchWriteItemCommand({ RequestItems: { [this.tables.eventsTable]: requests } }));
    }
    await writeEnvironments(
      this.deps.dynamo,
      this.tables.environmentsTable,
      seen,
      new Date(this.deps.now()).toISOString(),
    );
  }

  private toItem(record: string, provenance: Provenance, seen: SeenEnvironments): Item {
    const read = toAuditEvent(record, { ...provenance, keyAccount: undefined, now: this.deps.now() });
    if (read.kind !== 'event') throw new Error(`not an event: ${record.slice(0, 1_000)}`);
    noteEvent(seen, read.event);
    return toEventItem(read.event, { ingestedAt: '2026-11-20T00:00:00.000Z' });
  }

  /** Stores status changes of environments, `AVAILABLE` in the account and Region of ordinary events unless they say otherwise. */
  async addStatusChanges(...changes: (Pick<StatusChange, 'environment' | 'time'> & Partial<StatusChange>)[]) {
    for (const [i, change] of changes.entries()) {
      const place = { accountId: '111122223333', region: 'eu-west-1' };
      const whole = { id: `status-${i}-${change.time}`, status: 'AVAILABLE', ...place, ...change };
      await writeStatusChange(this.deps.dynamo, this.tables.environmentsTable, whole, undefined);
    }
  }

  /** Writes the ledger entry of a log file. */
  async addLogFile(entry: Partial<LedgerEntry>): Promise<void> {
    const counts = { recordsRead: 1, eventsStored: 1, eventsKnown: 0, recordsFiltered: 0, recordsQuarantined: 0 };
    const whole = {
      ...counts,
      bucket: 'bucket',
      key: 'key.json.gz',
      state: 'ingested',
      etag: 'etag',
      compressedBytes: 1,
      uncompressedBytes: 1,
      eventSources: ['airflow.amazonaws.com'],
      schemaVersion: SCHEMA_VERSION,
      deliveryDay: '2026-11-10',
      account: '111122223333',
      region: 'eu-west-1',
      deliveredAt: '2026-11-10T12:05:00.000Z',
      ingestedAt: '2026-11-10T12:05:01.000Z',
      detail: 'a sentence',
      ...entry,
    } as LedgerEntry;
    await writeLedger(this.deps.dynamo, this.tables, { entry: whole, before: undefined, seen: noEnvironments() });
  }

  stop(): void {
    this.servers.close();
  }
}

function recordText({ id, time, name = 'GetEnvironment', environment, who = 'ana', error, record }: TestEvent): string {
  return JSON.stringify(
    mwaaRecord(id, {
      userIdentity: { type: 'IAMUser', userName: who, arn: `arn:aws:iam::111122223333:user/${who}` },
      eventTime: time,
      eventName: name,
      sourceIPAddress: '203.0.113.7',
      ...(error === undefined ? {} : { errorCode: error, errorMessage: 'not allowed' }),
      requestParameters: environment === undefined ? null : { Name: environment },
      readOnly: true,
      eventCategory: 'Management',
      ...record,
    }),
  );
}

/** Runs a command of the program on a store. */
export function askStore(store: EventStore, ...args: string[]): Promise<Ended> {
  return askStoreOn({}, store, ...args);
}

/** Runs a command of the program on a store, with standard output on a terminal. */
export function askStoreOn(terminal: Terminal, { endpoint, tables }: EventStore, ...args: string[]): Promise<Ended> {
  const settings = awsSettings({ s3: endpoint, dynamo: endpoint });
  return runInProcess([...args, '--table', tables.eventsTable], settings, { terminal });
}
