import { LOCAL_LOG_BUCKET } from '../../local/local-names.ts';
import type { TrailFilter } from '../../shared/cloudtrail/trail-folders.ts';
import { defined } from '../../shared/defined.ts';
import { backfill, readSource } from '../backfill/backfill.ts';
import { isBad, renderJson, renderTables } from '../backfill/report.ts';
import { AWS, bucketName } from '../lib/aws-settings.ts';
import { command, EXIT, UsageError, type Values } from '../lib/command.ts';
import { count, format, matching, operand, repeated, text, toggle, value } from '../lib/options.ts';
import { warn, write } from '../lib/output.ts';
import {
  ingestQueueOf,
  SETTINGS_NOTE,
  STORE_GROUP,
  type Store,
  stackFlag,
  storeFlag,
  storeOf,
  tableFlag,
} from '../lib/stores.ts';
import { readPeriod, SINCE, ZONE } from '../lib/times.ts';
import { quarantineOf } from '../quarantine/open-quarantine.ts';

const readBucket = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket');

const FLAGS = {
  since: text('<time>', `log files delivered from this time on: ${SINCE} 90d`),
  until: text('<time>', 'log files delivered before this time'),
  account: repeated('<id>', 'only this account; may be repeated', matching(/^\d{12}$/, '12 digits')),
  region: repeated('<name>', 'only this Region; may be repeated', matching(/^[a-z0-9-]+$/, 'a name such as eu-west-1')),
  organization: text('<id>', 'only the trail of this organization', (option) =>
    option.argParser(matching(/^o-[a-z0-9]+$/, 'an ID such as o-exampleorgid')),
  ),
  store: storeFlag('write to the local store'),
  stack: stackFlag('write to the tables and the quarantine of this deployed stack, SERVICE-STAGE'),
  table: tableFlag('write to this events table in DynamoDB'),
  quarantine: text(
    '<bucket>',
    "the quarantine for invalid files and records (default: the stack's; with --table, QUARANTINE_BUCKET)",
    (option) => option.helpGroup(STORE_GROUP).argParser(bucketName),
  ),
  viaQueue: value<string | true | undefined>(
    '[name|url]',
    "only announce the log files to the ingest queue, for the function to read (default: the stack's)",
    (option) => option.helpGroup(STORE_GROUP),
  ),
  bucket: text(
    '<name>',
    'for a folder: the bucket it was downloaded from, as the ledger and events name it',
    (option) => option.argParser((given: string) => readBucket(bucketName(given))),
  ),
  dryRun: toggle('only list and count the log files, and estimate the cost'),
  // While some files wait for S3, others are unpacked.
  concurrency: count('files to read in parallel', 32),
  format: format(['table', 'json'], 'how to print the report'),
  ...ZONE,
  ...AWS,
};
type BackfillOptions = Values<typeof FLAGS>;

export default command({
  about:
    "Import existing log files of a trail's bucket, delivered before the function was deployed. It is safe to interrupt and rerun.",
  arguments: { source: operand('s3://BUCKET[/PREFIX], or a folder with the downloaded bucket') },
  flags: FLAGS,
  notes: `A log file holds events from the minutes before its delivery, sometimes from hours before. ${SETTINGS_NOTE}`,
  async run({ source: text, ...options }, context) {
    const { env, out, err } = context;
    const source = readSource(text, options.bucket ?? LOCAL_LOG_BUCKET);
    const { dryRun = false, concurrency } = options;
    const store = storeOf(options, env);
    const selection = selectionOf(options, Date.now());
    if (!source) throw new UsageError(`${text}: expected s3://BUCKET[/PREFIX] or a folder`);
    if (options.bucket !== undefined && source.kind === 'bucket')
      throw new UsageError('--bucket: expected only with a folder');
    const queue = queueOf(options, store);
    if (queue !== undefined && source.kind === 'folder')
      throw new UsageError('--via-queue: expected a bucket, which the function can read');
    const writes = store.kind === 'deployed' && queue === undefined && !dryRun;
    const quarantine = writes
      ? await quarantineOf({ bucket: options.quarantine, table: options.table }, store, env)
      : options.quarantine;
    const wanted = { source, selection, concurrency, dryRun, queue, quarantine, store };
    // Few commands ask Lambda.
    const { withIngestSettings } = await import('../lib/deployed-stack.ts');
    const settings = await withIngestSettings(options, env);
    const signal = context.interrupt();
    signal.addEventListener('abort', () => {
      err.write('\n');
      warn(context, 'finishing the files in progress; Ctrl-C again ends at once');
    });
    const report = await backfill(wanted, { ...context, env: settings }, signal);
    await write(out, options.format === 'json' ? renderJson(report) : renderTables(report));
    return isBad(report) ? EXIT.failed : EXIT.done;
  },
});

function selectionOf(options: BackfillOptions, now: number): TrailFilter {
  const { account: accounts, region: regions, organization } = options;
  return { ...readPeriod(options, now), ...defined({ accounts, regions, organization }) };
}

/** The queue to which log files are announced; undefined if they are read here. */
function queueOf({ viaQueue }: BackfillOptions, store: Store): string | undefined {
  if (viaQueue !== true) return viaQueue;
  if (store.kind === 'deployed' && store.stack !== undefined) return ingestQueueOf(store.stack);
  throw new UsageError('--via-queue: expected the name of a queue, or --stack');
}
