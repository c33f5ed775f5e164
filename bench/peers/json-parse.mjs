// What most functions do: everything into memory, one JSON.parse.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const { Records } = JSON.parse(gunzipSync(readFileSync(process.argv[2])).toString());
for (const record of Records) {
  if (record.eventSource === 'airflow.amazonaws.com') process.stdout.write(`${JSON.stringify(record)}\n`);
}
