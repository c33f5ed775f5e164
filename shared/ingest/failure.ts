import { ObjectChangedError, ObjectMissingError } from '../aws/open-object.ts';
import { TrailError } from '../errors.ts';
import { BadLogFileError } from '../log-file/read-log-file.ts';

/**
 * How to handle a failure. `quarantine`: the log file itself is invalid, and reading it again changes nothing. `retry`: it will
 * likely succeed when it is delivered again. `fatal`: it will not, until somebody has changed something. Only what is
 * quarantined is acknowledged.
 */
export type FailureKind = 'quarantine' | 'retry' | 'fatal';

/** Classifies a failure of a delivery. */
export function failureKind(error: unknown): FailureKind {
  if (isInvalidFile(error)) return 'quarantine';
  if (error instanceof TrailError) return RETRIED.has(error.code) ? 'retry' : 'fatal';
  return isRefused(error) ? 'fatal' : 'retry';
}

/** Whether a failure says that the log file itself is invalid, or missing. */
export function isInvalidFile(error: unknown): error is BadLogFileError | ObjectMissingError {
  return error instanceof BadLogFileError || error instanceof ObjectMissingError;
}

const MAX_READINGS = 4;

/**
 * Whether the log file should be read again before its failure counts.
 * @param readings how often it has been read
 * @param isSecondOpinion whether the last reading was by the other inflate
 */
export function mayPass(error: unknown, readings: number, isSecondOpinion: boolean): boolean {
  // Either the transfer or our inflate may be at fault; but what is too big stays too big.
  if (error instanceof BadLogFileError) return !isSecondOpinion && !error.code.endsWith('-cap');
  // S3 is consistent, but a notification can come from a bucket that is replicated.
  return readings < MAX_READINGS && (error instanceof ObjectChangedError || error instanceof ObjectMissingError);
}

/** Our own errors that pass. The others are about configuration, or about what AWS or a forger sends. */
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
/** 301: a response to HEAD has no error name. */
const REFUSAL_STATUSES: ReadonlySet<number | undefined> = new Set([301, 401, 403]);

function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return REFUSAL_STATUSES.has(status) || REFUSALS.test(error.name);
}
