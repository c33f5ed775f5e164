import { join } from 'node:path';
import { packageRoot } from '../../local/table-definitions.ts';
import { command, EXIT } from '../lib/command.ts';
import { anyOperands, format, value } from '../lib/options.ts';
import { shell, viewOf, write } from '../lib/output.ts';
import { shortPath } from '../lib/short-path.ts';
import { DEFAULT_STORE, isAskedByDefault } from '../lib/stores.ts';
import { replayFiles } from '../replay/replay-files.ts';
import { renderJson, renderTables } from '../replay/report.ts';

export default command({
  about:
    'Run log files through the whole pipeline on this machine: embedded S3, the ingest function, embedded DynamoDB.',
  arguments: {
    paths: anyOperands(
      'log files (.json, .json.gz), output of aws cloudtrail lookup-events, records in a list or one per line, status changes from EventBridge, and folders of them; default: the bundled samples',
    ),
  },
  flags: {
    store: value<string>('<dir>', 'where to store the events', (option) => option.default(DEFAULT_STORE)),
    format: format(['table', 'json'], 'how to print the report'),
  },
  async run({ paths, store, format }, context) {
    const { env, program, out } = context;
    const report = await replayFiles(paths.length > 0 ? paths : [samples()], store, context);
    const named = isAskedByDefault(store, env) ? [] : ['--store', store];
    const call = (...words: string[]) => `${program} ${shell`${words}`}`;
    const next = { ask: call('query', ...named, '--errors'), see: call('serve', ...named, '--open') };
    await write(
      out,
      format === 'json' ? renderJson(report) : renderTables(report, next, viewOf(out, env, {}, Date.now())),
    );
    return report.tally.problems.length > 0 ? EXIT.failed : EXIT.done;
  },
});

/** The bundled samples, by a short path if they are below the working directory. */
function samples(): string {
  return shortPath(join(packageRoot(), 'events', 'log-files'), process.cwd());
}
