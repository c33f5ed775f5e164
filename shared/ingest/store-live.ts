import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isoTime } from '../cloudtrail/times.ts';
import type { Config } from '../config.ts';
import { defined } from '../defined.ts';
import type { CarriedEvent } from '../delivery/announcement.ts';
import { TrailError } from '../errors.ts';
import { noEnvironments, noteEvent, writeEnvironments } from '../store/environments-table.ts';
import { noteWaiting } from '../store/waiting-events.ts';
import {
  classifyText,
  expectationOf,
  latencyOf,
  type RecordSettings,
  type RecordStore,
  storeRecord,
} from './store-records.ts';

/** What became of a live event. */
export interface LiveReport {
  /**
   * `duplicate`: the table had it before, from a log file or provisional; `skipped`: an aggregated or Insight record, which is no
   * event.
   */
  outcome: 'stored' | 'duplicate' | 'skipped';
  account: string;
  region: string;
  /** From when it happened to when it was stored; absent if it was not stored now, or if its time is invalid. */
  latencyMs?: number;
}

/** @throws {TrailError} `account-not-allowed` */
export function expectLiveAccount(
  { id, account }: Pick<CarriedEvent, 'id' | 'account'>,
  { liveAccounts }: Pick<Config, 'liveAccounts'>,
): void {
  if (liveAccounts.includes(account)) return;
  throw new TrailError('account-not-allowed', `event ${id}: expected an account that LIVE_ACCOUNTS names`);
}

/**
 * Stores CloudTrail's record of an event that came before its log file, as a provisional event. What could be lost by
 * acknowledging it fails: a record of another event source than was asked for, and one that is no event. It is not
 * quarantined, since its log file brings it too.
 * @param event of an account as `expectLiveAccount` wants it
 * @throws {TrailError} `event-source-not-wanted`, or the reason why the record is invalid
 */
export async function storeLive(
  { id, account, region, text }: CarriedEvent,
  { dynamo, ...settings }: RecordSettings & { dynamo: DynamoDBClient },
  store: RecordStore,
): Promise<LiveReport> {
  const { config, now } = settings;
  const refused = (code: string, expectation: string) => new TrailError(code, `event ${id}: ${expectation}`);
  const record = classifyText(text, { provisional: true }, account, settings);
  if (record.kind === 'event') {
    const { eventId, eventSource = '' } = record.event;
    if (!config.eventSources.includes(eventSource)) {
      throw refused('event-source-not-wanted', 'expected a record of an event source that EVENT_SOURCES names');
    }
    // Before the event: none is stored without an entry. If its log file came first, the entry is removed a day later.
    const since = isoTime(now());
    await noteWaiting(dynamo, config.logFilesTable, { eventId, account, region, since });
  }
  const stored = await storeRecord(record, store);
  if (stored.kind === 'bad') throw refused(stored.reason, expectationOf(stored.reason));
  if (stored.kind === 'skipped') return { outcome: 'skipped', account, region };
  const seen = noEnvironments();
  noteEvent(seen, stored.event);
  await writeEnvironments(dynamo, config.environmentsTable, seen, isoTime(now()));
  const latencyMs = stored.kind === 'stored' ? latencyOf(stored.event, now()) : undefined;
  return { outcome: stored.kind, account, region, ...defined({ latencyMs }) };
}
