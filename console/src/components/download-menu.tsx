import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useState } from 'react';
import type { DownloadFormat } from '../lib/download.ts';
import { DownloadDialog } from './download-dialog.tsx';
import { useDownload } from './use-download.ts';

const FORMATS: readonly { id: DownloadFormat; text: string }[] = [
  { id: 'csv', text: 'CSV' },
  { id: 'json', text: 'JSON' },
  { id: 'ndjson', text: 'NDJSON, one event a line' },
];

/** Downloads all events of a question, every page of them. @param params of the page of events */
export function DownloadMenu({ params }: { params: URLSearchParams }) {
  const download = useDownload(params);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <ButtonDropdown
        items={[{ text: 'All matching events', items: FORMATS.map(({ id, text }) => ({ id, text })) }]}
        expandToViewport
        onItemClick={async ({ detail }) => {
          if (await download.start(detail.id as DownloadFormat)) setIsOpen(true);
        }}
      >
        Download
      </ButtonDropdown>
      {isOpen && <DownloadDialog params={params} download={download} close={() => setIsOpen(false)} />}
    </>
  );
}
