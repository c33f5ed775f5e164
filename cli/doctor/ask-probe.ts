import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { LogFileProblem } from '../../shared/store/ledger.ts';
import type { Probe } from './facts.ts';
import { isRefusal } from './ingest.ts';

/**
 * Whether the asker may read a log file that ingest was refused: it cannot take on the function's role, but what refuses it
 * as well is likely the same, and S3 tells the asker in words that the ledger does not keep.
 */
export async function probeRefused(s3: S3Client, problems: readonly LogFileProblem[]): Promise<Probe | undefined> {
  const refused = problems.find(({ state, reason = '' }) => state === 'failed' && isRefusal(reason));
  if (!refused) return undefined;
  const { logFile } = refused;
  const slash = logFile.indexOf('/');
  const input = { Bucket: logFile.slice(0, slash), Key: logFile.slice(slash + 1), Range: 'bytes=0-0' };
  try {
    const { Body } = await s3.send(new GetObjectCommand(input));
    await Body?.transformToByteArray();
    return { logFile, outcome: 'readable' };
  } catch (error) {
    return { logFile, outcome: refusedBy(error as Error) };
  }
}

/** S3 says `AccessDenied` of its own policies and of the key's; the action in the message tells which. */
export function refusedBy({ name, message }: Error): Probe['outcome'] {
  if (/NoSuchKey/.test(name)) return 'missing';
  if (/^KMS\./.test(name) || (/AccessDenied/.test(name) && /\bkms:/.test(message))) return 'kms-denied';
  return /AccessDenied/.test(name) ? 's3-denied' : 'failed';
}
