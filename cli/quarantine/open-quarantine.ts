import { existsSync } from 'node:fs';
import { LOCAL_QUARANTINE_BUCKET } from '../../local/local-names.ts';
import { openLocalS3, storeFolders } from '../../local/local-store.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import type { Environment } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/pipeline.ts';
import { awsPipeline, withLocalPipeline } from '../open-pipeline.ts';

/** Which quarantine, and for a replay which tables. */
export interface QuarantineOptions {
  store: string;
  bucket?: string;
  table?: string;
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
  if (options.bucket !== undefined) return work({ s3: createS3Client(env), quarantineBucket: options.bucket });
  expectQuarantine(options.store);
  const s3 = await openLocalS3(options.store);
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
  work: (deps: PipelineDeps) => Promise<T>,
): Promise<T> {
  const { bucket, table } = options;
  if (bucket !== undefined && table !== undefined) return work(awsPipeline(table, env, { QUARANTINE_BUCKET: bucket }));
  expectQuarantine(options.store);
  return withLocalPipeline(options.store, env, work);
}

function expectQuarantine(store: string): void {
  if (!existsSync(storeFolders(store).s3)) {
    throw new TrailError(
      'no-store',
      `there is no quarantine in ${store}: make one with replay, or name one with --store or --bucket`,
    );
  }
}
