import { createHash } from 'node:crypto';
import { trailPath } from '../cloudtrail/object-key.ts';
import type { Finding } from './finding.ts';
import type { LogFileOutcomes } from './place-report.ts';

/** Bytes of a hash that are kept: two log files of a billion are still told apart. */
const KEPT_BYTES = 16;

/**
 * What became of all log files, by their paths from `AWSLogs/` on, which copies keep. A hundred bytes for each: a bucket has
 * millions.
 */
export class Outcomes implements LogFileOutcomes {
  private readonly hashes = new Map<string, string>();
  private readonly others = new Map<string, Finding | undefined>();

  verified(key: string, sha256: string): void {
    this.hashes.set(shortPath(key), shortHash(sha256));
  }

  unproven(key: string, finding?: Finding): void {
    this.others.set(shortPath(key), finding);
  }

  isVerified(key: string): boolean {
    return this.hashes.has(shortPath(key));
  }

  /** Whether a log file has the content that was verified. */
  isContent(key: string, sha256: string): boolean {
    return this.hashes.get(shortPath(key)) === shortHash(sha256);
  }

  isUnproven(key: string): boolean {
    return this.others.has(shortPath(key));
  }

  /** Why a log file proves nothing; nothing when that is no finding. */
  findingOf(key: string): Finding | undefined {
    return this.others.get(shortPath(key));
  }
}

function shortPath(key: string): string {
  return createHash('sha256').update(trailPath(key)).digest().toString('latin1', 0, KEPT_BYTES);
}

function shortHash(sha256: string): string {
  return Buffer.from(sha256, 'hex').toString('latin1', 0, KEPT_BYTES);
}
