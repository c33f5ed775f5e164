import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { bucketPlace } from '../../shared/export/bucket.ts';
import { daysIn } from '../../shared/export/days.ts';
import { exportSql } from '../../shared/export/ddl.ts';
import {
  dryRunExport,
  type ExportProgress,
  type ExportRequest,
  exportDays,
  notBegun,
} from '../../shared/export/export-days.ts';
import {
  type ExportedFile,
  type ExportKind,
  FORMATS,
  readManifest,
  SCHEMA_NAMES,
} from '../../shared/export/manifest.ts';
import type { ExportPlace } from '../../shared/export/place.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import type { Period } from '../../shared/query/criteria-table.ts';
import { counted } from '../../shared/render/display.ts';
import { folderPlace } from '../export/folder.ts';
import { bucketAndPrefix } from '../lib/aws-settings.ts';
import { type Context, command, EXIT, UsageError } from '../lib/command.ts';
import { choiceOf, format, inGroup, text, toggle, value } from '../lib/options.ts';
import { warn, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { readPeriod, SINCE, ZONE } from '../lib/times.ts';
import { type ProgressState, showProgress } from '../log-files/progress.ts';

const FLAGS = {
  out: value<string>('<place>', 'a folder, or s3://BUCKET[/PREFIX]', (option) => option.makeOptionMandatory()),
  ...inGroup('What to export:', {
    since: text('<time>', `whole days, from the day of this time on: ${SINCE} 7d`),
    until: text('<time>', 'whole days that begin before this time'),
  }),
  ...inGroup('How:', {
    format: format(FORMATS, 'format of the files'),
    schema: value<ExportKind['schema']>(
      '<schema>',
      'the attributes of mwaa-trail, or OCSF API Activity (6003) for a SIEM',
      (option) => choiceOf(SCHEMA_NAMES)(option.default('native')),
    ),
    dryRun: toggle('only count what would be exported'),
    ddl: toggle('only print the SQL that makes the export a table in Athena and a view in DuckDB', (option) =>
      option.conflicts('dryRun'),
    ),
    ...ZONE,
  }),
  ...STORE,
};

export default command({
  about:
    'Export events as files for Athena, DuckDB, Spark or a SIEM: one file for each account, Region and event day. An export can be ' +
    'repeated: files of days that have changed are replaced. docs/export.md says how to query it.',
  flags: FLAGS,
  async run(options, context) {
    const period = readPeriod(options, Date.now());
    const { out, format, schema } = options;
    return withPlace(out, context.env, (place) => {
      const kind = { format, schema };
      if (options.ddl) return printSql(place, kind, context);
      // The AWS settings are those of the bucket, too.
      const { store, stack, table } = options;
      return withStore(defined({ store, stack, table }), context.env, (deps) =>
        options.dryRun
          ? dryRun(period, context, deps)
          : runExport({ place, ...kind, choose: daysIn(period) }, context, deps),
      );
    });
  },
});

/** An address that is neither of a bucket nor a folder; a drive of Windows has one letter. */
const OTHER_ADDRESS = /^[a-z0-9]{2,}:\//i;

async function withPlace<T>(out: string, env: Environment, work: (place: ExportPlace) => Promise<T>): Promise<T> {
  const location = bucketAndPrefix(out);
  if (out === '' || (location === undefined && OTHER_ADDRESS.test(out)))
    throw new UsageError('--out: expected a folder, or s3://BUCKET/PREFIX');
  if (location === undefined) return work(folderPlace(out));
  const s3 = createS3Client(env);
  return work(bucketPlace(s3, location.bucket, location.prefix)).finally(() => s3.destroy());
}

/** The SQL is useful before there is an export, and to those who may not read it. */
async function printSql(place: ExportPlace, kind: ExportKind, context: Context): Promise<number> {
  let files: Iterable<ExportedFile> = [];
  try {
    files = (await readManifest(place, kind)).files.values();
  } catch (error) {
    if (error instanceof TrailError && error.code === 'export-manifest') throw error;
    warn(
      context,
      `the accounts and Regions of the export are not known: ${error instanceof TrailError ? error.message : describeError(error)}`,
    );
  }
  await write(context.out, exportSql(place, kind, files));
  return EXIT.done;
}

async function dryRun(period: Period, { out, err }: Context, deps: QueryDeps): Promise<number> {
  const total = { files: 0, rows: 0 };
  for await (const { folder, rows } of dryRunExport(period, deps)) {
    await write(out, `${folder}\t${rows}\n`);
    total.files += 1;
    total.rows += rows;
  }
  err.write(`Would write ${counted(total.files, 'file')} with ${counted(total.rows, 'event')}.\n`);
  return EXIT.done;
}

async function runExport(request: ExportRequest, context: Context, deps: QueryDeps): Promise<number> {
  const { out, err } = context;
  const progress = notBegun();
  const stop = showProgress('Exporting', (seconds) => stateOf(progress, seconds), err);
  const signal = context.interrupt();
  let isDone: boolean;
  try {
    isDone = await exportDays(request, deps, {
      progress,
      time: { isSpent: () => signal.aborted },
      async onFile({ name, rows }, outcome) {
        await write(out, `${outcome}\t${name}\t${rows}\n`);
      },
    });
  } finally {
    stop();
  }
  const { written, unchanged, removed, kept } = progress.files;
  err.write(
    `${counted(progress.events, 'event')} of ${counted(progress.daysDone, 'day')}: ${counted(written, 'file')} written, ` +
      `${unchanged} unchanged, ${removed} removed.\n`,
  );
  if (kept > 0)
    err.write(
      `${counted(kept, 'file')} kept as exported before: events of them have expired in the store, so it has fewer.\n`,
    );
  if (isDone) return EXIT.done;
  err.write(`Interrupted. To go on, repeat it, with --since ${progress.day} to leave out the days before.\n`);
  return EXIT.failed;
}

function stateOf({ days, daysDone, events, day }: ExportProgress, seconds: number): ProgressState {
  const rate = Math.round(events / Math.max(seconds, 1)).toLocaleString('en-US');
  const at = day === undefined ? '' : `, at ${day}`;
  const text = `${daysDone}/${days} days${at}, ${events.toLocaleString('en-US')} events, ${rate} events/s`;
  return { done: daysDone, total: days, text };
}
