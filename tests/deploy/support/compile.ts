import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../local/table-definitions.ts';
import { REGION, resolveTemplate, type Stack, type Template } from './stack.ts';

/** The variants of deployment that docs/deploy.md and serverless.yml describe, as `--param` values. */
export const VARIANTS = {
  'a new trail': {},
  'a new trail that calls the function': { source: 'new-trail', notify: 'function', ingestConcurrency: '10' },
  'a new trail with every option': {
    tableKmsKeyArn: `arn:aws:kms:${REGION}:111122223333:key/tables`,
    alarmEmail: 'security@example.com',
    retentionDays: '400',
    logFileDays: '800',
    queryConcurrency: '20',
    verifyConcurrency: '1',
    maxReadUnits: '50',
    maxWriteUnits: '60',
    originalLogBucket: 'original-logs',
    objectLockDays: '365',
    objectLockMode: 'COMPLIANCE',
    accessLogBucket: 'our-access-logs',
    alertLevel: 'high',
    digest: 'weekly',
    readerAccounts: '444455556666, 777788889999',
    permissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary',
    rolePath: '/platform/audit/',
    live: 'all',
    liveAccounts: '444455556666,999988887777',
    export: 'daily',
    eventSources: 'airflow.amazonaws.com,airflow-serverless.amazonaws.com',
  },
  'a new trail with a bucket and a key of its own names, not verified': {
    logBucket: 'our-own-logs',
    quarantineBucket: 'our-own-quarantine',
    kmsKeyArn: `arn:aws:kms:${REGION}:111122223333:key/own`,
    verify: 'off',
  },
  "a new trail of MWAA's data events alone": { managementEvents: 'false' },
  'a new trail with a bucket of its own name that calls the function': {
    notify: 'function',
    logBucket: 'our-own-logs',
  },
  'the bucket of a trail, encrypted': {
    source: 'bucket',
    logBucket: 'an-existing-trail',
    kmsKeyArn: `arn:aws:kms:${REGION}:111122223333:key/trail`,
    export: 'daily',
    exportBucket: 'analytics',
    exportFormat: 'ndjson',
    exportSchema: 'ocsf',
  },
  'the topic of a trail in another account': {
    source: 'topic',
    topicArn: `arn:aws:sns:${REGION}:999988887777:org-trail`,
    logBucket: 'org-trail',
    allowedLogBuckets: 'org-trail@999988887777',
    // As Control Tower's trail has it.
    keyPrefix: 'o-a1b2c3d4e5/AWSLogs/',
    live: 'on',
  },
  'the topic of a trail in another Region, which is opted in to': {
    source: 'topic',
    topicArn: 'arn:aws:sns:af-south-1:999988887777:org-trail',
    logBucket: 'org-trail',
  },
  'a bucket, encrypted, that is a replica and not verified': {
    source: 'bucket',
    logBucket: 'a-replica',
    kmsKeyArn: `arn:aws:kms:${REGION}:111122223333:key/replica`,
    verify: 'off',
    alerts: 'off',
  },
} satisfies Record<string, Record<string, string>>;

export type Variant = keyof typeof VARIANTS;

/** The template of each variant. */
export async function packageVariants(names = Object.keys(VARIANTS) as Variant[]): Promise<Map<Variant, Template>> {
  const templates = await packagedEach(names.map((name) => VARIANTS[name]));
  return new Map(names.map((name, i) => [name, templates[i]!]));
}

/** The stack of each variant. */
export async function compileVariants(names = Object.keys(VARIANTS) as Variant[]): Promise<Map<Variant, Stack>> {
  return new Map([...(await packageVariants(names))].map(([name, template]) => [name, resolveTemplate(template)]));
}

export interface Packaging {
  stage?: string;
  /** The content of stages.yml. */
  stages?: string;
}

type Params = Readonly<Record<string, string>>;

/** As `packagedEach`, for one. */
export async function packaged(params: Params, packaging: Packaging = {}): Promise<Template> {
  const [template] = await packagedEach([params], packaging);
  return template!;
}

/**
 * `serverless package`, once in a test run for the same settings, which needs neither credentials nor a network.
 * @returns a template for each, as CloudFormation would get it
 * @throws with what Serverless says
 */
export async function packagedEach(all: readonly Params[], packaging: Packaging = {}): Promise<Template[]> {
  const known = all.map((params) => {
    const id = createHash('sha256')
      .update(JSON.stringify([params, packaging]))
      .digest('hex');
    return { params, path: join(process.env.TEST_RUN_FOLDER!, `${id}.json`) };
  });
  await packageNow(
    known.filter(({ path }) => !existsSync(path)),
    packaging,
  );
  return Promise.all(known.map(async ({ path }) => JSON.parse(await readFile(path, 'utf8'))));
}

/** Writes the template of each to its path. */
async function packageNow(
  wanted: readonly { params: Params; path: string }[],
  { stage = 'dev', stages }: Packaging,
): Promise<void> {
  const program = join(packageRoot(), 'deploy', 'serverless-many.cjs');
  // It keeps state in its folder: two at a time need two.
  const service = await serviceFolder();
  const runs = wanted.map(({ params }, i) => ({
    cwd: service,
    args: [
      ...['package', '--stage', stage, '--region', REGION, '--package', `out-${i}`],
      ...Object.entries(params).map(([name, value]) => `--param=${name}=${value}`),
    ],
  }));
  try {
    if (stages !== undefined) await writeFile(join(service, 'stages.yml'), stages);
    const run = promisify(execFile)(process.execPath, [program, JSON.stringify(runs)], {
      timeout: 120_000,
    });
    await run.catch(({ stdout, stderr }) => Promise.reject(new Error(`${stdout}${stderr}`)));
    for (const [i, { path }] of wanted.entries()) {
      await rename(join(service, `out-${i}`, 'cloudformation-template-update-stack.json'), path);
    }
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
  for (const name of ['ingest', 'query', 'verify', 'alert', 'export']) {
    await mkdir(join(folder, 'dist', name), { recursive: true });
    await writeFile(join(folder, 'dist', name, 'index.cjs'), '');
  }
  return folder;
}
