import { Command, InvalidArgumentError, Option } from 'commander';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { listDay, listPlaces, type ScopeFilter } from '../../shared/integrity/list-objects.ts';
import {
  type Coverage,
  type DeliveredFiles,
  daysBetween,
  needsAttention,
  readCoverage,
} from '../../shared/query/coverage.ts';
import { CriteriaError, timeCriterion } from '../../shared/query/criteria.ts';
import {
  COVERAGE_CSV_HEADER,
  CoverageMap,
  coverageColumns,
  coverageCsv,
  coverageRow,
  coverageTable,
} from '../../shared/render/coverage.ts';
import { displayText } from '../../shared/render/display.ts';
import { TextTable } from '../../shared/render/table.ts';
import type { View } from '../../shared/render/view.ts';
import { batches, TABLE_ROWS } from '../lib/batches.ts';
import { bucketAndPrefix } from '../lib/bucket-and-prefix.ts';
import { EXIT } from '../lib/exit.ts';
import { choice } from '../lib/format-option.ts';
import { addStoreOptions, type StoreOptions, storeOf, withStore } from '../lib/store-options.ts';
import { addZoneOption, type TimeOptions, viewOf, zoneOf } from '../lib/view-options.ts';
import { writeJsonList, writeOut } from '../lib/write-out.ts';

const FORMATS = ['map', 'table', 'json', 'csv'];
type Format = 'map' | 'table' | 'json' | 'csv';

interface CoverageOptions extends StoreOptions, TimeOptions {
  since: string;
  until?: string;
  account?: string[];
  region?: string[];
  bucket?: ScopeFilter;
  format?: Format;
}

export function coverageCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('coverage')
    .description('what became of the log files of each account, Region and day of delivery')
    .option('--since <time>', 'from this day on: ISO 8601, or an age such as 90d', '30d')
    .option('--until <time>', 'before this time; its day counts when the time is past midnight')
    .addOption(repeated('--account <id>', 'only log files of this account; - for those whose keys have none'))
    .addOption(repeated('--region <name>', 'only log files of this Region'))
    .addOption(
      new Option(
        '--bucket <address>',
        "with a deployed stack: compare with the log files in the trail's bucket, s3://BUCKET or s3://BUCKET/PREFIX",
      ).argParser(locationOf),
    )
    .addOption(
      new Option('--format <format>', 'how to print: map on a terminal, else table') //
        .choices(FORMATS)
        .argParser((value) => choice(FORMATS, value)),
    )
    .addHelpText(
      'after',
      '\nThe exit code is 1 when something is missing, quarantined, failed or altered, or when --account and --region fit none of\nthe log files of the time.',
    );
  return addStoreOptions(addZoneOption(command)).action(async (options: CoverageOptions) => {
    if (options.bucket && storeOf(options, env).kind === 'local') {
      command.error('error: --bucket is for a trail in AWS, and needs --stack or --table');
    }
    const days = [...daysOf(options, Date.now())];
    await withStore(options, env, async (deps) => {
      const delivered = options.bucket && (await deliveredFiles(options.bucket, env));
      const seen = { rows: 0, attention: false };
      const filter = {
        ...(options.account ? { accounts: options.account } : {}),
        ...(options.region ? { regions: options.region } : {}),
      };
      const coverage = watched(readCoverage(days, filter, deps, delivered), seen);
      const { format = process.stdout.isTTY ? 'map' : 'table' } = options;
      const view = viewOf(process.stdout, env, {}, deps.now());
      await PRINTERS[format](coverage, { days, withBucket: delivered !== undefined, view });
      const isFiltered = options.account !== undefined || options.region !== undefined;
      const others = seen.rows === 0 && isFiltered ? await placesOf(readCoverage(days, {}, deps)) : [];
      if (others.length > 0) process.stderr.write(otherPlaces(others));
      else if (seen.rows === 0) process.stderr.write(NOTHING);
      if (seen.attention || others.length > 0) setExitCode(EXIT.failed);
    });
  });
}

const NOTHING =
  'No log files were delivered in this time: --since goes further back, --bucket shows what ingest has never seen.\n';

/** The accounts and Regions of a time, as `ACCOUNT REGION`. */
async function placesOf(coverage: AsyncIterable<Coverage[]>): Promise<string[]> {
  const places = new Set<string>();
  for await (const rows of coverage) for (const { account, region } of rows) places.add(`${account} ${region}`);
  return [...places].sort();
}

function otherPlaces(places: readonly string[]): string {
  const more = places.length > MAX_SHOWN ? ` and ${places.length - MAX_SHOWN} more` : '';
  const shown = places.slice(0, MAX_SHOWN).join(', ');
  return `${displayText(`In this time there are no log files of this account and Region; there are of ${shown}${more}.`)}\n`;
}

interface Printing {
  days: readonly string[];
  withBucket: boolean;
  view: View;
}

type Printer = (coverage: AsyncIterable<Coverage>, printing: Printing) => Promise<void>;

const PRINTERS: Readonly<Record<Format, Printer>> = {
  async map(coverage, { days, withBucket, view }) {
    const map = new CoverageMap(days, view);
    const shown: Coverage[] = [];
    let attention = 0;
    for await (const row of coverage) {
      map.add([row]);
      if (!needsAttention(row)) continue;
      attention += 1;
      if (shown.length < MAX_SHOWN) shown.push(row);
    }
    await writeOut(map.text());
    if (shown.length > 0) await writeOut(`\n${coverageTable(shown, withBucket, view)}`);
    if (attention > shown.length) await writeOut(`and ${attention - shown.length} more: --format table\n`);
  },
  async table(coverage, { withBucket, view }) {
    const table = new TextTable(coverageColumns(withBucket), view);
    for await (const rows of batches(coverage, TABLE_ROWS))
      await writeOut(table.add(rows.map((row) => coverageRow(row, withBucket))));
  },
  json: (coverage) => writeJsonList(coverage, JSON.stringify),
  async csv(coverage) {
    await writeOut(COVERAGE_CSV_HEADER);
    for await (const row of coverage) await writeOut(coverageCsv(row));
  },
};

/** Lines below the map. */
const MAX_SHOWN = 20;

async function* watched(
  days: AsyncIterable<Coverage[]>,
  seen: { rows: number; attention: boolean },
): AsyncGenerator<Coverage> {
  for await (const rows of days) {
    seen.rows += rows.length;
    seen.attention ||= rows.some(needsAttention);
    yield* rows;
  }
}

function daysOf(
  { since, until, ...options }: Pick<CoverageOptions, 'since' | 'until' | 'local'>,
  now: number,
): Generator<string> {
  const timeOf = (name: string, value: string) => timeCriterion(name, value, now, zoneOf(options));
  const first = timeOf('since', since);
  const end = until === undefined ? undefined : timeOf('until', until);
  if (end !== undefined && first >= end) throw new CriteriaError('since', 'expected a time before until');
  // The last day is that of the last moment before.
  const last = end === undefined ? now : Date.parse(end) - 1;
  return daysBetween(first.slice(0, 10), new Date(last).toISOString().slice(0, 10));
}

async function deliveredFiles(location: ScopeFilter, env: Environment): Promise<DeliveredFiles> {
  const s3 = createS3Client(env);
  const places = await listPlaces(s3, location);
  return { location, places, list: (place, day) => listDay(s3, place, 'CloudTrail', day) };
}

function locationOf(address: string): ScopeFilter {
  const location = bucketAndPrefix(address, (problem) => {
    throw new InvalidArgumentError(problem);
  });
  if (location && !/(^|\/)AWSLogs\//.test(location.prefix)) return location;
  throw new InvalidArgumentError(
    'Expected s3://BUCKET or s3://BUCKET/PREFIX, the prefix being what stands before AWSLogs/.',
  );
}

function repeated(flags: string, says: string): Option {
  return new Option(flags, says).argParser((value: string, before: string[] = []) => [...before, value]);
}
