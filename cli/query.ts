import { Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../shared/config.ts';
import { type RawCriteria, readCriteria } from '../shared/query/criteria.ts';
import { type QueryDeps, queryEvents } from '../shared/query/run-query.ts';
import { csvRow, eventCsv, FULL_COLUMNS, LISTED_COLUMNS } from '../shared/render/csv.ts';
import { eventJson } from '../shared/render/json.ts';
import { eventTable } from '../shared/render/table.ts';
import type { ListedEvent, StoredEvent } from '../shared/store/event-item.ts';
import { getEvent } from '../shared/store/events-table.ts';
import { addStoreOptions, type StoreOptions, withStore } from './store-options.ts';
import { writeOut } from './write-out.ts';

interface QueryOptions extends StoreOptions {
  environment?: string[];
  eventName?: string[];
  principal?: string[];
  errorCode?: string[];
  errors?: true;
  accessKeyId?: string[];
  sourceIp?: string[];
  account?: string[];
  region?: string[];
  category?: string[];
  readOnly?: boolean;
  since?: string;
  until?: string;
  limit: number;
  full?: true;
  format: 'table' | 'json' | 'ndjson' | 'csv';
}

export function queryCommand(env: Environment): Command {
  const command = new Command('query')
    .description('list events, newest first; filters combine, and a repeated one means any of its values')
    .addOption(repeatable('--environment <name>', 'name of the MWAA environment'))
    .option('--since <time>', 'from this time on: ISO 8601 (UTC unless it has a zone), or an age such as 7d')
    .option('--until <time>', 'before this time')
    .addOption(repeatable('--event-name <name>', 'MWAA operation, such as CreateEnvironment'))
    .addOption(repeatable('--principal <name>', 'who did it: a user, ROLE/SESSION, a service; a final * is a prefix'))
    .addOption(repeatable('--error-code <code>', 'error code, such as AccessDenied'))
    .option('--errors', 'only events with an error')
    .addOption(repeatable('--access-key-id <id>', 'access key that signed the request'))
    .addOption(repeatable('--source-ip <ip>', 'address, or service, that the request came from'))
    .addOption(repeatable('--account <id>', 'AWS account'))
    .addOption(repeatable('--region <region>', 'AWS Region'))
    .addOption(repeatable('--category <category>', 'Management or Data'))
    .option('--read-only', 'only events that change nothing')
    .option('--no-read-only', 'only events that change something')
    .addOption(new Option('--limit <n>', 'at most so many events').default(100).argParser(readLimit))
    .option('--full', 'everything stored of each event, its record included')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json', 'ndjson', 'csv']).default('table'),
    );
  return addStoreOptions(command).action(async (options: QueryOptions) => {
    const criteria = readCriteria(options satisfies RawCriteria, Date.now());
    await withStore(options, env, async (deps) => {
      const events = options.full ? inFull(queryEvents(criteria, deps), deps) : queryEvents(criteria, deps);
      await PRINTERS[options.format](take(events, options.limit), options.full === true);
    });
  });
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

async function* take<T>(items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let left = limit;
  for await (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string[] = []) => [...before, value]);
}

function readLimit(value: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new InvalidArgumentError('Expected a whole number from 1.');
  return Number(value);
}
