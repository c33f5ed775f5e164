import { join, relative } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../../local/table-definitions.ts';
import type { Environment } from '../../shared/config.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { invocation } from '../lib/invocation.ts';
import { commandLine } from '../lib/shell.ts';
import { DEFAULT_STORE, isAskedByDefault } from '../lib/store-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { replayFiles } from '../replay/replay-files.ts';
import { renderJson, renderTables } from '../replay/report.ts';

interface ReplayOptions {
  store: string;
  format: 'table' | 'json';
}

export function replayCommand(env: Environment, setExitCode: (code: number) => void): Command {
  return new Command('replay')
    .description(
      'put log files through the whole pipeline on this machine: embedded S3, the ingest function, embedded DynamoDB',
    )
    .argument(
      '[paths...]',
      'log files (.json, .json.gz), output of aws cloudtrail lookup-events, records in a list or one a line, and folders of them; without any, the bundled samples',
    )
    .option('--store <dir>', 'where the events are stored', DEFAULT_STORE)
    .addOption(formatOption(['table', 'json'], 'how to print the report'))
    .action(async (paths: string[], options: ReplayOptions) => {
      const report = await replayFiles(paths.length > 0 ? paths : [samples()], options.store, env);
      const named = isAskedByDefault(options.store, env) ? [] : ['--store', options.store];
      const ask = commandLine(invocation(process.cwd()), 'query', ...named, '--errors');
      await writeOut(options.format === 'json' ? renderJson(report) : renderTables(report, ask));
      if (report.tally.problems.length > 0) setExitCode(EXIT.failed);
    });
}

/** The samples that come along, by a short path when they are below the working directory. */
function samples(): string {
  const folder = join(packageRoot(), 'events', 'log-files');
  const below = relative(process.cwd(), folder);
  return below.startsWith('..') ? folder : below;
}
