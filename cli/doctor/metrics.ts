import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { WatchedTrails } from './watched-trails.ts';

/** A metric of CloudWatch, with the one dimension that queues and functions have. */
export interface Metric {
  namespace: string;
  name: string;
  dimension: readonly [name: string, value: string];
  statistic: 'Maximum' | 'Sum';
}

/**
 * Returns the values of each metric, the newest first, in periods of five minutes.
 * @param sinceMs how far to look back, in milliseconds
 */
export async function metricValues(
  metrics: readonly Metric[],
  sinceMs: number,
  { clients, now }: Pick<WatchedTrails, 'clients' | 'now'>,
): Promise<number[][]> {
  const MetricDataQueries = metrics.map(
    ({ namespace, name, dimension: [Name, Value], statistic }, i): MetricDataQuery => ({
      Id: `m${i}`,
      MetricStat: {
        Metric: { Namespace: namespace, MetricName: name, Dimensions: [{ Name, Value }] },
        Period: 300,
        Stat: statistic,
      },
    }),
  );
  const [StartTime, EndTime] = [new Date(now - sinceMs), new Date(now)];
  const command = new GetMetricDataCommand({ MetricDataQueries, StartTime, EndTime, ScanBy: 'TimestampDescending' });
  const { MetricDataResults = [] } = await clients.cloudWatch.send(command);
  return metrics.map((_, i) => MetricDataResults.find(({ Id }) => Id === `m${i}`)?.Values ?? []);
}
