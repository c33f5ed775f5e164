import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

// Compiled in a process of its own: the compiler does not run inside a test's sandbox.
test('the WebAssembly in the repository is what its source compiles to', async () => {
  const { execFileSync } = await import('node:child_process');
  const root = resolve(import.meta.dirname, '../..');
  const script = `process.stdout.write(await (await import('${resolve(root, 'build-wasm.mjs')}')).compileSkimmer())`;
  const compiled = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(compiled).toBe(readFileSync(resolve(root, 'shared/records/simd/skimmer.generated.ts'), 'utf8'));
});
