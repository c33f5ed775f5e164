import { setTimeout } from 'node:timers/promises';
import { describeError, TrailError } from '../../shared/errors.ts';
import { fixedAttributes, readCriteria } from '../../shared/query/criteria.ts';
import { followEvents } from '../../shared/query/follow.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventJson } from '../../shared/render/json.ts';
import { command, EXIT } from '../lib/command.ts';
import { sayNotes } from '../lib/notes.ts';
import { CRITERIA, count, duration, format, toggle } from '../lib/options.ts';
import { viewOf, warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES, zoneOf } from '../lib/times.ts';

export default command({
  flags: {
    ...CRITERIA,
    last: count('number of latest events to start with', 10),
    interval: duration('polling interval', '30s'),
    window: duration('how late events may arrive; each poll reads this much', '1h'),
    ids: toggle('show eventIDs even on a narrow terminal'),
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
        onNothing: () => sayNotes({ criteria, events: 0, forPeople }, err, view, deps),
        onFailure(error: unknown) {
          const problem = error instanceof TrailError ? error.message : describeError(error);
          warn(context, `could not look for new events (${problem}); trying again`);
        },
      };
      for await (const events of followEvents(request, deps))
        await write(out, forPeople ? table.add(events) : events.map((event) => `${eventJson(event)}\n`).join(''));
    });
    return EXIT.done;
  },
});

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
