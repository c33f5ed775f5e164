import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { DAY_MS, isoTime } from '../cloudtrail/times.ts';
import type { TableNames } from '../config.ts';
import { eventsWithLogFile } from '../store/events-table.ts';
import { listFindings, type NewFinding, resolveFinding, writeFinding } from '../store/findings.ts';
import { listWaiting, removeWaiting, type WaitingEvent } from '../store/waiting-events.ts';
import type { TimeBudget } from './time-budget.ts';

/** What became of the events that came before their log files, a day later. */
export interface UndeliveredReport {
  /** Events that their log files have brought. */
  delivered: number;
  /** Events that no log file has brought: new findings. */
  undelivered: number;
  /** Findings of earlier checks whose events a log file has brought since. */
  resolved: number;
}

interface UndeliveredDeps {
  dynamo: DynamoDBClient;
  config: TableNames;
  now(): number;
}

/** CloudTrail delivers log files within minutes; an outage of ingest that is noticed is over within a day. */
const LIMIT_MS = DAY_MS;
/** Of `FINDINGS` (shared/integrity/finding.ts). */
const KIND = 'event-never-delivered';
const CONCURRENT_WRITES = 8;

/**
 * Looks up the events that have waited for their log files for a day: those that never came become findings, and nothing waits any
 * more. Findings of earlier checks are resolved once their event has come. Idempotent; what it has no time for is left to the next
 * check.
 */
export async function checkUndelivered(deps: UndeliveredDeps, time: TimeBudget): Promise<UndeliveredReport> {
  const { dynamo, config, now } = deps;
  const { eventsTable, logFilesTable } = config;
  const checkedAt = isoTime(now());
  const report = { delivered: 0, undelivered: 0, resolved: await resolveDelivered(deps) };
  for await (const waiting of listWaiting(dynamo, logFilesTable, isoTime(now() - LIMIT_MS))) {
    const delivered = await eventsWithLogFile(
      dynamo,
      eventsTable,
      waiting.map(({ eventId }) => eventId),
    );
    const settle = async (event: WaitingEvent) => {
      const isDelivered = delivered.has(event.eventId);
      if (!isDelivered) await writeFinding(dynamo, logFilesTable, findingOf(event), checkedAt);
      await removeWaiting(dynamo, logFilesTable, event.eventId);
      report[isDelivered ? 'delivered' : 'undelivered'] += 1;
    };
    await pMap(waiting, settle, { concurrency: CONCURRENT_WRITES });
    if (time.isSpent()) break;
  }
  return report;
}

/** Returns how many findings of earlier checks hold no more. */
async function resolveDelivered({ dynamo, config, now }: UndeliveredDeps): Promise<number> {
  const findings = await listFindings(dynamo, config.logFilesTable, now(), { kind: KIND });
  const open = findings.filter(({ resolvedAt }) => resolvedAt === undefined);
  const eventIds = open.flatMap(({ eventId }) => eventId ?? []);
  const delivered = await eventsWithLogFile(dynamo, config.eventsTable, eventIds);
  const gone = open.filter(({ eventId = '' }) => delivered.has(eventId));
  const resolve = (finding: NewFinding) => resolveFinding(dynamo, config.logFilesTable, finding, isoTime(now()));
  await pMap(gone, resolve, { concurrency: CONCURRENT_WRITES });
  return gone.length;
}

function findingOf({ eventId, account, region, since }: WaitingEvent): NewFinding {
  const detail = `expected a log file with event ${eventId} within 24 hours of ${since}, when EventBridge brought it`;
  return { kind: KIND, account, region, eventId, detail };
}
