/** What counts as recent on a page, as the address says it: an age that the HTTP API takes. */
export type Recent = keyof typeof RECENT;

export const RECENT = { '7d': 'last 7 days', '30d': 'last 30 days' } as const;
const DAYS: Readonly<Record<Recent, number>> = { '7d': 7, '30d': 30 };

export function readRecent(params: URLSearchParams): Recent {
  return params.get('recent') === '30d' ? '30d' : '7d';
}

/** Whether a time, ISO 8601, is recent. @param now in milliseconds since 1970 */
export function isRecent(time: string | undefined, recent: Recent, now: number): boolean {
  return time !== undefined && Date.parse(time) >= now - DAYS[recent] * 24 * 3600 * 1000;
}
