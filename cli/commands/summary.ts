import { Command, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { type Criteria, readCriteria } from '../../shared/query/criteria.ts';
import { summarise } from '../../shared/query/summary.ts';
import { summaryText } from '../../shared/render/summary.ts';
import { addCriteriaOptions } from '../lib/criteria-options.ts';
import { formatOption } from '../lib/format-option.ts';
import { sayNotes } from '../lib/notes.ts';
import { readCount } from '../lib/number-options.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { addZoneOption, type TimeOptions, viewOf, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';

interface SummaryOptions extends StoreOptions, Criteria, TimeOptions {
  limit: number;
  top: number;
  format: 'table' | 'json';
}

/** Some 7,000 read units, a fraction of a cent. */
const DEFAULT_LIMIT = 100_000;

export function summaryCommand(env: Environment): Command {
  const command = addCriteriaOptions(new Command('summary'))
    .description('count events by action, principal, error and day; filters are those of query')
    .addOption(
      new Option('--limit <n>', 'maximum number of events, the newest').default(DEFAULT_LIMIT).argParser(readCount),
    )
    .addOption(new Option('--top <n>', 'lines of each table').default(10).argParser(readCount))
    .addOption(formatOption(['table', 'json']));
  return addStoreOptions(addZoneOption(command)).action(async (options: SummaryOptions) => {
    const criteria = readCriteria(options, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const view = viewOf(process.stdout, env, options, deps.now());
      const summary = await summarise(criteria, deps, options.limit);
      if (options.format === 'json') await writeOut(`${JSON.stringify(summary, null, 2)}\n`);
      else if (summary.events > 0) await writeOut(summaryText(summary, options.top, view));
      if (summary.truncated) {
        process.stderr.write(`Only the newest ${summary.events} events are counted: --limit counts more.\n`);
      }
      await sayNotes({ criteria, events: summary.events, forPeople: options.format === 'table' }, view, deps);
    });
  });
}
