import { type QueryDeps, readAll } from './read-page.ts';

export interface EnvironmentCount {
  /** Absent: events that name no environment. */
  environment?: string;
  accountId?: string;
  region?: string;
  events: number;
  errors: number;
}

const PAGE_SIZE = 1_000;

/** Counts all stored events by environment, account and Region; reads them all, so this is for local stores. */
export async function countByEnvironment(deps: QueryDeps): Promise<EnvironmentCount[]> {
  const counts = new Map<string, EnvironmentCount>();
  for await (const { environment, accountId, region, errorCode } of readAll(
    { criteria: {}, order: 'newest-first' },
    PAGE_SIZE,
    deps,
  )) {
    const key = JSON.stringify([environment, accountId, region]);
    const count = counts.get(key) ?? { ...definedOf({ environment, accountId, region }), events: 0, errors: 0 };
    count.events += 1;
    if (errorCode !== undefined) count.errors += 1;
    counts.set(key, count);
  }
  return [...counts.values()].sort((a, b) => (sortText(a) < sortText(b) ? -1 : 1));
}

function definedOf(attributes: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const sortText = ({ environment = '\uffff', accountId = '', region = '' }: EnvironmentCount) =>
  [environment, accountId, region].join('\0');
