import { createHash } from 'node:crypto';
import { type TrailScope, trailPath } from '../cloudtrail/object-key.ts';
import type { Finding } from './finding.ts';

/** Something that could not be checked, which says nothing about the trail. */
export interface Unchecked {
  /** `s3://...`, or the table. */
  place: string;
  /** The error, safe to show. */
  reason: string;
  /** The time about which nothing is known because of this, ISO 8601; `from` is undefined if it has no beginning. */
  from?: string;
  to?: string;
}

export const sortUnchecked = (unchecked: readonly Unchecked[]): Unchecked[] =>
  unchecked.toSorted((a, b) => (`${a.place}\n${a.reason}` < `${b.place}\n${b.reason}` ? -1 : 1));

/** A trail whose digests end while another trail continues: it was deleted, or its logging or validation switched off. */
interface RetiredTrail {
  trail: string;
  homeRegion: string;
  /** When its last digest ends; ISO 8601. */
  end: string;
}

/** What was found in one account and Region. */
export interface ScopeReport extends TrailScope {
  /** Digests in the range, and how many of them CloudTrail signed. */
  digests: number;
  digestsSigned: number;
  /** Log files that signed digests name, and how many of them are as they say. */
  logFiles: number;
  logFilesVerified: number;
  /** Log files so new that their digest is still to come. */
  pending: number;
  /** The time that signed digests cover; ISO 8601. */
  from?: string;
  to?: string;
  /** Found by following trails that wrote there before; then only what their digests name was verified. */
  followed: boolean;
  findings: Finding[];
  unchecked: Unchecked[];
  retired: RetiredTrail[];
  /** It could not be listed, so nothing is known about it. */
  unlisted: boolean;
}

/** Bytes of a hash that are kept: enough to tell a billion log files apart. */
const KEPT_BYTES = 16;

/**
 * The results of all log files, by their paths from `AWSLogs/` on, which copies keep. Holds some hundred bytes for each,
 * because a bucket has millions.
 */
export class Outcomes {
  private readonly hashes = new Map<string, string>();
  private readonly others = new Map<string, Finding | undefined>();

  /** The content of a log file is the one that its digest names. */
  verified(key: string, sha256: string): void {
    this.hashes.set(shortPath(key), shortHash(sha256));
  }

  /** It is not: because of a finding, or because it is too new, of another time, or could not be read. */
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

  /** Returns why a log file proves nothing; undefined if that is no finding. */
  findingOf(key: string): Finding | undefined {
    return this.others.get(shortPath(key));
  }
}

const shortPath = (key: string) =>
  createHash('sha256').update(trailPath(key)).digest().toString('latin1', 0, KEPT_BYTES);
const shortHash = (sha256: string) => Buffer.from(sha256, 'hex').toString('latin1', 0, KEPT_BYTES);
