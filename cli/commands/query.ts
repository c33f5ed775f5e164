import { Command, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { type QueryDeps, readPage } from '../../shared/query/ask.ts';
import { type Criteria, readCriteria } from '../../shared/query/criteria.ts';
import { explainCost, explainPlan } from '../../shared/query/plan.ts';
import { csvRow, eventCsv, FULL_COLUMNS, LISTED_COLUMNS } from '../../shared/render/csv.ts';
import { displayText } from '../../shared/render/display.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventJson } from '../../shared/render/json.ts';
import type { View } from '../../shared/render/view.ts';
import type { ListedEvent, StoredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { batches, TABLE_ROWS } from '../lib/batches.ts';
import { addCriteriaOptions } from '../lib/criteria-options.ts';
import { formatOption } from '../lib/format-option.ts';
import { sayNotes } from '../lib/notes.ts';
import { readCount } from '../lib/number-options.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { addTimeOptions, type TimeOptions, viewOf, zoneOf } from '../lib/view-options.ts';
import { writeJsonList, writeOut } from '../lib/write-out.ts';

interface QueryOptions extends StoreOptions, Criteria, TimeOptions {
  limit: number;
  all?: true;
  oldestFirst?: true;
  full?: true;
  ids?: true;
  explain?: true;
  format: 'table' | 'json' | 'ndjson' | 'csv';
}

export function queryCommand(env: Environment): Command {
  const command = addCriteriaOptions(new Command('query'))
    .description('list events, newest first; filters combine, and a repeated one means any of its values')
    .addOption(new Option('--limit <n>', 'maximum number of events').default(100).argParser(readCount))
    .option('--all', 'all events, however many')
    .option('--oldest-first', 'the oldest events first')
    .option('--full', 'everything stored of each event, its record included; not in the table')
    .option('--ids', 'show eventIDs in the table even on a narrow terminal; show and compare take them')
    .option('--explain', 'say on standard error which index is read, and what it costs')
    .addOption(formatOption(['table', 'json', 'ndjson', 'csv']));
  return addStoreOptions(addTimeOptions(command)).action(async (options: QueryOptions) => {
    const criteria = readCriteria(options, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const view = viewOf(process.stdout, env, options, deps.now());
      const counted = { events: 0 };
      const events = counting(readEvents(criteria, options, deps), counted);
      await PRINTERS[options.format](options.full ? inFull(events, deps) : events, options, view);
      await sayNotes({ criteria, ...counted, forPeople: options.format === 'table' }, view, deps);
    });
  });
}

/** Events a page: as many as fit into one answer of DynamoDB. */
const PAGE_SIZE = 1_000;

async function* readEvents(
  criteria: Criteria,
  { all, limit, oldestFirst, full, explain }: QueryOptions,
  deps: QueryDeps,
): AsyncGenerator<ListedEvent> {
  const order = oldestFirst ? 'oldest-first' : 'newest-first';
  const consumed = { requests: 0, readUnits: 0 };
  let after: string | undefined;
  let left = all ? Number.POSITIVE_INFINITY : limit;
  do {
    const page = await readPage({ criteria, order, limit: Math.min(left, PAGE_SIZE), after }, deps);
    if (explain && after === undefined) process.stderr.write(`${shown(explainPlan(page.plan))}\n`);
    consumed.requests += page.consumed.requests;
    consumed.readUnits += page.consumed.readUnits;
    yield* page.events;
    left -= page.events.length;
    after = page.end;
  } while (after !== undefined && left > 0);
  if (explain) process.stderr.write(`${explainCost(consumed)}${full ? COST_OF_WHOLE_EVENTS : ''}\n`);
}

const COST_OF_WHOLE_EVENTS = ', and 1 for each 4 KB of each whole event';

async function* counting<T>(items: AsyncIterable<T>, count: { events: number }): AsyncGenerator<T> {
  for await (const item of items) {
    count.events += 1;
    yield item;
  }
}

type Events = AsyncIterable<ListedEvent | StoredEvent>;
type Printer = (events: Events, options: QueryOptions, view: View) => Promise<void>;

const PRINTERS: Readonly<Record<QueryOptions['format'], Printer>> = {
  async table(events, { ids = false }, view) {
    const table = new EventTable(view, ids);
    for await (const rows of batches(events, TABLE_ROWS)) await writeOut(table.add(rows));
  },
  json: (events) => writeJsonList(events, eventJson),
  async ndjson(events) {
    for await (const event of events) await writeOut(`${eventJson(event)}\n`);
  },
  async csv(events, { full }) {
    const columns = full ? FULL_COLUMNS : LISTED_COLUMNS;
    await writeOut(csvRow(columns));
    for await (const event of events) await writeOut(eventCsv(event, columns));
  },
};

/** Indexes hold a part of each event; the whole is in the table. */
async function* inFull(
  events: AsyncIterable<ListedEvent>,
  { dynamo, tables, now }: QueryDeps,
): AsyncGenerator<StoredEvent> {
  for await (const { eventId } of events) {
    const event = await getEvent(dynamo, tables.eventsTable, eventId, now());
    if (event) yield event;
  }
}

/** Lines that hold values of the question, which may have been pasted from anywhere. */
function shown(lines: string): string {
  return lines.split('\n').map(displayText).join('\n');
}
