import { type LogFileKey, organizationIn } from './object-key.ts';

/** Which log files are selected. An absent member does not restrict them. */
export interface TrailFilter {
  /** Delivery time, ISO 8601 in UTC with milliseconds: `since` inclusive, `until` exclusive. */
  since?: string | undefined;
  until?: string | undefined;
  accounts?: readonly string[] | undefined;
  regions?: readonly string[] | undefined;
  organization?: string | undefined;
}

/** What the last folder of a prefix names. */
type Level = 'AWSLogs' | 'organization' | 'account' | 'folder' | 'region' | 'year' | 'month' | 'day';

const ACCOUNT = ['account', /^\d{12}$/] as const;
/** The folders that CloudTrail makes in each folder: `[prefix/]AWSLogs/[o-ORGID/]ACCOUNT/FOLDER/REGION/YYYY/MM/DD/`. */
const BELOW: Readonly<Record<Level, readonly (readonly [Level, RegExp])[]>> = {
  AWSLogs: [['organization', /^o-[a-z0-9]+$/], ACCOUNT],
  organization: [ACCOUNT],
  account: [['folder', /^CloudTrail(-|$)/]],
  folder: [['region', /^[a-z0-9-]+$/]],
  region: [['year', /^\d{4}$/]],
  year: [['month', /^\d{2}$/]],
  month: [['day', /^\d{2}$/]],
  day: [],
};

/**
 * A folder in a trail's bucket, and what it and those above it name. `folder` is `CloudTrail` for log files; `period` is
 * `2026`, `2026-11` or `2026-11-02`.
 */
export interface TrailFolder
  extends Partial<Record<'organization' | 'account' | 'folder' | 'region' | 'period', string>> {
  /** Ends with a slash. */
  prefix: string;
  level: Level;
}

/** Returns the folder of a name in another folder; undefined if CloudTrail makes no such folder there. */
export function folderBelow(parent: TrailFolder, name: string): TrailFolder | undefined {
  const level = BELOW[parent.level].find(([, pattern]) => pattern.test(name))?.[0];
  if (level === undefined) return undefined;
  const below = { ...parent, prefix: `${parent.prefix}${name}/`, level };
  if (level === 'year') return { ...below, period: name };
  if (level === 'month' || level === 'day') return { ...below, period: `${parent.period}-${name}` };
  return { ...below, [level]: name };
}

/** The folder `AWSLogs/` of a trail. @param prefix what stands before it: empty, or with a slash at its end */
export const awsLogsFolder = (prefix: string): TrailFolder => ({ prefix: `${prefix}AWSLogs/`, level: 'AWSLogs' });

/**
 * Returns the folder of a trail's bucket that a prefix is; `AWSLogs/` below it if the prefix ends before that.
 * `unexpected`: the name of a folder that CloudTrail does not make there.
 */
export function trailFolderOf(prefix: string): TrailFolder | { unexpected: string } {
  const names = prefix.split('/').filter((name, i, all) => name !== '' || i < all.length - 1);
  const at = names.lastIndexOf('AWSLogs');
  const above = at < 0 ? names : names.slice(0, at);
  let folder = awsLogsFolder(above.map((name) => `${name}/`).join(''));
  for (const name of at < 0 ? [] : names.slice(at + 1)) {
    const below = folderBelow(folder, name);
    if (below === undefined) return { unexpected: name };
    folder = below;
  }
  return folder;
}

/** Whether a folder is selected, judged by its own name only. */
export function isSelectedFolder(filter: TrailFilter, folder: TrailFolder): boolean {
  const { level, organization, account, region, period = '' } = folder;
  switch (level) {
    case 'organization':
      return isOrganization(filter, organization);
    case 'account':
      return isOrganization(filter, organization) && isIn(filter.accounts, account);
    case 'region':
      return isIn(filter.regions, region);
    case 'year':
    case 'month':
    case 'day':
      return isSelectedPeriod(filter, period);
    default:
      return true;
  }
}

/** Whether a log file is selected. CloudTrail's keys have its delivery time to the minute, others only the day. */
export function isSelectedLogFile(filter: TrailFilter, key: string, names: LogFileKey): boolean {
  const { account, region, deliveryDay, deliveredAt } = names;
  const { since, until } = filter;
  if (!isIn(filter.accounts, account) || !isIn(filter.regions, region)) return false;
  if (!isOrganization(filter, organizationIn(key))) return false;
  if (deliveredAt === undefined) return isSelectedPeriod(filter, deliveryDay);
  // A file that is named for 09:15 may have been delivered at 09:15:40.
  return (
    (since === undefined || deliveredAt >= `${since.slice(0, 16)}:00.000Z`) &&
    (until === undefined || deliveredAt < until)
  );
}

/** Whether some day of a period is selected. @param period `2026`, `2026-11` or `2026-11-02` */
export function isSelectedPeriod({ since, until }: TrailFilter, period: string): boolean {
  const start = `${period}${'0000-01-01T00:00:00.000Z'.slice(period.length)}`;
  return (since === undefined || period >= since.slice(0, period.length)) && (until === undefined || start < until);
}

/** Whether a name is in a list; each name is, if there is no list. */
function isIn(names: readonly string[] | undefined, name: string | undefined): boolean {
  return names === undefined || (name !== undefined && names.includes(name));
}

const isOrganization = ({ organization }: TrailFilter, found: string | undefined) =>
  organization === undefined || organization === found;
