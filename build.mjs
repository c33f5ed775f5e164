// Builds what is shipped: `node build.mjs` everything, `node build.mjs cli ingest ...` some. What is built already stays.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { build } from 'esbuild';
import { loadRules } from './cli/detect/load-rules.ts';
import { lambdaBundle } from './lambda-bundle.mjs';
import { readRules } from './shared/detect/read-rules.ts';
import { Places } from './shared/detect/rule-tree.ts';
import { bundledPackages, noticesOf } from './third-party.mjs';

// `scan` must start fast: one small CommonJS file. The other commands are loaded when needed.
const PROGRAM = {
  name: 'program',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/program\.ts$/ }, () => ({ path: './program.mjs', external: true })),
};

/** What dynalite's source has to say otherwise inside a bundle. */
const DYNALITE_CHANGES = [
  // esbuild bundles a folder of modules that are required by name only if the names have an extension.
  ["require('./actions/' + action)", "require('./actions/' + action + '.js')"],
  ["require('./validations/' + action)", "require('./validations/' + action + '.js')"],
  // Node warns of it, except in node_modules.
  ['url.parse(req.url, true).query', "Object.fromEntries(new URL(req.url, 'http://localhost').searchParams)"],
];

const DYNALITE = {
  name: 'dynalite',
  setup: ({ onLoad }) =>
    onLoad({ filter: /node_modules[\\/]dynalite[\\/]index\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [from, to] of DYNALITE_CHANGES) {
        if (!contents.includes(from)) throw new Error(`dynalite/index.js: expected ${from}`);
        contents = contents.replace(from, () => to);
      }
      return { contents, loader: 'js' };
    }),
};

/** The native part of classic-level stays where npm puts it. */
const NATIVE = {
  name: 'native',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/binding$/ }, ({ importer }) =>
      /node_modules[\\/]classic-level[\\/]/.test(importer)
        ? { path: 'classic-level/binding.js', external: true }
        : undefined,
    ),
};

// It takes 20 ms to load, and is called only for text that is not ASCII.
const STRING_WIDTH = {
  name: 'string-width',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^string-width$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'when-called' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'when-called' }, ({ path }) => ({
      contents: `export default (text) => require(${JSON.stringify(path)}).default(text)`,
      resolveDir: '.',
    }));
  },
};

// An `import` of a module of Node reads all that it exports, also what it loads only when it is read: node:http has undici, 35 ms.
const NODE_MODULES = {
  name: 'node-modules',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /./ }, ({ path, kind }) =>
      kind.includes('import') && isBuiltin(path)
        ? { path, namespace: 'node', pluginData: kind, suffix: `#${kind}` }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path, pluginData: kind }) => {
      const properties = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(path)));
      const exported = properties.flatMap(([name, { get }]) =>
        // esbuild leaves out what no statement imports, if reading it has no effect. For an import(), all stays.
        get && kind === 'dynamic-import' ? [] : `export const ${name} = /* @__PURE__ */ (() => all.${name})();`,
      );
      return {
        contents: [`const all = process.getBuiltinModule('${path}');`, 'export default all;', ...exported].join('\n'),
      };
    });
  },
};

/** Functions that the built program need not run: what they return. */
const KNOWN = {
  'local/table-resources.ts': async ({ readTableResources }) => ({ readTableResources: readTableResources() }),
  'cli/completion/program-words.ts': async ({ programWords }) => {
    const { createProgram } = await import('./cli/program.ts');
    const context = { env: {}, out: process.stdout, err: process.stderr };
    return { programWords: await programWords(() => createProgram(context, () => {})) };
  },
  'shared/detect/known-trees.ts': async () => {
    const [{ files, lists }] = await loadRules([]);
    return { knownTrees: [...files, lists].map(({ path, text }) => [text, new Places(path).parse(text)]) };
  },
};

const KNOWN_RESULTS = {
  name: 'known-results',
  setup: ({ onLoad }) => {
    for (const [file, compute] of Object.entries(KNOWN)) {
      onLoad({ filter: new RegExp(`/${file}$`.replaceAll('/', '[\\\\/]')) }, async () => {
        const results = Object.entries(await compute(await import(`./${file}`)));
        const contents = results.map(([name, result]) => `export const ${name} = () => (${JSON.stringify(result)});`);
        return { contents: contents.join('\n') };
      });
    }
  },
};

// Cloudscape has its fonts inside its styles, where all of them are loaded: as files, a page loads those that it uses.
const FONT_FILES = {
  name: 'font-files',
  setup: ({ onLoad, onResolve }) => {
    const fonts = new Map();
    onLoad({ filter: /global-styles[\\/]index\.css$/ }, async ({ path }) => {
      const styles = await readFile(path, 'utf8');
      const contents = styles.replace(/data:font\/woff2;base64,([\w+/=]+)/g, (_, base64) => {
        const name = `font-${fonts.size + 1}.woff2`;
        fonts.set(name, Buffer.from(base64, 'base64'));
        return name;
      });
      return { contents, loader: 'css' };
    });
    onResolve({ filter: /^font-\d+\.woff2$/ }, ({ path }) => ({ path, namespace: 'font' }));
    onLoad({ filter: /.*/, namespace: 'font' }, ({ path }) => ({ contents: fonts.get(path), loader: 'file' }));
  },
};

const { engines } = JSON.parse(await readFile('package.json', 'utf8'));

const command = {
  platform: 'node',
  target: 'node22',
  bundle: true,
  mainFields: ['module', 'main'],
  // Less to read at each start. Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  // Otherwise, regular expressions with \p are constructed at the start, and compiled.
  supported: { 'regexp-unicode-property-escapes': true, 'regexp-set-notation': true },
};

/** Our rules, and those of the folder `rules`, which git ignores. The alert function has them inside. */
const ruleFolders = await loadRules(existsSync('rules') ? ['rules'] : []);
readRules(ruleFolders);

const TARGETS = {
  ingest: [lambdaBundle('ingest')],
  query: [lambdaBundle('query')],
  verify: [lambdaBundle('verify')],
  alert: [{ ...lambdaBundle('alert'), define: { RULE_FOLDERS: JSON.stringify(ruleFolders) } }],
  export: [lambdaBundle('export')],
  cli: [
    {
      platform: 'node',
      target: 'es5',
      entryPoints: ['cli/start.cjs'],
      outfile: 'dist/cli/mwaa-trail.cjs',
      banner: { js: '#!/usr/bin/env node' },
      define: { SUPPORTED_NODE: JSON.stringify(engines.node) },
    },
    {
      ...command,
      entryPoints: ['cli/main.ts'],
      outfile: 'dist/cli/main.cjs',
      format: 'cjs',
      plugins: [PROGRAM],
    },
    {
      ...command,
      entryPoints: ['cli/program.ts'],
      outdir: 'dist/cli',
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      splitting: true,
      chunkNames: 'chunk-[hash]',
      plugins: [NODE_MODULES, DYNALITE, NATIVE, STRING_WIDTH, KNOWN_RESULTS],
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    },
  ],
};

/** The console: static files, served by `mwaa-trail serve`. */
TARGETS.console = [
  {
    platform: 'browser',
    target: 'es2022',
    bundle: true,
    minify: true,
    entryPoints: { app: 'console/src/main.tsx', styles: 'console/src/styles.ts' },
    outdir: 'dist/console',
    format: 'esm',
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: '/console',
    jsx: 'automatic',
    loader: { '.woff2': 'file', '.woff': 'file' },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'linked',
    plugins: [FONT_FILES],
  },
];

/** The modules that a module needs to start, itself included. */
function importedBy(path, outputs, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const { path: imported, kind } of outputs[path].imports) {
    if (kind === 'import-statement' && imported in outputs) importedBy(imported, outputs, found);
  }
  return found;
}

/**
 * Writes the page that loads the script and the styles, whose names have hashes, and removes what it does not need.
 * @returns the files that stay
 */
async function writePage({ outputs }) {
  const entry = (path) => Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === path);
  const [script] = entry('console/src/main.tsx');
  const [stylesModule, { cssBundle }] = entry('console/src/styles.ts');
  const addressOf = (path) => path.replace('dist/', '/');
  // A browser that knows all modules at once needs no round trip for each level of imports.
  const modules = [...importedBy(script, outputs)].filter((path) => path !== script);
  const page = (await readFile('console/index.html', 'utf8'))
    .replace('<!-- styles -->', `<link rel="stylesheet" href="${addressOf(cssBundle)}" />`)
    .replace(
      '<!-- modules -->',
      modules.map((path) => `<link rel="modulepreload" href="${addressOf(path)}" />`).join('\n    '),
    )
    .replace('<!-- script -->', `<script type="module" src="${addressOf(script)}"></script>`);
  await writeFile('dist/console/index.html', page);
  const isNeeded = (path) => path !== stylesModule && (!path.endsWith('.css') || path === cssBundle);
  const [needed, others] = [true, false].map((wanted) =>
    Object.keys(outputs).filter((path) => isNeeded(path) === wanted),
  );
  for (const path of others) await rm(path);
  return [...needed, 'dist/console/index.html'];
}

/** What the result depends on, besides the sources that esbuild reads. */
const SETTINGS = [
  'build.mjs',
  'third-party.mjs',
  'lambda-bundle.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'console/index.html',
  'serverless.yml',
];

/** A hash of files and of the rules, or undefined if a file is not there. */
async function hashOf(paths) {
  const hash = createHash('sha256').update(JSON.stringify(ruleFolders));
  for (const path of [...paths].sort()) {
    if (!existsSync(path)) return undefined;
    hash.update(`${path}\n`).update(
      createHash('sha256')
        .update(await readFile(path))
        .digest(),
    );
  }
  return hash.digest('hex');
}

async function isBuilt(name) {
  const record = `dist/${name}/built.json`;
  if (!existsSync(record)) return false;
  const { inputs, outputs, hash } = JSON.parse(await readFile(record, 'utf8'));
  return (await hashOf([...inputs, ...outputs])) === hash;
}

const wanted = process.argv.slice(2);
let isChanged = false;
for (const [name, builds] of Object.entries(TARGETS)) {
  if ((wanted.length > 0 && !wanted.includes(name)) || (await isBuilt(name))) continue;
  isChanged = true;
  await rm(`dist/${name}`, { recursive: true, force: true });
  const [inputs, outputs] = [new Set(SETTINGS), []];
  for (const options of builds) {
    const { metafile } = await build({ ...options, metafile: true, logLevel: 'warning' });
    if (options.metafile) await writeFile(`${options.outfile}.meta.json`, JSON.stringify(metafile));
    for (const path of Object.keys(metafile.inputs).filter(
      (input) => !/^(font:|node:|when-called:|<define:)/.test(input),
    ))
      inputs.add(path);
    outputs.push(...(name === 'console' ? await writePage(metafile) : Object.keys(metafile.outputs)));
  }
  if (name === 'cli') await chmod('dist/cli/mwaa-trail.cjs', 0o755);
  const hash = await hashOf([...inputs, ...outputs]);
  await writeFile(`dist/${name}/built.json`, JSON.stringify({ inputs: [...inputs], outputs, hash }));
}

if (isChanged) {
  const built = Object.keys(TARGETS).filter((name) => existsSync(`dist/${name}/built.json`));
  await writeFile('dist/THIRD-PARTY-NOTICES.txt', await noticesOf(await bundledPackages(built)));
}
