import { relativeTime } from '../../../shared/render/times.ts';
import type { LogFileProblem, Watermark } from '../../../shared/store/ledger.ts';
import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import type { Facts, TrailFacts } from '../facts.ts';
import { counted, type Finding, findingsOn, groupedBy, ok, problem, warning } from '../finding.ts';
import { isRefusal } from '../ingest.ts';
import { redeploy } from '../redeploy.ts';
import { LOGICAL_IDS } from '../stack.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** CloudTrail announces at once, and ingest reads within seconds: so late, something is slow, or stands. */
const LATE_MS = 15 * MINUTE_MS;
const BEHIND_MS = HOUR_MS;
/** As the alarm NoLogFiles. */
const SILENCE_MS = 6 * HOUR_MS;

/** What the ledger has of log files that are not, or not wholly, in the table; and how far ingest has come. */
export function checkLedger(facts: Facts): Finding[] {
  const gone = () => [problem('ledger', 'the table of log files is gone', redeploy(facts))];
  return [
    ...findingsOn(
      'ledger',
      facts.logFileProblems,
      (problems) => [...checkFailed(problems, facts), ...checkQuarantine(problems, facts)],
      gone,
    ),
    ...findingsOn(
      'freshness',
      facts.watermarks,
      (watermarks) => checkFreshness(watermarks, facts),
      () => [],
    ),
  ];
}

/** Those that S3 or KMS refuses are told of with what ingest may read. */
function checkFailed(problems: readonly LogFileProblem[], facts: Facts): Finding[] {
  const failed = problems.filter(({ state, reason = '' }) => state === 'failed' && !isRefusal(reason));
  if (failed.length === 0) return [ok('failed log files', 'none that waits to be read again')];
  return groupedBy(failed, ({ reason = 'out of time' }) => reason).map(([reason, files]) =>
    warning(
      'failed log files',
      `${files.length} to be read again (${reason}), as s3://${files[0]!.logFile}`,
      commandLine(
        'aws logs tail',
        `/aws/lambda/${functionName(facts)}`,
        '--since',
        '1d',
        '--filter-pattern',
        '"failed, to be delivered again"',
        '--region',
        facts.asker.region,
      ),
    ),
  );
}

function checkQuarantine(problems: readonly LogFileProblem[], { resources, asker }: Facts): Finding[] {
  const files = problems.filter(({ state }) => state === 'quarantined').length;
  const partly = problems.filter(({ state }) => state === 'records-quarantined').length;
  if (files + partly === 0) return [ok('quarantine', 'nothing was set aside')];
  const bucket = known(resources)?.get(LOGICAL_IDS.quarantine)?.physicalId ?? 'QUARANTINE-BUCKET';
  return [
    warning(
      'quarantine',
      `set aside, their events not in the table: ${counted(files, 'log file')}, and records of ${counted(partly, 'log file')}`,
      commandLine('mwaa-trail quarantine list --bucket', bucket, '--aws-region', asker.region),
    ),
  ];
}

function checkFreshness(watermarks: readonly Watermark[], facts: Facts): Finding[] {
  const delivering = (known(facts.trails) ?? []).flatMap((trail) => lastDelivery(trail));
  if (delivering.length === 0) return [freshnessAlone(watermarks, facts)];
  return delivering.map(({ name, home, last }) => {
    // The state of a trail is that of its home Region.
    const newest = newestOf(watermarks.filter(({ region }) => region === home)) ?? newestOf(watermarks);
    const delivered = `${name} delivered last ${relativeTime(last, facts.now)}`;
    if (newest === undefined) {
      return problem(
        'freshness',
        `${delivered}, and ingest has read no log file yet`,
        `just deployed? Wait a quarter of an hour; else ${lookFix(facts)}`,
      );
    }
    const text = `${delivered}, and the newest log file that was read is from ${relativeTime(newest, facts.now)}`;
    if (last - newest <= LATE_MS) return ok('freshness', text);
    if (last - newest <= BEHIND_MS) return warning('freshness', text, lookFix(facts));
    return problem('freshness', `ingest is behind: ${text}`, lookFix(facts));
  });
}

/** Where no trail is seen to compare with. */
function freshnessAlone(watermarks: readonly Watermark[], facts: Facts): Finding {
  const newest = newestOf(watermarks);
  if (newest === undefined)
    return problem(
      'freshness',
      'ingest has read no log file yet',
      `just deployed? Wait a quarter of an hour; else ${lookFix(facts)}`,
    );
  const text = `the newest log file that was read is from ${relativeTime(newest, facts.now)}`;
  return facts.now - newest <= SILENCE_MS ? ok('freshness', text) : problem('freshness', text, lookFix(facts));
}

function lastDelivery({ trail, status }: TrailFacts): { name: string; home: string; last: number }[] {
  const last = known(status)?.LatestDeliveryTime;
  return last ? [{ name: trail.Name ?? '', home: trail.HomeRegion ?? '', last: last.getTime() }] : [];
}

/** In milliseconds since 1970. */
function newestOf(watermarks: readonly Watermark[]): number | undefined {
  const times = watermarks.map(({ deliveredAt }) => Date.parse(deliveredAt)).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

function lookFix(facts: Facts): string {
  return `see the other findings, and ${commandLine('aws logs tail', `/aws/lambda/${functionName(facts)}`, '--since', '1h', '--region', facts.asker.region)}`;
}

function functionName(facts: Facts): string {
  return (
    known(facts.function)?.FunctionName ??
    known(facts.resources)?.get(LOGICAL_IDS.function)?.physicalId ??
    `${facts.stackName}-ingest`
  );
}
