import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiProblem, fetchText } from '../lib/api.ts';
import { questionOf } from '../lib/criteria.ts';
import { type DownloadFormat, downloadFrom, downloadName, type Position, patiently } from '../lib/download.ts';
import { type FileWriter, openFile } from '../lib/file-writer.ts';
import { apiPath } from '../lib/paths.ts';
import { useSession } from '../lib/session.tsx';

/** As many events as the API has on a page. */
const PAGE_SIZE = '100';

/** How a download is doing. */
export type DownloadState =
  | { kind: 'running' | 'done'; events: number; name: string }
  /** It can go on if the API failed; otherwise the file could not be written. */
  | { kind: 'failed'; events: number; name: string; reason: string; canContinue: boolean };

export interface DownloadControl {
  state: DownloadState | undefined;
  /** Returns false if nobody chose a place for the file. */
  start(format: DownloadFormat): Promise<boolean>;
  /** Goes on after a failure, with the page that failed. */
  continue(): void;
  /** Ends it; there is no file. */
  cancel(): void;
}

interface Job {
  format: DownloadFormat;
  name: string;
  file: FileWriter;
  position: Position;
  controller: AbortController;
}

/** A download of the events of a question. */
export function useDownload(params: URLSearchParams): DownloadControl {
  const { caller, info } = useSession();
  const job = useRef<Job>(undefined);
  const [state, setState] = useState<DownloadState>();

  const run = useCallback(
    async (current: Job) => {
      const { signal } = current.controller;
      const { format, name, file } = current;
      const tell = (kind: 'running' | 'done') => setState({ kind, events: current.position.events, name });
      tell('running');
      try {
        await downloadFrom(current.position, {
          format,
          fetchPage: (path, accept) => patiently(() => fetchText(path, caller, { signal, accept }), sleepUntil(signal)),
          write: async (text) => {
            signal.throwIfAborted();
            await file.write(text);
          },
          onPosition: (position) => {
            current.position = position;
            if (!signal.aborted) tell('running');
          },
        });
        await file.finish();
        tell('done');
      } catch (error) {
        if (signal.aborted) return;
        const canContinue = error instanceof ApiProblem;
        const reason = error instanceof Error ? error.message : 'The file could not be written.';
        setState({ kind: 'failed', events: current.position.events, name, reason, canContinue });
      }
    },
    [caller],
  );

  const start = useCallback(
    async (format: DownloadFormat) => {
      const question = questionOf(params);
      const environments = info.environment === undefined ? question.getAll('environment') : [info.environment];
      const name = downloadName(environments, format, new Date());
      const file = await openFile(name, format);
      if (file === undefined) return false;
      const order = params.get('order') ?? 'newest-first';
      const first = apiPath(
        info,
        '/events',
        new URLSearchParams([...question, ['limit', PAGE_SIZE], ['order', order]]),
      );
      const position = { next: first, pages: 0, events: 0 };
      job.current = { format, name, file, position, controller: new AbortController() };
      void run(job.current);
      return true;
    },
    [params, info, run],
  );

  const cancel = useCallback(() => {
    job.current?.controller.abort();
    // There is nothing to discard of a file that is finished.
    void job.current?.file.discard().catch(() => {});
    job.current = undefined;
    setState(undefined);
  }, []);
  // Another page of the console ends it, too.
  useEffect(() => cancel, [cancel]);

  return { state, start, cancel, continue: () => job.current && void run(job.current) };
}

/** Waits, unless it is canceled. */
const sleepUntil = (signal: AbortSignal) => (milliseconds: number) =>
  new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
  });
