import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useMemo, useState } from 'react';
import { FINDINGS } from '../../../../shared/integrity/finding.ts';
import type { ChainProgress, VerificationFinding, VerificationStatus } from '../../../../shared/query/verification.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { relativeTime } from '../../../../shared/render/times.ts';
import { usePages } from '../../components/use-pages.tsx';
import { PageLink } from '../../components/value.tsx';
import { useTimes } from '../../lib/preferences.tsx';
import { hrefOf } from '../../lib/route.ts';
import { useSession } from '../../lib/session.tsx';
import { Remedies } from './problem-files.tsx';
import { verificationRemedies } from './remedies.ts';
import { activeChains, isBehind } from './verdict.ts';

/** How far the digests of CloudTrail are verified, and what the verification found. */
export function Verification({ status }: { status: VerificationStatus }) {
  const { info } = useSession();
  const times = useTimes();
  const { chains, findings, truncated, checkedAt } = status;
  const isNever = chains.every(({ verifiedUntil }) => verifiedUntil === undefined) && findings.length === 0;
  const checked =
    checkedAt === undefined ? '' : `The verify function last checked all digests at ${times.full(checkedAt)}.`;
  return (
    <Container
      header={
        <Header variant="h2" description={checked}>
          Verification
        </Header>
      }
    >
      {isNever ? (
        <SpaceBetween size="xs">
          <Box>
            <b>Nothing is verified yet.</b> With log file validation on, CloudTrail signs a digest each hour that has
            the hash of each log file.{' '}
            {info.source.kind === 'local'
              ? 'A local store has no function that checks them. The command verify checks the bucket to which CloudTrail delivered; it reports, and does not change this page.'
              : 'The verify function of a deployed stack checks them each hour. A new stack needs an hour or two; a stack with verify=off has no such function.'}
          </Box>
          <Remedies remedies={verificationRemedies(info)} />
        </SpaceBetween>
      ) : (
        <SpaceBetween size="l">
          <Findings findings={findings} truncated={truncated} />
          <Chains chains={chains} />
        </SpaceBetween>
      )}
    </Container>
  );
}

function Findings({ findings, truncated }: { findings: readonly VerificationFinding[]; truncated: boolean }) {
  const open = findings.filter(({ resolvedAt }) => resolvedAt === undefined);
  const resolved = findings.filter(({ resolvedAt }) => resolvedAt !== undefined);
  return (
    <SpaceBetween size="s">
      <Header
        variant="h3"
        counter={`(${open.length.toLocaleString('en-US')}${truncated ? '+' : ''})`}
        description={truncated ? 'Older findings are not listed.' : ''}
      >
        Open findings
      </Header>
      {open.length === 0 ? (
        <StatusIndicator type="success">Verification has no open findings.</StatusIndicator>
      ) : (
        <FindingsByKind findings={open} />
      )}
      {resolved.length > 0 && (
        <ExpandableSection
          headerText={`Resolved findings (${resolved.length.toLocaleString('en-US')})`}
          headerDescription="They were checked again, and did not hold any more."
        >
          <FindingsByKind findings={resolved} />
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}

/** What each kind means and what to do is said once. */
function FindingsByKind({ findings }: { findings: readonly VerificationFinding[] }) {
  const byKind = [...Map.groupBy(findings, ({ kind }) => kind)];
  return (
    <SpaceBetween size="m">
      {byKind.map(([kind, own]) => {
        const { title, means, todo } = wordsOf(kind);
        return (
          <div key={kind}>
            <Box variant="h4">
              {displayText(title)} <span className="code">({displayText(kind)})</span>
            </Box>
            {means !== '' && (
              <Box>
                It means: {means}. To do: {todo}.
              </Box>
            )}
            <FindingTable findings={own} label={title} />
          </div>
        );
      })}
    </SpaceBetween>
  );
}

/** A kind of a newer version than this console has its name alone. */
function wordsOf(kind: string): { title: string; means: string; todo: string } {
  const known = Object.entries(FINDINGS).find(([name]) => name === kind);
  return known?.[1] ?? { title: kind, means: '', todo: '' };
}

const ROWS_PER_PAGE = 10;

function FindingTable({ findings, label }: { findings: readonly VerificationFinding[]; label: string }) {
  const times = useTimes();
  const { items, pagination } = usePages(findings, ROWS_PER_PAGE);
  return (
    <Table
      variant="embedded"
      wrapLines
      items={items}
      ariaLabels={{ tableLabel: label }}
      columnDefinitions={[
        {
          id: 'seen',
          header: times.heading('First seen'),
          width: 175,
          cell: (finding) => times.show(finding.firstSeen),
        },
        {
          id: 'where',
          header: 'Account and Region',
          width: 250,
          cell: ({ account, region }) => displayText(`${account} ${region}`),
        },
        {
          id: 'time',
          header: times.heading('About'),
          width: 190,
          cell: ({ from, to }) => (from === undefined ? '-' : `${times.show(from)} to ${times.show(to)}`),
        },
        {
          id: 'detail',
          header: 'Finding',
          isRowHeader: true,
          minWidth: 300,
          cell: ({ detail, bucket, key, digest, eventId }) => (
            <>
              {displayText(detail)}
              {eventId === undefined ? (
                <div className="code">{displayText(`s3://${bucket}/${key ?? digest}`)}</div>
              ) : (
                <PageLink href={hrefOf(['events', eventId])}>Show the event</PageLink>
              )}
            </>
          ),
        },
      ]}
      pagination={pagination}
    />
  );
}

interface ChainRow extends ChainProgress {
  state: { type: StatusIndicatorProps.Type; text: string; rank: number };
}

/** How far each chain is verified: those that need attention first. */
function Chains({ chains }: { chains: readonly ChainProgress[] }) {
  const times = useTimes();
  const [filter, setFilter] = useState('');
  const now = useMemo(Date.now, []);
  const rows = useMemo(() => chainRows(chains), [chains]);
  const words = filter.toLowerCase().split(/\s+/);
  const shown = rows.filter(({ account, region, trail }) => {
    const text = `${account} ${region} ${trail}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const { items, pagination, toFirst } = usePages(shown, ROWS_PER_PAGE);
  return (
    <Table
      variant="embedded"
      wrapLines
      items={items}
      ariaLabels={{ tableLabel: 'Digest chains' }}
      header={
        <Header
          variant="h3"
          counter={`(${chains.length.toLocaleString('en-US')})`}
          description="The digests of a trail, in an account and Region, form a chain."
        >
          Digest chains
        </Header>
      }
      filter={
        rows.length > ROWS_PER_PAGE && (
          <TextFilter
            filteringText={filter}
            filteringPlaceholder="Filter accounts, Regions and trails"
            filteringAriaLabel="Filter digest chains"
            countText={filter === '' ? '' : `${shown.length.toLocaleString('en-US')} shown`}
            onChange={({ detail }) => {
              setFilter(detail.filteringText);
              toFirst();
            }}
          />
        )
      }
      empty={<Box textAlign="center">No digest chain has this in its names.</Box>}
      pagination={pagination}
      columnDefinitions={[
        {
          id: 'where',
          header: 'Account and Region',
          width: 250,
          isRowHeader: true,
          cell: ({ account, region }) => displayText(`${account} ${region}`),
        },
        {
          id: 'trail',
          header: 'Trail',
          width: 220,
          cell: ({ trail, homeRegion }) => displayText(`${trail} (${homeRegion})`),
        },
        {
          id: 'until',
          header: 'Verified up to',
          width: 240,
          cell: ({ verifiedUntil }) =>
            verifiedUntil === undefined
              ? '-'
              : `${times.full(verifiedUntil)} (${relativeTime(Date.parse(verifiedUntil), now)})`,
        },
        {
          id: 'pending',
          header: 'Checked again',
          width: 130,
          cell: ({ pending }) => (pending === 0 ? '-' : `${pending.toLocaleString('en-US')} digests`),
        },
        {
          id: 'state',
          header: 'State',
          minWidth: 220,
          cell: ({ state }) => <StatusIndicator type={state.type}>{state.text}</StatusIndicator>,
        },
      ]}
    />
  );
}

function chainRows(chains: readonly ChainProgress[]): ChainRow[] {
  const ends = activeChains(chains).map(({ verifiedUntil = '' }) => verifiedUntil);
  const behind = isBehind(ends.sort().at(-1) ?? '');
  return chains
    .map((chain) => ({ ...chain, state: stateOf(chain, behind) }))
    .sort((a, b) => a.state.rank - b.state.rank);
}

function stateOf(chain: ChainProgress, behind: (chain: ChainProgress) => boolean): ChainRow['state'] {
  const { verifiedUntil, signed, retired, backfill } = chain;
  if (verifiedUntil === undefined) return { type: 'pending', text: 'No digest checked yet', rank: 2 };
  if (!signed) return { type: 'error', text: 'The newest digest is not signed by CloudTrail', rank: 0 };
  if (retired) return { type: 'stopped', text: 'Retired: another trail continues', rank: 5 };
  if (backfill) return { type: 'success', text: 'Verified; digests that CloudTrail made later', rank: 4 };
  if (behind(chain)) return { type: 'warning', text: 'Behind the others', rank: 1 };
  return { type: 'success', text: 'Verified', rank: 3 };
}
