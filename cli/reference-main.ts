/** `npm run docs`: writes docs/cli.md, docs/actions.md and the tables of docs/detections.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../local/table-definitions.ts';
import { actionReference } from './action-reference.ts';
import { detectionReference } from './detection-reference.ts';
import { cliReference } from './reference.ts';

const docs = join(packageRoot(), 'docs');
await writeFile(join(docs, 'cli.md'), await cliReference());
await writeFile(join(docs, 'actions.md'), actionReference());
const detections = join(docs, 'detections.md');
await writeFile(detections, await detectionReference(await readFile(detections, 'utf8')));
