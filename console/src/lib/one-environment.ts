import type { Route } from './route.ts';

/** Sections that need questions about all environments. */
const ABOUT_ALL: readonly unknown[] = ['overview', 'trust'];

/**
 * What the console of one environment shows of a route, such as that of a link from the console of all: all of its events are of the
 * environment, so a question need not say so. Returns undefined if the route is about other environments.
 */
export function routeWithin({ segments, params }: Route, environment: string): Route | undefined {
  const [section, name] = segments;
  if (ABOUT_ALL.includes(section) || (section === 'environments' && name !== environment)) return undefined;
  if (params.getAll('environment').some((value) => value !== environment)) return undefined;
  const within = new URLSearchParams(params);
  within.delete('environment');
  return { segments, params: within };
}
