import { DuckDBInstance } from '@duckdb/node-api';

const [, , file] = process.argv;
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
const settings = `format = 'unstructured', compression = 'gzip', columns = {Records: 'JSON[]'}, maximum_object_size = 2000000000`;
const reader = await connection.runAndReadAll(`
  SELECT record FROM (SELECT unnest(Records) AS record FROM read_json('${file}', ${settings}))
  WHERE record->>'eventSource' = 'airflow.amazonaws.com'`);
for (const [record] of reader.getRows()) process.stdout.write(`${record}\n`);
