import DateRangePicker, { type DateRangePickerProps } from '@cloudscape-design/components/date-range-picker';
import { USUAL_WITHIN } from '../../../shared/query/criteria-table.ts';
import { offsetsOf, readAge, readTime } from '../../../shared/query/time.ts';
import { usePreferences, useTimes } from '../lib/preferences.tsx';

const UNITS = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' } as const;

const RELATIVE: readonly DateRangePickerProps.RelativeOption[] = [
  { key: '1h', amount: 1, unit: 'hour', type: 'relative' },
  { key: '24h', amount: 24, unit: 'hour', type: 'relative' },
  { key: '7d', amount: 7, unit: 'day', type: 'relative' },
  { key: '30d', amount: 30, unit: 'day', type: 'relative' },
  { key: '90d', amount: 90, unit: 'day', type: 'relative' },
  { key: '365d', amount: 365, unit: 'day', type: 'relative' },
];

interface TimeRangeProps {
  params: URLSearchParams;
  onChange(params: URLSearchParams): void;
  /** What is shown without these parameters. */
  cleared?: string;
}

/** Chooses the time of a question, which its parameters `since` and `until` have. */
export function TimeRange({ params, onChange, cleared = 'All time' }: TimeRangeProps) {
  const { zone } = usePreferences();
  const times = useTimes();
  const until = isOpenStart(params) ? readTime(params.get('until') ?? '', Date.now()) : undefined;
  return (
    <DateRangePicker
      value={toValue(params, zone)}
      onChange={({ detail }) => onChange(withValue(params, detail.value, zone))}
      relativeOptions={RELATIVE}
      isValidRange={(value) => isValid(value, zone)}
      // The picker knows no range without a start.
      placeholder={until === undefined ? cleared : `Until ${times.full(until)}`}
      absoluteFormat="iso"
      dateOnly={false}
      showClearButton
      expandToViewport
      getTimeOffset={(date) => offsetsOf(zone)(date.getTime()).milliseconds / 60_000}
      i18nStrings={{ clearButtonLabel: cleared, ariaLabel: 'Time range' }}
    />
  );
}

function toValue(params: URLSearchParams, zone: string): DateRangePickerProps.Value | null {
  const around = aroundOf(params);
  if (around)
    return { type: 'absolute', startDate: wallTime(around.since, zone), endDate: wallTime(around.until, zone) };
  const [since, until] = [params.get('since'), params.get('until')];
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(since ?? '') ?? [];
  if (amount !== undefined && until === null) {
    return { type: 'relative', amount: Number(amount), unit: UNITS[unit as keyof typeof UNITS], key: since ?? '' };
  }
  if (since === null) return null;
  return { type: 'absolute', startDate: wallTime(since, zone), endDate: wallTime(until ?? '0s', zone) };
}

/** Whether a question has an end alone. */
function isOpenStart(params: URLSearchParams): boolean {
  return params.has('until') && !params.has('since') && !params.has('around');
}

/** The range of `around` and `within`. */
function aroundOf(params: URLSearchParams): { since: string; until: string } | undefined {
  const middle = readTime(params.get('around') ?? '', Date.now());
  const length = readAge(params.get('within') ?? USUAL_WITHIN);
  if (middle === undefined || length === undefined) return undefined;
  const isoAt = (time: number) => new Date(time).toISOString();
  return { since: isoAt(Date.parse(middle) - length), until: isoAt(Date.parse(middle) + length) };
}

/** A time of a question as the clocks of the zone show it, with their offset: `2026-11-06T03:31:18+01:00`. */
function wallTime(time: string, zone: string): string {
  const instant = Date.parse(readTime(time, Date.now(), zone) ?? new Date().toISOString());
  const { milliseconds } = offsetsOf(zone)(instant);
  const minutes = Math.abs(milliseconds) / 60_000;
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const offset = `${milliseconds < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  return new Date(instant + milliseconds).toISOString().slice(0, 19) + offset;
}

function withValue(params: URLSearchParams, value: DateRangePickerProps.Value | null, zone: string): URLSearchParams {
  const changed = new URLSearchParams(params);
  for (const name of ['since', 'until', 'around', 'within']) changed.delete(name);
  if (value?.type === 'relative') {
    changed.set('since', ageOf(value));
  } else if (value) {
    changed.set('since', readTime(value.startDate, Date.now(), zone) ?? value.startDate);
    changed.set('until', readTime(value.endDate, Date.now(), zone) ?? value.endDate);
  }
  return changed;
}

/** `7d`; months and years become days, because the letter of a month is that of a minute. */
function ageOf({ amount, unit }: DateRangePickerProps.RelativeValue): string {
  const days = { month: 30, year: 365 }[unit as 'month' | 'year'];
  return days === undefined ? `${amount}${unit.charAt(0)}` : `${amount * days}d`;
}

function isValid(value: DateRangePickerProps.Value | null, zone: string): DateRangePickerProps.ValidationResult {
  if (value === null) return { valid: true };
  if (value.type === 'relative') {
    return value.amount > 0 ? { valid: true } : { valid: false, errorMessage: 'Enter a number from 1.' };
  }
  const [start, end] = [readTime(value.startDate, Date.now(), zone), readTime(value.endDate, Date.now(), zone)];
  if (start === undefined || end === undefined) return { valid: false, errorMessage: 'Enter a start and an end.' };
  return start < end ? { valid: true } : { valid: false, errorMessage: 'The start must be before the end.' };
}
