import { readFile } from 'node:fs/promises';
import { TrailError } from '../../shared/errors.ts';
import { type KeysByRegion, readPublicKeys } from '../../shared/integrity/public-keys.ts';
import type { StoreOptions } from '../lib/store-options.ts';
import type { TimeOptions } from '../lib/view-options.ts';

export interface VerifyOptions extends StoreOptions, TimeOptions {
  since?: string;
  until?: string;
  account?: string[];
  region?: string[];
  trail?: string[];
  organization?: string;
  originalBucket?: string[];
  publicKeys?: string;
  savePublicKeys?: string;
  ledger: boolean;
  concurrency: number;
  format: 'table' | 'json';
}

export interface EvidenceOptions extends StoreOptions, TimeOptions {
  out: string;
  from?: string;
  originalBucket?: string[];
  since?: string;
  publicKeys?: string;
}

/** @throws {TrailError} `public-keys`, `file` */
export async function readKeys(file: string): Promise<KeysByRegion> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new TrailError('file', `${file}: expected a file of public keys (${cause.code})`, { cause });
  });
  return readPublicKeys(text);
}
