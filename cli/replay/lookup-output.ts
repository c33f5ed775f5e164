import { createReadStream } from 'node:fs';
import { recordProblem } from '../../shared/audit-event/to-audit-event.ts';
import { describeError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { storeProvisional } from '../../shared/ingest/store-provisional.ts';
import { expectationOf, recordStore } from '../../shared/ingest/store-records.ts';
import { BadLogFileError } from '../../shared/log-file/read-log-file.ts';
import { readLookupRecords } from '../../shared/log-file/read-lookup-records.ts';
import { type FileReport, NOTHING } from './file-report.ts';
import type { LocalLogFile } from './local-log-files.ts';

/** Stores the events in output of `aws cloudtrail lookup-events` as provisional events; none of them when the output is bad. */
export async function replayLookupOutput({ path, form }: LocalLogFile, deps: PipelineDeps): Promise<FileReport> {
  try {
    const source = createReadStream(path);
    const { eventSources } = deps.config;
    const { recordsRead, kept, bad } = await readLookupRecords(source, form, eventSources, recordProblem);
    const texts = kept.map(({ index, bytes }) => ({ index, text: Buffer.from(bytes).toString() }));
    const counts = await storeProvisional(texts, deps, recordStore(deps));
    const problems = [...bad, ...counts.bad].sort((a, b) => a.index - b.index);
    const skipped = recordsRead - kept.length - bad.length + counts.skipped;
    return {
      path,
      outcome: 'provisional',
      read: recordsRead,
      kept: recordsRead - skipped,
      stored: counts.stored,
      known: counts.duplicates,
      skipped,
      failed: problems.length,
      ...(problems.length === 0 ? {} : { failure: problems.map(problemText).join('; ') }),
    };
  } catch (error) {
    const failure = error instanceof BadLogFileError ? error.message : describeError(error);
    return { path, outcome: 'failed', ...NOTHING, failure };
  }
}

function problemText({ index, reason }: { index: number; reason: string }): string {
  return `Events[${index}]: ${expectationOf(reason)}`;
}
