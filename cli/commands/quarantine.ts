import { openObject } from '../../shared/aws/open-object.ts';
import { dryRunReplay, type ReplayReport, replayQuarantined } from '../../shared/ingest/replay-quarantined.ts';
import { DEFAULT_CAPS, type ReaderCaps } from '../../shared/log-file/read-log-file.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import { listQuarantine } from '../../shared/store/quarantine.ts';
import { SETTINGS_NOTE, withIngestSettings } from '../backfill/ingest-settings.ts';
import { type CommandGroup, command, EXIT, UsageError } from '../lib/command.ts';
import { anyOperands, format, operand, repeated, text, toggle, value } from '../lib/options.ts';
import { jsonText, viewOf, warn, write } from '../lib/output.ts';
import { givenTime, SINCE, ZONE } from '../lib/times.ts';
import { discard, discarded } from '../quarantine/discard.ts';
import { QUARANTINE, warnOfMissing, withPipeline, withQuarantine } from '../quarantine/open-quarantine.ts';
import { entryTable, replayTable, whyNothing } from '../quarantine/render.ts';

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
    const { times } = viewOf(out, env, options, Date.now());
    if (options.format === 'json') await write(out, jsonText(wanted));
    else if (wanted.length > 0) await write(out, `${entryTable(wanted, timeDisplay(times))}\n`);
    else err.write(`${whyNothing(entries)}\n`);
    return EXIT.done;
  },
});

const show = command({
  arguments: { id: operand('ID of an entry, as list shows it') },
  flags: { raw: toggle('its raw bytes: unredacted, as CloudTrail delivered them'), ...QUARANTINE },
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
      `set another limit, such as records=10000000; may be repeated (${CAPS})`,
      (option) => option.argParser(withCap),
    ),
    format: format(['table', 'json']),
    ...QUARANTINE,
  },
  notes: SETTINGS_NOTE,
  async run({ ids, all = false, dryRun = false, cap: caps = {}, ...options }, context) {
    if (ids.length > 0 === all) throw new UsageError('name what to replay by its IDs, or all of it by --all');
    const settings = await withIngestSettings(options, context.env);
    const { reports, missing } = await withPipeline(options, settings, dryRun ? 'read' : 'add', async (pipeline) => {
      const deps = { ...pipeline, caps };
      const bucket = deps.config.quarantineBucket!;
      const { entries } = await listQuarantine(deps.s3, bucket, all ? undefined : new Set(ids));
      const missing = ids.filter((id) => !entries.some((entry) => entry.id === id));
      for (const id of missing) warnOfMissing(id, context);
      const reports: ReplayReport[] = [];
      for (const entry of entries) reports.push(await (dryRun ? dryRunReplay : replayQuarantined)(entry, deps));
      return { reports, missing };
    });
    if (options.format === 'json') await write(context.out, jsonText(reports));
    else if (reports.length > 0) await write(context.out, `${replayTable(reports, dryRun)}\n`);
    else if (all) context.err.write('The quarantine is empty.\n');
    return missing.length > 0 || reports.some(isBad) ? EXIT.failed : EXIT.done;
  },
});

function withCap(given: string, caps: Partial<ReaderCaps> = {}): Partial<ReaderCaps> {
  const [, name = '', number] = /^(\w+)=(\d{1,15})$/.exec(given) ?? [];
  if (!Object.hasOwn(DEFAULT_CAPS, name)) throw new UsageError(`Expected NAME=NUMBER, with a name of ${CAPS}.`);
  return { ...caps, [name]: Number(number) };
}

/** Something stays in quarantine, or has come into it record by record. */
function isBad(report: ReplayReport): boolean {
  return report.outcome !== 'replayed' || (report.books?.recordsQuarantined ?? 0) > 0;
}

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
