import { TrailError } from '../../shared/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
  ELOOP: 'its links lead in a circle',
};

/** Why the file system refuses: a clause such as `it is a folder`. */
export function fileReason({ code = 'unknown error' }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? `it cannot be used (${code})`;
}

/** Returns a handler that explains an error of the file system. */
export function fileError(file: string, expectation: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw new TrailError('file', `${file}: expected ${expectation}, but ${fileReason(cause)}`, { cause });
  };
}
