import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { displayText } from '../../../shared/render/display.ts';
import { queryCommand } from '../lib/command-line.ts';
import { useSession } from '../lib/session.tsx';
import { counted } from '../lib/words.ts';
import { Command } from './command.tsx';
import type { DownloadControl, DownloadState } from './use-download.ts';

interface DownloadDialogProps {
  params: URLSearchParams;
  download: DownloadControl;
  close(): void;
}

/** How a download is doing, until somebody closes it. While it runs, closing cancels it. */
export function DownloadDialog({ params, download, close }: DownloadDialogProps) {
  const { info } = useSession();
  const { state } = download;
  if (state === undefined) return null;
  const dismiss = () => {
    download.cancel();
    close();
  };
  return (
    <Modal
      visible
      header="Download events"
      onDismiss={dismiss}
      closeAriaLabel={state.kind === 'done' ? 'Close' : 'Cancel the download'}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={dismiss}>{DISMISSALS[state.kind]}</Button>
            {state.kind === 'failed' && state.canContinue && (
              <Button variant="primary" onClick={download.continue}>
                Continue
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Progress state={state} />
        <Box>
          The file has what lists show of each event, without the record. This command has the records:
          <Command text={`${queryCommand(params, info)} --all --full --format ndjson`} />
        </Box>
      </SpaceBetween>
    </Modal>
  );
}

const DISMISSALS: Readonly<Record<DownloadState['kind'], string>> = {
  running: 'Cancel',
  done: 'Close',
  failed: 'Discard',
};

function Progress({ state }: { state: DownloadState }) {
  const events = counted(state.events, 'event');
  switch (state.kind) {
    case 'running':
      return (
        <div role="status">
          <StatusIndicator type="in-progress">{events} so far</StatusIndicator>
        </div>
      );
    case 'done':
      return (
        <div role="status">
          <StatusIndicator type="success">
            Complete: {events}. The file is {state.name}.
          </StatusIndicator>
        </div>
      );
    case 'failed':
      return (
        <Alert type="error" header={`The download ended early, after ${events}`}>
          <div>{displayText(state.reason)}</div>
          <div>There is no file{state.canContinue ? ' unless you continue' : ''}.</div>
        </Alert>
      );
  }
}
