import { Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../shared/config.ts';
import { type RawCriteria, readCriteria } from '../shared/query/criteria.ts';
import { explainCost, explainPlan } from '../shared/query/explain.ts';
import { type QueryDeps, readPage } from '../shared/query/read-page.ts';
import { csvRow, eventCsv, FULL_COLUMNS, LISTED_COLUMNS } from '../shared/render/csv.ts';
import { eventJson } from '../shared/render/json.ts';
import { eventTable } from '../shared/render/table.ts';
import type { ListedEvent, StoredEvent } from '../shared/store/event-item.ts';
import { getEvent } from '../shared/store/events-table.ts';
import { addCriteriaOptions } from './criteria-options.ts';
import { addStoreOptions, type StoreOptions, withStore } from './store-options.ts';
import { writeOut } from './write-out.ts';

interface QueryOptions extends StoreOptions, RawCriteria {
  limit: number;
  all?: true;
  oldestFirst?: true;
  full?: true;
  explain?: true;
  format: 'table' | 'json' | 'ndjson' | 'csv';
}

export function queryCommand(env: Environment): Command {
  const command = addCriteriaOptions(new Command('query'))
    .description('list events, newest first; filters combine, and a repeated one means any of its values')
    .addOption(new Option('--limit <n>', 'at most so many events').default(100).argParser(readLimit))
    .option('--all', 'all events, however many')
    .option('--oldest-first', 'the oldest events first')
    .option('--full', 'everything stored of each event, its record included')
    .option('--explain', 'say on standard error which index is read, and what it costs')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json', 'ndjson', 'csv']).default('table'),
    );
  return addStoreOptions(command).action(async (options: QueryOptions) => {
    await withStore(options, env, async (deps) => {
      const limit = options.all ? Number.POSITIVE_INFINITY : options.limit;
      const events = readEvents(options, limit, deps);
      await PRINTERS[options.format](options.full ? inFull(events, deps) : events, options.full === true);
    });
  });
}

/** Events a page: as many as fit into one answer of DynamoDB. */
const PAGE_SIZE = 1_000;

async function* readEvents(options: QueryOptions, limit: number, deps: QueryDeps): AsyncGenerator<ListedEvent> {
  const criteria = readCriteria(options, deps.now());
  const order = options.oldestFirst ? 'oldest-first' : 'newest-first';
  const consumed = { requests: 0, readUnits: 0 };
  let after: string | undefined;
  let left = limit;
  do {
    const page = await readPage({ criteria, order, limit: Math.min(left, PAGE_SIZE), after }, deps);
    if (options.explain && after === undefined) process.stderr.write(`${explainPlan(page.plan)}\n`);
    consumed.requests += page.consumed.requests;
    consumed.readUnits += page.consumed.readUnits;
    yield* page.events;
    left -= page.events.length;
    after = page.end;
  } while (after !== undefined && left > 0);
  if (options.explain) process.stderr.write(`${explainCost(consumed)}\n`);
}

type Events = AsyncIterable<ListedEvent | StoredEvent>;

const PRINTERS: Readonly<Record<QueryOptions['format'], (events: Events, full: boolean) => Promise<void>>> = {
  async table(events) {
    const list: ListedEvent[] = [];
    for await (const event of events) list.push(event);
    if (list.length > 0) await writeOut(`${eventTable(list)}\n`);
    else process.stderr.write('No events match.\n');
  },
  async json(events) {
    let separator = '[\n';
    for await (const event of events) {
      await writeOut(separator + eventJson(event));
      separator = ',\n';
    }
    await writeOut(separator === '[\n' ? '[]\n' : '\n]\n');
  },
  async ndjson(events) {
    for await (const event of events) await writeOut(`${eventJson(event)}\n`);
  },
  async csv(events, full) {
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

function readLimit(value: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(value);
}
