/** `npm run docs`: writes docs/cli.md and docs/actions.md. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../local/table-definitions.ts';
import { actionReference } from './action-reference.ts';
import { cliReference } from './reference.ts';

const docs = join(packageRoot(), 'docs');
await writeFile(join(docs, 'cli.md'), await cliReference());
await writeFile(join(docs, 'actions.md'), actionReference());
