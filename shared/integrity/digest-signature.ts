import { verify } from 'node:crypto';
import type { Digest } from './digest.ts';
import { keyObject, type PublicKey } from './public-keys.ts';

/**
 * What CloudTrail signed: the end time as written, the place, the SHA-256 of the uncompressed digest, and the signature of
 * the digest before, each on a line, without a line break at the end.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html
 * @param sha256 hex, of the digest's uncompressed bytes
 */
export function stringToSign(
  digest: Pick<Digest, 'endAsWritten' | 'bucket' | 'key' | 'previous'>,
  sha256: string,
): string {
  const { endAsWritten, bucket, key, previous } = digest;
  return [endAsWritten, `${bucket}/${key}`, sha256.toLowerCase(), previous?.signature ?? 'null'].join('\n');
}

/** Whether a digest was signed with this key: RSASSA-PKCS1-v1_5 with SHA-256. */
export function isSignedBy(key: PublicKey, digest: Digest, sha256: string, signature: string): boolean {
  if (!/^([0-9a-f]{2})+$/i.test(signature)) return false;
  return verify('sha256', Buffer.from(stringToSign(digest, sha256)), keyObject(key), Buffer.from(signature, 'hex'));
}
