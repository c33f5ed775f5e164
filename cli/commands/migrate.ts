import { type MigrationCounts, type MigrationProgress, migrateEvents } from '../../shared/ingest/migrate-events.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { command, EXIT } from '../lib/command.ts';
import { format, toggle } from '../lib/options.ts';
import { jsonText, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { showProgress } from '../log-files/progress.ts';

export default command({
  about:
    'Bring events that an older version of mwaa-trail stored to the current schema version, using the records stored with them.',
  flags: {
    dryRun: toggle('only count the events to migrate'),
    format: format(['table', 'json']),
    ...STORE,
  },
  notes:
    'Run it after an upgrade that asks for it: docs/upgrading.md. It is safe to interrupt and rerun, and events may be ingested ' +
    'meanwhile. The exit code is 1 if there are events that it cannot migrate.',
  async run({ dryRun: isDryRun = false, format, ...options }, { env, program, out, err }) {
    return withStore(options, env, async ({ dynamo, tables, now }) => {
      let progress: MigrationProgress | undefined;
      const stop = showProgress(isDryRun ? 'Counting' : 'Migrating', () => progressState(progress), err);
      const onProgress = (now: MigrationProgress) => {
        progress = now;
      };
      const counts = await migrateEvents({ dynamo, tables, now, isDryRun, onProgress }).finally(stop);
      const report = { schemaVersion: SCHEMA_VERSION, dryRun: isDryRun, ...counts };
      await write(out, format === 'json' ? jsonText(report) : reportText(counts, isDryRun, program));
      return LEFT.some(([name]) => counts[name] > 0) ? EXIT.failed : EXIT.done;
    });
  },
});

/** Events that stay as they are, and why. */
const LEFT: readonly [name: keyof MigrationCounts, why: string][] = [
  ['withoutRecord', 'record too large to be stored'],
  ['unreadable', 'stored item damaged'],
  ['newer', 'stored by a newer mwaa-trail: use that version'],
];

function reportText(counts: MigrationCounts, isDryRun: boolean, program: string): string {
  const { migrated, current, withoutRecord, unreadable } = counts;
  const left = LEFT.filter(([name]) => counts[name] > 0).map(
    ([name, why]) => `Not migrated (${why}): ${events(counts[name])}\n`,
  );
  const advice =
    withoutRecord + unreadable > 0
      ? `To store these events anew, import their log files again: ${program} backfill\n`
      : '';
  return (
    `${isDryRun ? 'To migrate' : 'Migrated'} to schema version ${SCHEMA_VERSION}: ${events(migrated)}\n` +
    `Already at this version: ${events(current)}\n${left.join('')}${advice}`
  );
}

function progressState(progress: MigrationProgress | undefined) {
  if (progress === undefined) return { done: 0, total: 0, text: 'finding the days with events' };
  const { day, daysDone, days, counts } = progress;
  return { done: daysDone, total: days, text: `${day}, ${daysDone}/${days} days, ${events(counts.migrated)} migrated` };
}

const events = (count: number) => `${count.toLocaleString('en-US')} ${count === 1 ? 'event' : 'events'}`;
