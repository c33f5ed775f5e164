import { Command } from 'commander';
import type { Environment } from '../../shared/config.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { compareEvents, provisionalOf } from '../../shared/query/compare.ts';
import { comparisonText } from '../../shared/render/event-table.ts';
import type { StoredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { addTimeOptions, type TimeOptions, viewOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';

interface CompareOptions extends StoreOptions, TimeOptions {
  all?: true;
  format: 'table' | 'json';
}

export function compareCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('compare')
    .description('compare the records of two or more events field by field')
    .argument('<eventId>', "CloudTrail's eventID")
    .argument('<eventIds...>', 'those of the events to compare it with')
    .option('--all', 'fields that do not differ, too: after those that do')
    .addOption(formatOption(['table', 'json']));
  return addStoreOptions(addTimeOptions(command)).action(
    async (first: string, others: string[], options: CompareOptions) => {
      const eventIds = [first, ...others];
      const found = await withStore(options, env, (deps) => getEvents(eventIds, deps));
      const missing = eventIds.filter((_, i) => found[i] === undefined || found[i].record === undefined);
      if (missing.length > 0) {
        process.stderr.write(`mwaa-trail: there is no record to compare in the store for ${missing.join(', ')}\n`);
        setExitCode(EXIT.failed);
        return;
      }
      await print(found as StoredEvent[], options, env);
    },
  );
}

function getEvents(eventIds: readonly string[], { dynamo, tables, now }: QueryDeps) {
  return Promise.all(eventIds.map((eventId) => getEvent(dynamo, tables.eventsTable, eventId, now())));
}

async function print(events: readonly StoredEvent[], options: CompareOptions, env: Environment): Promise<void> {
  const fields = compareEvents(events);
  const different = fields.filter(({ same }) => !same);
  const shown = options.all ? [...different, ...fields.filter(({ same }) => same)] : different;
  if (options.format === 'json') {
    const eventIds = events.map(({ eventId }) => eventId);
    await writeOut(`${JSON.stringify({ eventIds, provisional: provisionalOf(events), fields: shown }, null, 2)}\n`);
  } else {
    await writeOut(comparisonText(events, shown, viewOf(process.stdout, env, options, Date.now())));
  }
  const same = fields.length - different.length;
  process.stderr.write(
    `${different.length} fields differ, ${same} are the same${options.all ? '' : ' (--all shows them)'}.\n`,
  );
}
