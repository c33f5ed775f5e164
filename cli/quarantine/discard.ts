import { hostname, userInfo } from 'node:os';
import { Command } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { type DiscardReport, discardQuarantined } from '../../shared/ingest/discard-quarantined.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import { readDiscards } from '../../shared/store/ledger-quarantine.ts';
import { listQuarantine } from '../../shared/store/quarantine.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { addZoneOption, type TimeOptions, viewOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { type QuarantineOptions, withPipeline } from './open-quarantine.ts';
import { discardedTable, discardTable, whyNothing } from './render.ts';

type Format = 'table' | 'json';
interface DiscardOptions extends QuarantineOptions {
  reason?: string[];
  why?: string;
  by?: string;
  force?: true;
  dryRun?: true;
  format: Format;
}

/** @param warnOfMissing is told of IDs that are not in quarantine */
export function discardCommand(
  env: Environment,
  setExitCode: (code: number) => void,
  warnOfMissing: (id: string) => void,
): Command {
  const command = new Command('discard')
    .description('remove from quarantine what is known to be no log file; the ledger keeps who did so, when and why')
    .argument('[id...]', 'as list shows them')
    .option('--reason <reason...>', 'everything with this reason; repeated: with any of these')
    .option('--why <text>', 'why it is no log file, for the ledger')
    .option('--by <name>', 'who says so, for the ledger; else the user of this machine')
    .option('--force', 'also what is good, damaged or cannot be read: its events are lost')
    .option('--dry-run', 'only find out what would be discarded')
    .addOption(formatOption(['table', 'json']));
  return command.action(async (ids: string[], options: DiscardOptions) => {
    const { reason: reasons, why = '', by = whoRuns(), force = false, dryRun = false, format } = options;
    if (ids.length > 0 === (reasons !== undefined)) {
      command.error('error: name what to discard, either by its IDs or by --reason');
    }
    if (why.trim() === '' && !dryRun) command.error('error: --why is needed: the ledger keeps it');
    const { entries, reports } = await withPipeline(options, env, dryRun ? 'read' : 'add', async (deps) => {
      const wanted = reasons === undefined ? new Set(ids) : undefined;
      const { entries } = await listQuarantine(deps.s3, deps.config.quarantineBucket!, wanted);
      for (const id of ids.filter((given) => !entries.some((entry) => entry.id === given))) {
        warnOfMissing(id);
        setExitCode(EXIT.failed);
      }
      const reports: DiscardReport[] = [];
      for (const entry of entries.filter(({ reason }) => reasons?.includes(reason) ?? true)) {
        reports.push(await discardQuarantined(entry, { by, why, force, dryRun }, deps));
      }
      return { entries, reports };
    });
    if (reports.some(({ outcome }) => outcome !== 'discarded')) setExitCode(EXIT.failed);
    if (format === 'json') await writeOut(`${JSON.stringify(reports, null, 2)}\n`);
    else if (reports.length > 0) await writeOut(`${discardTable(reports, dryRun)}\n`);
    else if (reasons !== undefined) process.stderr.write(`${whyNothing(entries)}\n`);
  });
}

export function discardedCommand(env: Environment): Command {
  const command = new Command('discarded')
    .description('list what was discarded from quarantine, by whom, when and why; the last first')
    .addOption(formatOption(['table', 'json']));
  return addZoneOption(command).action(
    async ({ format, ...options }: QuarantineOptions & TimeOptions & { format: Format }) => {
      const discards = await withPipeline(options, env, 'read', ({ dynamo, config }) =>
        readDiscards(dynamo, config.logFilesTable),
      );
      if (format === 'json') await writeOut(`${JSON.stringify(discards, null, 2)}\n`);
      else if (discards.length > 0)
        await writeOut(
          `${discardedTable(discards, timeDisplay(viewOf(process.stdout, env, options, Date.now()).times))}\n`,
        );
      else process.stderr.write('Nothing was discarded.\n');
    },
  );
}

function whoRuns(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user without a name, as in some containers.
    return hostname();
  }
}
