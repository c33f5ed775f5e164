import { describeError } from '../shared/errors.ts';
import { failureKind } from '../shared/ingest/failure.ts';
import type { LogFileReport } from '../shared/ingest/ingest-result.ts';
import type { LogFileCounts } from '../shared/store/ledger-entry.ts';
import type { IngestObserver } from './ingest-handler.ts';
import { telemetryOf } from './telemetry.ts';

/** The ingest function's log and metrics. */
export function createTelemetry(namespace?: string): IngestObserver & { throttled(reasons: readonly string[]): void } {
  const { logger, metrics, count, seconds, publish } = telemetryOf('ingest', namespace);
  const latency = (name: string, milliseconds: number | undefined) => {
    if (milliseconds !== undefined) seconds(name, Math.round(milliseconds / 1000));
  };
  /** How often DynamoDB gave each reason for throttling, in this invocation. */
  const throttles = new Map<string, number>();
  return {
    logFile(report) {
      const { outcome } = report;
      if (outcome === 'ingested') {
        for (const [metric, name] of RECORD_METRICS) count(metric, report.counts[name]);
        latency('LogFileLatencySeconds', report.latencyMs);
        if (report.notAsSigned) count('FilesFailedVerification', 1);
      }
      if (outcome === 'quarantined') count('FilesQuarantined', 1);
      const problem = problemOf(report);
      if (problem) logger.error(`log file done, ${problem}`, { report: shortened(report) });
      else logger.info('log file done', { report });
    },
    statusChange: (report) => logger.info('status change done', { report }),
    live(report) {
      if (report.outcome === 'stored') count('LiveEventsStored', 1);
      if (report.outcome === 'duplicate') count('LiveEventsKnown', 1);
      latency('LiveLatencySeconds', report.latencyMs);
      logger.info('live event done', { report });
    },
    undelivered(report) {
      count('EventsNeverDelivered', report.undelivered);
      if (report.undelivered > 0)
        logger.error('live events checked, with some that no log file has brought', { report });
      else logger.info('live events checked', { report });
    },
    nothingAnnounced(reason) {
      // A zero from the heartbeat lets an alarm detect silence: missing data looks healthy.
      count('RecordsRead', 0);
      logger.info('nothing announced', { reason });
    },
    failed(place, error) {
      count('FilesFailed', 1);
      logger.error('failed, to be delivered again', { place, kind: failureKind(error), reason: describeError(error) });
    },
    insertFailed: (code) =>
      logger.warn('ledger entries could not be inserted together, and are written one by one', { code }),
    oldestMessage: (waited) => seconds('OldestUnprocessedSeconds', waited),
    throttled(reasons) {
      count('Throttles', 1);
      for (const reason of reasons) throttles.set(reason, (throttles.get(reason) ?? 0) + 1);
      logger.warn('DynamoDB throttles', { reasons });
    },
    end() {
      // Metadata of the log line. As a dimension, each reason would be a metric to pay for.
      if (throttles.size > 0) {
        metrics.addMetadata('throttlingReasons', [...throttles].map(([reason, n]) => `${reason}: ${n}`).join(', '));
        throttles.clear();
      }
      publish();
    },
  };
}

const RECORD_METRICS = [
  ['RecordsRead', 'recordsRead'],
  ['EventsIndexed', 'eventsStored'],
  ['EventsKnown', 'eventsKnown'],
  ['RecordsFiltered', 'recordsFiltered'],
  ['RecordsQuarantined', 'recordsQuarantined'],
] as const satisfies [metric: string, count: keyof LogFileCounts][];

function problemOf(report: LogFileReport): string | undefined {
  if (report.outcome === 'ingested' && report.notAsSigned) return 'and it is not what CloudTrail signed';
  const isBad = report.outcome === 'quarantined' || (report.outcome === 'ingested' && report.problems.length > 0);
  return isBad ? 'with something quarantined' : undefined;
}

/** CloudWatch takes 256 KB a line. The quarantine has all problems. */
const MAX_PROBLEMS = 50;

function shortened(report: LogFileReport): LogFileReport {
  return report.outcome === 'ingested' ? { ...report, problems: report.problems.slice(0, MAX_PROBLEMS) } : report;
}
