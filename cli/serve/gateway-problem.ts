import type { IncomingHttpHeaders } from 'node:http';
import { Problem, type ProblemKind } from '../../shared/http/problem.ts';

/** What the deployed API, or API Gateway before it, answered. */
export interface Upstream {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Explanation {
  /** Statuses and texts that it explains, the text being the error type and the body. */
  when(status: number, text: string): boolean;
  kind: ProblemKind;
  detail: string;
}

/** What API Gateway answers in place of the API, the special before the general. HTTP APIs mostly say only `Forbidden`. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    when: (status, text) => status === 403 && /ExpiredToken|token[^"]*expired/i.test(text),
    kind: 'credentials-expired',
    detail: 'the AWS credentials have expired: sign in again, as by aws sso login',
  },
  {
    when: (status, text) => status === 403 && /Signature expired|not yet current/i.test(text),
    kind: 'aws-settings',
    detail: 'expected the clock of this machine to be right: AWS refuses the time of the signature',
  },
  {
    when: (status, text) =>
      status === 403 && /UnrecognizedClient|InvalidClientTokenId|InvalidSignature|security token|signature/i.test(text),
    kind: 'aws-settings',
    detail: 'AWS does not accept the credentials, or expects another Region (--aws-region)',
  },
  {
    when: (status) => status === 403,
    kind: 'forbidden',
    detail:
      'the API does not allow it: expected a role with execute-api:Invoke for this route, and credentials that have not expired; aws sts get-caller-identity says whose they are',
  },
  {
    when: (status) => status === 404,
    kind: 'no-such-resource',
    detail:
      'the deployed API has no such route: it may be of an earlier version, or --api is the address of another API',
  },
  {
    when: (status) => status === 429,
    kind: 'throttled',
    detail: 'API Gateway throttles the API: ask again in a moment',
  },
  {
    when: (status) => status >= 500,
    kind: 'upstream-failed',
    detail: 'the API failed: ask again; if that does not help, the log of the query function says why',
  },
  {
    when: () => true,
    kind: 'upstream-failed',
    detail: 'expected the answer of this API: is --api the address that serverless deploy printed?',
  },
];

/** Returns the problem that an answer of API Gateway, or of something else than the API, means to the caller. */
export function gatewayProblem({ status, headers, body }: Upstream): Problem {
  const text = `${headers['x-amzn-errortype'] ?? ''} ${body.slice(0, 4_096)}`;
  const { kind, detail } = EXPLANATIONS.find(({ when }) => when(status, text))!;
  return new Problem(kind, `${detail} (HTTP ${status})`);
}
