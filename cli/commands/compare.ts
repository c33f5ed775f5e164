import { compareEvents, provisionalOf } from '../../shared/query/compare.ts';
import { comparisonText } from '../../shared/render/event-table.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { command, EXIT } from '../lib/command.ts';
import { format, operand, operands, toggle } from '../lib/options.ts';
import { jsonText, viewOf, warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES } from '../lib/times.ts';

export default command({
  arguments: {
    eventId: operand("CloudTrail's eventID"),
    eventIds: operands('the eventIDs of the events to compare it with'),
  },
  flags: {
    all: toggle('also show the fields that are the same, last'),
    format: format(['table', 'json']),
    ...TIMES,
    ...STORE,
  },
  async run({ eventId, eventIds, ...options }, context) {
    const wanted = [eventId, ...eventIds];
    const { found, aliases } = await withStore(options, context.env, async ({ dynamo, tables, now, aliases }) => ({
      found: await Promise.all(wanted.map((id) => getEvent(dynamo, tables.eventsTable, id, now()))),
      aliases,
    }));
    const events = found.flatMap((event) => (event?.record === undefined ? [] : [event]));
    if (events.length < wanted.length) {
      const missing = wanted.filter((_, i) => found[i]?.record === undefined);
      warn(context, `there is no record to compare in the store for ${missing.join(', ')}`);
      return EXIT.failed;
    }
    const fields = compareEvents(events);
    const different = fields.filter(({ same }) => !same);
    const shown = options.all ? [...different, ...fields.filter(({ same }) => same)] : different;
    await write(
      context.out,
      options.format === 'json'
        ? jsonText({ eventIds: wanted, provisional: provisionalOf(events), fields: shown })
        : comparisonText(events, shown, viewOf(context.out, context.env, options, Date.now(), aliases)),
    );
    const same = fields.length - different.length;
    context.err.write(
      `${different.length} fields differ, ${same} are the same${options.all ? '' : ' (--all shows them)'}.\n`,
    );
    return EXIT.done;
  },
});
