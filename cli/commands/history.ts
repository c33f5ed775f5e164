import { indentedJson } from '../../shared/audit-event/json-text.ts';
import { type Change, CONFIGURING_OPERATIONS, type History } from '../../shared/query/configuration.ts';
import { answerHistory, openHistory } from '../../shared/query/history.ts';
import { historyJson } from '../../shared/render/history-data.ts';
import { historyText } from '../../shared/render/history-text.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { sayNotes } from '../lib/notes.ts';
import { CRITERIA, format, inGroup, text, value } from '../lib/options.ts';
import { viewOf, warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { SINCE, ZONE, zoneOf } from '../lib/times.ts';

const { account, region, since, until } = CRITERIA;

export default command({
  about:
    "List the changes of an environment's configuration, or print what it was at a time and which events made it so.",
  flags: {
    ...inGroup('Options:', {
      environment: value<string>('<name>', 'name of the MWAA environment', (option) =>
        option.makeOptionMandatory().argParser(oneEnvironment),
      ),
      since,
      until,
      at: text('<time>', `the configuration at this time, instead of the changes: ${SINCE} 7d`),
      account,
      region,
      format: format(['table', 'json']),
    }),
    ...ZONE,
    ...STORE,
  },
  async run(options, context) {
    const { env, out, err } = context;
    const question = openHistory(options, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const view = viewOf(out, env, options, deps.now(), deps.aliases);
      const histories = await answerHistory(question, deps);
      const lines = histories.map((history) => historyJson(history, question));
      if (options.format === 'json') await write(out, `${indentedJson(`[${lines.join(',')}]`)}\n`);
      else if (histories.length > 0) await write(out, historyText(histories, question, view));
      if (question.at !== undefined) {
        for (const { event } of leftOut(histories))
          warn(context, `event ${event.eventId} has no valid time, so it is not part of the configuration`);
      }
      const [events, forPeople] = [histories.length, options.format === 'table'];
      await sayNotes({ criteria: question.criteria, events, forPeople }, context, view, deps);
      if (events === 0 && forPeople) err.write(`Only ${CONFIGURING_OPERATIONS.join(', ')} change a configuration.\n`);
    });
    return EXIT.done;
  },
});

/** Other commands take several names, so a second one must not replace the first unnoticed. */
function oneEnvironment(given: string, before?: string): string {
  if (before === undefined) return given;
  throw new UsageError('Expected one environment.');
}

/** Changes that were accepted, at a time that is not known. */
function leftOut(histories: readonly History[]): Change[] {
  return histories.flatMap(({ changes }) =>
    changes.filter(({ event, isUnordered }) => isUnordered && event.outcome === 'ok'),
  );
}
