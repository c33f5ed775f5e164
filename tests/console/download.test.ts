import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writeJsonList } from '../../cli/lib/output.ts';
import { ApiProblem } from '../../console/src/lib/api.ts';
import {
  type DownloadFormat,
  downloadFrom,
  downloadName,
  type Position,
  patiently,
} from '../../console/src/lib/download.ts';
import { csvRow, eventCsv, LISTED_COLUMNS } from '../../shared/render/csv.ts';
import { eventJson } from '../../shared/render/json.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { auditEvent } from '../support/event-arbitrary.ts';

/** What `mwaa-trail query --all` prints. */
async function printed(events: readonly ListedEvent[], format: DownloadFormat): Promise<string> {
  if (format === 'csv') return csvOf(events);
  if (format === 'ndjson') return ndjsonOf(events);
  let text = '';
  const output = {
    write(part: string | Uint8Array) {
      text += part;
      return true;
    },
  };
  await writeJsonList(output as Parameters<typeof writeJsonList>[0], each(events), eventJson);
  return text;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const csvOf = (events: readonly ListedEvent[]) =>
  csvRow(LISTED_COLUMNS) + events.map((event) => eventCsv(event, LISTED_COLUMNS)).join('');
const ndjsonOf = (events: readonly ListedEvent[]) => events.map((event) => `${eventJson(event)}\n`).join('');

/** The HTTP API, with these pages at /0, /1 ...; the requests with these numbers fail. */
function apiWith(pages: readonly (readonly ListedEvent[])[], failing: readonly number[]) {
  let requests = 0;
  return async (path: string, accept: string) => {
    requests += 1;
    if (failing.includes(requests)) throw new ApiProblem(500, { title: 'failed' });
    const at = Number(path.slice(1));
    const text = accept === 'text/csv' ? csvOf(pages[at]!) : ndjsonOf(pages[at]!);
    return { text, next: at + 1 < pages.length ? `/${at + 1}` : undefined };
  };
}

const listed = auditEvent.map(({ record: _, ...event }): ListedEvent => event);

describe.each(['csv', 'json', 'ndjson'] as const)('%s', (format) => {
  test('is what the program prints, however the pages are cut and whichever requests fail', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(listed, { maxLength: 3 }), { minLength: 1, maxLength: 6 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 4 }),
        async (pages, failing) => {
          const fetchPage = apiWith(pages, failing);
          let file = '';
          let position: Position = { next: '/0', pages: 0, events: 0 };
          let failures = 0;
          while (position.next !== undefined) {
            await downloadFrom(position, {
              format,
              fetchPage,
              write: async (text) => {
                file += text;
              },
              onPosition: (reached) => {
                position = reached;
              },
            }).catch((error: unknown) => {
              expect(error).toBeInstanceOf(ApiProblem);
              failures += 1;
            });
          }
          expect(file).toBe(await printed(pages.flat(), format));
          expect(position).toEqual({ next: undefined, pages: pages.length, events: pages.flat().length });
          expect(failures).toBeLessThanOrEqual(failing.length);
        },
      ),
    );
  });
});

describe('a request that fails', () => {
  const attempts = async (statuses: readonly number[]) => {
    const pauses: number[] = [];
    const left = [...statuses];
    const ask = async () => {
      const status = left.shift();
      if (status !== undefined) throw new ApiProblem(status, {});
      return 'answer';
    };
    const answer = await patiently(ask, async (pause) => void pauses.push(pause)).catch((error) => error.status);
    return { answer, pauses: pauses.length };
  };

  test.each([
    [[], 'answer', 0],
    [[429], 'answer', 1],
    [[503, 0, 429], 'answer', 3],
    [[429, 429, 429, 503], 503, 3],
    [[500], 500, 0],
    [[429, 401], 401, 1],
  ])('with %j ends with %j after %d pauses', async (statuses, answer, pauses) => {
    expect(await attempts(statuses)).toEqual({ answer, pauses });
  });
});

test.each([
  [['prod-etl'], 'csv', 'mwaa-events-prod-etl-2026-11-06T03-31-18Z.csv'],
  [[], 'json', 'mwaa-events-2026-11-06T03-31-18Z.json'],
  [['a', 'b'], 'ndjson', 'mwaa-events-2026-11-06T03-31-18Z.ndjson'],
  [['staging etl/../x'], 'csv', 'mwaa-events-staging_etl_.._x-2026-11-06T03-31-18Z.csv'],
] as const)('a file of %j as %s is %s', (environments, format, name) => {
  expect(downloadName(environments, format, new Date('2026-11-06T03:31:18.123Z'))).toBe(name);
});
