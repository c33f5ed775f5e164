import { relativeTime } from '../../../shared/render/times.ts';
import { listWatermarks, type Watermark } from '../../../shared/store/ledger.ts';
import { commandLine } from '../../lib/output.ts';
import { counted, type Found, ok, problem, warning } from '../finding.ts';
import { orGone, type Stack } from '../stack.ts';
import { LOGICAL_IDS } from '../stack-resources.ts';
import { isRefusal, logFileProblems } from './access.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** CloudTrail announces at once, and ingest reads within seconds: this late, something is slow or stopped. */
const LATE_MS = 15 * MINUTE_MS;
const BEHIND_MS = HOUR_MS;
/** As the alarm NoLogFiles. */
const SILENCE_MS = 6 * HOUR_MS;

/** Log files that are to be read again. Those that S3 or KMS refuses are findings on access. */
export async function checkFailed(stack: Stack): Promise<Found[]> {
  const failed = (await logFileProblems(stack)).filter((one) => one.state === 'failed' && !isRefusal(one));
  if (failed.length === 0) return [ok('none that waits to be read again')];
  const byReason = Map.groupBy(failed, ({ reason = 'out of time' }) => reason);
  const filter = ['--filter-pattern', '"failed, to be delivered again"'];
  const fix = await logs(stack, '1d', ...filter);
  return [...byReason].map(([reason, files]) =>
    warning(`${files.length} to be read again (${reason}), such as s3://${files[0]!.logFile}`, fix),
  );
}

/** What was set aside. */
export async function checkQuarantine(stack: Stack): Promise<Found[]> {
  const problems = await logFileProblems(stack);
  const files = problems.filter(({ state }) => state === 'quarantined').length;
  const partly = problems.filter(({ state }) => state === 'records-quarantined').length;
  if (files + partly === 0) return [ok('empty')];
  const bucket = await stack.physicalId('quarantine', 'the quarantine bucket');
  return [
    warning(
      `quarantined, their events not in the table: ${counted(files, 'log file')}, and records of ${counted(partly, 'log file')}`,
      commandLine('mwaa-trail quarantine list --bucket', bucket, '--aws-region', stack.caller.region),
    ),
  ];
}

/** How far ingest has come, compared with the last delivery of each visible trail. */
export async function checkFreshness(stack: Stack): Promise<Found[]> {
  const table = await stack.physicalId('ledger', 'the table of log files');
  const watermarks = await orGone('the table of log files', listWatermarks(stack.clients.dynamo, table));
  const fix = `see the other findings, and ${await logs(stack, '1h')}`;
  const deliveries = await lastDeliveries(stack);
  if (deliveries.length === 0) return [freshness('', newestOf(watermarks), undefined, stack, fix)];
  return deliveries.map(({ name, home, last }) => {
    // The status of a trail is that of its home Region.
    const newest = newestOf(watermarks.filter(({ region }) => region === home)) ?? newestOf(watermarks);
    return freshness(`${name} last delivered ${relativeTime(last, stack.now)}, `, newest, last, stack, fix);
  });
}

/** @param last when the trail delivered; absent: no trail is visible to compare with */
function freshness(
  delivered: string,
  newest: number | undefined,
  last: number | undefined,
  stack: Stack,
  fix: string,
): Found {
  if (newest === undefined) {
    return problem(
      `${delivered}ingest has read no log file yet`,
      `if it was just deployed, wait a quarter of an hour; else ${fix}`,
    );
  }
  const text = `${delivered}the newest log file that ingest has read is from ${relativeTime(newest, stack.now)}`;
  const behind = (last ?? stack.now) - newest;
  if (behind <= (last === undefined ? SILENCE_MS : LATE_MS)) return ok(text);
  if (last !== undefined && behind <= BEHIND_MS) return warning(text, fix);
  return problem(`ingest is behind: ${text}`, fix);
}

async function lastDeliveries(stack: Stack): Promise<{ name: string; home: string; last: number }[]> {
  const trails = await stack.trails().catch(() => []);
  const found = trails.map(async (trail) => {
    const status = await stack.trailStatus(trail).catch(() => undefined);
    const last = status?.LatestDeliveryTime?.getTime();
    return last === undefined ? [] : [{ name: trail.Name ?? '', home: trail.HomeRegion ?? '', last }];
  });
  return (await Promise.all(found)).flat();
}

/** In milliseconds since 1970. */
function newestOf(watermarks: readonly Watermark[]): number | undefined {
  const times = watermarks.map(({ deliveredAt }) => Date.parse(deliveredAt)).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

async function logs(stack: Stack, since: string, ...words: string[]): Promise<string> {
  const name = (await stack.resources()).get(LOGICAL_IDS.function) ?? `${stack.name}-ingest`;
  const { region } = stack.caller;
  return commandLine('aws logs tail', `/aws/lambda/${name}`, '--since', since, ...words, '--region', region);
}
