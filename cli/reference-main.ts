/** `npm run docs`: writes docs/cli.md. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../local/table-definitions.ts';
import { cliReference } from './reference.ts';

await writeFile(join(packageRoot(), 'docs', 'cli.md'), await cliReference());
