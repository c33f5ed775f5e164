import { existsSync } from 'node:fs';
import { LOCAL_QUARANTINE_BUCKET } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/pipeline.ts';
import { CriteriaError } from '../../shared/query/criteria.ts';
import { awsPipeline, withLocalPipeline } from '../open-pipeline.ts';
import { type DeployedStore, explained, type StoreOptions, storeFolders, storeOf } from '../store-options.ts';

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
  return withLocalStore(store.folder, env, ({ s3 }) => work({ s3, quarantineBucket: LOCAL_QUARANTINE_BUCKET }));
}

/** Opens the quarantine and the tables that the options name, as the ingest function has them. */
export async function withPipeline<T>(
  options: QuarantineOptions,
  env: Environment,
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  const store = storeOf(options, env);
  if (store.kind === 'deployed') {
    const bucket = await quarantineOf(options, store, env);
    return explained(store, () => work(awsPipeline(store.tables, env, { QUARANTINE_BUCKET: bucket })));
  }
  if (options.bucket === undefined) return withLocalStore(store.folder, env, work);
  throw new CriteriaError('bucket', 'expected --table too, for what is replayed; or --stack, which names both');
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
    const { quarantineBucketOf } = await import('./stack-bucket.ts');
    return quarantineBucketOf(stack);
  }
  if (env.QUARANTINE_BUCKET) return env.QUARANTINE_BUCKET;
  throw new CriteriaError('table', 'expected the quarantine bucket to be named too; or --stack, which names both');
}

async function withLocalStore<T>(
  store: string,
  env: Environment,
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  if (!existsSync(storeFolders(store).s3)) {
    throw new TrailError(
      'no-store',
      `there is no quarantine in ${store}: make one with replay, or name one with --store or --stack`,
    );
  }
  return withLocalPipeline(store, env, work);
}
