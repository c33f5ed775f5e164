import { hostname, userInfo } from 'node:os';
import { openObject } from '../../shared/aws/open-object.ts';
import { type DiscardReport, discardQuarantined } from '../../shared/ingest/discard-quarantined.ts';
import { dryRunReplay, type ReplayReport, replayQuarantined } from '../../shared/ingest/replay-quarantined.ts';
import { DEFAULT_CAPS, type ReaderCaps } from '../../shared/log-file/read-log-file.ts';
import { readDiscards } from '../../shared/store/ledger-quarantine.ts';
import { listQuarantine } from '../../shared/store/quarantine.ts';
import { type CommandGroup, command, EXIT, UsageError } from '../lib/command.ts';
import { anyOperands, format, operand, repeated, text, toggle, value } from '../lib/options.ts';
import { jsonText, viewOf, warn, write } from '../lib/output.ts';
import { SETTINGS_NOTE } from '../lib/stores.ts';
import { givenTime, SINCE, ZONE } from '../lib/times.ts';
import { type EntryWork, eachEntry, warnOfMissing } from '../quarantine/each-entry.ts';
import { QUARANTINE, withPipeline, withQuarantine } from '../quarantine/open-quarantine.ts';
import { discardedTable, discardTable, entryTable, replayTable, whyNothing } from '../quarantine/render.ts';

const list = command({
  flags: {
    reason: repeated('<reason...>', 'only entries with this reason; may be repeated'),
    since: text('<time>', `only entries quarantined at this time or later: ${SINCE} 7d`),
    format: format(['table', 'json']),
    ...ZONE,
    ...QUARANTINE,
  },
  async run({ reason: reasons, ...options }, context) {
    const { env, out, err } = context;
    const since = givenTime('since', options.since, Date.now(), options);
    const { entries, unrecognized } = await withQuarantine(options, env, ({ s3, quarantineBucket }) =>
      listQuarantine(s3, quarantineBucket),
    );
    const wanted = entries.filter(
      ({ reason, quarantinedAt }) =>
        (reasons?.includes(reason) ?? true) && (since === undefined || quarantinedAt >= since),
    );
    for (const key of unrecognized)
      warn(context, `${key} in the quarantine bucket is not an entry of mwaa-trail, and is ignored`);
    const view = viewOf(out, env, options, Date.now());
    if (options.format === 'json') await write(out, jsonText(wanted));
    else if (wanted.length > 0) await write(out, `${entryTable(wanted, view)}\n`);
    else err.write(`${whyNothing(entries)}\n`);
    return EXIT.done;
  },
});

const show = command({
  arguments: { id: operand('ID of an entry, as list shows it') },
  flags: { raw: toggle('print its raw bytes, unredacted, as CloudTrail delivered them'), ...QUARANTINE },
  run: ({ id, raw, ...options }, context) =>
    withQuarantine(options, context.env, async ({ s3, quarantineBucket }) => {
      const [entry] = (await listQuarantine(s3, quarantineBucket, new Set([id]))).entries;
      if (!entry) {
        warnOfMissing(id, context);
        return EXIT.failed;
      }
      if (!raw) {
        await write(context.out, jsonText(entry));
        return EXIT.done;
      }
      if (entry.size === undefined) {
        warn(context, 'there are no bytes: the log file was missing');
        return EXIT.failed;
      }
      warn(context, 'these bytes are unredacted; they may hold secrets');
      const object = await openObject(s3, { bucket: quarantineBucket, key: entry.name });
      for await (const piece of object.body) await write(context.out, piece);
      return EXIT.done;
    }),
});

const CAPS = Object.keys(DEFAULT_CAPS).join(', ');

const replay = command({
  arguments: { ids: anyOperands('IDs of entries, as list shows them') },
  flags: {
    all: toggle('all entries'),
    dryRun: toggle('only report what would happen'),
    cap: value<Partial<ReaderCaps> | undefined>(
      '<name=number>',
      `change a limit on log files, such as records=10000000; may be repeated (names: ${CAPS})`,
      (option) => option.argParser(withCap),
    ),
    format: format(['table', 'json']),
    ...QUARANTINE,
  },
  notes: SETTINGS_NOTE,
  async run({ ids, all = false, cap: caps = {}, ...options }, context) {
    if (ids.length > 0 === all) throw new UsageError('expected either IDs of entries, or --all');
    // Few commands ask Lambda.
    const { withIngestSettings } = await import('../lib/deployed-stack.ts');
    const settings = await withIngestSettings(options, context.env);
    const work: EntryWork<ReplayReport> = {
      doing: 'Replaying',
      ids,
      isWanted: () => true,
      work: (entry, deps) => (options.dryRun ? dryRunReplay : replayQuarantined)(entry, { ...deps, caps }),
      // Records of a replayed log file may be in quarantine now.
      isDone: (report) => report.outcome === 'replayed' && (report.books?.recordsQuarantined ?? 0) === 0,
      toTable: replayTable,
    };
    return eachEntry(work, options, { ...context, env: settings });
  },
});

const discard = command({
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
    if (ids.length > 0 === (reasons !== undefined)) throw new UsageError('expected either IDs of entries, or --reason');
    if (why.trim() === '' && !dryRun) throw new UsageError('--why: expected a reason, which the ledger keeps');
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

const discarded = command({
  flags: { format: format(['table', 'json']), ...ZONE, ...QUARANTINE },
  async run(options, { env, out, err }) {
    const discards = await withPipeline(options, env, 'read', ({ dynamo, config }) =>
      readDiscards(dynamo, config.logFilesTable),
    );
    const view = viewOf(out, env, options, Date.now());
    if (options.format === 'json') await write(out, jsonText(discards));
    else if (discards.length > 0) await write(out, `${discardedTable(discards, view)}\n`);
    else err.write('Nothing was discarded.\n');
    return EXIT.done;
  },
});

export default {
  commands: {
    list: ['list the entries, oldest first', list],
    show: ['show one entry, and why it was quarantined', show],
    replay: ['run entries through the pipeline again; valid entries are removed from quarantine', replay],
    discard: [
      'remove entries that are known not to be log files; the ledger records who did so, when and why',
      discard,
    ],
    discarded: ['list what was discarded, by whom, when and why; latest first', discarded],
  },
} satisfies CommandGroup;

function withCap(given: string, caps: Partial<ReaderCaps> = {}): Partial<ReaderCaps> {
  const [, name = '', number] = /^(\w+)=(\d{1,15})$/.exec(given) ?? [];
  if (!Object.hasOwn(DEFAULT_CAPS, name)) throw new UsageError(`Expected NAME=NUMBER, with a name of ${CAPS}.`);
  return { ...caps, [name]: Number(number) };
}

function whoRuns(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // In some containers the user has no name.
    return hostname();
  }
}
