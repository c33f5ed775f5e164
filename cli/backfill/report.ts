import { defined } from '../../shared/defined.ts';
import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import { jsonText, shell } from '../lib/output.ts';
import { megabytes } from '../log-files/progress.ts';
import { firstLines, joinSections, problemSection } from '../log-files/report.ts';
import type { ArchivedLogFile, Tally } from '../log-files/tally.ts';
import type { DryRun } from './dry-run.ts';

/** The result of a backfill or its dry run. */
export interface BackfillReport {
  source: string;
  tally: Tally;
  seconds: number;
  /** `failure`: the listing failed, or the queue. */
  ended: 'complete' | 'interrupted' | { failure: string };
  /** The queue to which log files are announced. */
  queue?: string;
  dryRun?: DryRun;
}

/** Whether events are missing from the table, or no log file was selected although there are some. */
export function isBad({ tally, ended }: BackfillReport): boolean {
  const { problems, archived, nothingSelected } = tally;
  return ended !== 'complete' || problems.length > 0 || archived.length > 0 || nothingSelected;
}

/** Counts of files, as reports name them. */
function fileCounts({ tally, dryRun }: BackfillReport) {
  return {
    announced: tally.count('announced'),
    read: tally.count('ingested'),
    alreadyKnown: tally.count('known', 'already-ingested', 'already-discarded'),
    quarantined: tally.count('quarantined', 'already-quarantined'),
    failed: tally.count('failed'),
    unreadable: tally.unreadable,
    archived: tally.archived.length,
    left: dryRun ? 0 : tally.left,
  };
}

export function renderJson(report: BackfillReport): string {
  const { source, tally, seconds, ended, queue, dryRun } = report;
  const { listed, counts } = tally;
  const { announced, ...files } = fileCounts(report);
  return jsonText(
    defined({
      source,
      dryRun: dryRun !== undefined,
      queue,
      interrupted: ended === 'interrupted',
      failure: typeof ended === 'string' ? undefined : ended.failure,
      files: defined({
        listed: listed.files,
        toRead: dryRun?.toRead.files,
        announced: queue === undefined || dryRun ? undefined : announced,
        skipped: Object.fromEntries(tally.skipped),
        ...files,
      }),
      bytes: { listed: listed.bytes, ...(dryRun ? { toRead: dryRun.toRead.bytes } : { done: tally.done.bytes }) },
      records: {
        read: counts.recordsRead,
        stored: counts.eventsStored,
        known: counts.eventsKnown,
        filteredOut: counts.recordsFiltered,
        quarantined: counts.recordsQuarantined,
      },
      listingRequests: tally.listingRequests,
      notListed: [...tally.passedOver],
      seconds: Math.round(seconds * 1000) / 1000,
      problems: tally.problems,
      archived: tally.archived,
      foundInstead: tally.nothingSelected ? tally.unselected.summary() : undefined,
      estimate: dryRun?.estimate,
    }),
  );
}

/** The report for people: the counts of files and records, the problems, and what to do next. */
export function renderTables(report: BackfillReport): string {
  const { tally, dryRun } = report;
  return joinSections(
    displayText(report.source),
    files(report),
    dryRun ? estimate(dryRun) : records(report),
    notListed(tally),
    problemSection(tally.problems),
    archived(tally.archived),
    nothingSelected(tally),
    ending(report),
  );
}

function files(report: BackfillReport): string {
  const { tally, dryRun, queue } = report;
  const counts = fileCounts(report);
  const worked: [string, number, string] = dryRun
    ? ['to be read', dryRun.toRead.files, size(dryRun.toRead.bytes)]
    : queue === undefined
      ? ['read', counts.read, '']
      : ['announced', counts.announced, displayText(queue)];
  const rows: [string, number, string][] = [
    ['listed', tally.listed.files, size(tally.listed.bytes)],
    worked,
    ['already known', counts.alreadyKnown, 'done before, unchanged since'],
    ...[...tally.skipped].sort().map(([reason, n]): [string, number, string] => [`skipped: ${reason}`, n, '']),
  ];
  if (counts.archived > 0) rows.push(['archived', counts.archived, 'not readable until restored']);
  if (!dryRun && queue === undefined) rows.push(['quarantined', counts.quarantined, '']);
  if (!dryRun) rows.push(['failed', counts.failed, '']);
  if (counts.left > 0) rows.push(['not begun', counts.left, '']);
  if (counts.unreadable > 0) rows.push(['unreadable', counts.unreadable, 'not among those listed']);
  return textTable(['FILES', 'COUNT', ''], rows);
}

function records({ tally, queue }: BackfillReport): string {
  if (queue !== undefined) return '';
  const { recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined } = tally.counts;
  return textTable(
    ['RECORDS', 'COUNT', ''],
    [
      ['read', recordsRead, 'the sum of these:'],
      ['stored', eventsStored, 'new events'],
      ['known', eventsKnown, 'in the table before'],
      ['filtered out', recordsFiltered, 'of other services'],
      ['quarantined', recordsQuarantined, ''],
    ],
  );
}

function estimate({ estimate: { lines, dollars, basis, events } }: DryRun): string {
  const rows = lines.map(({ item, arithmetic, dollars: cost }) => [item, arithmetic, money(cost)]);
  return [
    textTable(['COST', 'ARITHMETIC', 'US$'], [...rows, ['sum', '', money(dollars)]]),
    `About ${events.toLocaleString('en-US')} events; ${basis}. Prices of us-east-1, on demand. Not in it: KMS requests of an encrypted bucket, transfer`,
    "out of its Region, reads of the ledger, the function's time.",
  ].join('\n');
}

const MOST_NAMES = 20;
const MOST_RESTORED = 10;

function notListed({ passedOver }: Tally): string {
  if (passedOver.size === 0) return '';
  return ["NOT LISTED, not CloudTrail's", ...firstLines([...passedOver].map(displayText), MOST_NAMES)].join('\n');
}

function archived(all: readonly ArchivedLogFile[]): string {
  if (all.length === 0) return '';
  const { true: restoring = [], false: asleep = [] } = Object.groupBy(all, (file) => `${file.restoring}` as const);
  const commands = asleep.map((file) => displayText(restoreCommand(file)));
  return [
    'ARCHIVED',
    ...(asleep.length === 0
      ? []
      : [
          `${count(asleep.length)} archived, and not read. Restore them, wait until they are restored, and run the same command again:`,
          ...firstLines(commands, MOST_RESTORED).map((line) => `  ${line}`),
        ]),
    ...(restoring.length === 0
      ? []
      : [`${count(restoring.length)} being restored: run the same command again when that is done.`]),
  ].join('\n');
}

const count = (n: number) => (n === 1 ? '1 log file is' : `${n.toLocaleString('en-US')} log files are`);

/** How long a restored copy stays. Objects in Intelligent-Tiering move to another tier for good. */
const RESTORED_DAYS = 7;

/** The cheapest tier, which takes hours. https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html */
function restoreCommand({ bucket, key, tier }: ArchivedLogFile): string {
  const job = { GlacierJobParameters: { Tier: 'Bulk' } };
  const request = /_ACCESS$|^INTELLIGENT_TIERING$/.test(tier) ? job : { Days: RESTORED_DAYS, ...job };
  return shell`aws s3api restore-object --bucket ${bucket} --key ${key} --restore-request ${request}`;
}

function nothingSelected({ nothingSelected: nothing, unselected }: Tally): string {
  if (!nothing) return '';
  const { organizations, accounts, regions, days } = unselected.summary();
  const found: [string, readonly string[]][] = [
    ['organizations', organizations],
    ['accounts', accounts],
    ['Regions', regions],
    ['days of delivery', days.length === 0 ? [] : [days.join(' to ')]],
  ];
  return [
    'NOTHING SELECTED: there are log files, but none for these filters. What is there:',
    ...found
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => displayText(`${what}: ${firstLines(names, MOST_NAMES).join(', ')}`)),
  ].join('\n');
}

function ending(report: BackfillReport): string {
  const { ended, tally, dryRun, queue } = report;
  if (ended === 'interrupted')
    return 'Interrupted. Run the same command again to go on; what is done is not read again.';
  if (ended !== 'complete') {
    return `It ended early (${displayText(ended.failure)}): there may be more files. Run the same command again; what is done is not read again.`;
  }
  if (tally.nothingSelected) return '';
  if (dryRun) return 'Nothing was written. Without --dry-run these files are read.';
  if (tally.count('failed') > 0)
    return 'Run the same command again to try what failed; what is done is not read again.';
  return queue === undefined
    ? ''
    : 'The ingest function reads them now. An invalid file goes to quarantine, a failing one to the dead-letter queue.';
}

const size = (bytes: number) => `${megabytes(bytes)} MB`;
const money = (dollars: number) => (dollars > 0 && dollars < 0.01 ? '< 0.01' : dollars.toFixed(2));
