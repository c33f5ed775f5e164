import { type Access, type ActionCode, accessOf } from './actions.ts';
import { PATH_PARAMETERS, REST_ROUTES } from './rest-routes.ts';
import { maskSecretsInText } from './secret-patterns.ts';

/** What was done, to what. */
export interface Act {
  action: string;
  access: Access;
  target: string | undefined;
}

/**
 * What a call of Airflow's REST API does. A call that is no known route is the action `REST METHOD PATH`.
 * @param method in any case
 * @param path as the record has it, perhaps with the prefix of a version, a query string or percent-encoded values
 */
export function restCall(method: string, path: string): Act {
  const verb = method.toUpperCase();
  const plainPath = withoutQuery(path) || '/';
  const segments = segmentsOf(plainPath);
  const route = routeOf(verb, segments);
  if (!route) return { action: `REST ${verb} ${plainPath}`, access: methodAccess(verb), target: undefined };
  return { action: route.action, access: accessOf(route.action), target: targetOf(route, segments) };
}

export const withoutQuery = (path: string) => path.replace(/[?#].*$/s, '');

/** RFC 9110, section 9.2.1: the safe methods. */
export function methodAccess(method: string): Access {
  return ['GET', 'HEAD', 'OPTIONS'].includes(method.toUpperCase()) ? 'read' : 'write';
}

const VERSION_PREFIXES = [['api', 'v1'], ['api', 'v2'], ['v1'], ['v2'], ['auth', 'fab', 'v1']];

/** The decoded segments of a path, without the prefix of a version and without slashes around it. */
function segmentsOf(path: string): string[] {
  const segments = trimmedPath(path).split('/').map(decoded);
  const prefix = VERSION_PREFIXES.find((names) => names.every((name, i) => segments[i] === name));
  return segments.slice(prefix?.length ?? 0);
}

/** Without one leading slash, and without all trailing ones. */
function trimmedPath(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end -= 1;
  return path.slice(path.startsWith('/') ? 1 : 0, end);
}

/** A segment is decoded after the path is split, so a `%2F` does not split it. Decoding may bring out a secret. */
function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return maskSecretsInText(decodeURIComponent(segment));
  } catch {
    return segment;
  }
}

interface Route {
  segments: readonly string[];
  action: ActionCode;
}

/** A literal sorts before a parameter, because `{` follows all letters: the first route that matches is the right one. */
const ROUTES = Object.keys(REST_ROUTES)
  .sort()
  .flatMap((path) =>
    Object.entries(REST_ROUTES[path] ?? {}).map(([method, action]) => ({
      method,
      segments: path.slice(1).split('/'),
      action,
    })),
  );
const EXACT_ROUTES = Map.groupBy(ROUTES, ({ method, segments }) => `${method} ${segments.length}`);
const OPEN_ROUTES = Map.groupBy(
  ROUTES.filter(({ segments }) => PATH_PARAMETERS.has(segments.at(-1) ?? '')),
  ({ method }) => method,
);

/** The route that matches segment by segment, else the one whose last parameter may have slashes and takes the rest. */
function routeOf(method: string, segments: readonly string[]): Route | undefined {
  return (
    EXACT_ROUTES.get(`${method} ${segments.length}`)?.find((route) => matches(route, segments)) ??
    OPEN_ROUTES.get(method)?.find((route) => route.segments.length < segments.length && matches(route, segments))
  );
}

/** Whether a path begins with the segments of a route. A parameter matches any segment that is not empty. */
function matches(route: Route, segments: readonly string[]): boolean {
  return route.segments.every((name, i) => (isParameter(name) ? segments[i] !== '' : segments[i] === name));
}

/** The values of the parameters, as `DAG/RUN/TASK`; what is longer than the route belongs to the last. */
function targetOf(route: Route, segments: readonly string[]): string | undefined {
  return segments.filter((_, i) => isParameter(route.segments[i] ?? '{')).join('/') || undefined;
}

const isParameter = (name: string) => name.startsWith('{');
