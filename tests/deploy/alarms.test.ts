import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createTelemetry } from '../../functions/ingest-telemetry.ts';
import { packageRoot } from '../../local/table-definitions.ts';
import { TrailError } from '../../shared/errors.ts';
import type { LogFileReport } from '../../shared/pipeline.ts';
import { isAwsMetric } from './support/aws-schema.ts';
import { compileVariants, type Variant } from './support/compile.ts';
import type { Properties, Stack } from './support/stack.ts';

const VARIANT: Variant = 'a new trail with every option';

/** A metric of CloudWatch: namespace, name, and dimensions as `name=value`, sorted. */
type Metric = [namespace: string, name: string, dimensions: string];

let stack: Stack;
let emitted: Set<string>;
beforeAll(async () => {
  stack = (await compileVariants([VARIANT])).get(VARIANT)!;
  emitted = metricsOfIngest(stack.get('IngestLambdaFunction').properties.Environment.Variables);
}, 60_000);

/** What the ingest function writes into its log for CloudWatch, in embedded metric format. */
function metricsOfIngest({ POWERTOOLS_METRICS_NAMESPACE }: Record<string, string>): Set<string> {
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const silent = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const telemetry = createTelemetry(POWERTOOLS_METRICS_NAMESPACE);
  const books = { recordsRead: 5, eventsStored: 1, eventsKnown: 1, recordsFiltered: 1, recordsQuarantined: 1 };
  const file = { bucket: 'b', key: 'k' };
  telemetry.logFile({ ...file, outcome: 'ingested', books, problems: [] } as unknown as LogFileReport);
  telemetry.logFile({ ...file, outcome: 'quarantined', reason: 'r' } as unknown as LogFileReport);
  telemetry.failed('place', new TrailError('code', 'text'));
  telemetry.oldestMessage?.(1);
  telemetry.throttled(['reason']);
  telemetry.end?.();
  write.mockRestore();
  silent.mockRestore();
  const blobs = lines.flatMap((line) => (line.includes('CloudWatchMetrics') ? [JSON.parse(line)] : []));
  const metrics = blobs.flatMap((blob) =>
    blob._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }: Properties) =>
      Dimensions.flatMap((names: string[]) =>
        Metrics.map(({ Name }: { Name: string }) =>
          keyOf([Namespace, Name, names.map((name) => `${name}=${blob[name]}`).join()]),
        ),
      ),
    ),
  );
  return new Set(metrics);
}

const keyOf = (metric: Metric) => metric.join(' ');

/** Why nobody will ever see a value of a metric; nothing: somebody may. */
function whyNever([namespace, name, dimensions]: Metric): string | undefined {
  if (!namespace.startsWith('AWS/'))
    return emitted.has(keyOf([namespace, name, dimensions])) ? undefined : 'not emitted';
  if (!isAwsMetric(namespace, name)) return 'no metric of AWS';
  return DIMENSIONS[namespace]?.().includes(dimensions) ? undefined : 'of nothing in the stack';
}

/** The dimensions under which the stack's own resources are found. */
const DIMENSIONS: Readonly<Record<string, () => string[]>> = {
  'AWS/Lambda': () =>
    stack.ofType('AWS::Lambda::Function').map(({ properties }) => `FunctionName=${properties.FunctionName}`),
  'AWS/SQS': () => stack.ofType('AWS::SQS::Queue').map(({ properties }) => `QueueName=${properties.QueueName}`),
  'AWS/ApiGateway': () => stack.ofType('AWS::ApiGatewayV2::Api').map(({ id }) => `ApiId=${id}`),
};

const alarms = () => stack.ofType('AWS::CloudWatch::Alarm');
const metricOf = ({ Namespace, MetricName, Dimensions }: Properties): Metric => [
  Namespace,
  MetricName,
  Dimensions.map(({ Name, Value }: Properties) => `${Name}=${Value}`).join(),
];

describe('alarms', () => {
  test('watch metrics that there are', () => {
    expect(emitted.size).toBe(9);
    const wrong = alarms().map(({ id, properties }) => [id, whyNever(metricOf(properties))]);
    expect(wrong.filter(([, why]) => why !== undefined)).toEqual([]);
  });

  test('a metric that there is not is found', () => {
    expect(whyNever(['AWS/SQS', 'ApproximateAge', 'QueueName=mwaa-trail-dev-ingest'])).toBe('no metric of AWS');
    expect(whyNever(['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName=another'])).toBe('of nothing in the stack');
    expect(whyNever(['mwaa-trail-dev', 'FilesFailed', 'service=query'])).toBe('not emitted');
    expect(whyNever(['mwaa-trail', 'FilesFailed', 'service=ingest'])).toBe('not emitted');
  });

  test('watch all that somebody should look at', () => {
    const watched = alarms().map(({ properties }) => keyOf(metricOf(properties)));
    expect(watched.sort()).toEqual(
      [
        'AWS/ApiGateway 5xx ApiId=HttpApi',
        'AWS/Lambda DestinationDeliveryFailures FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Duration FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Duration FunctionName=mwaa-trail-dev-query',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-query',
        'AWS/Lambda Throttles FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Throttles FunctionName=mwaa-trail-dev-query',
        'AWS/SQS ApproximateAgeOfOldestMessage QueueName=mwaa-trail-dev-ingest',
        'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=mwaa-trail-dev-ingest-dead-letters',
        'mwaa-trail-dev FilesFailed service=ingest',
        'mwaa-trail-dev FilesQuarantined service=ingest',
        'mwaa-trail-dev OldestUnprocessedSeconds service=ingest',
        'mwaa-trail-dev RecordsQuarantined service=ingest',
        'mwaa-trail-dev RecordsRead service=ingest',
        'mwaa-trail-dev Throttles service=ingest',
      ].sort(),
    );
  });

  test('tell one topic, of the beginning and of the end, and the topic tells by mail', () => {
    const topic = stack.arn('AlarmTopic');
    for (const { properties } of alarms()) {
      expect([properties.AlarmName, properties.AlarmActions, properties.OKActions]).toEqual([
        properties.AlarmName,
        [topic],
        [topic],
      ]);
    }
    expect(stack.get('AlarmEmail').properties).toMatchObject({ TopicArn: topic, Protocol: 'email' });
    // CloudWatch may publish in the name of these alarms alone.
    const { Condition } = stack.get('AlarmTopicPolicy').properties.PolicyDocument.Statement[0];
    const pattern: string = Condition.ArnLike['aws:SourceArn'];
    const names = alarms().map(({ properties }) => properties.AlarmName as string);
    expect(names.filter((name) => !name.startsWith(pattern.split(':alarm:')[1]!.replace('*', '')))).toEqual([]);
  });

  test('silence is an alarm where it means something, and nowhere else', () => {
    const byMissingData = Object.groupBy(alarms(), ({ properties }) => properties.TreatMissingData);
    expect(Object.keys(byMissingData).sort()).toEqual(['breaching', 'notBreaching']);
    expect(byMissingData.breaching?.map(({ id }) => id)).toEqual(['NoLogFilesAlarm']);
    const { Period, EvaluationPeriods, ComparisonOperator, Threshold } = stack.get('NoLogFilesAlarm').properties;
    expect([Period, Number(EvaluationPeriods), ComparisonOperator, Threshold]).toEqual([
      3600,
      6,
      'LessThanThreshold',
      1,
    ]);
  });

  test('a duration is near its time-out, and before it', () => {
    const durations = alarms().filter(({ properties }) => properties.MetricName === 'Duration');
    expect(durations).toHaveLength(2);
    for (const { properties } of durations) {
      const { Value } = properties.Dimensions[0];
      const found = stack.ofType('AWS::Lambda::Function').find((lambda) => lambda.properties.FunctionName === Value);
      const timeOut = found!.properties.Timeout * 1_000;
      expect(properties.Threshold / timeOut).toBeGreaterThan(0.8);
      expect(properties.Threshold / timeOut).toBeLessThan(0.95);
    }
  });

  test('CloudWatch evaluates no longer than a day', () => {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    const spans = alarms().map(({ properties }) => properties.Period * properties.EvaluationPeriods);
    expect(Math.max(...spans)).toBeLessThanOrEqual(86_400);
  });

  test('docs/operations.md has each, and no other', () => {
    const docs = readFileSync(join(packageRoot(), 'docs', 'operations.md'), 'utf8');
    const section = docs.slice(docs.indexOf('## Alarms'), docs.indexOf('## What happens at each failure'));
    const documented = [...section.matchAll(/^\| ([A-Z]\w+) \|/gm)].map(([, name]) => `${name}Alarm`);
    expect(documented.sort()).toEqual(
      alarms()
        .map(({ id }) => id)
        .sort(),
    );
  });
});

describe('the dashboard', () => {
  interface Widget {
    x: number;
    y: number;
    width: number;
    height: number;
    properties: { region: string; title: string; metrics: unknown[][] };
  }
  const widgets = (): Widget[] => JSON.parse(stack.get('Dashboard').properties.DashboardBody).widgets;

  test('shows metrics that there are', () => {
    const shown = widgets().flatMap(({ properties }) => spelledOut(properties.metrics));
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.map((metric) => [metric, whyNever(metric)]).filter(([, why]) => why !== undefined)).toEqual([]);
    // A picture for each function.
    for (const { properties } of stack.ofType('AWS::Lambda::Function')) {
      expect(shown.map(keyOf)).toContain(`AWS/Lambda Errors FunctionName=${properties.FunctionName}`);
    }
  });

  test('its pictures are in the Region, and do not cover each other', () => {
    expect(new Set(widgets().map(({ properties }) => properties.region))).toEqual(new Set(['eu-west-1']));
    const cells = widgets().flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, i) => `${x + (i % width)},${y + Math.floor(i / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...widgets().map(({ x, width }) => x + width))).toBeLessThanOrEqual(24);
  });

  /** `.` is what stands at the same place in the line above. */
  function spelledOut(lines: unknown[][]): Metric[] {
    let above: string[] = [];
    return lines.map((line) => {
      const words = line.filter((word) => typeof word === 'string').map((word, i) => (word === '.' ? above[i]! : word));
      above = words;
      const [namespace = '', name = '', ...pairs] = words;
      const dimensions = pairs.flatMap((word, i) => (i % 2 === 0 ? [`${word}=${pairs[i + 1]}`] : []));
      return [namespace, name, dimensions.join()];
    });
  }
});
