import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import { type Config, readConfig } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';

/** How the ingest function understands its environment, or what it says is wrong with it. */
export function readIngestConfig({ Environment }: FunctionConfiguration): { known: Config } | { wrong: string } {
  try {
    return { known: readConfig(Environment?.Variables ?? {}) };
  } catch (error) {
    if (error instanceof TrailError) return { wrong: error.message };
    throw error;
  }
}

/** Whether the reason of a failure, as ingest notes it in the ledger, is that S3 or KMS refuses it. */
export function isRefusal(reason: string): boolean {
  return /AccessDenied|KMS|HTTP 403|Forbidden/.test(reason);
}
