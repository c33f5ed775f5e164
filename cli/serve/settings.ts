import type { Environment } from '../../shared/config.ts';
import { NO_ALIASES, type UserAliases } from '../../shared/query/user-aliases.ts';
import { VERSION } from '../../shared/version.ts';
import type { AwsOptions } from '../lib/aws-settings.ts';
import { isAskedByDefault, type StoreOptions, storeOf } from '../lib/stores.ts';
import type { ConsoleSettings } from './site.ts';

/** What the console learns of a store. Its flags are explicit: they hold where no variable of the environment names the stack. */
export function storeSettings(
  options: StoreOptions & AwsOptions,
  env: Environment,
  aliases: UserAliases = NO_ALIASES,
): ConsoleSettings {
  const store = storeOf(options, env);
  const common = { aliases: Object.fromEntries(aliases), version: VERSION };
  if (store.kind === 'local') {
    const storeFlags = isAskedByDefault(store.folder, env) ? [] : ['--store', store.folder];
    return { source: { kind: 'local', name: store.folder }, storeFlags, ...common };
  }
  const { stack, table, profile, awsRegion } = options;
  const named = stack ?? (table === undefined ? store.stack : undefined);
  const storeFlags = Object.entries({
    '--stack': named,
    '--table': table,
    '--profile': profile,
    '--aws-region': awsRegion,
  });
  return {
    source: { kind: 'table', name: table ?? named ?? store.tables.eventsTable },
    storeFlags: storeFlags.flatMap(([flag, given]) => (given === undefined ? [] : [flag, given])),
    ...common,
  };
}
