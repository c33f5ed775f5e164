import { TrailError } from '../errors.ts';
import { type Item, numberAt } from './item.ts';

/**
 * The version of what items of the events table hold: their layout, and the rules that made their attributes of records. Raise it
 * whenever the events stored before would have other attributes now: readers refuse items of other versions, and log files that
 * were ingested by another version are read again.
 */
export const SCHEMA_VERSION = 2;

/** The version of an item, or of what is made of one. The first version did not write it. */
export const schemaVersionOf = (item: Item): number => numberAt(item, 'schemaVersion') ?? 1;

/** Whether an item is of this version. */
export const isCurrent = (item: Item): boolean => schemaVersionOf(item) === SCHEMA_VERSION;

/** An item of the events table is of another schema version. */
export class SchemaVersionError extends TrailError {
  constructor(found: number) {
    const fix =
      found < SCHEMA_VERSION
        ? 'run mwaa-trail migrate, or for a local store replay (docs/upgrading.md)'
        : 'use the version of mwaa-trail that wrote them';
    super('schema-version', `the store has events of schema version ${found}, expected ${SCHEMA_VERSION}: ${fix}`);
  }
}

/** The events table lacks an index of this version. */
export class MissingIndexError extends TrailError {
  constructor(table: string, index: string) {
    super(
      'missing-index',
      `table ${table} has no index ${index}, so another version of mwaa-trail created it: deploy this version ` +
        '(docs/upgrading.md)',
    );
  }
}
