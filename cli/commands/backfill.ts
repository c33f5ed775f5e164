import { Command, InvalidArgumentError, Option } from 'commander';
import { LOCAL_LOG_BUCKET } from '../../local/local-names.ts';
import type { TrailFilter } from '../../shared/cloudtrail/trail-folders.ts';
import type { Environment } from '../../shared/config.ts';
import { CriteriaError, timeCriterion } from '../../shared/query/criteria.ts';
import { backfill, readSource } from '../backfill/backfill.ts';
import { isBad, renderJson, renderTables } from '../backfill/report.ts';
import { bucketName } from '../lib/bucket-name.ts';
import { ingestQueueOf } from '../lib/deployed-stack.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { untilInterrupted } from '../lib/interrupt.ts';
import { readCount } from '../lib/number-options.ts';
import { STORE_GROUP, type Store, type StoreOptions, stackOption, storeOf, storeOption } from '../lib/store-options.ts';
import { addZoneOption, type TimeOptions, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { quarantineOf } from '../quarantine/open-quarantine.ts';

interface Options extends StoreOptions, TimeOptions {
  since?: string;
  until?: string;
  account?: string[];
  region?: string[];
  organization?: string;
  viaQueue?: string | true;
  quarantine?: string;
  bucket?: string;
  dryRun?: true;
  concurrency: number;
  format: 'table' | 'json';
}

/** Files that are read at the same time; while some wait for S3, others are unpacked. */
const CONCURRENCY = 32;

export function backfillCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('backfill')
    .description(
      "bring the past into the store: the log files of a trail's bucket that were delivered before there was a function; to be interrupted and repeated at will",
    )
    .argument('<source>', 's3://BUCKET[/PREFIX], or a folder with the downloaded bucket')
    .option(
      '--since <time>',
      'log files delivered from this time on: ISO 8601, in UTC unless it has an offset, or an age such as 90d',
    )
    .option('--until <time>', 'log files delivered before this time')
    .addOption(
      new Option('--account <id>', 'only of this account; repeated: of any of these').argParser(
        collected(/^\d{12}$/, '12 digits'),
      ),
    )
    .addOption(
      new Option('--region <name>', 'only of this Region; repeated: of any of these').argParser(
        collected(/^[a-z0-9-]+$/, 'a name such as eu-west-1'),
      ),
    )
    .addOption(
      new Option('--organization <id>', "only of this organization's trail").argParser((value: string) =>
        matching(value, /^o-[a-z0-9]+$/, 'an ID such as o-exampleorgid'),
      ),
    )
    .addOption(storeOption('into the local store'))
    .addOption(stackOption('into the tables and the quarantine of this deployed stack, SERVICE-STAGE'))
    .addOption(new Option('--table <name>', 'into this events table in DynamoDB').helpGroup(STORE_GROUP))
    .addOption(
      new Option(
        '--quarantine <bucket>',
        "where bad files and records go; else the stack's; with --table, QUARANTINE_BUCKET",
      )
        .helpGroup(STORE_GROUP)
        .argParser(bucketName),
    )
    .addOption(
      new Option(
        '--via-queue [name|url]',
        "only announce the log files to the ingest queue, so that the function reads them; without a name the stack's",
      ).helpGroup(STORE_GROUP),
    )
    .addOption(
      new Option(
        '--bucket <name>',
        'of a folder: the bucket that it was downloaded from, as ledger and events are to name it',
      ).argParser((value: string) =>
        matching(bucketName(value), /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
      ),
    )
    .option('--dry-run', 'only list and count, and estimate what it would cost')
    .addOption(new Option('--concurrency <n>', 'files to read in parallel').default(CONCURRENCY).argParser(readCount))
    .addOption(formatOption(['table', 'json'], 'how to print the report'))
    .addHelpText(
      'after',
      '\nA log file holds events of the minutes before its delivery, sometimes of hours before. The ingest function of --stack says which events\n' +
        'are kept, and for how long; with --table, set EVENT_SOURCES and RETENTION_DAYS if it has others than the usual.',
    );
  return addZoneOption(command).action(async (text: string, options: Options) => {
    const usage = (problem: string) => command.error(`error: ${problem}`);
    const source = readSource(text, options.bucket ?? LOCAL_LOG_BUCKET, usage);
    const { dryRun = false, concurrency, format } = options;
    const store = storeOf(options, env);
    const selection = selectionOf(options, Date.now());
    const { since, until } = selection;
    if (!source) return usage(`${text}: expected s3://BUCKET[/PREFIX] or a folder`);
    if (since !== undefined && until !== undefined && since >= until) usage('--since: expected a time before --until');
    if (options.bucket !== undefined && source.kind === 'bucket') usage('--bucket: expected only with a folder');
    const queue = queueOf(options, store);
    if (queue !== undefined && source.kind === 'folder')
      usage('--via-queue: expected a bucket, which the function can read');
    const writes = store.kind === 'deployed' && queue === undefined && !dryRun;
    const quarantine = writes
      ? await quarantineOf({ bucket: options.quarantine, table: options.table }, store, env)
      : options.quarantine;
    const wanted = { source, selection, concurrency, dryRun, queue, quarantine, store };
    // Few commands ask Lambda.
    const { withIngestSettings } = await import('../log-files/stack-settings.ts');
    const settings = await withIngestSettings(options, env);
    const report = await untilInterrupted(
      (signal) => backfill(wanted, settings, signal),
      () => process.stderr.write('\nmwaa-trail: finishing the files at work; Ctrl-C again ends at once\n'),
    );
    if (isBad(report)) setExitCode(EXIT.failed);
    await writeOut(format === 'json' ? renderJson(report) : renderTables(report));
  });
}

function selectionOf({ since, until, account, region, organization, ...options }: Options, now: number): TrailFilter {
  const timeOf = (name: string, value: string) => timeCriterion(name, value, now, zoneOf(options));
  return {
    ...(since === undefined ? {} : { since: timeOf('since', since) }),
    ...(until === undefined ? {} : { until: timeOf('until', until) }),
    ...(account === undefined ? {} : { accounts: account }),
    ...(region === undefined ? {} : { regions: region }),
    ...(organization === undefined ? {} : { organization }),
  };
}

/**
 * The queue that is to be told; undefined if the files are to be read here.
 * @throws {CriteriaError} when it is not known
 */
function queueOf({ viaQueue }: Options, store: Store): string | undefined {
  if (viaQueue !== true) return viaQueue;
  if (store.kind === 'deployed' && store.stack !== undefined) return ingestQueueOf(store.stack);
  throw new CriteriaError('viaQueue', 'expected the name of a queue, or --stack');
}

function collected(pattern: RegExp, expectation: string) {
  return (value: string, before: string[] = []) => [...before, matching(value, pattern, expectation)];
}

function matching(value: string, pattern: RegExp, expectation: string): string {
  if (!pattern.test(value)) throw new InvalidArgumentError(`Expected ${expectation}.`);
  return value;
}
