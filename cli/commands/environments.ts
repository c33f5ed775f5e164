import { Command } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { environmentTimes, recentActivity } from '../../shared/query/environments.ts';
import { environmentsTable } from '../../shared/render/environments.ts';
import { formatOption } from '../lib/format-option.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { addTimeOptions, type TimeOptions, viewOf, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';

interface EnvironmentsOptions extends StoreOptions, TimeOptions {
  recent: string;
  format: 'table' | 'json';
}

export function environmentsCommand(env: Environment): Command {
  const command = new Command('environments')
    .description('list the environments that events name: last activity, and how many recent events and errors')
    .option('--recent <time>', 'what is recent: an age, or from this time on', '7d')
    .addOption(formatOption(['table', 'json']));
  return addStoreOptions(addTimeOptions(command)).action(async (options: EnvironmentsOptions) => {
    const since = timeCriterion('recent', options.recent, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const environments = await recentActivity(await environmentTimes(deps), since, deps);
      const view = viewOf(process.stdout, env, options, deps.now());
      if (options.format === 'json') await writeOut(`${JSON.stringify(environments, null, 2)}\n`);
      else if (environments.length > 0) await writeOut(environmentsTable(environments, options.recent, view));
      else process.stderr.write('No event in the store names an environment.\n');
    });
  });
}
