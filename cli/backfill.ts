import { Command, InvalidArgumentError, Option } from 'commander';
import { LOCAL_LOG_BUCKET } from '../local/local-names.ts';
import type { Environment } from '../shared/config.ts';
import { readTime } from '../shared/query/time.ts';
import { backfill, readSource } from './backfill/backfill.ts';
import { isBad, renderJson, renderTables } from './backfill/report.ts';
import type { Selection } from './backfill/selection.ts';
import { bucketName } from './bucket-name.ts';
import { EXIT } from './exit.ts';
import { untilInterrupted } from './interrupt.ts';
import { readCount } from './number-options.ts';
import { DEFAULT_STORE, type StoreOptions } from './store-options.ts';
import { writeOut } from './write-out.ts';

interface Options extends StoreOptions {
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
    .addOption(
      new Option('--since <time>', 'log files delivered from this time on; ISO 8601, or an age such as 90d').argParser(
        timeOf,
      ),
    )
    .addOption(new Option('--until <time>', 'log files delivered before this time').argParser(timeOf))
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
    .option('--store <dir>', 'the local store', DEFAULT_STORE)
    .option('--table <name>', 'into this events table in DynamoDB instead, with the usual AWS settings')
    .addOption(
      new Option(
        '--quarantine <bucket>',
        'with --table: where bad files and records go; else QUARANTINE_BUCKET',
      ).argParser(bucketName),
    )
    .option(
      '--via-queue [name|url]',
      'only announce the log files to the ingest queue, so that the function reads them; without a name the queue beside --table',
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
    .addOption(
      new Option('--concurrency <n>', 'read so many files at the same time').default(CONCURRENCY).argParser(readCount),
    )
    .addOption(new Option('--format <format>', 'how to print the report').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nA log file holds events of the minutes before its delivery, sometimes of hours before. With --table, set EVENT_SOURCES and\n' +
        'RETENTION_DAYS as the ingest function has them, if it has others than the usual.',
    );
  return command.action(async (text: string, options: Options) => {
    const usage = (problem: string) => command.error(`error: ${problem}`);
    const source = readSource(text, options.bucket ?? LOCAL_LOG_BUCKET, usage);
    const { since, until, table, dryRun = false, concurrency, store, format } = options;
    if (!source) return usage(`${text}: expected s3://BUCKET[/PREFIX] or a folder`);
    if (since !== undefined && until !== undefined && since >= until) usage('--since: expected a time before --until');
    if (options.bucket !== undefined && source.kind === 'bucket') usage('--bucket: expected only with a folder');
    const queue = queueOf(options);
    if (queue === null) return usage('--via-queue: expected the name of a queue, or a --table NAME-events beside it');
    if (queue !== undefined && source.kind === 'folder')
      usage('--via-queue: expected a bucket, which the function can read');
    const quarantine = options.quarantine ?? env.QUARANTINE_BUCKET;
    if (table !== undefined && !quarantine && queue === undefined && !dryRun) {
      usage('--table needs --quarantine, or QUARANTINE_BUCKET, for what may be bad');
    }
    const wanted = {
      source,
      selection: selectionOf(options),
      concurrency,
      dryRun,
      queue,
      quarantine,
      store,
      ...(table && { table }),
    };
    const report = await untilInterrupted(
      (signal) => backfill(wanted, env, signal),
      () => process.stderr.write('\nmwaa-trail: finishing the files at work; Ctrl-C again ends at once\n'),
    );
    if (isBad(report)) setExitCode(EXIT.failed);
    await writeOut(format === 'json' ? renderJson(report) : renderTables(report));
  });
}

function selectionOf({ since, until, account, region, organization }: Options): Selection {
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(account === undefined ? {} : { accounts: account }),
    ...(region === undefined ? {} : { regions: region }),
    ...(organization === undefined ? {} : { organization }),
  };
}

/** Nothing when the files are to be read here; null when the queue cannot be told. */
function queueOf({ viaQueue, table }: Options): string | undefined | null {
  if (viaQueue !== true) return viaQueue;
  return table?.endsWith('-events') ? table.replace(/-events$/, '-ingest') : null;
}

function timeOf(value: string): string {
  const time = readTime(value, Date.now());
  if (time === undefined) throw new InvalidArgumentError('Expected ISO 8601, or an age such as 90d.');
  return time;
}

function collected(pattern: RegExp, expectation: string) {
  return (value: string, before: string[] = []) => [...before, matching(value, pattern, expectation)];
}

function matching(value: string, pattern: RegExp, expectation: string): string {
  if (!pattern.test(value)) throw new InvalidArgumentError(`Expected ${expectation}.`);
  return value;
}
