import { setTimeout } from 'node:timers/promises';
import { describeError, TrailError } from '../../shared/errors.ts';
import { readCriteria } from '../../shared/query/criteria.ts';
import { fixedAttributes } from '../../shared/query/criteria-table.ts';
import { followEvents } from '../../shared/query/follow.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventJson } from '../../shared/render/json.ts';
import { command, EXIT } from '../lib/command.ts';
import { sayHowToShow, sayNotes, sayProvisional } from '../lib/notes.ts';
import { CRITERIA, count, duration, format, toggle } from '../lib/options.ts';
import { viewOf, warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES, zoneOf } from '../lib/times.ts';

export default command({
  about: 'Print the latest events, then new ones as they arrive, until Ctrl-C. The filters are those of query.',
  flags: {
    ...CRITERIA,
    last: count('number of latest events to start with', 10),
    interval: duration('polling interval', '30s'),
    window: duration('how late events may arrive; each poll reads this much', '1h'),
    ids: toggle('show eventIDs, on a narrow terminal below each event'),
    format: format(['table', 'ndjson']),
    ...TIMES,
    ...STORE,
  },
  async run({ last, window, interval, ids = false, ...options }, context) {
    const { env, out, err } = context;
    const criteria = readCriteria(options, Date.now(), zoneOf(options));
    const forPeople = options.format === 'table';
    await withStore(options, env, async (deps) => {
      const view = viewOf(out, env, options, deps.now(), deps.aliases);
      const table = new EventTable(view, { withIds: ids, fixed: fixedAttributes(criteria) });
      const request = {
        ...{ criteria, last, windowMs: window, intervalMs: interval, signal: context.interrupt(), sleep },
        onNothing: () => sayNotes({ criteria, events: 0, forPeople }, context, view, deps),
        onFailure(error: unknown) {
          const problem = error instanceof TrailError ? error.message : describeError(error);
          warn(context, `could not look for new events (${problem}); trying again`);
        },
      };
      let isFirst = true;
      let isExplained = false;
      for await (const events of followEvents(request, deps)) {
        await write(out, forPeople ? table.add(events) : events.map((event) => `${eventJson(event)}\n`).join(''));
        if (forPeople && isFirst) sayHowToShow(table, context, view);
        if (forPeople && !isExplained) isExplained = sayProvisional(table, err, view);
        isFirst = false;
      }
    });
    return EXIT.done;
  },
});

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
