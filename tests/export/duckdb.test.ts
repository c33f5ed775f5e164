import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, temporaryFolder } from '../support/cli.ts';
import { filesIn, readParquet } from '../support/exported.ts';
import { awsSettings, runAsText } from '../support/program.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';

/** DuckDB is too big for a dependency of the project: npm --prefix bench ci */
const MODULES = join(ROOT, 'bench', 'node_modules');
const isInstalled = existsSync(join(MODULES, '@duckdb', 'node-api'));

interface Connection {
  run(sql: string): Promise<unknown>;
  runAndReadAll(sql: string): Promise<{ getRowObjectsJson(): Record<string, unknown>[] }>;
}

async function connect(): Promise<Connection> {
  const { DuckDBInstance } = createRequire(join(MODULES, 'x.js'))('@duckdb/node-api') as {
    DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<Connection> }> };
  };
  return (await DuckDBInstance.create(':memory:')).connect();
}

(isInstalled ? describe : describe.skip)('DuckDB', () => {
  const folder = temporaryFolder();
  let store: SampleStore;
  let duckdb: Connection;
  const queryAll = async (sql: string) => (await duckdb.runAndReadAll(sql)).getRowObjectsJson();
  const outOf = (format: string, schema: string) => join(folder.path, `${format}-${schema}`);

  beforeAll(async () => {
    store = await sharedSampleStore();
    duckdb = await connect();
    await duckdb.run("SET TimeZone = 'UTC'");
  });
  afterAll(() => {
    store?.stop();
    folder.remove();
  });

  async function exported(format: string, schema: string): Promise<string> {
    const { endpoint, deps } = store;
    const settings = awsSettings({ s3: endpoint, dynamo: endpoint });
    const out = outOf(format, schema);
    const flags = ['export', '--out', out, '--format', format, '--schema', schema, '--table', deps.tables.eventsTable];
    expect((await runAsText(flags, settings)).code).toBe(0);
    const { stdout } = await runAsText([...flags, '--ddl'], settings);
    return stdout.slice(stdout.indexOf('-- DuckDB'));
  }

  test('reads what another reader reads, with the types that the documentation names, in both formats', async () => {
    await duckdb.run(await exported('parquet', 'native'));
    const files = [...filesIn(outOf('parquet', 'native'))].filter(([name]) => name.endsWith('.parquet'));
    const expected = (await Promise.all(files.map(([, bytes]) => readParquet(bytes)))).flat();
    const byId = (rows: readonly Record<string, unknown>[]) => new Map(rows.map((row) => [row.eventId, row]));
    const rows = await queryAll('SELECT * FROM mwaa_events');
    const types = await queryAll('SELECT column_name, column_type FROM (DESCRIBE mwaa_events) ORDER BY ALL');
    const plain = rows.map(({ p_account, p_region, p_day, ...row }) => {
      expect([p_account, p_region, p_day]).toEqual([row.accountId, row.region, row.day]);
      const values = Object.entries(row).filter(([, value]) => value !== null);
      return Object.fromEntries(values.map(([name, value]) => [name, asJson(name, value)]));
    });
    expect(plain.length).toBeGreaterThan(80);
    expect(byId(plain)).toEqual(byId(expected));
    await duckdb.run(await exported('ndjson', 'native'));
    expect(await queryAll('SELECT * FROM mwaa_events ORDER BY eventId')).toEqual(
      rows.toSorted((a, b) => (String(a.eventId) < String(b.eventId) ? -1 : 1)),
    );
    expect(await queryAll('SELECT column_name, column_type FROM (DESCRIBE mwaa_events) ORDER BY ALL')).toEqual(types);
  });

  test('reads OCSF in both formats', async () => {
    const sql =
      "SELECT metadata.uid, api.operation, unmapped ->> '$.mwaa_trail.action' AS action FROM mwaa_ocsf ORDER BY ALL";
    await duckdb.run(await exported('parquet', 'ocsf'));
    const rows = await queryAll(sql);
    expect(rows.length).toBeGreaterThan(80);
    await duckdb.run(await exported('ndjson', 'ocsf'));
    expect(await queryAll(sql)).toEqual(rows);
  });

  test('answers the queries of docs/export.md', async () => {
    const text = readFileSync(join(ROOT, 'docs', 'export.md'), 'utf8');
    const queries = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql!);
    expect(queries.length).toBe(10);
    for (const sql of queries) expect((await queryAll(sql)).length).toBeGreaterThan(0);
  });
});

/** DuckDB has 64-bit integers as text, and times with an offset. */
function asJson(name: string, value: unknown): unknown {
  if (['statusCode', 'recordIndex', 'expiresAt'].includes(name)) return Number(value);
  if (['eventTime', 'ingestedAt', 'verifiedAt'].includes(name)) return new Date(`${String(value)}:00`).toISOString();
  return value;
}
