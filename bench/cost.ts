/** `npm run cost`: writes the tables of docs/cost.md from the prices and quantities below. A test compares them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENT = join(ROOT, 'docs', 'cost.md');

/** US dollars in us-east-1, beyond the free tier, November 2026; each with the page that has it. */
const PRICES = {
  'Lambda, arm64: a GB-second': [0.0000133334, 'https://aws.amazon.com/lambda/pricing/'],
  'Lambda: a million requests': [0.2, 'https://aws.amazon.com/lambda/pricing/'],
  'SQS, standard queue: a million requests': [0.4, 'https://aws.amazon.com/sqs/pricing/'],
  'S3: a million GET requests': [0.4, 'https://aws.amazon.com/s3/pricing/'],
  'S3: a million PUT requests': [5, 'https://aws.amazon.com/s3/pricing/'],
  'S3 Standard: a GB for a month': [0.023, 'https://aws.amazon.com/s3/pricing/'],
  'KMS: a million requests': [3, 'https://aws.amazon.com/kms/pricing/'],
  'KMS: a key for a month': [1, 'https://aws.amazon.com/kms/pricing/'],
  'DynamoDB on demand: a million write units': [0.625, 'https://aws.amazon.com/dynamodb/pricing/on-demand/'],
  'DynamoDB on demand: a million read units': [0.125, 'https://aws.amazon.com/dynamodb/pricing/on-demand/'],
  'DynamoDB: a GB for a month': [0.25, 'https://aws.amazon.com/dynamodb/pricing/on-demand/'],
  'DynamoDB, point-in-time recovery: a GB for a month': [0.2, 'https://aws.amazon.com/dynamodb/pricing/on-demand/'],
  'CloudTrail: a million data events': [1, 'https://aws.amazon.com/cloudtrail/pricing/'],
  'CloudTrail: a million management events, additional copy': [20, 'https://aws.amazon.com/cloudtrail/pricing/'],
  'EventBridge: a million events of S3': [1, 'https://aws.amazon.com/eventbridge/pricing/'],
  'EventBridge: a million custom events': [1, 'https://aws.amazon.com/eventbridge/pricing/'],
  'SNS: 100,000 e-mails': [2, 'https://aws.amazon.com/sns/pricing/'],
  'CloudWatch Logs: a GB ingested': [0.5, 'https://aws.amazon.com/cloudwatch/pricing/'],
  'CloudWatch: an alarm for a month': [0.1, 'https://aws.amazon.com/cloudwatch/pricing/'],
  'CloudWatch: a metric for a month': [0.3, 'https://aws.amazon.com/cloudwatch/pricing/'],
  'CloudWatch: a dashboard for a month': [3, 'https://aws.amazon.com/cloudwatch/pricing/'],
} as const satisfies Record<string, readonly [number, string]>;

const price = (name: keyof typeof PRICES): number => PRICES[name][0];

/** CPU that the function spends, as measured by `npm run bench:ingest`. */
const CPU_MS = { file: 1.3, record: 0.0035, event: 0.8 };
/** The function's memory, and its share of a processor: 1,769 MB are a whole one. */
const MEMORY_GB = 0.5;
const PROCESSORS = 512 / 1769;
/** Waiting for S3 and DynamoDB, while the CPU is idle and billed; assumed. */
const WAITING_MS = { file: 40, event: 2 };

/** Units of DynamoDB. Those of an event: a test counts them on the samples. */
export const UNITS = {
  /**
   * The ledger: the item and its index by day, and a consistent read before it is written, and verified. If log files come every five
   * minutes, a watermark and its index move every third time, and what is signed takes 3 units for the 12 of an hour, by two digests
   * that each name some of them, and a read by each of the two.
   */
  file: { writes: 2 + 2 / 3 + 3 / 12, reads: 2 + 2 / 12 },
  /** The item, of two units, and the indexes that it is in; then at most two updates of its environment. */
  event: { writes: 9.8 + 2, reads: 1 },
};
/** Bytes that DynamoDB keeps, with the 100 that it adds to each item, in a table and in an index. */
export const STORED_BYTES = { file: { table: 1_000, indexes: 850 }, event: { table: 2_040, indexes: 6_050 } };
/** A log line, a line of metrics, Lambda's own three. */
const LOG_BYTES = 1_400;
/** Bytes of a record in a log file of 50 to 80 records, compressed; a test measures it on generated ones. */
export const RECORD_BYTES = 230;
/** S3 sends, Lambda receives and deletes. */
const SQS_REQUESTS = 3;
/** Of the ingest, the verify and the alert function; a test counts them. */
export const METRICS = 25;
/** Of live events. */
export const LIVE_METRICS = 4;
/** Of exports. */
export const EXPORT_METRICS = 3;
/** A trail of all Regions delivers a digest in each enabled Region, even without activity there; 17 are enabled by default. */
const DIGEST_REGIONS = 17;
/** A month. */
const HOURS = 30 * 24;
/** Verification, each hour: for each account two lists; for each account and Region two lists, a digest, and two units for the chain's item. */
const VERIFY = { listsOfAccount: 2, listsOfPlace: 2, writesOfPlace: 2, requestsOfPlace: 5, waitingMs: 40, places: 4 };
/** Alerts: an invocation for ten events, which come together in log files; of every fifth event something is remembered. */
const ALERT = { eventsOfInvocation: 10, msOfEvent: 10, remembered: 0.2, writes: 2, reads: 4, findings: 0.002 };
/**
 * Live events, besides what their log files cost: an event in a message and an invocation of its own. It is written once more; the
 * put of its log file's record finds it, reads and replaces it. Its entry among those that wait, and the index of that, are written,
 * read with the event a day later, and deleted.
 */
const LIVE = { writes: 9.8 + 2 + 2 + 4, reads: 1 + 1 + 1 + 1, msOfEvent: 30 };
/**
 * Exports: a day is read three times, while it is recent. An event is read from the index and by key, with the
 * verification of its log file; a file and its size are asked for each account, Region and day.
 */
const EXPORT = { readings: 3, readsOfEvent: 1.5, msOfEvent: 1, bytesOfEvent: 400, filesOfAccount: 2, runSeconds: 10 };
const EXPORT_MEMORY_GB = 1;
/** Lambda's five pollers ask again after 20 seconds without messages. */
const POLLS = (5 * 30 * 24 * 3600) / 20;

/** A month. */
interface Load {
  files: number;
  records: number;
  /** Amazon MWAA's. */
  events: number;
  accounts: number;
}

const ONE_MILLION = {
  file: { files: 1e6, records: 0, events: 0, accounts: 0 },
  record: { files: 0, records: 1e6, events: 0, accounts: 0 },
  event: { files: 0, records: 0, events: 1e6, accounts: 0 },
};

const LOADS: Readonly<Record<string, Load>> = {
  // A log file each five minutes in each Region of each account, at least.
  'small: 1 account, 2 Regions': { files: 20_000, records: 1e6, events: 10_000, accounts: 1 },
  'medium: 20 accounts, 4 Regions': { files: 700_000, records: 50e6, events: 300_000, accounts: 20 },
  'organization: 300 accounts, 5 Regions': { files: 13e6, records: 1e9, events: 5e6, accounts: 300 },
};

/** What the stack itself costs for a load, by service: upper bounds. */
function running({ files, records, events, accounts }: Load): Record<string, number> {
  const cpu = files * CPU_MS.file + records * CPU_MS.record + events * CPU_MS.event;
  const seconds = (cpu / PROCESSORS + files * WAITING_MS.file + events * WAITING_MS.event) / 1000;
  const units = (kind: 'writes' | 'reads') => (files * UNITS.file[kind] + events * UNITS.event[kind]) / 1e6;
  return {
    'Lambda, duration': seconds * MEMORY_GB * price('Lambda, arm64: a GB-second'),
    'Lambda, requests': (files / 1e6) * price('Lambda: a million requests'),
    SQS: ((files * SQS_REQUESTS) / 1e6) * price('SQS, standard queue: a million requests'),
    'S3, reading': (files / 1e6) * price('S3: a million GET requests'),
    'KMS, reading': (files / 1e6) * price('KMS: a million requests'),
    'DynamoDB, writes': units('writes') * price('DynamoDB on demand: a million write units'),
    'DynamoDB, reads': units('reads') * price('DynamoDB on demand: a million read units'),
    verification: verification(accounts),
    'alerts and the event bus': alerts(events),
    'CloudWatch Logs': ((files * LOG_BYTES) / 1e9) * price('CloudWatch Logs: a GB ingested'),
  };
}

/** Each event on the bus, its rules, and mails to five people. Lambda reads the stream free of charge. */
function alerts(events: number): number {
  const { eventsOfInvocation, msOfEvent, remembered, writes, reads, findings } = ALERT;
  return (
    ((events * (1 + findings)) / 1e6) * price('EventBridge: a million custom events') +
    ((events * msOfEvent) / 1000) * MEMORY_GB * price('Lambda, arm64: a GB-second') +
    (events / eventsOfInvocation / 1e6) * price('Lambda: a million requests') +
    ((events * remembered * writes) / 1e6) * price('DynamoDB on demand: a million write units') +
    ((events * remembered * reads) / 1e6) * price('DynamoDB on demand: a million read units') +
    ((events * findings * 5) / 1e5) * price('SNS: 100,000 e-mails')
  );
}

/** Digests of a month: one each hour for each account and Region. */
const digestsOf = (accounts: number): number => HOURS * accounts * DIGEST_REGIONS;

/** Bucket listings, digests, the chains' items, and waiting for all of them. A list request costs as much as a PUT. */
function verification(accounts: number): number {
  const digests = digestsOf(accounts);
  const lists = HOURS * accounts * VERIFY.listsOfAccount + digests * VERIFY.listsOfPlace;
  const seconds = (digests * VERIFY.requestsOfPlace * VERIFY.waitingMs) / VERIFY.places / 1000;
  return (
    (lists / 1e6) * price('S3: a million PUT requests') +
    (digests / 1e6) * price('S3: a million GET requests') +
    (digests / 1e6) * price('KMS: a million requests') +
    ((digests * VERIFY.writesOfPlace) / 1e6) * price('DynamoDB on demand: a million write units') +
    seconds * MEMORY_GB * price('Lambda, arm64: a GB-second')
  );
}

/** What a month's load costs in each month in which it is kept. */
function keeping({ files, events }: Load): number {
  const gigabytes = (part: 'table' | 'indexes') =>
    (files * STORED_BYTES.file[part] + events * STORED_BYTES.event[part]) / 1e9;
  return (
    (gigabytes('table') + gigabytes('indexes')) * price('DynamoDB: a GB for a month') +
    gigabytes('table') * price('DynamoDB, point-in-time recovery: a GB for a month')
  );
}

/** What every month costs. */
function fixed(): Record<string, number> {
  const templates = ['alarms.yml', 'verify-on.yml', 'alert-on.yml'].map((name) =>
    readFileSync(join(ROOT, 'deploy', name), 'utf8'),
  );
  const count = templates.join('').match(/Type: AWS::CloudWatch::Alarm$/gm)?.length ?? 0;
  return {
    [`${count} alarms`]: count * price('CloudWatch: an alarm for a month'),
    [`${METRICS} metrics`]: METRICS * price('CloudWatch: a metric for a month'),
    'the dashboard (an account has three free)': price('CloudWatch: a dashboard for a month'),
    'polling the queue': (POLLS / 1e6) * price('SQS, standard queue: a million requests'),
  };
}

/** What the trail itself costs. */
function trail({ files, records, events, accounts }: Load): Record<string, number> {
  const digests = digestsOf(accounts);
  return {
    "MWAA's data events (if all of its events are data events)":
      (events / 1e6) * price('CloudTrail: a million data events'),
    'log files, PUT requests': (files / 1e6) * price('S3: a million PUT requests'),
    [`digest files of ${DIGEST_REGIONS} Regions, PUT requests`]: (digests / 1e6) * price('S3: a million PUT requests'),
    'KMS, writing log files and digests': ((files + digests) / 1e6) * price('KMS: a million requests'),
    'log files, storage for a month': ((records * RECORD_BYTES) / 1e9) * price('S3 Standard: a GB for a month'),
    'key, with `source=new-trail`': price('KMS: a key for a month'),
    'EventBridge, with `source=bucket`: log files and digests':
      ((files + digests) / 1e6) * price('EventBridge: a million events of S3'),
    'EventBridge, each million of **other objects in the same bucket**': price('EventBridge: a million events of S3'),
    'management events, **if another trail already records them**':
      (records / 1e6) * price('CloudTrail: a million management events, additional copy'),
    'the same with `managementEvents=false`': 0,
  };
}

/** What live events cost besides. */
function live({ events }: Load): Record<string, number> {
  const { writes, reads, msOfEvent } = LIVE;
  const seconds = (events * (CPU_MS.event / PROCESSORS + msOfEvent)) / 1000;
  return {
    Lambda:
      seconds * MEMORY_GB * price('Lambda, arm64: a GB-second') + (events / 1e6) * price('Lambda: a million requests'),
    SQS: ((events * SQS_REQUESTS) / 1e6) * price('SQS, standard queue: a million requests'),
    'DynamoDB, writes': ((events * writes) / 1e6) * price('DynamoDB on demand: a million write units'),
    'DynamoDB, reads': ((events * reads) / 1e6) * price('DynamoDB on demand: a million read units'),
    'CloudWatch Logs': ((events * LOG_BYTES) / 1e9) * price('CloudWatch Logs: a GB ingested'),
    [`an alarm and ${LIVE_METRICS} metrics`]:
      price('CloudWatch: an alarm for a month') + LIVE_METRICS * price('CloudWatch: a metric for a month'),
    'EventBridge, for those that other Regions and accounts forward (here: all)':
      (events / 1e6) * price('EventBridge: a million custom events'),
  };
}

/** What exports cost besides; queries of Athena are billed by the bytes that they read. */
function exporting({ events, accounts }: Load): Record<string, number> {
  const { readings, readsOfEvent, msOfEvent, bytesOfEvent, filesOfAccount, runSeconds } = EXPORT;
  const files = 30 * readings * accounts * filesOfAccount;
  const seconds = 30 * runSeconds + (events * readings * msOfEvent) / 1000;
  return {
    'Lambda, duration': seconds * EXPORT_MEMORY_GB * price('Lambda, arm64: a GB-second'),
    'DynamoDB, reads': ((events * readings * readsOfEvent) / 1e6) * price('DynamoDB on demand: a million read units'),
    'S3, writing and asking':
      (files / 1e6) * (price('S3: a million PUT requests') + price('S3: a million GET requests')),
    'files, storage of a year': ((12 * events * bytesOfEvent) / 1e9) * price('S3 Standard: a GB for a month'),
    [`two alarms and ${EXPORT_METRICS} metrics`]:
      2 * price('CloudWatch: an alarm for a month') + EXPORT_METRICS * price('CloudWatch: a metric for a month'),
  };
}

/** The tables of docs/cost.md. */
export function costTables(): string {
  const sum = (costs: Record<string, number>) => Object.values(costs).reduce((total, cost) => total + cost, 0);
  const millions = Object.values(ONE_MILLION);
  const loads = Object.values(LOADS);
  return [
    '### Prices',
    '',
    table(
      ['what', 'USD'],
      Object.entries(PRICES).map(([name, [dollars, url]]) => [`[${name}](${url})`, String(dollars)]),
    ),
    '### A million of each',
    '',
    table(
      ['USD', 'log files', 'records of other services', 'events stored'],
      [
        ...rows(running, millions),
        ['**sum**', ...millions.map((load) => bold(sum(running(load))))],
        ['storage, each month', ...millions.map((load) => dollars(keeping(load)))],
      ],
    ),
    '### Three sizes',
    '',
    table(
      ['USD a month', ...Object.keys(LOADS)],
      [
        ['log files', ...loads.map(({ files }) => files.toLocaleString('en'))],
        ['records', ...loads.map(({ records }) => records.toLocaleString('en'))],
        ["of these, MWAA's events", ...loads.map(({ events }) => events.toLocaleString('en'))],
        ...rows(running, loads),
        ...Object.entries(fixed()).map(([name, cost]) => [name, ...loads.map(() => dollars(cost))]),
        ['**sum**', ...loads.map((load) => bold(sum(running(load)) + sum(fixed())))],
        ['storage of a year, each month', ...loads.map((load) => dollars(12 * keeping(load)))],
      ],
    ),
    '### Live events',
    '',
    table(
      ['USD a month, with `live=on`', ...Object.keys(LOADS)],
      [...rows(live, loads), ['**sum**', ...loads.map((load) => bold(sum(live(load))))]],
    ),
    '### Exports',
    '',
    table(
      ['USD a month, with `export=daily`', ...Object.keys(LOADS)],
      [...rows(exporting, loads), ['**sum**', ...loads.map((load) => bold(sum(exporting(load))))]],
    ),
    '### The trail',
    '',
    table(['USD a month', ...Object.keys(LOADS)], rows(trail, loads)),
  ].join('\n');
}

function rows(costs: (load: Load) => Record<string, number>, loads: readonly Load[]): string[][] {
  const columns = loads.map(costs);
  return Object.keys(columns[0] ?? {}).map((name) => [name, ...columns.map((column) => dollars(column[name] ?? 0))]);
}

const dollars = (cost: number) => (cost > 0 && cost < 0.005 ? '< 0.01' : cost.toFixed(2));
const bold = (cost: number) => `**${dollars(cost)}**`;

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n')}\n`;
}

const [BEGIN, END] = ['<!-- npm run cost -->\n', '<!-- end -->'];

/** The document with its tables as they should be. */
export function withTables(document: string): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error('docs/cost.md: expected the marks between which the tables stand');
  return `${before}${BEGIN}\n${costTables()}\n${END}${after}`;
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8')));
}
