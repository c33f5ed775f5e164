import { DAY_MS, HOUR_MS, isoTime } from '../cloudtrail/times.ts';
import type { Period } from '../query/criteria-table.ts';
import type { StoredDay } from '../store/environments-table.ts';
import type { ExportedFile } from './manifest.ts';

/** Which days of the store to export, in which order. `files` are those that the export has, by name. */
export type DayChoice = (stored: readonly StoredDay[], files: ReadonlyMap<string, ExportedFile>) => StoredDay[];

/** Chooses the days that have a part in a period, oldest first. An invalid time is before all others. */
export const daysIn =
  ({ since, until }: Period) =>
  (stored: readonly StoredDay[]): StoredDay[] =>
    stored.filter(
      ({ day }) =>
        (since === undefined || day >= since.slice(0, 10)) && (until === undefined || `${day}T00:00:00.000Z` < until),
    );

/** A day is closed this long after its end: then its log files have come, and the digests that sign them. */
const CLOSED_AFTER_MS = 6 * HOUR_MS;
/** Days that are exported again, because the verification of their log files may have come late. */
const RECENT_MS = 3 * DAY_MS;

/**
 * Chooses the closed days that an export lacks, that have changed since, or that are recent; newest first, so that years of history do not
 * delay what is asked for most.
 * @param now milliseconds since 1970
 */
export const dueDays =
  (now: number): DayChoice =>
  (stored, files) => {
    const exported = new Map([...files.values()].map(({ day, changedOn }) => [day, changedOn]));
    const open = dayOf(now - CLOSED_AFTER_MS);
    const isDue = ({ day, changedOn }: StoredDay) =>
      day < open && (isRecent(day, now) || !exported.has(day) || (changedOn ?? '') > (exported.get(day) ?? ''));
    return stored.filter(isDue).reverse();
  };

/** Whether a day is exported again, even if nothing has changed. */
export const isRecent = (day: string, now: number): boolean => day >= dayOf(now - CLOSED_AFTER_MS - RECENT_MS);

/** A change is noted at most this long after it. */
const NOTED_WITHIN_MS = HOUR_MS;

/**
 * Returns the change of a day up to which an export that begins now is complete. Returns undefined if the day may still change
 * without a note: the store notes a change only once for each day on which it happens.
 */
export const settledChange = ({ changedOn }: StoredDay, now: number): string | undefined =>
  changedOn !== undefined && changedOn < dayOf(now - NOTED_WITHIN_MS) ? changedOn : undefined;

const dayOf = (time: number) => isoTime(time).slice(0, 10);
