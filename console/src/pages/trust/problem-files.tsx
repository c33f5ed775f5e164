import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import type { ProblemFile } from '../../../../shared/query/quarantine.ts';
import { displayText } from '../../../../shared/render/display.ts';
import { Command } from '../../components/command.tsx';
import { usePages } from '../../components/use-pages.tsx';
import { useSession } from '../../lib/session.tsx';
import { PROBLEMS, type Remedy } from './remedies.ts';

interface ProblemFilesProps {
  logFiles: readonly ProblemFile[];
  /** There are more than these. */
  truncated: boolean;
}

/** The log files that are not stored completely, or not as CloudTrail signed them: why, and what helps. */
export function ProblemFiles({ logFiles, truncated }: ProblemFilesProps) {
  const { info } = useSession();
  const groups = PROBLEMS.map((problem) => ({
    ...problem,
    files: logFiles.filter(({ state }) => problem.states.some((own) => own === state)),
  })).filter(({ files }) => files.length > 0);
  const count = `${logFiles.length.toLocaleString('en-US')}${truncated ? '+' : ''}`;
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${count})`}
          description={
            truncated ? `The ${logFiles.length.toLocaleString('en-US')} that were delivered last are listed.` : ''
          }
        >
          Log files with problems
        </Header>
      }
    >
      {groups.length === 0 ? (
        <StatusIndicator type="success">No log file of this time is quarantined, failed or altered.</StatusIndicator>
      ) : (
        <SpaceBetween size="l">
          {groups.map(({ title, means, remedies, files }) => (
            <ExpandableSection
              key={title}
              defaultExpanded
              headingTagOverride="h3"
              headerText={`${title} (${files.length.toLocaleString('en-US')})`}
            >
              <SpaceBetween size="s">
                <Box>{means}</Box>
                <Remedies remedies={remedies(info)} />
                <FileTable files={files} label={title} />
              </SpaceBetween>
            </ExpandableSection>
          ))}
        </SpaceBetween>
      )}
    </Container>
  );
}

/** Commands that help, with what they do. */
export function Remedies({ remedies }: { remedies: readonly Remedy[] }) {
  return (
    <ul className="remedies">
      {remedies.map(({ does, command }) => (
        <li key={command}>
          {does}:
          <Command text={command} />
        </li>
      ))}
    </ul>
  );
}

const FILES_PER_PAGE = 10;

function FileTable({ files, label }: { files: readonly ProblemFile[]; label: string }) {
  const { items, pagination } = usePages(files, FILES_PER_PAGE);
  return (
    <Table
      variant="embedded"
      wrapLines
      items={items}
      trackBy="logFile"
      ariaLabels={{ tableLabel: label }}
      columnDefinitions={[
        { id: 'day', header: 'Delivered', width: 110, cell: ({ deliveryDay }) => displayText(deliveryDay) },
        {
          id: 'where',
          header: 'Account and Region',
          width: 250,
          cell: ({ account = '-', region = '-' }) => displayText(`${account} ${region}`),
        },
        { id: 'reason', header: 'Reason', width: 320, cell: (file) => <Reason file={file} /> },
        {
          id: 'logFile',
          header: 'Log file',
          isRowHeader: true,
          minWidth: 260,
          cell: ({ logFile, path }) => <span className="code">{displayText(path ?? `s3://${logFile}`)}</span>,
        },
      ]}
      pagination={pagination}
    />
  );
}

function Reason({ file: { state, reason, detail, recordsQuarantined = 0 } }: { file: ProblemFile }) {
  return (
    <>
      {state === 'records-quarantined' && <div>{recordsInWords(recordsQuarantined)}</div>}
      {reason !== undefined && <b>{displayText(reason)}</b>}
      {detail !== undefined && <div>{displayText(detail)}</div>}
      {state !== 'records-quarantined' && reason === undefined && detail === undefined && '-'}
    </>
  );
}

const recordsInWords = (count: number) =>
  count === 1 ? '1 of its records' : `${count.toLocaleString('en-US')} of its records`;
