import { appendFile, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../../local/make-folder.ts';
import type { ExportPlace } from '../../shared/export/place.ts';
import { fileError } from '../lib/file-error.ts';

/** An export in a folder, which is made when its first file is. */
export function folderPlace(folder: string): ExportPlace {
  const read = async (name: string) => {
    const text = await ifThere(join(folder, name), readFile(join(folder, name), 'utf8'));
    return text === undefined ? undefined : { text, version: text };
  };
  return {
    uri: folder.replace(/(?<=.)\/+$/, ''),
    read,
    sizeOf: async (name) => (await ifThere(join(folder, name), stat(join(folder, name))))?.size,
    async replace(name, text, before) {
      if ((await read(name))?.version !== before?.version) return false;
      const draft = await createFile(join(folder, name));
      await draft.write(Buffer.from(text));
      await draft.commit();
      return true;
    },
    create: (name) => createFile(join(folder, name)),
    remove: (name) =>
      rm(join(folder, name), { force: true }).catch(fileError(join(folder, name), 'to remove this file of the export')),
  };
}

/** A draft is beside its file. The name is the same each time, so that one that a killed process left is replaced. */
async function createFile(path: string) {
  const draft = join(dirname(path), `.${basename(path)}.part`);
  const failed = fileError(path, 'to write this file of the export');
  await makeFolder(dirname(path)).catch(failed);
  await writeFile(draft, '').catch(failed);
  return {
    write: (bytes: Uint8Array) => appendFile(draft, bytes).catch(failed),
    async commit() {
      const file = await open(draft, 'r+').catch(failed);
      await file
        .sync()
        .catch(failed)
        .finally(() => file.close());
      await rename(draft, path).catch(failed);
    },
    discard: () => rm(draft, { force: true }).catch(failed),
  };
}

function ifThere<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : fileError(path, 'to read this file of the export')(error),
  );
}
