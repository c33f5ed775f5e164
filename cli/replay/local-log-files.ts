import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isLogFileName, NO_ACCOUNT, trailKeyOf } from '../../shared/cloudtrail/object-key.ts';
import { TrailError } from '../../shared/errors.ts';
import { HEAD_BYTES, type TextForm, textFormOf } from '../../shared/log-file/text-form.ts';
import { fileReason } from '../lib/file-error.ts';

/** A file to replay. */
export interface LocalLogFile {
  /** As given, or found below a given folder. */
  path: string;
  /** The key it gets in the bucket. */
  key: string;
  form: TextForm;
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
}

export interface UnreadableFile {
  path: string;
  problem: string;
}

/**
 * Finds the log files at these paths: files of any name, and in folders all files with names of log files. A file that cannot be
 * read is returned with the reason.
 */
export async function* walkLogFiles(paths: readonly string[]): AsyncGenerator<LocalLogFile | UnreadableFile> {
  const keys = new Set<string>();
  const seen = new Set<string>();
  for await (const found of walk(paths)) {
    if (typeof found !== 'string') yield found;
    else if (!seen.has(resolve(found))) {
      seen.add(resolve(found));
      try {
        const file = await describe(found);
        const { key } = file;
        // Two copies of one trail's bucket. A trail may have a prefix, so both keys are valid.
        for (let copy = 2; keys.has(file.key); copy += 1) file.key = `copy-${copy}/${key}`;
        keys.add(file.key);
        yield file;
      } catch (error) {
        yield { path: found, problem: fileProblem(error) };
      }
    }
  }
}

async function* walk(paths: readonly string[]): AsyncGenerator<string | UnreadableFile> {
  for (const path of paths) {
    if (/^(s3:\/\/|arn:)/i.test(path)) {
      yield { path, problem: 'expected a file or a folder; mwaa-trail backfill reads buckets' };
      continue;
    }
    try {
      if ((await stat(path)).isDirectory()) yield* walkFolder(path);
      else yield path;
    } catch (error) {
      yield { path, problem: fileProblem(error) };
    }
  }
}

/** In the order of names, so that replays are repeatable. */
async function* walkFolder(folder: string): AsyncGenerator<string | UnreadableFile> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk([path]);
    else if (isLogFileName(entry.name)) yield path;
  }
}

async function describe(path: string): Promise<LocalLogFile> {
  const stats = await stat(path);
  // Opening a named pipe waits for a writer.
  if (!stats.isFile()) throw new TrailError('not-a-file', 'expected a file or a folder');
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return {
      path,
      // An archive from Windows can have backslashes in names.
      key: trailKeyOf(resolve(path).replaceAll('\\', '/')) ?? madeUpKey(path, stats.mtime),
      form: await textFormOf(buffer.subarray(0, bytesRead)),
      size: stats.size,
      modified: stats.mtimeMs,
    };
  } finally {
    await handle.close();
  }
}

/** A unique key in CloudTrail's form for a path, with an account and Region that do not exist. */
function madeUpKey(path: string, modified: Date): string {
  const [day = '', time = ''] = modified.toISOString().split('T');
  const stamp = `${day.replaceAll('-', '')}T${time.slice(0, 5).replace(':', '')}Z`;
  const unique = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 16);
  const folder = `AWSLogs/${NO_ACCOUNT}/CloudTrail/local/${day.replaceAll('-', '/')}`;
  return `${folder}/${NO_ACCOUNT}_CloudTrail_local_${stamp}_${unique}.json.gz`;
}

function fileProblem(error: unknown): string {
  if (error instanceof TrailError) return error.message;
  return fileReason(error as NodeJS.ErrnoException);
}
