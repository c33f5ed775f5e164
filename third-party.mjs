import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @typedef {{ path: string, name: string, version: string, license: string }} Package its path is below the project */

/**
 * The packages that esbuild has put into what is built in `dist/`.
 * @param {string[]} targets the names of `node build.mjs`, which has built them
 * @returns {Promise<Package[]>} each once, by path
 */
export async function bundledPackages(targets) {
  const paths = new Set();
  for (const name of targets) {
    const { inputs } = JSON.parse(await readFile(`dist/${name}/built.json`, 'utf8'));
    for (const input of inputs) {
      const [path] = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
      if (path !== undefined) paths.add(path);
    }
  }
  return Promise.all([...paths].sort().map(packageAt));
}

/**
 * The packages that npm installs with this one: its dependencies, and theirs.
 * @returns {Promise<Package[]>} each once
 */
export async function installedPackages() {
  const found = new Map();
  const visit = async (manifest) => {
    const { dependencies = {} } = JSON.parse(await readFile(manifest, 'utf8'));
    for (const name of Object.keys(dependencies)) {
      const path = `node_modules/${name}`;
      if (found.has(path)) continue;
      found.set(path, await packageAt(path));
      await visit(join(path, 'package.json'));
    }
  };
  await visit('package.json');
  return [...found.values()];
}

async function packageAt(path) {
  const { name, version, license } = JSON.parse(await readFile(join(path, 'package.json'), 'utf8'));
  return { path, name, version, license: typeof license === 'string' ? license : 'see below' };
}

/**
 * The licenses of packages, which must accompany their code.
 * @param {Package[]} packages
 */
export async function noticesOf(packages) {
  const sections = await Promise.all(
    packages.map(async ({ path, name, version, license }) => {
      const files = existsSync(path) ? (await readdir(path)).filter((file) => /^(licen[cs]e|notice)/i.test(file)) : [];
      const texts = await Promise.all(files.sort().map((file) => readFile(join(path, file), 'utf8')));
      return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n');
    }),
  );
  return `mwaa-trail contains code of these packages.\n\n${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
