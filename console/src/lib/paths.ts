import { hrefOf } from './route.ts';
import type { ConsoleInfo } from './session.tsx';

/** Resources that also exist below one environment: what a team that may see only its own can ask. */
const IN_ENVIRONMENT = /^\/(events|timeline|values|summary|likely-causes|compare|users|history|findings)\b/;

/**
 * The path of a request. A question about one environment goes to the routes of that environment, if these have the resource, so that
 * a policy for it suffices.
 */
export function apiPath({ environment }: ConsoleInfo, resource: string, params = new URLSearchParams()): string {
  const name = environment ?? '';
  const isWithin = name !== '' && IN_ENVIRONMENT.test(resource);
  const asked = new URLSearchParams(params);
  if (isWithin) asked.delete('environment');
  const query = asked.toString();
  return `${isWithin ? `/environments/${encodeURIComponent(name)}` : ''}${resource}${query === '' ? '' : `?${query}`}`;
}

/** Criteria of a question, by parameter: `[['user', 'jonas.weber'], ['outcome', 'denied']]`. Those without a value ask nothing. */
export type Question = readonly (readonly [name: string, value: string | null | undefined])[];

export function parametersOf(question: Question): URLSearchParams {
  return new URLSearchParams(question.flatMap(([name, value]) => (value == null ? [] : [[name, value]])));
}

/** The times of a page, which its address has like that of the page of events. */
export function rangeOf(params: URLSearchParams): Question {
  return ['since', 'until'].map((name) => [name, params.get(name)] as const);
}

/** The address of the page of events with a question. */
export function eventsHref({ environment }: Pick<ConsoleInfo, 'environment'>, question: Question): string {
  const params = parametersOf(question);
  // In the console of one environment, all events are of it.
  if (environment !== undefined) params.delete('environment');
  return hrefOf([], params);
}

/** The path of something of one environment, such as `history`. */
export function environmentPath(name: string, resource: string, params = new URLSearchParams()): string {
  const query = params.toString();
  return `/environments/${encodeURIComponent(name)}/${resource}${query === '' ? '' : `?${query}`}`;
}
