import { listedEnvironments, recentActivity } from '../../shared/query/environments.ts';
import { environmentsTable } from '../../shared/render/environments.ts';
import { command, EXIT } from '../lib/command.ts';
import { format, value } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { givenTime, TIMES } from '../lib/times.ts';

export default command({
  about:
    'List the environments that events name, with their last activity and the numbers of recent events and errors.',
  flags: {
    recent: value<string>('<time>', 'what counts as recent: an age, or a time to start from', (option) =>
      option.default('7d'),
    ),
    format: format(['table', 'json']),
    ...TIMES,
    ...STORE,
  },
  async run(options, { env, out, err }) {
    const since = givenTime('recent', options.recent, Date.now(), options);
    await withStore(options, env, async (deps) => {
      const found = await recentActivity(await listedEnvironments(deps), since, deps);
      const view = viewOf(out, env, options, deps.now());
      if (options.format === 'json') await write(out, jsonText(found));
      else if (found.length > 0) await write(out, environmentsTable(found, options.recent, view));
      else err.write('No event in the store names an environment.\n');
    });
    return EXIT.done;
  },
});
