import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { ExportObserver } from './export-handler.ts';

/**
 * The export function's log and metrics (docs/runbook.md).
 * @param namespace of the metrics in CloudWatch
 */
export function createExportTelemetry(namespace = 'mwaa-trail'): ExportObserver {
  const logger = new Logger({ serviceName: 'mwaa-trail-export' });
  const metrics = new Metrics({ namespace, serviceName: 'export' });
  return {
    end({ days, daysLeft, events, files }) {
      metrics.addMetric('DaysExported', MetricUnit.Count, days);
      metrics.addMetric('DaysLeft', MetricUnit.Count, daysLeft);
      metrics.addMetric('EventsExported', MetricUnit.Count, events);
      metrics.publishStoredMetrics();
      logger.info('exported', { days, daysLeft, events, ...files });
    },
  };
}
