import { isThere } from '../../local/folder-lock.ts';
import { storeFolders } from '../../local/local-dynamo.ts';
import { LOCAL_QUARANTINE_BUCKET } from '../../local/local-names.ts';
import { type Access, openLocalS3 } from '../../local/local-store.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { AWS, bucketName } from '../lib/aws-settings.ts';
import { UsageError, type Values } from '../lib/command.ts';
import { awsPipeline, withLocalPipeline } from '../lib/open-pipeline.ts';
import { text } from '../lib/options.ts';
import {
  type DeployedStore,
  explained,
  refuseAwsOptions,
  STORE_GROUP,
  stackFlag,
  storeFlag,
  storeOf,
  tableFlag,
} from '../lib/stores.ts';

/** Which quarantine, and for replay and discard which tables. */
export const QUARANTINE = {
  store: storeFlag('the quarantine of the local store, made by replay', 'bucket'),
  stack: stackFlag('the quarantine of this deployed stack, SERVICE-STAGE'),
  bucket: text('<name>', 'this quarantine bucket in S3', (option) =>
    option.helpGroup(STORE_GROUP).argParser(bucketName),
  ),
  table: tableFlag('with --bucket: the events table in DynamoDB, which replay and discard need'),
  ...AWS,
};
export type QuarantineOptions = Values<typeof QUARANTINE>;

/** A quarantine that can be read. */
export interface OpenQuarantine {
  s3: PipelineDeps['s3'];
  quarantineBucket: string;
}

/** Opens the quarantine that the options name while `work` runs. */
export async function withQuarantine<T>(
  options: QuarantineOptions,
  env: Environment,
  work: (quarantine: OpenQuarantine) => Promise<T>,
): Promise<T> {
  const { bucket } = options;
  if (bucket !== undefined) return work({ s3: createS3Client(env), quarantineBucket: bucket });
  const store = storeOf(options, env);
  if (store.kind === 'deployed') {
    return work({ s3: createS3Client(env), quarantineBucket: await quarantineOf(options, store, env) });
  }
  refuseAwsOptions(options);
  expectQuarantine(store.folder);
  const s3 = await openLocalS3(store.folder);
  try {
    return await work({ s3: s3.client, quarantineBucket: LOCAL_QUARANTINE_BUCKET });
  } finally {
    await s3.close();
  }
}

/** Opens the quarantine and the tables that the options name while `work` runs. */
export async function withPipeline<T>(
  options: QuarantineOptions,
  env: Environment,
  access: Access,
  work: (deps: PipelineDeps, quarantineBucket: string) => Promise<T>,
): Promise<T> {
  const store = storeOf(options, env);
  if (store.kind === 'deployed') {
    const bucket = await quarantineOf(options, store, env);
    return explained(store, () => work(awsPipeline(store.tables, env, { QUARANTINE_BUCKET: bucket }), bucket));
  }
  if (options.bucket !== undefined)
    throw new UsageError('--bucket: expected --table, too; or --stack, which names both');
  refuseAwsOptions(options);
  expectQuarantine(store.folder);
  return withLocalPipeline(store.folder, env, (deps) => work(deps, LOCAL_QUARANTINE_BUCKET), { access });
}

/**
 * The quarantine bucket of a deployed store. QUARANTINE_BUCKET counts only with `--table`.
 * @throws {UsageError} if nothing names it
 */
export async function quarantineOf(
  { bucket, table }: { bucket?: string | undefined; table?: string | undefined },
  { stack }: DeployedStore,
  env: Environment,
): Promise<string> {
  if (bucket !== undefined) return bucket;
  if (table === undefined && stack !== undefined) {
    // Nothing else here asks CloudFormation.
    const { quarantineBucketOf } = await import('../lib/deployed-stack.ts');
    return quarantineBucketOf(stack);
  }
  if (env.QUARANTINE_BUCKET) return env.QUARANTINE_BUCKET;
  throw new UsageError(
    '--table: expected the quarantine bucket, too, by a flag or QUARANTINE_BUCKET; or --stack, which names both',
  );
}

function expectQuarantine(store: string): void {
  if (!isThere(storeFolders(store).s3)) {
    throw new TrailError(
      'no-store',
      `there is no quarantine in ${store}: make one with replay, or name one with --store or --stack`,
    );
  }
}
