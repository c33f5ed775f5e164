import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { EXPORT_METRICS, LIVE_METRICS, METRICS } from '../../bench/cost.ts';
import { createAlertTelemetry } from '../../functions/alert-telemetry.ts';
import { createExportTelemetry } from '../../functions/export-telemetry.ts';
import { createTelemetry } from '../../functions/ingest-telemetry.ts';
import { createVerifyTelemetry } from '../../functions/verify-telemetry.ts';
import { packageRoot } from '../../local/table-definitions.ts';
import type { Rule } from '../../shared/detect/rule.ts';
import { TrailError } from '../../shared/errors.ts';
import type { LogFileReport } from '../../shared/ingest/ingest-result.ts';
import type { DigestReport, RunReport } from '../../shared/integrity/verify-ingested.ts';
import { alarmTime, type Sample, statesOf } from './support/alarm-state.ts';
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
  const namespaceOf = (id: string) => stack.get(id).properties.Environment.Variables.POWERTOOLS_METRICS_NAMESPACE;
  emitted = metricsOf(() => {
    tellIngest(namespaceOf('IngestLambdaFunction'));
    tellVerify(namespaceOf('VerifyLambdaFunction'));
    tellAlert(namespaceOf('AlertLambdaFunction'));
    tellExport(namespaceOf('ExportLambdaFunction'));
  });
}, 60_000);

/** All metrics of the ingest function. */
function tellIngest(namespace: string): void {
  const telemetry = createTelemetry(namespace);
  const counts = { recordsRead: 5, eventsStored: 1, eventsKnown: 1, recordsFiltered: 1, recordsQuarantined: 1 };
  const file = { bucket: 'b', key: 'k' };
  telemetry.logFile({
    ...file,
    outcome: 'ingested',
    counts,
    problems: [],
    latencyMs: 1_000,
  } as unknown as LogFileReport);
  telemetry.logFile({
    ...file,
    outcome: 'ingested',
    counts,
    problems: [],
    notAsSigned: true,
  } as unknown as LogFileReport);
  telemetry.logFile({ ...file, outcome: 'quarantined', reason: 'r' } as unknown as LogFileReport);
  telemetry.failed('place', new TrailError('code', 'text'));
  telemetry.live?.({ outcome: 'stored', account: 'a', region: 'r', latencyMs: 1_000 });
  telemetry.live?.({ outcome: 'duplicate', account: 'a', region: 'r' });
  telemetry.undelivered?.({ delivered: 1, undelivered: 1, resolved: 1 });
  telemetry.oldestMessage?.(1);
  telemetry.throttled(['reason']);
  telemetry.end?.();
}

/** All metrics of the verify function. */
function tellVerify(namespace: string): void {
  const telemetry = createVerifyTelemetry(namespace);
  const counts = { verified: 1, failed: 1, known: 1, open: 1, overdue: 1, again: false, failedLogFiles: [] };
  const findings = ['digest-missing', 'logging-gap', 'digest-signature-wrong'].map((kind) => ({ kind }));
  telemetry.digest({ ...counts, findings } as unknown as DigestReport);
  telemetry.digest({ ...counts, findings: [] } as unknown as DigestReport);
  telemetry.digest({ ...counts, findings: [], unchecked: 'reason' } as unknown as DigestReport);
  telemetry.retired({} as Parameters<typeof telemetry.retired>[0]);
  telemetry.failed('place', new TrailError('code', 'text'));
  telemetry.end({ digestAgeMs: 1_000 } as RunReport);
}

/** All metrics of the alert function. */
function tellAlert(namespace: string): void {
  const telemetry = createAlertTelemetry(namespace);
  const rule = { id: 'rule', level: 'high' } as Rule;
  telemetry.event('live');
  for (const outcome of ['sent', 'sent-before', 'repeated'] as const) telemetry.finding(rule, 'id', outcome);
  telemetry.failed('place', new TrailError('code', 'text'));
  telemetry.end();
}

/** All metrics of the export function. */
function tellExport(namespace: string): void {
  const files = { written: 1, unchanged: 0, removed: 0, kept: 0 };
  createExportTelemetry(namespace).end({ days: 1, daysLeft: 0, events: 1, files });
}

/** Returns the metrics that the functions write to the log for CloudWatch. */
function metricsOf(work: () => void): Set<string> {
  const metrics = blobsOf(work).flatMap((blob) =>
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

/** In embedded metric format. */
function blobsOf(work: () => void): Properties[] {
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const silent = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  work();
  write.mockRestore();
  silent.mockRestore();
  return lines.flatMap((line) => (line.includes('CloudWatchMetrics') ? [JSON.parse(line)] : []));
}

const keyOf = (metric: Metric) => metric.join(' ');

/** Returns why a metric can never have a value; undefined if it can. */
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
  test('watch metrics that exist', () => {
    // What docs/cost.md counts.
    expect(emitted.size).toBe(METRICS + LIVE_METRICS + EXPORT_METRICS);
    const wrong = alarms().map(({ id, properties }) => [id, whyNever(metricOf(properties))]);
    expect(wrong.filter(([, why]) => why !== undefined)).toEqual([]);
  });

  test('an alarm on a metric that does not exist is detected', () => {
    expect(whyNever(['AWS/SQS', 'ApproximateAge', 'QueueName=mwaa-trail-dev-ingest'])).toBe('no metric of AWS');
    expect(whyNever(['AWS/SQS', 'ApproximateAgeOfOldestMessage', 'QueueName=another'])).toBe('of nothing in the stack');
    expect(whyNever(['mwaa-trail-dev', 'FilesFailed', 'service=query'])).toBe('not emitted');
    expect(whyNever(['mwaa-trail', 'FilesFailed', 'service=ingest'])).toBe('not emitted');
  });

  test('watch everything that needs attention', () => {
    const watched = alarms().map(({ properties }) => keyOf(metricOf(properties)));
    expect(watched.sort()).toEqual(
      [
        'AWS/ApiGateway 5xx ApiId=HttpApi',
        'AWS/Lambda DestinationDeliveryFailures FunctionName=mwaa-trail-dev-alert',
        'AWS/Lambda DestinationDeliveryFailures FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-alert',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-export',
        'AWS/Lambda IteratorAge FunctionName=mwaa-trail-dev-alert',
        'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=mwaa-trail-dev-alert-dead-letters',
        'mwaa-trail-dev EventsFailed service=alert',
        'AWS/Lambda Duration FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Duration FunctionName=mwaa-trail-dev-query',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-query',
        'AWS/Lambda Errors FunctionName=mwaa-trail-dev-verify',
        'AWS/Lambda Invocations FunctionName=mwaa-trail-dev-verify',
        'AWS/Lambda Throttles FunctionName=mwaa-trail-dev-ingest',
        'AWS/Lambda Throttles FunctionName=mwaa-trail-dev-query',
        'AWS/SQS ApproximateAgeOfOldestMessage QueueName=mwaa-trail-dev-ingest',
        'AWS/SQS ApproximateNumberOfMessagesVisible QueueName=mwaa-trail-dev-ingest-dead-letters',
        'mwaa-trail-dev EventsNeverDelivered service=ingest',
        'mwaa-trail-dev DaysExported service=export',
        'mwaa-trail-dev DigestAgeSeconds service=verify',
        'mwaa-trail-dev DigestsInvalid service=verify',
        'mwaa-trail-dev DigestsMissing service=verify',
        'mwaa-trail-dev DigestsUnchecked service=verify',
        'mwaa-trail-dev FilesFailed service=ingest',
        'mwaa-trail-dev FilesFailedVerification service=ingest',
        'mwaa-trail-dev FilesFailedVerification service=verify',
        'mwaa-trail-dev FilesNotIngested service=verify',
        'mwaa-trail-dev LoggingGaps service=verify',
        'mwaa-trail-dev FilesQuarantined service=ingest',
        'mwaa-trail-dev OldestUnprocessedSeconds service=ingest',
        'mwaa-trail-dev RecordsQuarantined service=ingest',
        'mwaa-trail-dev RecordsRead service=ingest',
        'mwaa-trail-dev Throttles service=ingest',
      ].sort(),
    );
  });

  test('notify one topic when they go off and when they end, and the topic sends e-mail', () => {
    const topic = stack.arn('AlarmTopic');
    for (const { properties } of alarms()) {
      expect([properties.AlarmName, properties.AlarmActions, properties.OKActions]).toEqual([
        properties.AlarmName,
        [topic],
        [topic],
      ]);
    }
    expect(stack.get('AlarmEmail').properties).toMatchObject({ TopicArn: topic, Protocol: 'email' });
    // CloudWatch may publish only for these alarms.
    const { Condition } = stack.get('AlarmTopicPolicy').properties.PolicyDocument.Statement[0];
    const pattern: string = Condition.ArnLike['aws:SourceArn'];
    const names = alarms().map(({ properties }) => properties.AlarmName as string);
    expect(names.filter((name) => !name.startsWith(pattern.split(':alarm:')[1]!.replace('*', '')))).toEqual([]);
  });

  test('missing data raises an alarm only where it indicates a problem', () => {
    const byMissingData = Object.groupBy(alarms(), ({ properties }) => properties.TreatMissingData);
    // There is no data before the stack exists. After that, heartbeats count 0.
    expect(Object.keys(byMissingData).sort()).toEqual(['ignore', 'missing', 'notBreaching']);
    expect(byMissingData.ignore?.map(({ id }) => id)).toEqual([
      'DeadLettersWaitingAlarm',
      'AlertDeadLettersWaitingAlarm',
    ]);
    expect(byMissingData.missing?.map(({ id }) => id)).toEqual(['VerifyNotRunningAlarm', 'ExportNotRunningAlarm']);
    const { Period, EvaluationPeriods, ComparisonOperator, Threshold } = stack.get('NoLogFilesAlarm').properties;
    expect([Period, Number(EvaluationPeriods), ComparisonOperator, Threshold]).toEqual([
      3600,
      6,
      'LessThanThreshold',
      1,
    ]);
  });

  test('the threshold of a duration is close to its time-out, but below', () => {
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

  test('evaluate at most a day, or a week by the hour, and no more data points than periods', () => {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    for (const { properties } of alarms()) {
      const { Period, EvaluationPeriods } = properties;
      expect(Period * EvaluationPeriods).toBeLessThanOrEqual(Period < HOUR ? DAY : 7 * DAY);
    }
    for (const { properties } of alarms()) {
      const { EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods } = properties;
      expect(Number(DatapointsToAlarm)).toBeLessThanOrEqual(Number(EvaluationPeriods));
    }
  });

  test('are those of docs/runbook.md', () => {
    const docs = readFileSync(join(packageRoot(), 'docs', 'runbook.md'), 'utf8');
    const section = docs.slice(docs.indexOf('## Alarms'), docs.indexOf('## Metrics'));
    const documented = [...section.matchAll(/^\| ([A-Z]\w+) \|/gm)].map(([, name]) => `${name}Alarm`);
    expect(documented.sort()).toEqual(
      alarms()
        .map(({ id }) => id)
        .sort(),
    );
  });
});

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const alarm = (name: string) => stack.get(`${name}Alarm`).properties;
/** Something that happens regularly, in seconds. */
const every = (seconds: number, from: number, until: number, value: (at: number) => number): Sample[] =>
  Array.from({ length: Math.max(0, Math.ceil((until - from) / seconds)) }, (_, i) => from + i * seconds).map((at) => ({
    at,
    value: value(at),
  }));

describe('a new stack', () => {
  test('raises no alarm before there are metrics', () => {
    for (const { id, properties } of alarms()) {
      expect([id, alarmTime(properties, [], DAY)]).toEqual([id, undefined]);
    }
  });

  test('the heartbeat of ingest counts no records, and that of verify no digest', () => {
    const [ingest] = blobsOf(() => {
      const telemetry = createTelemetry('test');
      telemetry.nothingAnnounced('scheduled-event');
      telemetry.end?.();
    });
    expect(ingest).toMatchObject({ service: 'ingest', RecordsRead: 0 });
    const [verify] = blobsOf(() => createVerifyTelemetry('test').end({} as RunReport));
    expect(verify).toMatchObject({ service: 'verify', DigestAgeSeconds: 30 * DAY });
  });

  const schedule = (id: string) => stack.get(id).properties.ScheduleExpression;

  test('raises an alarm after silentHours without a log file, but not earlier', () => {
    expect(schedule('IngestEventsRuleSchedule1')).toBe('rate(30 minutes)');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: HOUR - 1 }), (offset) => {
        const beats = every(30 * MINUTE, 30 * MINUTE, 2 * DAY, () => 0);
        const time = alarmTime(alarm('NoLogFiles'), beats, 2 * DAY, offset)!;
        expect(time).toBeGreaterThan(5 * HOUR);
        expect(time).toBeLessThanOrEqual(8 * HOUR);
        // A log file every five minutes, until the trail stops after a day.
        const busy = [...beats, ...every(5 * MINUTE, 15 * MINUTE, DAY, () => 20)];
        expect(alarmTime(alarm('NoLogFiles'), busy, DAY + 5 * HOUR, offset)).toBeUndefined();
        expect(alarmTime(alarm('NoLogFiles'), busy, 2 * DAY, offset)).toBeLessThanOrEqual(DAY + 8 * HOUR);
      }),
    );
  });

  test('waits for the first digest, and raises an alarm if the trail has none', () => {
    expect(schedule('VerifyEventsRuleSchedule1')).toBe('rate(1 hour)');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: HOUR - 1 }), fc.integer({ min: 0, max: 59 }), (offset, minute) => {
        const runs = (value: (at: number) => number) => every(HOUR, HOUR + minute * MINUTE, 2 * DAY, value);
        const first = runs((at) => (at < 3 * HOUR ? 30 * DAY : HOUR));
        expect(alarmTime(alarm('DigestAge'), first, 2 * DAY, offset)).toBeUndefined();
        expect(
          alarmTime(
            alarm('DigestAge'),
            runs(() => 30 * DAY),
            2 * DAY,
            offset,
          ),
        ).toBeLessThanOrEqual(5 * HOUR);
      }),
    );
  });
});

describe('the verify function', () => {
  /** Returns when the topic is notified that there is no data. A new alarm starts in that state, and only changes trigger actions. */
  function toldOfSilence(name: string, samples: Sample[], until: number, offset: number): number | undefined {
    if (!alarm(name).InsufficientDataActions?.includes(stack.arn('AlarmTopic'))) return undefined;
    const states = statesOf(alarm(name), samples, until, offset);
    const period = states.findIndex((state, i) => state === 'INSUFFICIENT_DATA' && states[i - 1] === 'OK');
    return period === -1 ? undefined : (period + 1) * alarm(name).Period - offset;
  }

  test('raises an alarm if it stops running, but not when it is new', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: HOUR - 1 }), fc.integer({ min: 0, max: HOUR - 1 }), (offset, first) => {
        const told = (until: number) =>
          toldOfSilence(
            'VerifyNotRunning',
            every(HOUR, first, until, () => 1),
            3 * DAY,
            offset,
          );
        expect(told(3 * DAY)).toBeUndefined();
        expect(told(0)).toBeUndefined();
        // Its schedule is switched off after a day.
        expect(told(DAY)).toBeGreaterThan(DAY + 2 * HOUR);
        expect(told(DAY)).toBeLessThanOrEqual(DAY + 4 * HOUR);
      }),
    );
  });

  test('of exports raises an alarm after two days without a run that succeeded, but not earlier', () => {
    const runs = (until: number) => every(DAY, 6.5 * HOUR, until, () => 0);
    const told = (until: number, offset = 0) => toldOfSilence('ExportNotRunning', runs(until), 9 * DAY, offset);
    expect([told(9 * DAY), told(0)]).toEqual([undefined, undefined]);
    expect(told(3 * DAY)).toBe(5 * DAY);
    const once = [...runs(3 * DAY), ...runs(9 * DAY).slice(4)];
    expect(toldOfSilence('ExportNotRunning', once, 9 * DAY, 0)).toBeUndefined();
  });

  test('raises an alarm if it gets no public keys for hours, but not if once', () => {
    const unchecked = (hours: number) => every(HOUR, 10 * HOUR + 1, (10 + hours) * HOUR, () => 17);
    expect(alarmTime(alarm('DigestsUnchecked'), unchecked(1), DAY)).toBeUndefined();
    expect(alarmTime(alarm('DigestsUnchecked'), unchecked(8), DAY)).toBe(13 * HOUR);
  });
});

describe('one log file', () => {
  const VISIBILITY = 30 * MINUTE;
  /** The start of the attempts, how long each takes, and the offset of the periods. */
  const timings = fc.record({
    offset: fc.integer({ min: 0, max: 299 }),
    took: fc.integer({ min: 0, max: 295 }),
    polled: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 5, maxLength: 5 }),
  });

  /** Returns the metrics while a message is received several times, and only the last attempt succeeds. */
  function metricsOfFailing(failures: number, attempts: number, { took, polled }: { took: number; polled: number[] }) {
    const begins: number[] = [];
    for (const wait of polled.slice(0, attempts)) {
      begins.push(begins.length === 0 ? wait : begins.at(-1)! + VISIBILITY + wait);
    }
    const end = begins.at(-1)! + took;
    return {
      FilesFailed: begins.slice(0, failures).map((at) => ({ at: at + took, value: 1 })),
      OldestUnprocessed: begins.map((at) => ({ at: at + took, value: at })),
      // SQS leaves out messages that were received three times: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      QueueAge: every(MINUTE, 0, Math.min(end, begins[2] ?? end), (at) => at),
    };
  }
  const NAMES = ['FilesFailed', 'OldestUnprocessed', 'QueueAge'] as const;

  test('raises several alarms within 75 minutes if it fails each time', () => {
    fc.assert(
      fc.property(timings, (timing) => {
        const metrics = metricsOfFailing(5, 5, timing);
        // CloudWatch evaluates once a minute.
        const times = NAMES.map((name) => (alarmTime(alarm(name), metrics[name], DAY, timing.offset) ?? DAY) + MINUTE);
        expect(times.filter((time) => time <= 75 * MINUTE).length).toBeGreaterThanOrEqual(2);
      }),
    );
  });

  test('raises no alarm if it fails once', () => {
    fc.assert(
      fc.property(timings, (timing) => {
        const metrics = metricsOfFailing(1, 2, timing);
        for (const name of NAMES) expect(alarmTime(alarm(name), metrics[name], DAY, timing.offset)).toBeUndefined();
      }),
    );
  });

  test('in the dead-letter queue keeps the alarm on until it is moved, even when SQS reports no metrics of an idle queue', () => {
    const letters = [
      ...every(MINUTE, 0, 2 * HOUR, () => 0),
      ...every(MINUTE, 2 * HOUR, 8 * HOUR, () => 1),
      // Redriven after three days.
      ...every(MINUTE, 3 * DAY, 3 * DAY + HOUR, () => 0),
    ];
    const states = statesOf(alarm('DeadLettersWaiting'), letters, 4 * DAY);
    const perHour = HOUR / 300;
    expect(new Set(states.slice(0, 2 * perHour))).toEqual(new Set(['OK']));
    expect(new Set(states.slice(2 * perHour, 72 * perHour))).toEqual(new Set(['ALARM']));
    expect(new Set(states.slice(72 * perHour))).toEqual(new Set(['OK']));
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

  test('shows metrics that exist', () => {
    const shown = widgets().flatMap(({ properties }) => spelledOut(properties.metrics));
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.map((metric) => [metric, whyNever(metric)]).filter(([, why]) => why !== undefined)).toEqual([]);
    // A widget for each function.
    for (const { properties } of stack.ofType('AWS::Lambda::Function')) {
      expect(shown.map(keyOf)).toContain(`AWS/Lambda Errors FunctionName=${properties.FunctionName}`);
    }
  });

  test('its widgets are in the Region, and do not overlap', () => {
    expect(new Set(widgets().map(({ properties }) => properties.region))).toEqual(new Set(['eu-west-1']));
    const cells = widgets().flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, i) => `${x + (i % width)},${y + Math.floor(i / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...widgets().map(({ x, width }) => x + width))).toBeLessThanOrEqual(24);
  });

  /** `.` repeats the value at the same position of the line above. */
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
