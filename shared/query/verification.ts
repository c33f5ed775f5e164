import { readDigestKey, trailOfChain } from '../cloudtrail/object-key.ts';
import { defined } from '../defined.ts';
import { type DigestChain, listChains, readLastRun } from '../store/digest-chains.ts';
import { listFindings, type StoredFinding } from '../store/findings.ts';
import type { QueryDeps } from './ask.ts';

/** How far the digests of a trail are verified, in one account and Region. */
export interface ChainProgress {
  bucket: string;
  account: string;
  region: string;
  trail: string;
  homeRegion: string;
  /** Whether these are the digests that CloudTrail made later, for log files that others left out. */
  backfill: boolean;
  /** When the time of the newest digest that was checked ends, ISO 8601; absent before the first. */
  verifiedUntil?: string;
  /** Whether CloudTrail signed that digest. */
  signed: boolean;
  /** Digests that are checked again each hour, because log files that they name are not ingested, or keys are unavailable. */
  pending: number;
  /** It has no more digests, while another trail of the account and Region goes on, or it goes on elsewhere. */
  retired: boolean;
}

/** A finding, and the trail whose digest shows it, if one does. */
export type VerificationFinding = StoredFinding & { trail?: string };

/** What the verify function has verified, and found. */
export interface VerificationStatus {
  /** When its last complete run began, ISO 8601; absent before the first. */
  checkedAt?: string;
  /** By account, Region and trail. */
  chains: ChainProgress[];
  /** Those that were first seen last come first. */
  findings: VerificationFinding[];
  /** There are older findings that are not listed. */
  truncated: boolean;
}

/** @param limit maximum number of findings */
export async function readVerificationStatus(deps: QueryDeps, limit: number): Promise<VerificationStatus> {
  const { dynamo, tables } = deps;
  const [checkedAt, chains, findings] = await Promise.all([
    readLastRun(dynamo, tables.logFilesTable),
    listChains(dynamo, tables.logFilesTable),
    readVerificationFindings(deps, limit + 1),
  ]);
  return {
    ...defined({ checkedAt }),
    chains: chains.map(progressOf).sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
    findings: findings.slice(0, limit),
    truncated: findings.length > limit,
  };
}

/** Returns the stored findings of verification that were first seen last, newest first. */
export async function readVerificationFindings(
  { dynamo, tables, now }: QueryDeps,
  limit: number,
): Promise<VerificationFinding[]> {
  return (await listFindings(dynamo, tables.logFilesTable, now(), { limit })).map(withTrail);
}

function withTrail(finding: StoredFinding): VerificationFinding {
  const trail = readDigestKey(finding.digest ?? '')?.trail;
  return { ...finding, ...defined({ trail }) };
}

function progressOf({ bucket, id, account, region, last, pending, retired }: DigestChain): ChainProgress {
  return {
    ...{ bucket, account, region, ...trailOfChain(id) },
    ...defined({ verifiedUntil: last?.end }),
    ...{ signed: last?.signed ?? false, pending: pending.length, retired },
  };
}

const orderOf = ({ account, region, trail, homeRegion, backfill, bucket }: ChainProgress) =>
  JSON.stringify([account, region, trail, homeRegion, backfill, bucket]);
