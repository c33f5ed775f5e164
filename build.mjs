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
  alias: { '@aws-sdk/credential-provider-node': './functions/lambda-credentials.ts' },
});

// `scan` is all about starting fast: one small CommonJS file. The other commands are loaded when they are asked for.
const PROGRAM = {
  name: 'program',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/program\.ts$/ }, () => ({ path: './program.mjs', external: true })),
};

const command = { platform: 'node', target: 'node20', bundle: true, mainFields: ['module', 'main'] };

const TARGETS = {
  ingest: [lambda('ingest')],
  query: [lambda('query')],
  cli: [
    { ...command, entryPoints: ['cli/main.ts'], outfile: 'dist/cli/mwaa-trail.cjs', format: 'cjs', plugins: [PROGRAM] },
    {
      ...command,
      entryPoints: ['cli/program.ts'],
      outdir: 'dist/cli',
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      splitting: true,
      chunkNames: 'chunk-[hash]',
      // The embedded servers are packages of their own, with native parts.
      external: ['dynalite', 'fauxqs', 'classic-level'],
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    },
  ],
};

const wanted = process.argv.slice(2);
for (const [name, builds] of Object.entries(TARGETS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await rm(`dist/${name}`, { recursive: true, force: true });
  for (const options of builds) await build({ ...options, logLevel: 'warning' });
}
if (wanted.length === 0 || wanted.includes('cli')) await chmod('dist/cli/mwaa-trail.cjs', 0o755);
