/** The reader alone, as a program: reads a file and prints the records kept as they stand. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readLogFile } from '../shared/log-file/read-log-file.ts';

const hash = process.argv.includes('--hash') ? createHash('sha256') : undefined;

void readLogFile(createReadStream(process.argv[2] as string, { highWaterMark: 262_144 }), {
  eventSources: ['airflow.amazonaws.com'],
  hash,
  onRecords: ({ kept }) => {
    for (const { bytes } of kept) process.stdout.write(Buffer.concat([bytes, Buffer.from('\n')]));
  },
}).then(() => hash?.digest());
