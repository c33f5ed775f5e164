import { DAY_MS } from '../shared/cloudtrail/times.ts';
import { describeError } from '../shared/errors.ts';
import type { FindingKind } from '../shared/integrity/finding.ts';
import type { DigestReport } from '../shared/integrity/verify-ingested.ts';
import { telemetryOf } from './telemetry.ts';
import type { VerifyFunctionObserver } from './verify-handler.ts';

/** The metric that counts a finding; others count as `DigestsInvalid`. */
const METRICS: Readonly<Partial<Record<FindingKind, string>>> = {
  'digest-missing': 'DigestsMissing',
  'logging-gap': 'LoggingGaps',
};

/** The age if there is no digest at all, as in a new trail, or in one without log file validation. */
const NO_DIGEST_MS = 30 * DAY_MS;

/** The verify function's log and metrics. */
export function createVerifyTelemetry(namespace?: string): VerifyFunctionObserver {
  const { logger, seconds, publish, ...telemetry } = telemetryOf('verify', namespace);
  const count = (name: string, value: number) => {
    if (value > 0) telemetry.count(name, value);
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
        seconds('DigestAgeSeconds', Math.round(ageMs / 1000));
        logger.info('verification done', { report });
      }
      for (const [region, reason] of Object.entries(report?.keysUnavailable ?? {})) {
        logger.error('public keys unavailable, digests not verified', { region, reason });
      }
      publish();
    },
  };
}

function isBad({ failed, overdue, findings, unchecked, earlier }: DigestReport): boolean {
  return failed + overdue + findings.length > 0 || unchecked !== undefined || earlier !== undefined;
}
