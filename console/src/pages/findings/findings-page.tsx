import Box from '@cloudscape-design/components/box';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { FindingOrigin } from '../../../../shared/alert/find-findings.ts';
import type { SeenFinding } from '../../../../shared/alert/seen-finding.ts';
import { LEVELS } from '../../../../shared/detect/level.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { Command } from '../../components/command.tsx';
import { Completeness } from '../../components/completeness.tsx';
import { findingColumns } from '../../components/finding-columns.tsx';
import { PartContent } from '../../components/part.tsx';
import { TimeRange } from '../../components/time-range.tsx';
import { PageLink } from '../../components/value.tsx';
import type { EnvironmentList } from '../../lib/answers.ts';
import { detectCommand, type FindingList, findingsPath, keyOfFinding, otherRulesPath } from '../../lib/findings.ts';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf, navigate, withParameter } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { useAnswer } from '../../lib/use-answer.ts';
import { useFindingPanel } from './finding-panel.tsx';
import { OriginNote } from './origin-note.tsx';

const SEGMENTS = ['findings'];
const NONE: readonly SeenFinding[] = [];

/** What the detection rules found, the newest first. */
export function FindingsPage({ params }: { params: URLSearchParams }) {
  const { info, aliases } = useSession();
  const times = useTimes();
  const answer = useAnswer<FindingList>(findingsPath(info, params));
  const show = (changed: URLSearchParams) => {
    // The next page and the finding are of the question before.
    for (const name of ['cursor', 'finding']) changed.delete(name);
    navigate(hrefOf(SEGMENTS, changed));
  };
  const findings = answer.data?.findings ?? NONE;
  useFindingPanel(params, findings);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="What the detection rules found in the events, the newest first."
          actions={<TimeRange params={params} onChange={show} />}
        >
          Findings
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Filters params={params} findings={findings} onChange={show} />
        <PartContent answer={answer}>
          {({ cursor, origin, completeness }) => (
            <SpaceBetween size="s">
              {info.environment === undefined && <Command text={detectCommand(params, info)} />}
              <OriginNote origin={origin} />
              <Table
                variant="container"
                items={findings}
                trackBy={keyOfFinding}
                columnDefinitions={findingColumns({ times, aliases }, (finding) =>
                  hrefOf(SEGMENTS, withParameter(params, 'finding', keyOfFinding(finding))),
                )}
                wrapLines
                enableKeyboardNavigation
                header={
                  <Header
                    variant="h2"
                    counter={`(${findings.length.toLocaleString('en-US')}${cursor === undefined ? '' : '+'})`}
                  >
                    {params.has('cursor') ? 'Older findings' : 'Newest findings'}
                  </Header>
                }
                empty={<NoFindings origin={origin} hasMore={cursor !== undefined} isNarrowed={isNarrowed(params)} />}
                ariaLabels={{ tableLabel: 'Findings' }}
              />
              {cursor !== undefined && (
                <PageLink href={hrefOf(SEGMENTS, withParameter(withoutFinding(params), 'cursor', cursor))}>
                  Older findings
                </PageLink>
              )}
              <Completeness completeness={completeness} />
            </SpaceBetween>
          )}
        </PartContent>
      </SpaceBetween>
    </ContentLayout>
  );
}

const withoutFinding = (params: URLSearchParams) => withParameter(params, 'finding', undefined);

const FILTERS = ['since', 'until', 'level', 'rule', 'environment', 'account', 'user', 'event'];
const isNarrowed = (params: URLSearchParams) => FILTERS.some((name) => params.has(name));

interface FiltersProps {
  params: URLSearchParams;
  findings: readonly SeenFinding[];
  onChange(params: URLSearchParams): void;
}

/** The least level, the rule and the environment. */
function Filters({ params, findings, onChange }: FiltersProps) {
  const { info } = useSession();
  const hasAll = info.environment === undefined;
  const environments = useAnswer<EnvironmentList>(hasAll ? '/environments' : undefined);
  const newest = useAnswer<FindingList>(otherRulesPath(info, params)).data?.findings ?? NONE;
  const rules = new Map([...newest, ...findings].map(({ rule }) => [rule.id, displayText(rule.title)]));
  const names = new Set(environments.data?.environments.map(({ environment }) => environment));
  const choices = [
    {
      name: 'level',
      label: 'Least level',
      all: 'All levels',
      options: LEVELS.slice(1)
        .toReversed()
        .map((level) => ({ value: level, label: level === 'critical' ? 'critical' : `${level} or higher` })),
    },
    { name: 'rule', label: 'Rule', all: 'All rules', options: [...rules].map(([value, label]) => ({ value, label })) },
    ...(hasAll
      ? [
          {
            name: 'environment',
            label: 'Environment',
            all: 'All environments',
            options: [...names].toSorted().map((value) => ({ value, label: displayText(value) })),
          },
        ]
      : []),
  ];
  return (
    <div className="question-row">
      {choices.map(({ name, label, all, options }) => {
        const value = params.get(name);
        const chosen = options.find((option) => option.value === value);
        // What is chosen may be none of the list.
        const own = value === null || chosen ? [] : [{ value, label: displayText(value) }];
        const everything = { value: '', label: all };
        return (
          <div key={name} className="finding-filter">
            <Select
              selectedOption={chosen ?? own[0] ?? everything}
              options={[everything, ...own, ...options]}
              onChange={({ detail }) => onChange(withParameter(params, name, detail.selectedOption.value || undefined))}
              ariaLabel={label}
              filteringType={options.length > 10 ? 'auto' : 'none'}
              expandToViewport
            />
          </div>
        );
      })}
    </div>
  );
}

interface NoFindingsProps {
  origin: FindingOrigin;
  /** There may be some on the next page. */
  hasMore: boolean;
  isNarrowed: boolean;
}

function NoFindings({ origin, hasMore, isNarrowed }: NoFindingsProps) {
  const isOff = origin.kind === 'stored' && origin.alerts === 'off';
  const why = hasMore
    ? 'Among those that were read there is none. Older findings may match.'
    : isNarrowed
      ? 'No rule found this in this time. Choose a longer time, a lower level, or another rule.'
      : isOff
        ? 'Alerts are off, so that no rule looks at new events.'
        : 'No rule found anything suspicious.';
  return (
    <Box textAlign="center" color="inherit">
      <SpaceBetween size="xxs">
        <b>No findings</b>
        {why}
      </SpaceBetween>
    </Box>
  );
}
