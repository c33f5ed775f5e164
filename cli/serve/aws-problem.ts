import { TrailError } from '../../shared/errors.ts';
import { Problem, toProblem } from '../../shared/http/problem.ts';
import { findSettingsProblem } from '../lib/aws-settings.ts';

const THROTTLED = /^(ThrottlingException|RequestLimitExceeded|ProvisionedThroughputExceededException)$/;

/**
 * Returns the problem that an error means to a caller of `serve`. The AWS credentials are those of the user who started it, so
 * the problem says what AWS refuses, and what helps.
 * @param profile the profile that a flag or the environment names
 */
export function awsProblem(error: unknown, profile?: string): Problem {
  if (error instanceof TrailError) {
    const problem = toProblem(error);
    // `toProblem` keeps the message from callers of the function; here they are its user.
    return problem.kind === 'internal-error' ? new Problem('internal-error', error.message) : problem;
  }
  const found = findSettingsProblem(error, profile);
  if (found) return new Problem(found.kind, found.text);
  const { name = '', code = '' } = error as NodeJS.ErrnoException;
  if (name === 'AccessDeniedException') {
    return new Problem(
      'forbidden',
      'DynamoDB does not allow it: expected a role that may query the tables and indexes of this stack (dynamodb:Query, GetItem, BatchGetItem), and their KMS key if they have one',
    );
  }
  if (THROTTLED.test(name)) return new Problem('throttled', 'DynamoDB throttles the table: ask again in a moment');
  if (name === 'TimeoutError') return new Problem('out-of-time', 'DynamoDB did not answer in time: ask again');
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new Problem('upstream-unreachable', `the connection to AWS broke (${code}): ask again`);
  }
  return new Problem('internal-error', 'standard error of mwaa-trail serve says why');
}
