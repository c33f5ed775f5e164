import { questionOf } from '../../lib/criteria.ts';
import { apiPath } from '../../lib/paths.ts';
import type { ConsoleInfo } from '../../lib/session.tsx';

/** The path of the first page of the events that a page of events asks for. @param params of that page */
export function listPath(info: ConsoleInfo, params: URLSearchParams, pageSize: number): string {
  const order = params.get('order') ?? 'newest-first';
  return apiPath(
    info,
    '/events',
    new URLSearchParams([...questionOf(params), ['limit', String(pageSize)], ['order', order]]),
  );
}
