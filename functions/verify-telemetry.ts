import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DAY_MS } from '../shared/cloudtrail/times.ts';
import { describeError } from '../shared/errors.ts';
import type { FindingKind } from '../shared/integrity/finding.ts';
import type { DigestReport } from '../shared/integrity/verify-ingested.ts';
import type { VerifyFunctionObserver } from './verify-handler.ts';

/** The metric that counts a finding; any other that is wrong with a digest is `DigestsInvalid`. */
const METRICS: Readonly<Partial<Record<FindingKind, string>>> = {
  'digest-missing': 'DigestsMissing',
  'logging-gap': 'LoggingGaps',
};

/** Where no digest was found at all, in a new trail or in one without log file validation, it counts as this old. */
const NO_DIGEST_MS = 30 * DAY_MS;

/**
 * The log and metrics of the function that verifies, which alarms and people read (docs/runbook.md).
 * @param namespace of the metrics in CloudWatch
 */
export function createVerifyTelemetry(namespace = 'mwaa-trail'): VerifyFunctionObserver {
  const logger = new Logger({ serviceName: 'mwaa-trail-verify' });
  const metrics = new Metrics({ namespace, serviceName: 'verify' });
  const count = (name: string, value: number) => {
    if (value > 0) metrics.addMetric(name, MetricUnit.Count, value);
  };
  return {
    digest(report) {
      count('FilesVerified', report.verified);
      count('FilesFailedVerification', report.failed);
      count('FilesNotIngested', report.overdue);
      if (report.unchecked !== undefined) count('DigestsUnchecked', 1);
      else if (!report.again && report.findings.length === 0) count('DigestsVerified', 1);
      for (const { kind } of report.findings) count(METRICS[kind] ?? 'DigestsInvalid', 1);
      if (isBad(report)) logger.error('digest verified, with something wrong', { report });
      else logger.info('digest verified', { report });
    },
    retired(chain) {
      count('TrailsRetired', 1);
      logger.warn('trail retired', { chain });
    },
    failed(place, error) {
      logger.error('not verified, to be tried again', { place, reason: describeError(error) });
    },
    end(report) {
      if (report) {
        const ageMs = report.digestAgeMs ?? NO_DIGEST_MS;
        metrics.addMetric('DigestAgeSeconds', MetricUnit.Seconds, Math.round(ageMs / 1000));
      }
      if (report) logger.info('verification done', { report });
      for (const [region, reason] of Object.entries(report?.keysUnavailable ?? {})) {
        logger.error('public keys unavailable, digests not verified', { region, reason });
      }
      // Publishing nothing is warned of.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

function isBad({ failed, overdue, findings, unchecked, earlier }: DigestReport): boolean {
  return failed + overdue + findings.length > 0 || unchecked !== undefined || earlier !== undefined;
}
