import type { Finding } from './finding.ts';

/** What became of log files. */
export interface LogFileOutcomes {
  /** Its content is the one that its digest names. */
  verified(key: string, sha256: string): void;
  /** It is not: because of a finding, or else because it is too new, of another time, or could not be read. */
  unproven(key: string, finding?: Finding): void;
}

/** Something that could not be looked at, which says nothing about the trail. */
export interface Unchecked {
  /** `s3://...`, or the table. */
  place: string;
  /** The error, safe to show. */
  reason: string;
  /** The time about which nothing is known because of this, ISO 8601; `from` is undefined if it has no beginning. */
  from?: string;
  to?: string;
}

/** A trail whose digests end although another trail goes on: it was deleted, or its logging or validation switched off. */
export interface RetiredTrail {
  trail: string;
  homeRegion: string;
  /** When its last digest ends; ISO 8601. */
  end: string;
}

/** What was found in one account and Region. */
export interface PlaceReport {
  bucket: string;
  account: string;
  region: string;
  /** Everything before the account in the keys. */
  root: string;
  /** Digests in the range, and how many of them CloudTrail signed. */
  digests: number;
  digestsSigned: number;
  /** Log files that signed digests name, and how many of them are as they say. */
  logFiles: number;
  logFilesVerified: number;
  /** Log files so new that the digest which will name them is not there yet. */
  pending: number;
  /** The time that signed digests cover; ISO 8601. */
  from?: string;
  to?: string;
  /** Reached by following trails that had written there before; then only what their digests say was verified. */
  followed: boolean;
  findings: Finding[];
  unchecked: Unchecked[];
  retired: RetiredTrail[];
  /** Whether it could not be listed, so that nothing is known of it. */
  unlisted: boolean;
  /** Of missing log files, to find out where they are; by `bucket/key`. */
  missingHashes: Map<string, string>;
  /** Digests that are elsewhere than they say: where they say, as `bucket/key`. */
  movedDigests: Set<string>;
}
