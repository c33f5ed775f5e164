const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const REFUSED = /^(InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature|InvalidAccessKeyId)/;
const UNREACHABLE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH)$/;
const NOT_THERE = /^(ResourceNotFoundException|NoSuchBucket|QueueDoesNotExist)$/;

/** What is wrong with the AWS settings of whoever runs a command, when that is what an error of the SDK is about. */
export function settingsProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  const { code = '' } = error as NodeJS.ErrnoException;
  // The SDK gives it no name of its own.
  if (/^Region (is missing|not accepted)/.test(message)) {
    return 'AWS settings: expected a Region: set AWS_REGION, or AWS_PROFILE to one that has it';
  }
  if (NO_CREDENTIALS.test(name)) {
    return 'AWS settings: expected credentials, and found none that can be used: sign in (aws sso login, aws configure), or set AWS_PROFILE';
  }
  if (/Expired/.test(name)) return 'AWS settings: the credentials have expired: sign in again, as by aws sso login';
  if (REFUSED.test(name)) return `AWS settings: AWS does not accept the credentials (${name})`;
  if (UNREACHABLE.test(code)) return `AWS settings: expected to reach AWS, or what AWS_ENDPOINT_URL names (${code})`;
  if (NOT_THERE.test(name))
    return `expected the table, bucket or queue to be there, in this account and Region (${name})`;
  return undefined;
}
