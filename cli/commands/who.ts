import { readCriteria } from '../../shared/query/criteria.ts';
import { readPeople, readPerson } from '../../shared/query/person.ts';
import { peopleText, personText } from '../../shared/render/person.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { sayNotes } from '../lib/notes.ts';
import { CRITERIA, count, format, operand } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { TIMES, zoneOf } from '../lib/times.ts';

/** About 7,000 read units, a fraction of a cent. */
const DEFAULT_LIMIT = 100_000;

const { since, until } = CRITERIA;

export default command({
  about:
    'Show what a person or machine did, in whatever role, and what was denied or failed; and where they were seen, with which ' +
    'access keys, from which addresses.',
  arguments: { name: operand('a user, as for query --user; with a final *, all users whose names begin with it') },
  flags: {
    since,
    until,
    limit: count('maximum number of events, the newest', DEFAULT_LIMIT),
    top: count('rows per table', 10),
    format: format(['table', 'json']),
    ...TIMES,
    ...STORE,
  },
  async run({ name, limit, top, ...options }, context) {
    const { env, program, out, err } = context;
    if (name === '') throw new UsageError('name: expected a text that is not empty');
    const { since, until } = options;
    const criteria = readCriteria({ user: [name], since, until }, Date.now(), zoneOf(options));
    await withStore(options, env, async (deps) => {
      const view = viewOf(out, env, options, deps.now(), deps.aliases);
      const forPeople = options.format === 'table';
      const isSeveral = name.endsWith('*');
      const found = isSeveral ? await readPeople(criteria, deps, limit) : await readPerson(name, criteria, deps, limit);
      const { events, truncated } = found;
      if (!forPeople) await write(out, jsonText(found));
      else if (events > 0) await write(out, 'people' in found ? peopleText(found, view) : personText(found, top, view));
      if (truncated) err.write(`Only the newest ${events} events are counted: --limit counts more.\n`);
      if (forPeople && isSeveral && events > 0) err.write(`To see one of them: ${program} who NAME\n`);
      await sayNotes({ criteria, events, forPeople }, context, view, deps);
    });
    return EXIT.done;
  },
});
