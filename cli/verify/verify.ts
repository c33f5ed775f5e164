import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { LOCAL_LOG_BUCKET } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import { type ListedKeys, listedKeys } from '../../shared/integrity/list-public-keys.ts';
import { givenKeys, type PublicKeySource, writePublicKeys } from '../../shared/integrity/public-keys.ts';
import { type VerifyRequest, verifyBucket } from '../../shared/integrity/verify-bucket.ts';
import type { EventIndex } from '../../shared/integrity/verify-events.ts';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { isVerified, verificationJson, verificationText } from '../../shared/render/verification.ts';
import { bucketAndPrefix } from '../lib/bucket-and-prefix.ts';
import { EXIT } from '../lib/exit.ts';
import { storeOf, withStore } from '../lib/store-options.ts';
import { viewOf, zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { showProgress } from '../log-files/progress.ts';
import { readKeys, type VerifyOptions } from './arguments.ts';

/**
 * Verifies a bucket, or a bundle of evidence, and prints the report.
 * @param usage ends the command with what is wrong with its options
 * @returns the exit code
 */
export async function verify(
  what: string,
  options: VerifyOptions,
  env: Environment,
  usage: (problem: string) => never,
): Promise<number> {
  if (!/^(s3:\/\/|arn:)/.test(what)) return (await import('./bundle.ts')).verifyBundleFile(what, options);
  const request = requestOf(what, options, usage);
  if (!options.ledger) return verifyAndPrint(request, options, env, undefined);
  return withStore(options, env, ({ dynamo, tables }) =>
    // What came into the local store came through its own bucket.
    verifyAndPrint(request, options, env, {
      dynamo,
      tables,
      copies: storeOf(options, env).kind === 'local' ? [LOCAL_LOG_BUCKET] : [],
    }),
  );
}

function requestOf(what: string, options: VerifyOptions, usage: (problem: string) => never): VerifyRequest {
  const { bucket, prefix } = bucketAndPrefix(what, usage) ?? usage('expected s3://BUCKET or s3://BUCKET/PREFIX');
  if (/(^|\/)AWSLogs\//.test(prefix))
    usage('the prefix is what stands before AWSLogs/: --account and --region choose below it');
  const now = Date.now();
  const timeOf = (name: string, value: string | undefined) =>
    value === undefined ? undefined : timeCriterion(name, value, now, zoneOf(options));
  const { account: accounts, region: regions, trail: trails, organization, originalBucket: originals } = options;
  const malformed = accounts?.find((account) => !/^\d{12}$/.test(account));
  if (malformed !== undefined) usage('--account: expected 12 digits');
  const since = timeOf('since', options.since);
  const until = timeOf('until', options.until) ?? new Date(now).toISOString();
  if (since !== undefined && since >= until) usage('--since: expected a time before --until');
  return { bucket, prefix, since, until, accounts, regions, trails, organization, originals };
}

async function verifyAndPrint(
  request: VerifyRequest,
  options: VerifyOptions,
  env: Environment,
  index: EventIndex | undefined,
): Promise<number> {
  const listed = options.publicKeys === undefined ? listedKeys(Date.now) : undefined;
  const keys: PublicKeySource = listed ?? givenKeys(await readKeys(options.publicKeys!));
  let files = 0;
  const state = () => ({ done: 0, total: 0, text: `${files} files` });
  const stop = process.stderr.isTTY ? showProgress('Verifying', state) : () => {};
  const { concurrency, format } = options;
  const s3 = createS3Client(env, {}, concurrency);
  const report = await verifyBucket(request, {
    ...{ s3, keys, now: Date.now, sleep: setTimeout, concurrency, index },
    onProgress: (more) => {
      files += more;
    },
  }).finally(() => {
    stop();
    s3.destroy();
  });
  if (options.savePublicKeys !== undefined) await saveKeys(options.savePublicKeys, listed);
  await writeOut(
    format === 'json'
      ? verificationJson(report)
      : verificationText(report, viewOf(process.stdout, env, {}, Date.now())),
  );
  return isVerified(report) ? EXIT.done : EXIT.failed;
}

async function saveKeys(file: string, listed: ListedKeys | undefined): Promise<void> {
  if (listed === undefined) throw new TrailError('configuration', '--save-public-keys: the keys are in a file already');
  await writeFile(file, writePublicKeys(listed.found()));
}
