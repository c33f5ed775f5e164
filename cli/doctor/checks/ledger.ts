import { HOUR_MS } from '../../../shared/cloudtrail/times.ts';
import { counted } from '../../../shared/render/display.ts';
import { relativeTime } from '../../../shared/render/times.ts';
import { type LogFileProblem, listProblems, listWatermarks, type Watermark } from '../../../shared/store/ledger.ts';
import { WATERMARK_STEP_MS } from '../../../shared/store/ledger-writer.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, type Checks, ok, problem, warning } from '../check.ts';
import type { Stack } from '../stack.ts';
import { logsOf } from './function.ts';
import { SILENCE_MS } from './trails.ts';

/** CloudTrail announces at once, and ingest reads within seconds: later than this, something is slow or stopped. */
const LATE_MS = HOUR_MS / 4;
const BEHIND_MS = HOUR_MS;

/** Log files, according to the ledger. */
export const ledgerChecks: Checks = {
  /** Log files that S3 or KMS refused: the policies of bucket or key can be the cause. */
  async 'refused log files'(stack) {
    const refused = Map.groupBy((await problemsOf(stack)).filter(isRefusal), reasonOf);
    const found = [...refused].map(async ([reason, files]) => {
      const example = files[0]?.logFile ?? '';
      const fix = await refusalFix(example.slice(0, example.indexOf('/')), reason, stack);
      return problem(
        `ingest was refused ${counted(files.length, 'log file')} (${reason}), such as s3://${example}`,
        `${fix}; then mwaa-trail redrive delivers them again`,
      );
    });
    return Promise.all(found);
  },

  /** Log files that failed and will be read again. */
  async 'failed log files'(stack) {
    const failed = (await problemsOf(stack)).filter((one) => one.state === 'failed' && !isRefusal(one));
    if (failed.length === 0) return ok('none that waits to be read again');
    const fix = await logs(stack, '--since', '1d', '--filter-pattern', '"failed, to be delivered again"');
    return [...Map.groupBy(failed, reasonOf)].map(([reason, files]) =>
      warning(`${files.length} to be read again (${reason}), such as s3://${files[0]?.logFile}`, fix),
    );
  },

  async quarantine(stack) {
    const problems = await problemsOf(stack);
    const files = problems.filter(({ state }) => state === 'quarantined').length;
    const partly = problems.filter(({ state }) => state === 'records-quarantined').length;
    if (files + partly === 0) return ok('empty');
    return stack.ask('quarantine', async (bucket) =>
      warning(
        `quarantined, their events not in the table: ${counted(files, 'log file')}, and records of ${counted(partly, 'log file')}`,
        shell`mwaa-trail quarantine list --bucket ${bucket} --aws-region ${stack.caller.region}`,
      ),
    );
  },

  /** How far ingest has come, compared with the last delivery of each visible trail. */
  async freshness(stack) {
    const watermarks = await stack.ask('ledger', (table) => listWatermarks(stack.clients.dynamo, table));
    const fix = `see the other findings, and ${await logs(stack, '--since', '1h')}`;
    const deliveries = await lastDeliveries(stack);
    if (watermarks.length === 0 && deliveries.length === 0 && (await stack.dataOnly()))
      return ok('nothing was delivered yet, of a trail of data events alone');
    if (deliveries.length === 0) return freshness(newestOf(watermarks), undefined, stack, fix);
    return deliveries.map((delivery) => {
      // The status of a trail is that of its home Region.
      const ofHome = newestOf(watermarks.filter(({ region }) => region === delivery.home));
      return freshness(ofHome ?? newestOf(watermarks), delivery, stack, fix);
    });
  },
};

/** Usually all have the same cause. */
const MAX_PROBLEMS = 100;

/** Log files with events missing from the table. */
const problemsOf = ({ ask, clients }: Stack): Promise<LogFileProblem[]> =>
  ask('ledger', (table) => listProblems(clients.dynamo, table, {}, MAX_PROBLEMS));

const reasonOf = ({ reason = 'out of time' }: LogFileProblem) => reason;

/** Whether a failure is a refusal by S3 or KMS, by its reason in the ledger. */
function isRefusal({ state, reason = '' }: LogFileProblem): boolean {
  return state === 'failed' && /AccessDenied|KMS|HTTP 403|Forbidden/.test(reason);
}

/** S3 answers `AccessDenied` for its own policies and for those of the key. */
async function refusalFix(bucket: string, reason: string, stack: Stack): Promise<string> {
  const trails = await stack.trails().catch(() => []);
  const key = trails.find((trail) => trail.bucket === bucket)?.kmsKey ?? 'KEY-ARN';
  if (/Disabled/.test(reason)) return shell`aws kms enable-key --key-id ${key}`;
  const { Role } = await stack.ingest();
  const bucketPolicy = shell`aws s3api get-bucket-policy --bucket ${bucket}`;
  const keyPolicy = shell`aws kms get-key-policy --policy-name default --key-id ${key}`;
  return `let ${Role} s3:GetObject in the bucket's policy (${bucketPolicy}) and kms:Decrypt in the key's policy (${keyPolicy})`;
}

/** When a trail delivered last, in milliseconds since 1970. */
interface Delivery {
  name: string;
  home: string;
  last: number;
}

/** @param delivery undefined if no trail is visible to compare with */
function freshness(
  newest: number | undefined,
  delivery: Delivery | undefined,
  { now }: Stack,
  fix: string,
): CheckResult {
  const delivered = delivery ? `${delivery.name} last delivered ${relativeTime(delivery.last, now)}, ` : '';
  if (newest === undefined) {
    return problem(
      `${delivered}ingest has read no log file yet`,
      `if it was just deployed, wait a quarter of an hour; else ${fix}`,
    );
  }
  const text = `${delivered}the newest log file that ingest has read is from ${relativeTime(newest, now)}`;
  // At least: the newest log file may be a step newer than its watermark.
  const behind = (delivery?.last ?? now) - newest - WATERMARK_STEP_MS;
  if (behind <= (delivery ? LATE_MS : SILENCE_MS)) return ok(text);
  if (delivery && behind <= BEHIND_MS) return warning(text, fix);
  return problem(`ingest is behind: ${text}`, fix);
}

async function lastDeliveries(stack: Stack): Promise<Delivery[]> {
  const trails = await stack.trails().catch(() => []);
  const found = trails.map(async (trail) => {
    const status = await stack.trailStatus(trail).catch(() => undefined);
    const last = status?.LatestDeliveryTime?.getTime();
    return last === undefined ? [] : [{ name: trail.name, home: trail.home, last }];
  });
  return (await Promise.all(found)).flat();
}

/** In milliseconds since 1970. */
function newestOf(watermarks: readonly Watermark[]): number | undefined {
  const times = watermarks.map(({ deliveredAt }) => Date.parse(deliveredAt)).filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}

async function logs(stack: Stack, ...words: string[]): Promise<string> {
  const name = (await stack.idOf('function')) ?? `${stack.name}-ingest`;
  return logsOf(name, stack, ...words);
}
