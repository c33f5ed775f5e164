import { cpSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Not that of `cli.ts`, which needs Jest: the mutation tests run without it. */
const ROOT = join(import.meta.dirname, '..', '..');

/** What is made here, not written. */
const LEFT_OUT = /^(\.git|\.mwaa-trail|\.serverless|coverage|dist|release)$|(^|[\\/])node_modules$/;

/** Copies the sources to another folder, with the same dependencies. */
export function copyProject(to: string): void {
  cpSync(ROOT, to, { recursive: true, filter: (path) => !LEFT_OUT.test(relative(ROOT, path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(to, 'node_modules'));
}
