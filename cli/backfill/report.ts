import { displayText } from '../../shared/render/display.ts';
import { textTable } from '../../shared/render/table.ts';
import { shell } from '../lib/output.ts';
import type { DryRun } from './dry-run.ts';
import type { ArchivedLogFile, Tally } from './tally.ts';

/** What a backfill did, or would do. */
export interface BackfillReport {
  source: string;
  tally: Tally;
  seconds: number;
  /** Ended by Ctrl-C. */
  interrupted: boolean;
  /** What ended it before its end: the listing failed, or the queue. */
  failure?: string;
  /** The queue to which log files were announced. */
  queue?: string;
  /** Of a dry run. */
  dryRun?: DryRun;
}

/** Whether something is missing in the table that should be there, or nothing was selected of what is there. */
export function isBad({ tally, interrupted, failure }: BackfillReport): boolean {
  const { problems, archived, nothingSelected } = tally;
  return interrupted || failure !== undefined || problems.length > 0 || archived.length > 0 || nothingSelected;
}

export function renderJson(report: BackfillReport): string {
  const { source, tally, seconds, interrupted, failure, queue, dryRun } = report;
  const { listed, read, known, quarantined, failed, sent, unreadable, books } = tally;
  const value = {
    source,
    dryRun: dryRun !== undefined,
    ...(queue === undefined ? {} : { queue }),
    interrupted,
    ...(failure === undefined ? {} : { failure }),
    files: {
      listed: listed.files,
      ...(dryRun ? { toRead: dryRun.toRead.files } : {}),
      ...(queue === undefined || dryRun ? {} : { announced: sent }),
      read,
      alreadyKnown: known,
      skipped: Object.fromEntries(tally.skipped),
      quarantined,
      failed,
      unreadable,
      archived: tally.archived.length,
      left: dryRun ? 0 : tally.left,
    },
    bytes: { listed: listed.bytes, ...(dryRun ? { toRead: dryRun.toRead.bytes } : { done: tally.done.bytes }) },
    records: {
      read: books.recordsRead,
      stored: books.eventsStored,
      known: books.eventsKnown,
      filteredOut: books.recordsFiltered,
      quarantined: books.recordsQuarantined,
    },
    listingRequests: tally.listingRequests,
    notListed: [...tally.passedOver],
    seconds: Math.round(seconds * 1000) / 1000,
    problems: tally.problems,
    archived: tally.archived,
    ...(tally.nothingSelected ? { foundInstead: tally.unselected.summary() } : {}),
    ...(dryRun ? { estimate: dryRun.estimate } : {}),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The report for people: the books of files and of records, what is bad, and what to do next. */
export function renderTables(report: BackfillReport): string {
  const sections = [
    files(report),
    report.dryRun ? estimate(report.dryRun) : records(report),
    notListed(report.tally),
    problems(report.tally),
    archived(report.tally),
    nothingSelected(report.tally),
    ending(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function files({ source, tally, dryRun, queue }: BackfillReport): string {
  const rows: [string, number, string][] = [['listed', tally.listed.files, size(tally.listed.bytes)]];
  if (dryRun) rows.push(['to be read', dryRun.toRead.files, size(dryRun.toRead.bytes)]);
  else if (queue !== undefined) rows.push(['announced', tally.sent, displayText(queue)]);
  else rows.push(['read', tally.read, '']);
  rows.push(['already known', tally.known, 'done before, unchanged since']);
  for (const [reason, count] of [...tally.skipped].sort()) rows.push([`skipped: ${reason}`, count, '']);
  if (tally.archived.length > 0)
    rows.push(['archived', tally.archived.length, 'not readable before they are restored']);
  if (!dryRun) {
    if (queue === undefined) rows.push(['quarantined', tally.quarantined, '']);
    rows.push(['failed', tally.failed, '']);
    if (tally.left > 0) rows.push(['not begun', tally.left, '']);
  }
  if (tally.unreadable > 0) rows.push(['unreadable', tally.unreadable, 'not among those listed']);
  return `${displayText(source)}\n\n${textTable(['FILES', 'COUNT', ''], rows)}`;
}

function records({ tally, queue }: BackfillReport): string {
  if (queue !== undefined) return '';
  const { recordsRead, eventsStored, eventsKnown, recordsFiltered, recordsQuarantined } = tally.books;
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
  const rows = [
    ...lines.map(({ item, arithmetic, dollars: cost }) => [item, arithmetic, money(cost)]),
    ['sum', '', money(dollars)],
  ];
  return [
    textTable(['COST', 'ARITHMETIC', 'US$'], rows),
    `About ${events.toLocaleString('en-US')} events; ${basis}. Prices of us-east-1, on demand. Not in it: KMS requests of an encrypted bucket, transfer`,
    "out of its Region, reads of the ledger, the function's time.",
  ].join('\n');
}

const MOST_SHOWN = 20;

function notListed({ passedOver }: Tally): string {
  if (passedOver.size === 0) return '';
  const shown = [...passedOver].slice(0, MOST_SHOWN).map(displayText);
  const more = passedOver.size > MOST_SHOWN ? [`and ${passedOver.size - MOST_SHOWN} more`] : [];
  return ["NOT LISTED, not CloudTrail's", ...shown, ...more].join('\n');
}

/** Beyond so many they are all in --format json. */
const MOST_PROBLEMS = 200;

function problems({ problems: all }: Tally): string {
  if (all.length === 0) return '';
  const shown = all
    .slice(0, MOST_PROBLEMS)
    .map(({ logFile, outcome, detail }) => `${displayText(logFile)}: ${outcome}: ${displayText(detail)}`);
  const more =
    all.length > MOST_PROBLEMS ? [`and ${all.length - MOST_PROBLEMS} more; --format json names them all`] : [];
  return ['BAD', ...shown, ...more].join('\n');
}

/** Beyond so many, their keys are in --format json. */
const MOST_RESTORED = 10;

function archived({ archived: all }: Tally): string {
  if (all.length === 0) return '';
  const restoring = all.filter((file) => file.restoring).length;
  const asleep = all.filter((file) => !file.restoring);
  const waiting =
    restoring === 0 ? [] : [`${count(restoring)} being restored: run the same command again when that is done.`];
  const commands = asleep.slice(0, MOST_RESTORED).map((file) => `  ${displayText(restoreCommand(file))}`);
  const more = asleep.length - commands.length;
  const advice = [
    `${count(asleep.length)} archived, and not read. Restore them, wait until that is done, and run the same command again:`,
    ...commands,
    ...(more > 0 ? [`  and ${more} more: --format json names them all`] : []),
  ];
  return ['ARCHIVED', ...(asleep.length === 0 ? [] : advice), ...waiting].join('\n');
}

const count = (n: number) => (n === 1 ? '1 log file is' : `${n.toLocaleString('en-US')} log files are`);

/** How long a restored copy stays. Objects of Intelligent-Tiering move to another tier, and stay there. */
const RESTORED_DAYS = 7;

/** The cheapest way, which takes hours. https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html */
function restoreCommand({ bucket, key, tier }: ArchivedLogFile): string {
  const job = { GlacierJobParameters: { Tier: 'Bulk' } };
  const request = /_ACCESS$|^INTELLIGENT_TIERING$/.test(tier) ? job : { Days: RESTORED_DAYS, ...job };
  return shell`aws s3api restore-object --bucket ${bucket} --key ${key} --restore-request ${request}`;
}

function nothingSelected({ nothingSelected: nothing, unselected }: Tally): string {
  if (!nothing) return '';
  const { organizations, accounts, regions, days } = unselected.summary();
  const lines = [named('organizations', organizations), named('accounts', accounts), named('Regions', regions)];
  const times = days.length === 0 ? '' : `days of delivery: ${days.join(' to ')}`;
  return ['NOTHING SELECTED: there are log files, but none for these filters. What is there:', ...lines, times]
    .filter((line) => line !== '')
    .join('\n');
}

function named(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > MOST_SHOWN ? ` and ${names.length - MOST_SHOWN} more` : '';
  return displayText(`${what}: ${names.slice(0, MOST_SHOWN).join(', ')}${more}`);
}

function ending({ interrupted, failure, tally, dryRun, queue }: BackfillReport): string {
  if (failure !== undefined) {
    return `It ended early (${displayText(failure)}): there may be more files. Run the same command again; what is done is not read again.`;
  }
  if (interrupted) return 'Interrupted. Run the same command again to go on; what is done is not read again.';
  if (tally.nothingSelected) return '';
  if (dryRun) return 'Nothing was written. Without --dry-run these files are read.';
  if (tally.failed > 0) return 'Run the same command again to try what failed; what is done is not read again.';
  return queue === undefined
    ? ''
    : 'The ingest function reads them now; a bad file ends in the quarantine, a failing one in the dead-letter queue.';
}

const size = (bytes: number) => `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`;
const money = (dollars: number) => (dollars > 0 && dollars < 0.01 ? '< 0.01' : dollars.toFixed(2));
