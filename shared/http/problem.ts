import { defined } from '../defined.ts';
import { TrailError } from '../errors.ts';
import { SlowAnswerError } from '../query/ask.ts';
import { CriteriaError } from '../query/criteria.ts';
import { SchemaVersionError } from '../store/schema-version.ts';

/** The kinds of problems that a request can meet. */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'The request is malformed' },
  'bad-parameter': { status: 400, title: 'A parameter is wrong' },
  'no-such-resource': { status: 404, title: 'There is nothing at this path' },
  'no-such-event': { status: 404, title: 'There is no such event' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed' },
  'not-acceptable': { status: 406, title: 'None of the accepted formats is available' },
  'answer-too-large': { status: 413, title: 'The answer is too large' },
  'internal-error': { status: 500, title: 'The request could not be answered' },
  'out-of-time': { status: 503, title: 'The request takes too long' },
  // Of `mwaa-trail serve` alone, which wants a token, and says what AWS answers to its user.
  unauthorized: { status: 401, title: 'The token is missing or wrong' },
  'aws-settings': { status: 403, title: 'The AWS settings or credentials cannot be used' },
  'credentials-expired': { status: 403, title: 'The AWS credentials have expired' },
  forbidden: { status: 403, title: 'The AWS credentials do not allow this' },
  throttled: { status: 429, title: 'Too many requests' },
  'upstream-failed': { status: 502, title: 'AWS, or the API, answered with an error' },
  'upstream-unreachable': { status: 502, title: 'AWS, or the API, cannot be reached' },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

/** Why a request is not answered. The message is for the caller, and never repeats the request. */
export class Problem extends TrailError {
  readonly kind: ProblemKind;
  readonly parameter: string | undefined;

  constructor(kind: ProblemKind, detail: string, parameter?: string) {
    super(kind, detail);
    this.kind = kind;
    this.parameter = parameter;
  }
}

/** Returns the problem that an error means to the caller. Other errors reveal nothing. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CriteriaError) return new Problem('bad-parameter', error.message, error.parameter);
  if (error instanceof SlowAnswerError) return new Problem('out-of-time', error.message);
  if (error instanceof SchemaVersionError) return new Problem('internal-error', error.message);
  return new Problem('internal-error', 'the log of the function says why');
}

/** The body of a response. https://www.rfc-editor.org/rfc/rfc9457 */
export function problemDetails({ kind, message, parameter }: Problem): object {
  return defined({ type: `urn:problem-type:mwaa-trail:${kind}`, ...PROBLEMS[kind], detail: message, parameter });
}
