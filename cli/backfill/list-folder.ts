import type { FoundObject } from '../log-files/file-result.ts';
import { walkLogFiles } from '../replay/local-log-files.ts';
import { fileEtag } from './sources.ts';
import type { Listing } from './wanted-files.ts';

/** Files that are passed on together. */
const PIECE = 200;

/**
 * Lists the log files below a folder, as objects of a bucket.
 * @param bucket its name in the ledger and in events
 */
export function listFolder(folder: string, bucket: string): Listing {
  return async (take, tally, signal) => {
    let piece: FoundObject[] = [];
    for await (const found of walkLogFiles([folder])) {
      if (signal.aborted) return;
      if ('problem' in found) {
        tally.cannotRead(found.path, found.problem);
        continue;
      }
      const { path, key, size, modified, form } = found;
      if (form.content !== 'log-file') {
        tally.cannotRead(path, 'expected a log file, found events without one; mwaa-trail replay reads them');
        continue;
      }
      piece.push({ bucket, key, etag: fileEtag(size, modified), size, path });
      if (piece.length < PIECE) continue;
      await take(piece);
      piece = [];
    }
    await take(piece);
  };
}
