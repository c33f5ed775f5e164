import { MEDIA_TYPES } from '../../../shared/http/negotiate.ts';
import { ApiProblem } from './api.ts';

/** The files that a list of events is downloaded as: the same as `mwaa-trail query --all` prints. */
export type DownloadFormat = 'csv' | 'json' | 'ndjson';

/** How pages of the HTTP API become one file. */
interface Layout {
  /** What the API is asked for. */
  accept: string;
  /** How many events a page has. */
  count(page: string): number;
  /** What a page adds to the file. */
  piece(page: string, before: Position): string;
  /** What follows the last page. */
  end(events: number): string;
}

const LAYOUTS: Readonly<Record<DownloadFormat, Layout>> = {
  csv: {
    accept: MEDIA_TYPES.csv,
    count: (page) => csvRows(page) - 1,
    // Each page has the heading.
    piece: (page, { pages }) => (pages === 0 ? page : page.slice(page.indexOf('\n') + 1)),
    end: () => '',
  },
  ndjson: {
    accept: MEDIA_TYPES.ndjson,
    count: (page) => linesOf(page).length,
    piece: (page) => page,
    end: () => '',
  },
  json: {
    accept: MEDIA_TYPES.ndjson,
    count: (page) => linesOf(page).length,
    piece: (page, { events }) => {
      const lines = linesOf(page);
      return lines.length === 0 ? '' : (events === 0 ? '[\n' : ',\n') + lines.join(',\n');
    },
    end: (events) => (events === 0 ? '[]\n' : '\n]\n'),
  },
};

const linesOf = (page: string) => page.split('\n').filter((line) => line !== '');

/** The rows of a CSV text. Line breaks in quotes end none. */
function csvRows(text: string): number {
  let rows = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === 0x22) quoted = !quoted;
    else if (character === 0x0a && !quoted) rows += 1;
  }
  return rows;
}

/** How far a download has come. */
export interface Position {
  /** Path of the next page; undefined: all pages are there. */
  next: string | undefined;
  pages: number;
  events: number;
}

interface Download {
  format: DownloadFormat;
  fetchPage(path: string, accept: string): Promise<{ text: string; next: string | undefined }>;
  write(text: string): Promise<void>;
  /** Called after each page that was written: a download that fails goes on from here. */
  onPosition(position: Position): void;
}

/** Writes the pages from a position on. @throws what `fetchPage` and `write` throw */
export async function downloadFrom(start: Position, { format, fetchPage, write, onPosition }: Download): Promise<void> {
  const { accept, count, piece, end } = LAYOUTS[format];
  let position = start;
  while (position.next !== undefined) {
    const { text, next } = await fetchPage(position.next, accept);
    const events = position.events + count(text);
    const isLast = next === undefined;
    await write(piece(text, position) + (isLast ? end(events) : ''));
    position = { next, pages: position.pages + 1, events };
    onPosition(position);
  }
}

/** Statuses that may be others in a moment: no connection, too many requests, a slow database. */
const PASSING: readonly number[] = [0, 429, 503];
/** How long to wait before each new attempt, in milliseconds. */
const PAUSES: readonly number[] = [500, 2_000, 5_000];

/** Asks again, after a pause, while the reason may pass. @throws the last problem */
export async function patiently<T>(ask: () => Promise<T>, sleep: (milliseconds: number) => Promise<void>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiProblem) || !PASSING.includes(error.status)) throw error;
      await sleep(pause);
    }
  }
  return ask();
}

/** Name of a file of events: with the environment, if it is of one, and the time, in UTC. */
export function downloadName(environments: readonly string[], format: DownloadFormat, time: Date): string {
  const [environment = '', ...others] = environments;
  const of = others.length > 0 ? '' : environment.replace(/[^\w.-]+/g, '_');
  const when = time.toISOString().slice(0, 19).replaceAll(':', '-');
  return `${['mwaa-events', of, `${when}Z`].filter((part) => part !== '').join('-')}.${format}`;
}
