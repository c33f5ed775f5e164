import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../local/table-definitions.ts';
import { REGION, resolveTemplate, type Stack, type Template } from './stack.ts';

/** The ways of deploying that README and serverless.yml name, as `--param` values. */
export const VARIANTS = {
  'a new trail': {},
  'a new trail that calls the function': { source: 'new-trail', notify: 'function' },
  'a new trail with every option': {
    tableKmsKeyArn: `arn:aws:kms:${REGION}:111122223333:key/tables`,
    alarmEmail: 'security@example.com',
    retentionDays: '400',
    logFileDays: '800',
    queryConcurrency: 'none',
    maxReadUnits: '50',
    maxWriteUnits: '60',
  },
  'the bucket of a trail, encrypted': {
    source: 'bucket',
    logBucket: 'an-existing-trail',
    kmsKeyArn: `arn:aws:kms:${REGION}:111122223333:key/trail`,
  },
  'the topic of a trail in another account': {
    source: 'topic',
    topicArn: `arn:aws:sns:${REGION}:999988887777:org-trail`,
    logBucket: 'org-trail',
    allowedLogBuckets: 'org-trail@999988887777',
    keyPrefix: 'audit/AWSLogs/',
  },
} satisfies Record<string, Record<string, string>>;

export type Variant = keyof typeof VARIANTS;

/** The stack of each variant. Each takes about a second. */
export async function compileVariants(names = Object.keys(VARIANTS) as Variant[]): Promise<Map<Variant, Stack>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await compile(VARIANTS[name])] as const)));
}

/** `serverless package`, which needs neither credentials nor a network. */
async function compile(params: Readonly<Record<string, string>>): Promise<Stack> {
  const serverless = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const options = Object.entries(params).map(([name, value]) => `--param=${name}=${value}`);
  const command = [serverless, 'package', '--region', REGION, '--package', 'out', ...options];
  // It keeps state in its folder: two at a time need two.
  const service = await serviceFolder();
  try {
    await promisify(execFile)(process.execPath, command, { cwd: service, timeout: 120_000 });
    const text = await readFile(join(service, 'out', 'cloudformation-template-update-stack.json'), 'utf8');
    return resolveTemplate(JSON.parse(text) as Template);
  } finally {
    await rm(service, { recursive: true });
  }
}

/**
 * The service without its code, in a folder of its own: the template does not depend on the code, and building it would
 * exchange bundles that other tests run.
 */
async function serviceFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-template-'));
  for (const name of ['serverless.yml', 'deploy']) {
    await cp(join(packageRoot(), name), join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, 'serverless-build.cjs'), 'module.exports = class {};');
  const yaml = await readFile(join(folder, 'serverless.yml'), 'utf8');
  for (const [, path = ''] of yaml.matchAll(/'(dist\/[^/]+)\/\*\.cjs'/g)) {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, 'index.cjs'), '');
  }
  return folder;
}
