import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { type ReactNode, useMemo } from 'react';
import type { Completeness } from '../../../../shared/query/completeness.ts';
import type { Coverage } from '../../../../shared/query/coverage.ts';
import type { ProblemFile } from '../../../../shared/query/quarantine.ts';
import type { VerificationStatus } from '../../../../shared/query/verification.ts';
import { ProblemAlert } from '../../components/problem-alert.tsx';
import { TimeRange } from '../../components/time-range.tsx';
import { apiPath } from '../../lib/paths.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { type Answer, useAnswer } from '../../lib/use-answer.ts';
import { totalOf } from './coverage-grid.ts';
import { CoverageSection } from './coverage-section.tsx';
import { ProblemFiles } from './problem-files.tsx';
import './trust.css';
import { type TrustFacts, verdictOf } from './verdict.ts';
import { Verification } from './verification.tsx';

/** The days that are shown if the address names none. */
const USUAL_SINCE = '30d';

/** Whether one can rely on what the console shows: the answer in a sentence, then everything that it is based on. */
export function TrustPage({ params }: { params: URLSearchParams }) {
  const { info } = useSession();
  const range = useMemo(() => {
    const given = [...params].filter(([name]) => name === 'since' || name === 'until');
    return new URLSearchParams(given.length === 0 ? [['since', USUAL_SINCE]] : given);
  }, [params]);
  const coverage = useAnswer<{ coverage: Coverage[]; completeness: Completeness }>(apiPath(info, '/coverage', range));
  const quarantine = useAnswer<{ logFiles: ProblemFile[]; truncated: boolean }>(apiPath(info, '/quarantine', range));
  const verification = useAnswer<VerificationStatus>(apiPath(info, '/verification'));
  const answers = [coverage, quarantine, verification];
  const show = (changed: URLSearchParams) => navigate(hrefOf(['trust'], changed));
  return (
    <SpaceBetween size="m">
      <Header
        variant="h1"
        description="Whether all log files arrived, are stored completely, and are what CloudTrail signed."
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <TimeRange
              params={params.has('since') || params.has('until') ? params : range}
              cleared="Last 30 days"
              onChange={show}
            />
            <Button
              iconName="refresh"
              ariaLabel="Ask again"
              onClick={() => {
                for (const { reload } of answers) reload();
              }}
            />
          </SpaceBetween>
        }
      >
        Trust
      </Header>
      <VerdictAlert coverage={coverage} verification={verification} />
      <Part answer={coverage} title="Log files by day">
        {({ coverage: rows, completeness }) => (
          <CoverageSection
            rows={rows}
            watermarks={completeness.newestLogFiles}
            range={range}
            params={params}
            onChange={(changed) => navigate(hrefOf(['trust'], changed), { replace: true })}
          />
        )}
      </Part>
      <Part answer={quarantine} title="Log files with problems">
        {(found) => <ProblemFiles {...found} />}
      </Part>
      <Part answer={verification} title="Verification">
        {(status) => <Verification status={status} />}
      </Part>
    </SpaceBetween>
  );
}

interface VerdictProps {
  coverage: Answer<{ coverage: Coverage[]; completeness: Completeness }>;
  verification: Answer<VerificationStatus>;
}

function VerdictAlert({ coverage, verification }: VerdictProps) {
  const { info } = useSession();
  const times = useTimes();
  if (coverage.data === undefined && verification.data === undefined) return null;
  // Half of the answer could be taken for all of it.
  if (coverage.loading || verification.loading) return <Alert type="info">Checking ...</Alert>;
  const facts: TrustFacts = {
    counts: coverage.data && totalOf(coverage.data.coverage),
    verification: verification.data,
    newest: coverage.data?.completeness.newestLogFiles
      .map(({ deliveredAt }) => deliveredAt)
      .sort()
      .at(-1),
    isFed: info.source.kind !== 'local',
    now: Date.now(),
  };
  const { type, text } = verdictOf(facts, times);
  return <Alert type={type}>{text}</Alert>;
}

interface PartProps<T> {
  answer: Answer<T>;
  title: string;
  children(data: T): ReactNode;
}

/** A part of the page with its own answer. Over the API, a role may be allowed to ask for some parts only. */
function Part<T>({ answer: { data, problem, reload }, title, children }: PartProps<T>) {
  if (problem?.status === 403) return <Box color="text-body-secondary">{title}: your role may not ask for this.</Box>;
  if (data !== undefined) return children(data);
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      {problem === undefined ? <Spinner /> : <ProblemAlert problem={problem} retry={reload} />}
    </Container>
  );
}
