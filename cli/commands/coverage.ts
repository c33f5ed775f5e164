import { listDay, listScopes, type ScopeFilter } from '../../shared/aws/list-trail.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import {
  type Coverage,
  type DeliveredFiles,
  deliveryDays,
  needsAttention,
  readCoverage,
} from '../../shared/query/coverage.ts';
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
import { type BucketLocation, trailLocation } from '../lib/aws-settings.ts';
import { command, EXIT, type Output, UsageError } from '../lib/command.ts';
import { choiceOf, repeated, text, value } from '../lib/options.ts';
import { viewOf, write, writeJsonList, writeTable } from '../lib/output.ts';
import { STORE, storeOf, withStore } from '../lib/stores.ts';
import { readPeriod, ZONE } from '../lib/times.ts';

const FORMATS = ['map', 'table', 'json', 'csv'] as const;
type Format = (typeof FORMATS)[number];

export default command({
  about: 'Show the ingestion status of the log files of each account, Region and day of delivery.',
  flags: {
    since: value<string>('<time>', 'from this day on: ISO 8601, or an age such as 90d', (option) =>
      option.default('30d'),
    ),
    until: text('<time>', 'before this time; its own day is shown too, unless it is midnight'),
    account: repeated('<id>', 'only log files of this account; - for those whose key names none; may be repeated'),
    region: repeated('<name>', 'only log files of this Region; may be repeated'),
    bucket: value<BucketLocation | undefined>(
      '<address>',
      "for a deployed stack: compare with the log files in the trail's bucket, s3://BUCKET[/PREFIX]",
      (option) => option.argParser(trailLocation),
    ),
    format: value<Format | undefined>('<format>', 'how to print: map on a terminal, else table', choiceOf(FORMATS)),
    ...ZONE,
    ...STORE,
  },
  notes:
    'The exit code is 1 if something is missing, quarantined, failed or altered, or if no log file of the period ' +
    'matches --account and --region.',
  async run({ account: accounts, region: regions, bucket, ...options }, { env, out, err }) {
    if (bucket && storeOf(options, env).kind === 'local')
      throw new UsageError('--bucket: expected only with a deployed store: name it with --stack or --table');
    const now = Date.now();
    const { since = '', until } = readPeriod(options, now);
    const days = deliveryDays(since, until, now);
    return withStore(options, env, async (deps) => {
      const delivered = bucket && (await deliveredFiles(bucket, env));
      const seen = { rows: 0, attention: false };
      const rows = watched(readCoverage(days, defined({ accounts, regions }), deps, delivered), seen);
      const { format = out.isTTY ? 'map' : 'table' } = options;
      const view = viewOf(out, env, {}, deps.now());
      await PRINTERS[format](rows, out, { days, withBucket: delivered !== undefined, view });
      const isFiltered = accounts !== undefined || regions !== undefined;
      const others = seen.rows === 0 && isFiltered ? await placesOf(readCoverage(days, {}, deps)) : [];
      if (others.length > 0) err.write(otherPlaces(others));
      else if (seen.rows === 0) err.write(NOTHING);
      return seen.attention || others.length > 0 ? EXIT.failed : EXIT.done;
    });
  },
});

const NOTHING =
  'No log files of this period were ingested. Look further back with --since. With a deployed stack, --bucket finds log files ' +
  'that were never ingested.\n';

/** The accounts and Regions of a period, as flags. */
async function placesOf(days: AsyncIterable<Coverage[]>): Promise<string[]> {
  const places = new Set<string>();
  for await (const rows of days)
    for (const { account, region } of rows) places.add(`--account ${account} --region ${region}`);
  return [...places].sort();
}

function otherPlaces(places: readonly string[]): string {
  const more = places.length > MAX_SHOWN ? ` and ${places.length - MAX_SHOWN} more` : '';
  const shown = places.slice(0, MAX_SHOWN).join(', ');
  return `${displayText(`No log file of this period matches the filters. There are log files for ${shown}${more}.`)}\n`;
}

interface Printing {
  days: readonly string[];
  withBucket: boolean;
  view: View;
}

type Printer = (rows: AsyncIterable<Coverage>, out: Output, printing: Printing) => Promise<void>;

const PRINTERS: Readonly<Record<Format, Printer>> = {
  async map(rows, out, { days, withBucket, view }) {
    const map = new CoverageMap(days, view);
    const shown: Coverage[] = [];
    let attention = 0;
    for await (const row of rows) {
      map.add([row]);
      if (!needsAttention(row)) continue;
      attention += 1;
      if (shown.length < MAX_SHOWN) shown.push(row);
    }
    await write(out, map.text());
    if (shown.length > 0) await write(out, `\n${coverageTable(shown, withBucket, view)}`);
    if (attention > shown.length) await write(out, `and ${attention - shown.length} more: --format table\n`);
  },
  table(rows, out, { withBucket, view }) {
    const table = new TextTable(coverageColumns(withBucket), view);
    return writeTable(out, rows, (batch) => table.add(batch.map((row) => coverageRow(row, withBucket))));
  },
  json: (rows, out) => writeJsonList(out, rows, JSON.stringify),
  async csv(rows, out) {
    await write(out, COVERAGE_CSV_HEADER);
    for await (const row of rows) await write(out, coverageCsv(row));
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

async function deliveredFiles(location: ScopeFilter, env: Environment): Promise<DeliveredFiles> {
  const s3 = createS3Client(env);
  const places = await listScopes(s3, location);
  return { location, places, list: (place, day) => listDay(s3, place, 'CloudTrail', day) };
}
