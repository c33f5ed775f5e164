import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { LOCAL_LOG_BUCKET } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { defined } from '../../shared/defined.ts';
import { listedKeys } from '../../shared/integrity/list-public-keys.ts';
import { givenKeys, writePublicKeys } from '../../shared/integrity/public-keys.ts';
import { type VerifyRequest, verifyBucket } from '../../shared/integrity/verify-bucket.ts';
import type { EventIndex } from '../../shared/integrity/verify-events.ts';
import { isVerified, verificationJson, verificationText } from '../../shared/render/verification.ts';
import { trailLocation } from '../lib/aws-settings.ts';
import { type Context, command, EXIT, UsageError, type Values } from '../lib/command.ts';
import { fileError } from '../lib/file-error.ts';
import { count, format, matching, operand, repeated, text, unless } from '../lib/options.ts';
import { viewOf, write } from '../lib/output.ts';
import { STORE, storeOf, withStore } from '../lib/stores.ts';
import { readPeriod, SINCE, ZONE } from '../lib/times.ts';
import { showProgress } from '../log-files/progress.ts';
import { readKeys, verifyBundle } from '../verify/bundle.ts';

const FLAGS = {
  since: text('<time>', `log files delivered from this time on: ${SINCE} 7d`),
  until: text('<time>', 'log files delivered before this time (default: now)'),
  account: repeated('<id...>', 'only these accounts', matching(/^\d{12}$/, '12 digits')),
  region: repeated('<name...>', 'only these Regions'),
  organization: text('<id>', 'only the log files of this organization'),
  trail: repeated(
    '<name...>',
    'only the digests of these trails; log files that no digest names, and events, are then not checked',
  ),
  originalBucket: repeated(
    '<name...>',
    'for a replica: the bucket that CloudTrail delivers to, which the digests name',
  ),
  publicKeys: text(
    '<file>',
    'read the public keys from this file instead of CloudTrail: output of aws cloudtrail list-public-keys, or a JSON object with such output for each Region',
  ),
  savePublicKeys: text('<file>', 'save the public keys that CloudTrail returned, to be read with --public-keys'),
  ledger: unless('verify only the bucket, not what was ingested from it'),
  concurrency: count('requests to S3 in parallel', 32),
  format: format(['table', 'json'], 'how to print the report'),
  ...ZONE,
  ...STORE,
};
type VerifyOptions = Values<typeof FLAGS>;

export default command({
  about:
    "Check completeness and integrity: with CloudTrail's signed digests, verify that the log files of a bucket are complete and unaltered, that each was ingested, and that the stored events come from them. Or verify an evidence bundle.",
  arguments: {
    what: operand(
      's3://BUCKET[/PREFIX] of the trail, PREFIX being what precedes AWSLogs/; or the file of an evidence bundle',
    ),
  },
  flags: FLAGS,
  notes:
    'The exit code is 0 if everything is verified, apart from log files too new for a digest (pending), 1 if something is wrong or ' +
    'could not be checked, ' +
    '2 for a usage error.',
  async run({ what, ...options }, context) {
    const isBundle = !/^(s3:\/\/|arn:)/.test(what);
    if (options.savePublicKeys !== undefined && (isBundle || options.publicKeys !== undefined))
      throw new UsageError(
        '--save-public-keys: expected without --public-keys and without an evidence bundle: it saves what CloudTrail returns',
      );
    if (isBundle) return verifyBundle(what, options, context);
    const request = requestOf(what, options);
    if (!options.ledger) return verifyAndPrint(request, options, context, undefined);
    // The AWS settings are those of the bucket, too.
    const { store, stack, table } = options;
    const named = defined({ store, stack, table });
    return withStore(named, context.env, ({ dynamo, tables }) => {
      // What came into the local store came through its own bucket.
      const copies = storeOf(named, context.env).kind === 'local' ? [LOCAL_LOG_BUCKET] : [];
      return verifyAndPrint(request, options, context, { dynamo, tables, copies });
    });
  },
});

function requestOf(what: string, options: VerifyOptions): VerifyRequest {
  const { account: accounts, region: regions, trail: trails, organization, originalBucket: originals } = options;
  const now = new Date();
  const until = now.toISOString();
  const period = { until, ...readPeriod({ until, ...options }, now.getTime()) };
  return { ...trailLocation(what), ...period, ...{ accounts, regions, trails, organization, originals } };
}

async function verifyAndPrint(
  request: VerifyRequest,
  options: VerifyOptions,
  { env, out, err }: Context,
  index: EventIndex | undefined,
): Promise<number> {
  const listed = listedKeys(Date.now);
  const keys = options.publicKeys === undefined ? listed : givenKeys(await readKeys(options.publicKeys));
  let hashed = 0;
  const state = () => ({ done: 0, total: 0, text: `${hashed} files` });
  const stop = err.isTTY ? showProgress('Verifying', state, err) : () => {};
  const { concurrency, format } = options;
  const s3 = createS3Client(env, {}, concurrency);
  const report = await verifyBucket(request, {
    ...{ s3, keys, now: Date.now, sleep: setTimeout, concurrency, index },
    onProgress: (files) => {
      hashed += files;
    },
  }).finally(() => {
    stop();
    s3.destroy();
  });
  await write(
    out,
    format === 'json' ? verificationJson(report) : verificationText(report, viewOf(out, env, {}, Date.now())),
  );
  const { savePublicKeys: file } = options;
  if (file !== undefined)
    await writeFile(file, writePublicKeys(listed.found())).catch(fileError(file, 'to write the public keys'));
  return isVerified(report) ? EXIT.done : EXIT.failed;
}
