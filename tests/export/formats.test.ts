import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EVENT_ATTRIBUTES } from '../../shared/audit-event/attributes.ts';
import { exportSql } from '../../shared/export/ddl.ts';
import type { RowEncoder } from '../../shared/export/fields.ts';
import { type ExportedEvent, NATIVE_FIELDS, nativeRow } from '../../shared/export/native.ts';
import { folderName, folderOf } from '../../shared/export/partition.ts';
import { ENCODERS, SCHEMAS } from '../../shared/export/schemas.ts';
import { auditEvent } from '../support/event-arbitrary.ts';
import { readParquet } from '../support/exported.ts';
import { scaled } from '../support/scale.ts';

const exportedEvent: fc.Arbitrary<ExportedEvent> = fc
  .tuple(
    auditEvent,
    fc.record({ verification: fc.constantFrom('verified', 'failed', 'pending'), verifiedBy: fc.string() }),
    fc.option(fc.nat(), { nil: undefined }),
  )
  .map(
    ([event, ledger, expiresAt]) =>
      ({
        ...event,
        ...ledger,
        ...(expiresAt === undefined ? {} : { expiresAt }),
        ingestedAt: '2026-11-20T00:00:00.123Z',
        verifiedAt: '2026-11-20T01:00:00.000Z',
        previousVersions: [event],
      }) as unknown as ExportedEvent,
  );

/** Rows with a flush after some of them. */
function encoded(encoder: RowEncoder, events: readonly ExportedEvent[], flushes: readonly boolean[]): Buffer {
  const parts = events.flatMap((event, i) => {
    encoder.add(nativeRow(event));
    return flushes[i % flushes.length] ? [encoder.flush()] : [];
  });
  return Buffer.concat([...parts, encoder.finish()]);
}

/** What the columns must hold, member by member. */
function expectedRow(event: ExportedEvent): Record<string, unknown> {
  const { previousVersions, ...values } = event as ExportedEvent & { timeKey: string };
  return {
    provisional: false,
    ...values,
    eventTime: values.timeKey.slice(0, 24),
    backfilled: false,
    previousVersions: JSON.stringify(previousVersions),
  };
}

describe('rows of any text', () => {
  const flushes = fc.array(fc.boolean(), { minLength: 1, maxLength: 5 });
  test('come back from Parquet, whatever the row groups, and from NDJSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(exportedEvent, { maxLength: 12 }), flushes, async (events, where) => {
        const expected = events.map(expectedRow);
        const file = encoded(ENCODERS.parquet(SCHEMAS.native), events, where);
        expect(await readParquet(file)).toEqual(expected);
        expect(encoded(ENCODERS.parquet(SCHEMAS.native), events, where)).toEqual(file);
        const lines = encoded(ENCODERS.ndjson(SCHEMAS.native), events, where).toString().split('\n');
        expect(lines.pop()).toBe('');
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
      }),
      { numRuns: scaled(6, 200) },
    );
  });

  test('come back if they are huge, or have characters that programs trip over', async () => {
    const base = { ...fc.sample(exportedEvent, { numRuns: 1, seed: 1 })[0]!, parameters: [], flags: [] };
    const events = ['\0', 'a\0b', '\u2028', '😀'.repeat(3), 'x'.repeat(1_200_000), 'é'.repeat(70_000)].map((text) => ({
      ...base,
      ...{ userAgent: text, user: text, parameters: [text, ''], record: JSON.stringify({ text }) },
    }));
    expect(await readParquet(encoded(ENCODERS.parquet(SCHEMAS.native), events, [false]))).toEqual(
      events.map(expectedRow),
    );
  });
});

describe('columns', () => {
  test('are all attributes, and no partition has the name of one in any case', () => {
    const names = NATIVE_FIELDS.map(({ name }) => name);
    expect(names).toEqual(Object.keys(EVENT_ATTRIBUTES));
    const folded = [...names, 'p_account', 'p_region', 'p_day'].map((name) => name.toLowerCase());
    expect(new Set(folded).size).toBe(folded.length);
  });
});

describe('folders', () => {
  test.each([
    [{ accountId: '012345678901', region: 'eu-west-1' }, 'p_account=012345678901/p_region=eu-west-1/p_day=2026-11-02'],
    [{}, 'p_account=__HIVE_DEFAULT_PARTITION__/p_region=__HIVE_DEFAULT_PARTITION__/p_day=2026-11-02'],
    [{ accountId: '../../etc', region: 'A=b c' }, 'p_account=..%2F..%2Fetc/p_region=%41%3Db%20c/p_day=2026-11-02'],
  ])('of %j are %s', (place, folder) => {
    expect(folderOf({ day: '2026-11-02', ...place })).toBe(folder);
  });

  test('differ for different values, whatever the case, are short, and have no slash', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', maxLength: 200 }), (one, other) => {
        const [a, b] = [folderName(one).toLowerCase(), folderName(other).toLowerCase()];
        expect(a === b).toBe(Buffer.from(one).equals(Buffer.from(other)));
        expect(`p_account=${b}`.length).toBeLessThan(255);
        expect(b).not.toMatch(/[/\\]/);
        if (other.length <= 15) expect(decodeURIComponent(folderName(other))).toBe(other.toWellFormed());
      }),
    );
  });
});

describe('SQL of an export', () => {
  const file = { name: 'x', day: '2026-11-02', rows: 1, bytes: 1, sha256: '' };
  const files = [
    { ...file, accountId: '012345678901', region: 'eu-west-1' },
    { ...file, accountId: '111122223333', region: 'eu-west-1' },
  ];
  const native = { format: 'parquet', schema: 'native' } as const;

  test('has the place, the types and the partitions', () => {
    const sql = exportSql({ uri: "s3://bucket/it's" }, native, files);
    expect(sql).toContain("LOCATION 's3://bucket/it\\'s/'");
    expect(sql).toContain("read_parquet('s3://bucket/it''s/*/*/*/*.parquet'");
    expect(sql).toContain("'projection.p_account.values' = '012345678901,111122223333'");
    for (const column of [
      '`eventtime` timestamp',
      '`parameters` array<string>',
      '`mfa` boolean',
      '`statuscode` bigint',
    ])
      expect(sql).toContain(column);
  });

  test('asks for account and Region if there is no export yet', () => {
    expect(exportSql({ uri: 'out' }, native, [])).toContain("'projection.p_account.type' = 'injected'");
  });

  test('has the structs of OCSF', () => {
    const sql = exportSql({ uri: 's3://bucket' }, { format: 'ndjson', schema: 'ocsf' }, files);
    expect(sql).toContain('`cloud` struct<account:struct<uid:string>,provider:string,region:string>');
    expect(sql).toContain(`'http_response': 'STRUCT("code" BIGINT)'`);
  });
});
