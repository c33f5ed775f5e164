import { type LogFileKey, organizationIn } from '../../shared/cloudtrail/object-key.ts';

/** Which log files are wanted; what is absent is not asked about. */
export interface Selection {
  /** Delivery time, ISO 8601 in UTC with milliseconds: `since` inclusive, `until` exclusive. */
  since?: string;
  until?: string;
  accounts?: readonly string[];
  regions?: readonly string[];
  organization?: string;
}

/** Whether a log file is wanted. CloudTrail's keys tell its delivery time to the minute, others only the day. */
export function isSelected(selection: Selection, key: string, names: LogFileKey): boolean {
  return (
    isWantedAccount(selection, names.account) &&
    isWantedRegion(selection, names.region) &&
    isWantedOrganization(selection, organizationIn(key)) &&
    isWantedTime(selection, names)
  );
}

export function isWantedAccount({ accounts }: Selection, account: string | undefined): boolean {
  return accounts === undefined || (account !== undefined && accounts.includes(account));
}

export function isWantedRegion({ regions }: Selection, region: string): boolean {
  return regions === undefined || regions.includes(region);
}

/** Nothing stands for an account that is of no organization. */
export function isWantedOrganization({ organization }: Selection, found: string | undefined): boolean {
  return organization === undefined || organization === found;
}

/**
 * Whether some day of a period is wanted.
 * @param period the beginning of a day's name: `2026`, `2026-11` or `2026-11-02`
 */
export function isWantedPeriod({ since, until }: Selection, period: string): boolean {
  const first = since?.slice(0, period.length);
  return (first === undefined || period >= first) && (until === undefined || startOf(period) < until);
}

function isWantedTime(selection: Selection, { deliveryDay, deliveredAt }: LogFileKey): boolean {
  if (deliveredAt === undefined) return isWantedPeriod(selection, deliveryDay);
  const { since, until } = selection;
  return (since === undefined || deliveredAt >= toMinute(since)) && (until === undefined || deliveredAt < until);
}

/** A file that is named for 09:15 may have been delivered at 09:15:40. */
const toMinute = (time: string) => `${time.slice(0, 16)}:00.000Z`;

/** `2026-11` -> `2026-11-01T00:00:00.000Z` */
const startOf = (period: string) => `${period}${'0000-01-01T00:00:00.000Z'.slice(period.length)}`;
