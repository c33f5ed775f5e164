import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its parents, unless it is there. Node's own way to do both never ends in a folder such as /proc, which says
 * that a parent is missing although it is there.
 * @param mode permissions of each that is created
 * @throws the errors of node:fs
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    if (await isFolder(folder)) return;
    const parent = dirname(folder);
    const isMissing =
      (error as NodeJS.ErrnoException).code === 'ENOENT' && parent !== folder && !(await isFolder(parent));
    if (!isMissing) throw error;
    await makeFolder(parent, mode);
    await makeFolder(folder, mode);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
