import { indentedJson } from '../../shared/audit-event/json-text.ts';
import { readVerifiedEvent } from '../../shared/query/verified-event.ts';
import { recordOmitted } from '../../shared/render/event-facts.ts';
import { eventText } from '../../shared/render/event-text.ts';
import { eventJson } from '../../shared/render/json.ts';
import { command, EXIT } from '../lib/command.ts';
import { format, operand, toggle } from '../lib/options.ts';
import { viewOf, warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { ZONE } from '../lib/times.ts';

export default command({
  arguments: { eventId: operand("CloudTrail's eventID") },
  flags: {
    format: format(['text', 'json']),
    raw: toggle("only the record's redacted JSON text, exactly as it is stored"),
    ...ZONE,
    ...STORE,
  },
  async run({ eventId, ...options }, context) {
    const { env, out } = context;
    const { event, aliases } = await withStore(options, env, async (deps) => ({
      event: await readVerifiedEvent(eventId, deps),
      aliases: deps.aliases,
    }));
    if (event === undefined) {
      warn(context, 'there is no event with this eventID in the store');
      return EXIT.failed;
    }
    if (!options.raw) {
      const asJson = options.format === 'json';
      const view = viewOf(out, env, options, Date.now(), aliases);
      await write(out, asJson ? `${indentedJson(eventJson(event))}\n` : eventText(event, view));
      return EXIT.done;
    }
    if (event.record === undefined) {
      warn(context, recordOmitted(event));
      return EXIT.failed;
    }
    if (event.provisional) warn(context, 'the event is provisional: this record is not yet in a log file');
    await write(out, `${event.record}\n`);
    return EXIT.done;
  },
});
