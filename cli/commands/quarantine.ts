import { Command, InvalidArgumentError, Option } from 'commander';
import { openObject } from '../../shared/aws/open-object.ts';
import type { Environment } from '../../shared/config.ts';
import { dryRunReplay, type ReplayReport, replayQuarantined } from '../../shared/ingest/replay-quarantined.ts';
import { DEFAULT_CAPS, type ReaderCaps } from '../../shared/log-file/read-log-file.ts';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { displayText } from '../../shared/render/display.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import { listQuarantine, type QuarantineEntry } from '../../shared/store/quarantine.ts';
import { bucketName } from '../lib/bucket-name.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { STORE_GROUP, stackOption, storeOption } from '../lib/store-options.ts';
import { addZoneOption, type TimeOptions, viewOf, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { discardCommand, discardedCommand } from '../quarantine/discard.ts';
import { type QuarantineOptions, withPipeline, withQuarantine } from '../quarantine/open-quarantine.ts';
import { entryTable, replayTable, whyNothing } from '../quarantine/render.ts';

type Format = 'table' | 'json';
type ListOptions = QuarantineOptions & TimeOptions & { reason?: string[]; since?: string; format: Format };
type ShowOptions = QuarantineOptions & { raw?: true };
type ReplayOptions = QuarantineOptions & { all?: true; dryRun?: true; cap?: Partial<ReaderCaps>; format: Format };

export function quarantineCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('quarantine').description(
    'log files and records that were set aside because they are bad: look at them, and put them through the pipeline again',
  );
  const subcommands = [
    listCommand(env),
    showCommand(env, setExitCode),
    replayCommand(env, setExitCode),
    addQuarantineOptions(discardCommand(env, setExitCode, warnOfMissing)),
    addQuarantineOptions(discardedCommand(env)),
  ];
  for (const subcommand of subcommands) command.addCommand(subcommand);
  return command;
}

function listCommand(env: Environment): Command {
  const command = new Command('list')
    .description('list what is in quarantine, the oldest first')
    .option('--reason <reason...>', 'only with this reason; repeated: with any of these')
    .option(
      '--since <time>',
      'only what was set aside at this time or later: ISO 8601, in UTC unless it has an offset, or an age such as 7d',
    )
    .addOption(formatOption(['table', 'json']));
  return addQuarantineOptions(addZoneOption(command)).action(
    async ({ format, since: from, ...options }: ListOptions) => {
      const since = from === undefined ? undefined : timeCriterion('since', from, Date.now(), zoneOf(options));
      const { entries, unrecognized } = await withQuarantine(options, env, ({ s3, quarantineBucket }) =>
        listQuarantine(s3, quarantineBucket),
      );
      const wanted = entries.filter((entry) => isWanted(entry, { ...options, since }));
      for (const key of unrecognized) warn(`${key} in the quarantine bucket is not of mwaa-trail, and left alone`);
      if (format === 'json') await writeOut(`${JSON.stringify(wanted, null, 2)}\n`);
      else if (wanted.length > 0)
        await writeOut(`${entryTable(wanted, timeDisplay(viewOf(process.stdout, env, options, Date.now()).times))}\n`);
      else process.stderr.write(`${whyNothing(entries)}\n`);
    },
  );
}

function showCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('show')
    .description('show why something was set aside')
    .argument('<id>', 'as list shows it')
    .option('--raw', 'its raw bytes instead: unredacted, as CloudTrail delivered them');
  return addQuarantineOptions(command).action(async (id: string, options: ShowOptions) => {
    await withQuarantine(options, env, async ({ s3, quarantineBucket }) => {
      const [entry] = (await listQuarantine(s3, quarantineBucket, new Set([id]))).entries;
      if (!entry) {
        warnOfMissing(id);
        setExitCode(EXIT.failed);
      } else if (!options.raw) {
        await writeOut(`${JSON.stringify(entry, null, 2)}\n`);
      } else if (entry.size === undefined) {
        warn('there are no bytes: the log file was missing');
        setExitCode(EXIT.failed);
      } else {
        warn('these bytes are unredacted; they may hold secrets');
        const object = await openObject(s3, { bucket: quarantineBucket, key: entry.name });
        for await (const piece of object.body) await writeOut(piece);
      }
    });
  });
}

function replayCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('replay')
    .description('put what was set aside through the pipeline again; what is bad no longer leaves the quarantine')
    .argument('[id...]', 'as list shows them')
    .option('--all', 'everything in quarantine')
    .option('--dry-run', 'only find out what would become of it')
    .addOption(
      new Option('--cap <name=number>', `read up to another cap, as records=10000000; may be repeated (${CAPS})`) //
        .argParser(withCap),
    )
    .addOption(formatOption(['table', 'json']))
    .addHelpText(
      'after',
      '\nThe ingest function of --stack says which events are kept, and for how long; with --table, set EVENT_SOURCES and\nRETENTION_DAYS if it has others than the usual.',
    );
  return addQuarantineOptions(command).action(async (ids: string[], options: ReplayOptions) => {
    const { all = false, dryRun = false, format } = options;
    if (ids.length > 0 === all) command.error('error: name what to replay by its IDs, or all of it by --all');
    // Few commands ask Lambda.
    const { withIngestSettings } = await import('../log-files/stack-settings.ts');
    const settings = await withIngestSettings(options, env);
    const reports = await withPipeline(options, settings, dryRun ? 'read' : 'add', async (pipeline) => {
      const deps = { ...pipeline, caps: options.cap ?? {} };
      const bucket = deps.config.quarantineBucket!;
      const { entries } = await listQuarantine(deps.s3, bucket, all ? undefined : new Set(ids));
      for (const id of ids.filter((wanted) => !entries.some((entry) => entry.id === wanted))) {
        warnOfMissing(id);
        setExitCode(EXIT.failed);
      }
      const reports: ReplayReport[] = [];
      for (const entry of entries) reports.push(await (dryRun ? dryRunReplay : replayQuarantined)(entry, deps));
      return reports;
    });
    if (reports.some(isBad)) setExitCode(EXIT.failed);
    if (format === 'json') await writeOut(`${JSON.stringify(reports, null, 2)}\n`);
    else if (reports.length > 0) await writeOut(`${replayTable(reports, dryRun)}\n`);
    else if (all) process.stderr.write('The quarantine is empty.\n');
  });
}

function addQuarantineOptions(command: Command): Command {
  return command
    .addOption(storeOption('that of the local store, made by replay').conflicts('bucket'))
    .addOption(stackOption('that of this deployed stack, SERVICE-STAGE'))
    .addOption(
      new Option('--bucket <name>', 'this quarantine bucket in S3').helpGroup(STORE_GROUP).argParser(bucketName),
    )
    .addOption(
      new Option('--table <name>', 'with --bucket: the events table in DynamoDB, which replay and discard need') //
        .helpGroup(STORE_GROUP),
    );
}

const CAPS = Object.keys(DEFAULT_CAPS).join(', ');

function withCap(value: string, caps: Partial<ReaderCaps> = {}): Partial<ReaderCaps> {
  const [, name = '', number] = /^(\w+)=(\d{1,15})$/.exec(value) ?? [];
  if (!Object.hasOwn(DEFAULT_CAPS, name))
    throw new InvalidArgumentError(`expected NAME=NUMBER, with a name of ${CAPS}`);
  return { ...caps, [name]: Number(number) };
}

function isWanted(
  entry: QuarantineEntry,
  { reason, since }: { reason?: readonly string[]; since?: string | undefined },
): boolean {
  return (!reason || reason.includes(entry.reason)) && (since === undefined || entry.quarantinedAt >= since);
}

/** Something stays in quarantine, or has come into it record by record. */
function isBad(report: ReplayReport): boolean {
  return report.outcome !== 'replayed' || (report.books?.recordsQuarantined ?? 0) > 0;
}

function warnOfMissing(id: string): void {
  warn(`there is nothing in quarantine with the ID ${id}; it may have been replayed or discarded`);
}

function warn(text: string): void {
  process.stderr.write(`mwaa-trail: ${displayText(text)}\n`);
}
