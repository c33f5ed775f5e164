import { Command, Option } from 'commander';
import type { Environment } from '../shared/config.ts';
import { displayTime } from '../shared/render/display.ts';
import { textTable } from '../shared/render/table.ts';
import { type KnownEnvironment, listEnvironments } from '../shared/store/environments-table.ts';
import { addStoreOptions, type StoreOptions, withStore } from './store-options.ts';
import { writeOut } from './write-out.ts';

export function environmentsCommand(env: Environment): Command {
  const command = new Command('environments')
    .description('list the environments that events name, with the times of their first and last event')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'));
  return addStoreOptions(command).action(async (options: StoreOptions & { format: 'table' | 'json' }) => {
    const environments = await withStore(options, env, ({ dynamo, tables }) =>
      listEnvironments(dynamo, tables.environmentsTable),
    );
    if (options.format === 'json') await writeOut(`${JSON.stringify(environments, null, 2)}\n`);
    else if (environments.length > 0) await writeOut(`${environmentTable(environments)}\n`);
    else process.stderr.write('No event in the store names an environment.\n');
  });
}

function environmentTable(environments: readonly KnownEnvironment[]): string {
  return textTable(
    ['ENVIRONMENT', 'ACCOUNT', 'REGION', 'FIRST EVENT (UTC)', 'LAST EVENT (UTC)'],
    environments.map(({ environment, accountId = '-', region = '-', firstEventTime, lastEventTime }) => [
      environment,
      accountId,
      region,
      displayTime(firstEventTime),
      displayTime(lastEventTime),
    ]),
  );
}
