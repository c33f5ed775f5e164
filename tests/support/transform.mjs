import { transformSync } from 'esbuild';

// Types are checked by tsc; a test run only strips them.
export default {
  process: (source, filename) =>
    transformSync(source, { loader: 'ts', format: 'esm', target: 'node22', sourcefile: filename, sourcemap: 'inline' }),
};
