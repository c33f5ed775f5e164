import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import type { ApiProblem } from '../lib/api.ts';

const HEADERS: Readonly<Record<string, string>> = {
  unauthorized: 'This page needs a token',
  forbidden: 'Your role may not ask this',
  'credentials-expired': 'Your AWS credentials have expired',
  'no-server': 'No connection to mwaa-trail',
  'upstream-unreachable': 'The API does not answer',
  'bad-parameter': 'A part of the question is wrong',
  'no-such-event': 'There is no such event',
  throttled: 'Too many requests',
};

/** What helps, where the message of the API is for programs. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthorized:
    'Open the address that mwaa-trail serve printed when it started: it ends in #token= and the token. Each start has a new one.',
};

/** Says why there is no answer, and what helps. */
export function ProblemAlert({ problem, retry }: { problem: ApiProblem; retry: () => void }) {
  const isMistake = problem.status >= 400 && problem.status < 500 && problem.status !== 401 && problem.status !== 429;
  return (
    <Alert
      type={isMistake ? 'warning' : 'error'}
      header={HEADERS[problem.kind] ?? 'The question could not be answered'}
      action={<Button onClick={retry}>Try again</Button>}
    >
      {ADVICE[problem.kind] ?? problem.message}
    </Alert>
  );
}
