import { createReadStream } from 'node:fs';
import { recordProblem } from '../../shared/audit-event/to-audit-event.ts';
import { describeError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { storeProvisional } from '../../shared/ingest/store-provisional.ts';
import { expectationOf, recordStore } from '../../shared/ingest/store-records.ts';
import { BadLogFileError } from '../../shared/log-file/read-log-file.ts';
import { readLookupRecords } from '../../shared/log-file/read-lookup-records.ts';
import type { FileResult } from '../log-files/file-result.ts';
import type { LocalLogFile } from './local-log-files.ts';

/** Stores the events in output of `aws cloudtrail lookup-events` as provisional events; none if the output is invalid. */
export async function ingestLookupOutput({ path, form }: LocalLogFile, deps: PipelineDeps): Promise<FileResult> {
  try {
    const { eventSources } = deps.config;
    const { recordsRead, kept, bad } = await readLookupRecords(
      createReadStream(path),
      form,
      eventSources,
      recordProblem,
    );
    const texts = kept.map(({ index, bytes }) => ({ index, text: Buffer.from(bytes).toString() }));
    const { stored, duplicates, skipped, bad: refused } = await storeProvisional(texts, deps, recordStore(deps));
    const problems = [...bad, ...refused].sort((a, b) => a.index - b.index);
    return {
      outcome: 'provisional',
      counts: {
        recordsRead,
        eventsStored: stored,
        eventsKnown: duplicates,
        recordsFiltered: recordsRead - kept.length - bad.length + skipped,
        recordsQuarantined: problems.length,
      },
      problems: problems.map(({ index, reason }) => ({ detail: `Events[${index}]: ${expectationOf(reason)}` })),
    };
  } catch (error) {
    return { outcome: 'failed', detail: error instanceof BadLogFileError ? error.message : describeError(error) };
  }
}
