import type { Properties } from './stack.ts';

export type AlarmState = 'INSUFFICIENT_DATA' | 'OK' | 'ALARM';

/** A value of the metric that an alarm watches, in seconds since the stack was created. */
export interface Sample {
  at: number;
  value: number;
}

/**
 * The states of an alarm, one for each of its periods since the stack was created, as CloudWatch decides:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @param offset seconds of the first period that lay before the stack; periods stand on the clock, not on the stack
 */
export function statesOf(alarm: Properties, samples: readonly Sample[], until: number, offset = 0): AlarmState[] {
  const { Period, ComparisonOperator, Threshold, TreatMissingData = 'missing' } = alarm;
  // The period that is under way is not evaluated yet.
  const periods = Math.floor((until + offset) / Period);
  const points = Array.from({ length: periods }, (_, i) =>
    aggregate(
      samples.filter(({ at }) => Math.floor((at + offset) / Period) === i).map(({ value }) => value),
      alarm.Statistic,
    ),
  );
  const isBreaching = (value: number) => {
    if (ComparisonOperator === 'GreaterThanThreshold') return value > Number(Threshold);
    if (ComparisonOperator === 'LessThanThreshold') return value < Number(Threshold);
    throw new Error(`no comparison ${ComparisonOperator}`);
  };
  const evaluated = Number(alarm.EvaluationPeriods);
  const needed = Number(alarm.DatapointsToAlarm ?? evaluated);
  const states: AlarmState[] = [];
  for (let i = 0; i < periods; i += 1) {
    const window = Array.from({ length: evaluated }, (_, back) => points[i - back]);
    const missing = window.filter((value) => value === undefined).length;
    const breaching = window.filter((value) => value !== undefined && isBreaching(value)).length;
    const counted = breaching + (TreatMissingData === 'breaching' ? missing : 0);
    if (missing === evaluated && TreatMissingData === 'ignore') states.push(states.at(-1) ?? 'INSUFFICIENT_DATA');
    else if (missing === evaluated && TreatMissingData === 'missing') states.push('INSUFFICIENT_DATA');
    else states.push(counted >= needed ? 'ALARM' : 'OK');
  }
  return states;
}

/** When an alarm goes off: the end of the first period after which it is in ALARM; seconds since the stack was created. */
export function alarmTime(
  alarm: Properties,
  samples: readonly Sample[],
  until: number,
  offset = 0,
): number | undefined {
  const first = statesOf(alarm, samples, until, offset).indexOf('ALARM');
  return first === -1 ? undefined : (first + 1) * alarm.Period - offset;
}

function aggregate(values: readonly number[], statistic: string): number | undefined {
  if (values.length === 0) return undefined;
  if (statistic === 'Maximum') return Math.max(...values);
  if (statistic === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  if (statistic === 'SampleCount') return values.length;
  throw new Error(`no statistic ${statistic}`);
}
