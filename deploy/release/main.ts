/**
 * Writes what a release has beside the zip files and the npm package: the template with parameters, and the bill of materials
 * of all that is shipped.
 *     node deploy/release/main.ts FOLDER
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../shared/version.ts';
import { bundledPackages, installedPackages } from '../../third-party.mjs';
import { compileRelease } from './compile.ts';
import { type Sbom, shippedOnly } from './sbom.ts';

const [folder = 'release'] = process.argv.slice(2);
const write = (name: string, content: object) =>
  writeFileSync(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);

write('mwaa-trail.template.json', await compileRelease(VERSION));

const npm = execFileSync(
  'npm',
  ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'],
  {
    maxBuffer: 100_000_000,
  },
);
const shipped = [
  ...(await bundledPackages(['ingest', 'query', 'verify', 'alert', 'export', 'cli', 'console'])),
  ...(await installedPackages()),
];
const names = new Set(shipped.map(({ name, version }) => `${name}@${version}`));
write('sbom.cdx.json', shippedOnly(JSON.parse(npm.toString()) as Sbom, 'mwaa-trail', names));
