import { relative } from 'node:path';

/** The shorter path to type: from the working directory, if the file or folder is below it. */
export function shortPath(path: string, workingDirectory: string): string {
  const below = relative(workingDirectory, path);
  return below.startsWith('..') ? path : below;
}
