import { hostname, userInfo } from 'node:os';
import { type DiscardReport, discardQuarantined } from '../../shared/ingest/discard-quarantined.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import { readDiscards } from '../../shared/store/ledger-quarantine.ts';
import { command, EXIT, UsageError } from '../lib/command.ts';
import { anyOperands, format, repeated, text, toggle } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { ZONE } from '../lib/times.ts';
import { type EntryWork, eachEntry } from './each-entry.ts';
import { QUARANTINE, withPipeline } from './open-quarantine.ts';
import { discardedTable, discardTable } from './render.ts';

export const discard = command({
  arguments: { ids: anyOperands('IDs of entries, as list shows them') },
  flags: {
    reason: repeated('<reason...>', 'all entries with this reason; may be repeated'),
    why: text('<text>', 'why it is not a log file, for the ledger'),
    by: text('<name>', 'who decided this, for the ledger (default: the user of this machine)'),
    force: toggle('also discard valid, damaged and unreadable entries: their events are lost'),
    dryRun: toggle('only report what would be discarded'),
    format: format(['table', 'json']),
    ...QUARANTINE,
  },
  async run({ ids, ...options }, context) {
    const { reason: reasons, why = '', by = whoRuns(), force = false, dryRun = false } = options;
    if (ids.length > 0 === (reasons !== undefined))
      throw new UsageError('name what to discard, either by its IDs or by --reason');
    if (why.trim() === '' && !dryRun) throw new UsageError('--why is needed: the ledger keeps it');
    const work: EntryWork<DiscardReport> = {
      doing: 'Discarding',
      ids,
      isWanted: ({ reason }) => reasons?.includes(reason) ?? true,
      work: (entry, deps) => discardQuarantined(entry, { by, why, force, dryRun }, deps),
      isDone: ({ outcome }) => outcome === 'discarded',
      toTable: discardTable,
    };
    return eachEntry(work, options, context);
  },
});

export const discarded = command({
  flags: { format: format(['table', 'json']), ...ZONE, ...QUARANTINE },
  async run(options, { env, out, err }) {
    const discards = await withPipeline(options, env, 'read', ({ dynamo, config }) =>
      readDiscards(dynamo, config.logFilesTable),
    );
    const { times } = viewOf(out, env, options, Date.now());
    if (options.format === 'json') await write(out, jsonText(discards));
    else if (discards.length > 0) await write(out, `${discardedTable(discards, timeDisplay(times))}\n`);
    else err.write('Nothing was discarded.\n');
    return EXIT.done;
  },
});

function whoRuns(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user without a name, as in some containers.
    return hostname();
  }
}
