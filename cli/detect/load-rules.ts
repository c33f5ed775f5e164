import { isUtf8 } from 'node:buffer';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { packageRoot } from '../../local/table-definitions.ts';
import { LISTS_FILE } from '../../shared/detect/lists.ts';
import type { RuleFolder } from '../../shared/detect/read-rules.ts';
import type { RuleFile } from '../../shared/detect/rule-tree.ts';
import { TrailError } from '../../shared/errors.ts';
import { fileError } from '../lib/file-error.ts';

/** The folder of the package with our rules. */
const OURS = 'detections';

/** Reads the files of our rules and of other folders, in this order. */
export async function loadRules(folders: readonly string[]): Promise<RuleFolder[]> {
  const ours = await loadFolder(join(packageRoot(), OURS), OURS);
  return [ours, ...(await Promise.all(folders.map((folder) => loadFolder(folder, folder))))];
}

const MAX_FILES = 2_000;

/** @param shown what messages call the folder */
async function loadFolder(folder: string, shown: string): Promise<RuleFolder> {
  const names = await yamlFiles(folder);
  if (names.length > MAX_FILES) throw new TrailError('rules', `${shown}: expected at most ${MAX_FILES} files`);
  const files = await Promise.all(names.map((name) => load(join(folder, name), join(shown, name))));
  const lists = files.find((_, i) => names[i] === LISTS_FILE);
  return { files: files.filter((_, i) => basename(names[i]!) !== LISTS_FILE), lists };
}

/** The files below a folder, by name. */
async function yamlFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(fileError(folder, 'a folder of rules'));
  return names.filter((name) => /\.ya?ml$/.test(name)).sort();
}

async function load(path: string, shown: string): Promise<RuleFile> {
  const bytes = await readFile(path).catch(fileError(path, 'a file of rules'));
  if (isUtf8(bytes)) return { path: shown, text: bytes.toString() };
  throw new TrailError('rules', `${shown}: expected UTF-8`);
}
