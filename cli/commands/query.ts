import { type QueryDeps, readPage } from '../../shared/query/ask.ts';
import { readCriteria } from '../../shared/query/criteria.ts';
import { type Criteria, fixedAttributes } from '../../shared/query/criteria-table.ts';
import { explainCost, explainPlan } from '../../shared/query/plan.ts';
import { csvRow, eventCsv, FULL_COLUMNS, LISTED_COLUMNS } from '../../shared/render/csv.ts';
import { displayText } from '../../shared/render/display.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventJson } from '../../shared/render/json.ts';
import type { ListedEvent, StoredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { command, EXIT, type Output, UsageError, type Values } from '../lib/command.ts';
import { sayHowToShow, sayNotes, sayProvisional } from '../lib/notes.ts';
import { CRITERIA, count, format, inGroup, toggle } from '../lib/options.ts';
import { viewOf, write, writeJsonList, writeTable } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES, zoneOf } from '../lib/times.ts';

const FLAGS = {
  ...CRITERIA,
  ...inGroup('Output:', {
    limit: count('maximum number of events', 100),
    all: toggle('all events, however many', (option) => option.conflicts('limit')),
    oldestFirst: toggle('oldest events first'),
    full: toggle('everything stored of each event, with its record; not in tables'),
    ids: toggle('show eventIDs in tables, on a narrow terminal below each event; show and compare take them'),
    explain: toggle('print on standard error which index is read, and the cost'),
    format: format(['table', 'json', 'ndjson', 'csv']),
    ...TIMES,
  }),
  ...STORE,
};
type QueryOptions = Values<typeof FLAGS>;

export default command({
  about: 'List events, newest first. Filters combine; a repeated filter matches any of its values.',
  flags: FLAGS,
  async run(options, context) {
    const { env, out, err } = context;
    if (options.full && options.format === 'table')
      throw new UsageError('--full: expected --format json, ndjson or csv');
    const criteria = readCriteria(options, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const view = viewOf(out, env, options, deps.now(), deps.aliases);
      const counted = { events: 0 };
      const events = counting(readEvents(criteria, options, deps, err), counted);
      const table = new EventTable(view, { withIds: options.ids ?? false, fixed: fixedAttributes(criteria) });
      await PRINTERS[options.format](options.full ? inFull(events, deps) : events, out, options, table);
      if (options.format === 'table' && counted.events > 0) {
        sayHowToShow(table, context, view);
        sayProvisional(table, err, view);
      }
      await sayNotes({ criteria, ...counted, forPeople: options.format === 'table' }, context, view, deps);
    });
    return EXIT.done;
  },
});

/** Events a page: as many as fit into one answer of DynamoDB. */
const PAGE_SIZE = 1_000;

async function* readEvents(
  criteria: Criteria,
  { all, limit, oldestFirst, full, explain }: QueryOptions,
  deps: QueryDeps,
  err: Output,
): AsyncGenerator<ListedEvent> {
  const order = oldestFirst ? 'oldest-first' : 'newest-first';
  const consumed = { requests: 0, readUnits: 0 };
  let after: string | undefined;
  let left = all ? Number.POSITIVE_INFINITY : limit;
  do {
    const page = await readPage({ criteria, order, limit: Math.min(left, PAGE_SIZE), after }, deps);
    if (explain && after === undefined) err.write(`${shown(explainPlan(page.plan))}\n`);
    consumed.requests += page.consumed.requests;
    consumed.readUnits += page.consumed.readUnits;
    yield* page.events;
    left -= page.events.length;
    after = page.end;
  } while (after !== undefined && left > 0);
  if (explain) err.write(`${explainCost(consumed)}${full ? COST_OF_WHOLE_EVENTS : ''}\n`);
}

const COST_OF_WHOLE_EVENTS = ', and 1 for each 4 KB of each whole event';

async function* counting<T>(items: AsyncIterable<T>, count: { events: number }): AsyncGenerator<T> {
  for await (const item of items) {
    count.events += 1;
    yield item;
  }
}

type Events = AsyncIterable<ListedEvent | StoredEvent>;
type Printer = (events: Events, out: Output, options: QueryOptions, table: EventTable) => Promise<void>;

const PRINTERS: Readonly<Record<QueryOptions['format'], Printer>> = {
  table: (events, out, _options, table) => writeTable(out, events, (rows) => table.add(rows)),
  json: (events, out) => writeJsonList(out, events, eventJson),
  async ndjson(events, out) {
    for await (const event of events) await write(out, `${eventJson(event)}\n`);
  },
  async csv(events, out, { full }) {
    const columns = full ? FULL_COLUMNS : LISTED_COLUMNS;
    await write(out, csvRow(columns));
    for await (const event of events) await write(out, eventCsv(event, columns));
  },
};

/** Reads whole events from the table; indexes hold only a part. */
async function* inFull(
  events: AsyncIterable<ListedEvent>,
  { dynamo, tables, now }: QueryDeps,
): AsyncGenerator<StoredEvent> {
  for await (const { eventId } of events) {
    const event = await getEvent(dynamo, tables.eventsTable, eventId, now());
    if (event) yield event;
  }
}

/** Makes lines with values of the query safe to print: they may have been pasted from anywhere. */
function shown(lines: string): string {
  return lines.split('\n').map(displayText).join('\n');
}
