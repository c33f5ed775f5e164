// Reads the Parquet files of a folder, and writes their rows as one Parquet file a partition as DuckDB does.
import { DuckDBInstance } from '@duckdb/node-api';

const [, , from, to, compression = 'snappy'] = process.argv;
const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '1GB' });
const connection = await instance.connect();
const types = `{'p_account': VARCHAR, 'p_region': VARCHAR, 'p_day': VARCHAR}`;
const reader = await connection.runAndReadAll(`
  SELECT count(*), count(DISTINCT eventId) FROM read_parquet('${from}/*/*/*/*.parquet', hive_types = ${types})`);
await connection.run(`
  COPY (SELECT * FROM read_parquet('${from}/*/*/*/*.parquet', hive_partitioning = true, hive_types = ${types}))
  TO '${to}' (FORMAT parquet, COMPRESSION ${compression}, PARTITION_BY (p_account, p_region, p_day))`);
process.stdout.write(`${reader.getRows()[0].join(' ')}\n`);
