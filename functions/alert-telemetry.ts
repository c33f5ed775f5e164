import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { describeError } from '../shared/errors.ts';
import type { AlertObserver } from './alert-handler.ts';

/**
 * The alert function's log and metrics (docs/runbook.md).
 * @param namespace of the metrics in CloudWatch
 */
export function createAlertTelemetry(namespace = 'mwaa-trail'): AlertObserver {
  const logger = new Logger({ serviceName: 'mwaa-trail-alert' });
  const metrics = new Metrics({ namespace, serviceName: 'alert' });
  const count = (name: string) => metrics.addMetric(name, MetricUnit.Count, 1);
  return {
    event: () => count('EventsEvaluated'),
    finding({ id, level }, eventId, outcome) {
      if (outcome === 'sent') count('FindingsSent');
      if (outcome === 'repeated') count('FindingsRepeated');
      logger.info('finding', { rule: id, level, eventId, outcome });
    },
    failed(place, error) {
      count('EventsFailed');
      logger.error('failed, to be delivered again', { place, reason: describeError(error) });
    },
    end() {
      // Powertools warns if there is nothing to publish.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
