import { type MigrationCounts, type MigrationProgress, migrateEvents } from '../../shared/ingest/migrate-events.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { command, EXIT } from '../lib/command.ts';
import { format, toggle } from '../lib/options.ts';
import { jsonText, write } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { showProgress } from '../log-files/progress.ts';

export default command({
  about: 'Make the events of older schema versions again, from the records stored with them.',
  flags: {
    dryRun: toggle('only count the events'),
    format: format(['table', 'json']),
    ...STORE,
  },
  notes:
    'Run it after an upgrade that asks for it. It may be stopped and run again, and events may be ingested meanwhile. The exit code ' +
    'is 1 if events are left that it cannot migrate. See docs/upgrading.md.',
  async run({ dryRun: isDryRun = false, format, ...options }, { env, out, err }) {
    return withStore(options, env, async ({ dynamo, tables, now }) => {
      let progress: MigrationProgress | undefined;
      const stop = showProgress(isDryRun ? 'Counting' : 'Migrating', () => progressState(progress), err);
      const onProgress = (now: MigrationProgress) => {
        progress = now;
      };
      const counts = await migrateEvents({ dynamo, tables, now, isDryRun, onProgress }).finally(stop);
      const report = { schemaVersion: SCHEMA_VERSION, dryRun: isDryRun, ...counts };
      await write(out, format === 'json' ? jsonText(report) : reportText(counts, isDryRun));
      return LEFT.some(([name]) => counts[name] > 0) ? EXIT.failed : EXIT.done;
    });
  },
});

/** Events that stay as they are, and why. */
const LEFT: readonly [name: keyof MigrationCounts, why: string][] = [
  ['withoutRecord', 'the record was too large for the table'],
  ['unreadable', 'the item is not as mwaa-trail writes it'],
  ['newer', 'a newer version of mwaa-trail stored it: use that version'],
];

function reportText(counts: MigrationCounts, isDryRun: boolean): string {
  const { migrated, current, withoutRecord, unreadable } = counts;
  const left = LEFT.filter(([name]) => counts[name] > 0).map(
    ([name, why]) => `Left: ${events(counts[name])}; ${why}\n`,
  );
  const advice = withoutRecord + unreadable > 0 ? 'Read the log files again: mwaa-trail backfill\n' : '';
  return (
    `${isDryRun ? 'To migrate' : 'Migrated'} to schema version ${SCHEMA_VERSION}: ${events(migrated)}\n` +
    `Of this version before: ${events(current)}\n${left.join('')}${advice}`
  );
}

function progressState(progress: MigrationProgress | undefined) {
  if (progress === undefined) return { done: 0, total: 0, text: 'reading the days' };
  const { day, daysDone, days, counts } = progress;
  return { done: daysDone, total: days, text: `${day}, ${daysDone}/${days} days, ${events(counts.migrated)} migrated` };
}

const events = (count: number) => `${count.toLocaleString('en-US')} ${count === 1 ? 'event' : 'events'}`;
