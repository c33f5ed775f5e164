import type { Coverage } from '../query/coverage.ts';

/**
 * What a cell of a map of coverage can show, the mildest first. Of several days in a cell, and of several findings on a day, the
 * worst shows.
 */
export const COVERAGE_LEVELS = [
  { level: 'none', says: 'no log files' },
  { level: 'verified', says: 'verified' },
  { level: 'unverified', says: 'not verified' },
  { level: 'missing', says: 'missing' },
  { level: 'incomplete', says: 'quarantined or failed' },
  { level: 'altered', says: 'altered' },
] as const;

export type CoverageLevel = (typeof COVERAGE_LEVELS)[number]['level'];

/** The counts of log files, of a day or of several. */
export type CoverageCounts = Omit<Coverage, 'account' | 'region' | 'day'>;

/** What they show. */
export function coverageLevel({ delivered = 0, missing = 0, ...counts }: CoverageCounts): CoverageLevel {
  const { ingested, partly, verified, altered, quarantined, failed, discarded } = counts;
  if (altered > 0) return 'altered';
  if (quarantined + failed + partly > 0) return 'incomplete';
  if (missing > 0) return 'missing';
  if (ingested === 0 && delivered <= discarded) return 'none';
  return verified === ingested && ingested > 0 ? 'verified' : 'unverified';
}

/** Higher is worse. */
export const severityOf = (level: CoverageLevel) => COVERAGE_LEVELS.findIndex((other) => other.level === level);

const WEEK = 7;

/** One, or the days of as few whole weeks as make the days fit into the cells. */
export function daysPerCell(days: number, cells: number): number {
  return days <= cells ? 1 : Math.ceil(days / cells / WEEK) * WEEK;
}
