import { setTimeout } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { type Criteria, readCriteria } from '../../shared/query/criteria.ts';
import { followEvents } from '../../shared/query/follow.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventJson } from '../../shared/render/json.ts';
import type { View } from '../../shared/render/view.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';
import { addCriteriaOptions } from '../lib/criteria-options.ts';
import { formatOption } from '../lib/format-option.ts';
import { untilInterrupted } from '../lib/interrupt.ts';
import { sayNotes } from '../lib/notes.ts';
import { readCount, readDuration } from '../lib/number-options.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { addTimeOptions, type TimeOptions, viewOf, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';

interface TailOptions extends StoreOptions, Criteria, TimeOptions {
  last: number;
  window: number;
  interval: number;
  ids?: true;
  format: 'table' | 'ndjson';
}

export function tailCommand(env: Environment): Command {
  const command = addCriteriaOptions(new Command('tail'))
    .description('print the last events and then new ones as they come, until Ctrl-C; filters are those of query')
    .addOption(new Option('--last <n>', 'begin with so many of the newest events').default(10).argParser(readCount))
    .addOption(new Option('--interval <time>', 'polling interval').default(30_000, '30s').argParser(readDuration))
    .addOption(
      new Option('--window <time>', 'notice events that arrive so long after they happened; each look reads that much')
        .default(3_600_000, '1h')
        .argParser(readDuration),
    )
    .option('--ids', 'show eventIDs even on a narrow terminal')
    .addOption(formatOption(['table', 'ndjson']));
  return addStoreOptions(addTimeOptions(command)).action(async (options: TailOptions) => {
    const criteria = readCriteria(options, Date.now(), zoneOf(options));
    await untilInterrupted((signal) =>
      withStore(options, env, async (deps) => {
        const { last, window, interval, format, ids = false } = options;
        const view = viewOf(process.stdout, env, options, deps.now());
        const onNothing = () => sayNotes({ criteria, events: 0, forPeople: format === 'table' }, view, deps);
        const times = { windowMs: window, intervalMs: interval };
        const follow = { criteria, last, ...times, signal, sleep, onFailure, onNothing };
        const print = PRINTERS[format](view, ids);
        for await (const events of followEvents(follow, deps)) await writeOut(print(events));
      }),
    );
  });
}

const PRINTERS: Readonly<
  Record<TailOptions['format'], (view: View, ids: boolean) => (events: readonly ListedEvent[]) => string>
> = {
  table(view, ids) {
    const table = new EventTable(view, ids);
    return (events) => table.add(events);
  },
  ndjson: () => (events) => events.map((event) => `${eventJson(event)}\n`).join(''),
};

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function onFailure(error: unknown): void {
  const problem = error instanceof TrailError ? error.message : describeError(error);
  process.stderr.write(`mwaa-trail: could not look for new events (${problem}); trying again\n`);
}
