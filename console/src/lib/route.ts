import { useMemo, useSyncExternalStore } from 'react';

/** Where the console is: the fragment of its address, such as `#/environments/prod-etl?at=7d`. Fragments are never sent to a server. */
export interface Route {
  /** Decoded, without empty ones; none is the page of events. */
  segments: readonly string[];
  /** The state of the page, named like the parameters of the HTTP API. */
  params: URLSearchParams;
}

/** Reads a fragment. Malformed percent-encoding stays as it is. */
export function readRoute(fragment: string): Route {
  const [path = '', ...query] = fragment.replace(/^#?\/?/, '').split('?');
  const segments = path.split('/').filter((segment) => segment !== '');
  return { segments: segments.map(decoded), params: new URLSearchParams(query.join('?')) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The fragment that leads to a page: `hrefOf(['users', 'jonas.weber'])`. */
export function hrefOf(segments: readonly string[], params: URLSearchParams = new URLSearchParams()): string {
  const path = segments.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
  const query = params.toString();
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** The parameters with one set, or without it. */
export function withParameter(params: URLSearchParams, name: string, value: string | undefined): URLSearchParams {
  const changed = new URLSearchParams(params);
  if (value === undefined) changed.delete(name);
  else changed.set(name, value);
  return changed;
}

/** Goes to a page. `replace`: without a step to go back to, for what changes while somebody types or reads. */
export function navigate(href: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed);
  window.addEventListener('popstate', changed);
  return () => {
    window.removeEventListener('hashchange', changed);
    window.removeEventListener('popstate', changed);
  };
}

/** The route that the address names now. */
export function useRoute(): Route {
  const fragment = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => readRoute(fragment), [fragment]);
}
