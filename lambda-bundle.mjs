/** How a function is bundled, for esbuild: what build.mjs ships, and what the bench of the functions' start varies. */
export const lambdaBundle = (name) => ({
  entryPoints: [`functions/${name}.ts`],
  outfile: `dist/${name}/index.cjs`,
  // CommonJS with ES module sources starts fastest in Lambda's Node (docs/decisions/0007-form-of-the-bundles.md).
  format: 'cjs',
  mainFields: ['module', 'main'],
  platform: 'node',
  target: 'node24',
  bundle: true,
  minify: true,
  legalComments: 'none',
  alias: { '@aws-sdk/credential-provider-node': './functions/lambda-credentials.ts' },
  // Beside the bundle, and not deployed: what a stack trace means, and what is inside.
  sourcemap: 'external',
  metafile: true,
});
