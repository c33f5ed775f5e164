import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import chain from 'stream-chain';
import { parser } from 'stream-json';
import { pick } from 'stream-json/filters/pick.js';
import { streamArray } from 'stream-json/streamers/stream-array.js';

const file = createReadStream(process.argv[2]);
chain([file, createGunzip(), parser(), pick({ filter: 'Records' }), streamArray()]).on('data', ({ value }) => {
  if (value.eventSource === 'airflow.amazonaws.com') process.stdout.write(`${JSON.stringify(value)}\n`);
});
