// Decompression only, with Node's default settings, to nowhere.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

createReadStream(process.argv[2])
  .pipe(createGunzip())
  .on('data', () => {});
