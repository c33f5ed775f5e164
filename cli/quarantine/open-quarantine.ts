import { isThere } from '../../local/folder-lock.ts';
import { LOCAL_QUARANTINE_BUCKET } from '../../local/local-names.ts';
import { type Access, openLocalS3, storeFolders } from '../../local/local-store.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { CriteriaError } from '../../shared/query/criteria.ts';
import { awsPipeline, withLocalPipeline } from '../lib/open-pipeline.ts';
import { type DeployedStore, explained, type StoreOptions, storeOf } from '../lib/store-options.ts';

/** Which quarantine, and for a replay which tables. */
export interface QuarantineOptions extends StoreOptions {
  bucket?: string;
}

/** A quarantine that can be looked into. */
export interface OpenQuarantine {
  s3: PipelineDeps['s3'];
  quarantineBucket: string;
}

/** Opens the quarantine that the options name, for as long as `work` takes. */
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
  expectQuarantine(store.folder);
  const s3 = await openLocalS3(store.folder);
  try {
    return await work({ s3: s3.client, quarantineBucket: LOCAL_QUARANTINE_BUCKET });
  } finally {
    await s3.close();
  }
}

/** Opens the quarantine and the tables that the options name, as the ingest function has them. */
export async function withPipeline<T>(
  options: QuarantineOptions,
  env: Environment,
  access: Access,
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  const store = storeOf(options, env);
  if (store.kind === 'deployed') {
    const bucket = await quarantineOf(options, store, env);
    return explained(store, () => work(awsPipeline(store.tables, env, { QUARANTINE_BUCKET: bucket })));
  }
  if (options.bucket !== undefined)
    throw new CriteriaError('bucket', 'expected --table too, for what is replayed; or --stack, which names both');
  expectQuarantine(store.folder);
  return withLocalPipeline(store.folder, env, work, { access });
}

/**
 * The quarantine bucket of a deployed store. A name in the environment counts only with tables that are named one by one.
 * @throws {CriteriaError} when nothing names it
 */
export async function quarantineOf(
  { bucket, table }: { bucket?: string | undefined; table?: string | undefined },
  { stack }: DeployedStore,
  env: Environment,
): Promise<string> {
  if (bucket !== undefined) return bucket;
  if (table === undefined && stack !== undefined) {
    // Nothing else here asks CloudFormation.
    const { quarantineBucketOf } = await import('../log-files/stack-settings.ts');
    return quarantineBucketOf(stack);
  }
  if (env.QUARANTINE_BUCKET) return env.QUARANTINE_BUCKET;
  throw new CriteriaError('table', 'expected the quarantine bucket to be named too; or --stack, which names both');
}

function expectQuarantine(store: string): void {
  if (!isThere(storeFolders(store).s3)) {
    throw new TrailError(
      'no-store',
      `there is no quarantine in ${store}: make one with replay, or name one with --store or --stack`,
    );
  }
}
