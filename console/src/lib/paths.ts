import type { ConsoleInfo } from './session.tsx';

/** Resources that also exist below one environment: what a team that may see only its own can ask. */
const IN_ENVIRONMENT = /^\/(events|timeline|values|summary|likely-causes|compare|users\/|history)/;

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

/** The path of something of one environment, such as `history`. */
export function environmentPath(name: string, resource: string, params = new URLSearchParams()): string {
  const query = params.toString();
  return `/environments/${encodeURIComponent(name)}/${resource}${query === '' ? '' : `?${query}`}`;
}
