import { readCriteria } from '../../shared/query/criteria.ts';
import { summarise } from '../../shared/query/summary.ts';
import { summaryText } from '../../shared/render/summary.ts';
import { command, EXIT } from '../lib/command.ts';
import { sayNotes } from '../lib/notes.ts';
import { CRITERIA, count, format } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { ZONE, zoneOf } from '../lib/times.ts';

/** About 7,000 read units, a fraction of a cent. */
const DEFAULT_LIMIT = 100_000;

export default command({
  about: 'Count events by action, user, role, target, outcome, error and day. The filters are those of query.',
  flags: {
    ...CRITERIA,
    limit: count('maximum number of events, the newest', DEFAULT_LIMIT),
    top: count('rows per table', 10),
    format: format(['table', 'json']),
    ...ZONE,
    ...STORE,
  },
  async run(options, context) {
    const { env, out, err } = context;
    const criteria = readCriteria(options, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const view = viewOf(out, env, options, deps.now(), deps.aliases);
      const counts = await summarise(criteria, deps, options.limit);
      const { events, truncated } = counts;
      if (options.format === 'json') await write(out, jsonText(counts));
      else if (events > 0) await write(out, summaryText(counts, options.top, view));
      if (truncated) err.write(`Only the newest ${events} events are counted: --limit counts more.\n`);
      await sayNotes({ criteria, events, forPeople: options.format === 'table' }, context, view, deps);
    });
    return EXIT.done;
  },
});
