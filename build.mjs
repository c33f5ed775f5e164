// Builds what is shipped: `node build.mjs` everything, `node build.mjs cli ingest ...` some.
import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const lambda = (name) => ({
  entryPoints: [`functions/${name}.ts`],
  outfile: `dist/${name}/index.cjs`,
  // CommonJS with ES module sources starts fastest in Lambda's Node.
  format: 'cjs',
  mainFields: ['module', 'main'],
  platform: 'node',
  target: 'node24',
  bundle: true,
  minify: true,
  legalComments: 'none',
});

const TARGETS = {
  ingest: lambda('ingest'),
  query: lambda('query'),
  cli: {
    entryPoints: { 'mwaa-trail': 'cli/main.ts' },
    outdir: 'dist/cli',
    outExtension: { '.js': '.mjs' },
    // Splitting keeps what a command does not need out of its start.
    format: 'esm',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    mainFields: ['module', 'main'],
    platform: 'node',
    target: 'node20',
    bundle: true,
    // The embedded servers are packages of their own, with native parts.
    external: ['dynalite', 'fauxqs', 'classic-level'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  },
};

const wanted = process.argv.slice(2);
for (const [name, options] of Object.entries(TARGETS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await rm(`dist/${name}`, { recursive: true, force: true });
  await build({ ...options, logLevel: 'warning' });
}
if (wanted.length === 0 || wanted.includes('cli')) await chmod('dist/cli/mwaa-trail.mjs', 0o755);
