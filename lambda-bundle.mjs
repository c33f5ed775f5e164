/** The esbuild options for a function: build.mjs ships the result, and the bench of the functions' start varies them. */
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
  // Not deployed: the source map, for stack traces, and the list of what is inside.
  sourcemap: 'external',
  metafile: true,
});
