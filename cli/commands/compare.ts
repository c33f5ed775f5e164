import { compareEvents, provisionalOf } from '../../shared/query/compare.ts';
import { forPeople, isIdentifier } from '../../shared/render/compared-fields.ts';
import { comparisonText } from '../../shared/render/comparison.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { command, EXIT } from '../lib/command.ts';
import { format, operand, operands, toggle } from '../lib/options.ts';
import { jsonText, viewOf, warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES } from '../lib/times.ts';

export default command({
  about:
    'Compare the records of two or more events field by field: parameters first, then the response, then who it was.',
  arguments: {
    eventId: operand("CloudTrail's eventID"),
    eventIds: operands('the eventIDs of the events to compare it with'),
  },
  flags: {
    all: toggle('also show identifiers, and at the end the fields that are the same'),
    format: format(['table', 'json']),
    ...TIMES,
    ...STORE,
  },
  async run({ eventId, eventIds, ...options }, context) {
    const { env, out, err } = context;
    const wanted = [eventId, ...eventIds];
    const { found, aliases } = await withStore(options, env, async ({ dynamo, tables, now, aliases }) => ({
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
    const [different, same] = [fields.filter((field) => !field.same), fields.filter((field) => field.same)];
    const shown = options.all ? [...different, ...same] : different;
    if (options.format === 'json') {
      await write(out, jsonText({ eventIds: wanted, provisional: provisionalOf(events), fields: shown }));
    } else {
      const readable = forPeople(options.all ? shown : shown.filter((field) => !isIdentifier(field)));
      await write(out, comparisonText(events, readable, viewOf(out, env, options, Date.now(), aliases)));
    }
    const identifiers = options.format === 'json' ? 0 : different.filter(isIdentifier).length;
    const hidden = identifiers === 0 ? '' : `, ${identifiers} of them identifiers`;
    const counts = `Fields: ${different.length} different${options.all ? '' : hidden}, ${same.length} equal`;
    err.write(`${counts}${options.all ? '' : ' (--all shows them)'}.\n`);
    return EXIT.done;
  },
});
