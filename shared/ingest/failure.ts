import { ObjectChangedError, ObjectMissingError } from '../aws/open-object.ts';
import { TrailError } from '../errors.ts';
import { BadLogFileError } from '../log-file/read-log-file.ts';

/**
 * What is to be done about a failure. `quarantine`: the log file itself is bad, and reading it again changes nothing.
 * `retry`: delivered again, it will likely succeed. `fatal`: it will not before somebody has changed something.
 * Only what is quarantined is acknowledged.
 */
export type FailureKind = 'quarantine' | 'retry' | 'fatal';

/** Sorts a failure of the work on a delivery. */
export function failureKind(error: unknown): FailureKind {
  if (isInvalidFile(error)) return 'quarantine';
  if (error instanceof TrailError) return RETRIED.has(error.code) ? 'retry' : 'fatal';
  return isRefused(error) ? 'fatal' : 'retry';
}

/** Whether a failure says that the log file itself is invalid, or missing. */
export function isInvalidFile(error: unknown): error is BadLogFileError | ObjectMissingError {
  return error instanceof BadLogFileError || error instanceof ObjectMissingError;
}

/**
 * Whether reading the log file again, at once, may go better.
 * @param readings how often it has been read
 */
export function mayPass(error: unknown, readings: number): boolean {
  // S3 is consistent, but a notification can come from a bucket that is replicated.
  if (error instanceof ObjectChangedError || error instanceof ObjectMissingError) return true;
  // The first time, the transfer may be what is bad; but what is too big stays so.
  return error instanceof BadLogFileError && readings === 1 && !error.code.endsWith('-cap');
}

/** Our own errors that pass: the rest are about configuration, or about what AWS or a forger sends. */
const RETRIED: ReadonlySet<string> = new Set([
  'object-changed',
  'body-incomplete',
  's3-answer',
  'write-race',
  'out-of-time',
]);

/** Errors of AWS that say "you may not", "there is no such table or bucket", or "not in this Region": waiting does not help. */
const REFUSALS =
  /AccessDenied|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|ResourceNotFound|NoSuchBucket|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|KMS\.(Disabled|NotFound|InvalidState)/;
/** 301: the answer to a HEAD has no name. */
const REFUSAL_STATUSES: ReadonlySet<number | undefined> = new Set([301, 401, 403]);

function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return REFUSAL_STATUSES.has(status) || REFUSALS.test(error.name);
}
