import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its parents, unless it is there. Several may do so at once. Node's own way to do both never ends in a folder
 * such as /proc, which says that a parent is missing although it is there.
 * @param mode permissions of each that is created
 * @throws the errors of node:fs
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const make = () =>
    mkdir(folder, { mode }).catch(async (error: unknown) => {
      if (!(await isFolder(folder))) throw error;
    });
  try {
    await make();
  } catch (error) {
    const parent = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    // It may be there by now: then this does nothing.
    await makeFolder(parent, mode);
    await make();
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
