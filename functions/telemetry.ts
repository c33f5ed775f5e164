import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * The log and the metrics of a function (docs/runbook.md).
 * @param namespace of the metrics in CloudWatch
 */
export function telemetryOf(functionName: string, namespace = 'mwaa-trail') {
  const metrics = new Metrics({ namespace, serviceName: functionName });
  return {
    logger: new Logger({ serviceName: `mwaa-trail-${functionName}` }),
    metrics,
    count: (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value),
    seconds: (name: string, value: number) => metrics.addMetric(name, MetricUnit.Seconds, value),
    publish() {
      // Powertools warns if there is nothing to publish.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
