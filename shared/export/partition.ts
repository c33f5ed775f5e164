import type { AttributeValues } from '../audit-event/attributes.ts';
import { defined } from '../defined.ts';
import { truncateKey } from '../store/keys.ts';

/** What a file of an export has in common: an event day, an account and a Region, as far as its events name them. */
export type Partition = AttributeValues<'day' | 'accountId' | 'region'>;

/** The names of partitions are no columns of a file: Athena refuses a table with both, whatever their case. */
export const PARTITION_NAMES = { accountId: 'p_account', region: 'p_region', day: 'p_day' } as const;

/** Hive's, Spark's and DuckDB's name of the partition of rows without a value. */
const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';

export const partitionOf = ({ day, accountId, region }: Partition): Partition => ({
  day,
  ...defined({ accountId, region }),
});

/** `p_account=A/p_region=R/p_day=D` */
export function folderOf({ accountId, region, day }: Partition): string {
  const values = { accountId, region, day };
  return (Object.keys(PARTITION_NAMES) as (keyof typeof PARTITION_NAMES)[])
    .map((name) => `${PARTITION_NAMES[name]}=${folderName(values[name])}`)
    .join('/');
}

/** Escaped, a character is three, and a name of a file has at most 255. */
const MAX_VALUE_BYTES = 64;

/**
 * Returns a value as a part of a path: different values never share a folder, though the file system may ignore case. Readers
 * decode the escapes.
 */
export function folderName(value: string | undefined): string {
  if (value === undefined) return NO_VALUE;
  return [...Buffer.from(truncateKey(value, MAX_VALUE_BYTES))]
    .map((byte) => (PLAIN.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : escaped(byte)))
    .join('');
}

const PLAIN = /[a-z0-9._-]/;
const escaped = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
