import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { packageRoot } from '../../local/table-definitions.ts';
import {
  DERIVED_PARAMETERS,
  LOG_RETENTION_DAYS,
  PLACEHOLDER_REGION,
  placeholderOf,
  templateParameters,
} from './parameters.ts';
import { COMPILED, type Compiled, type ReleaseTemplate, releaseTemplate } from './template.ts';

/**
 * Compiles serverless.yml to one template with parameters; needs neither credentials nor a network.
 * @param version of the release, which the keys of its zip files contain
 */
export async function compileRelease(version: string): Promise<ReleaseTemplate> {
  const yaml = await readFile(join(packageRoot(), 'deploy', 'parameters.yml'), 'utf8');
  return releaseTemplate(await compileWithPlaceholders(yaml), templateParameters(yaml, `mwaa-trail/${version}/`));
}

async function compileWithPlaceholders(yaml: string): Promise<Compiled[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-release-'));
  try {
    const services = COMPILED.map((choice, i) => ({ choice, path: join(folder, String(i)) }));
    for (const { choice, path } of services) await writeService(path, choice, yaml);
    const runs = services.map(({ path }) => ({
      cwd: path,
      args: ['package', '--stage', placeholderOf('stage'), '--region', PLACEHOLDER_REGION, '--package', 'out'],
    }));
    const program = join(packageRoot(), 'deploy', 'serverless-many.cjs');
    await promisify(execFile)(process.execPath, [program, JSON.stringify(runs)], { timeout: 120_000 });
    return await Promise.all(
      services.map(async ({ path }) =>
        JSON.parse(await readFile(join(path, 'out', 'cloudformation-template-update-stack.json'), 'utf8')),
      ),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The service without its code, with a placeholder for each parameter, and with its conditions left as they are. */
async function writeService(path: string, choice: (typeof COMPILED)[number], yaml: string): Promise<void> {
  await mkdir(path);
  for (const name of ['serverless.yml', 'deploy']) {
    await cp(join(packageRoot(), name), join(path, name), { recursive: true });
  }
  const deploy = (name: string) => join(path, 'deploy', name);
  // Serverless includes a file by the value of these parameters.
  await cp(deploy(`${choice.source}.yml`), deploy(`${placeholderOf('source')}.yml`));
  await cp(deploy(`verify-${choice.verify}.yml`), deploy(`verify-${placeholderOf('verify')}.yml`));
  await cp(deploy(`alert-${choice.alerts}.yml`), deploy(`alert-${placeholderOf('alerts')}.yml`));
  await cp(deploy(`live-${choice.live}.yml`), deploy(`live-${placeholderOf('liveFile')}.yml`));
  await cp(deploy(`export-${choice.export}.yml`), deploy(`export-${placeholderOf('exportFile')}.yml`));
  await writeFile(
    deploy('parameters.cjs'),
    `module.exports = () => (${JSON.stringify({ default: placeholders(yaml) })});`,
  );
  await writeFile(join(path, 'serverless-build.cjs'), 'module.exports = class {};');
  await rename(deploy('finish-template.cjs'), deploy('plugins.cjs'));
  await writeFile(deploy('finish-template.cjs'), "module.exports = require('./plugins.cjs').TagTemplate;");
  for (const name of ['ingest', 'query', 'verify', 'alert', 'export']) {
    await mkdir(join(path, 'dist', name), { recursive: true });
    await writeFile(join(path, 'dist', name, 'index.cjs'), '');
  }
}

function placeholders(yaml: string): Record<string, unknown> {
  const { default: defaults } = parse(yaml, { logLevel: 'error' }) as { default: Record<string, unknown> };
  const names = [...Object.keys(defaults), 'liveFile', 'exportFile', ...DERIVED_PARAMETERS];
  return {
    ...Object.fromEntries(names.map((name) => [name, placeholderOf(name)])),
    logRetentionDays: LOG_RETENTION_DAYS,
    tags: defaults.tags,
  };
}
