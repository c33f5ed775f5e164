import { TrailError } from '../../shared/errors.ts';

/** Returns a handler that explains an error of the file system. */
export function fileError(file: string, expectation: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw new TrailError('file', `${file}: expected ${expectation} (${cause.code})`, { cause });
  };
}
