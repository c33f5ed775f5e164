import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../..');

// Compiled in a process of its own: the compiler does not run inside a test's sandbox.
test('the WebAssembly in the repository is what its sources compile to', () => {
  const script = `
    const { SOURCES, target, compile } = await import('${resolve(root, 'build-wasm.mjs')}');
    const compiled = await Promise.all(SOURCES.map(async (source) => [target(source), await compile(source)]));
    process.stdout.write(JSON.stringify(compiled));`;
  const compiled: [string, string][] = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  );
  expect(compiled.map(([file]) => file)).toEqual(['shared/kernel/kernel.generated.ts']);
  for (const [file, text] of compiled) expect(text).toBe(readFileSync(resolve(root, file), 'utf8'));
});
