import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');

/** The stages of the pipeline: each may import those before it. `kernel` and `records` know bytes, `aws` where they come from. */
const STAGES = [
  'kernel',
  'cloudtrail',
  'delivery',
  'records',
  'aws',
  'log-file',
  'audit-event',
  'store',
  'ingest',
  'integrity',
  'query',
  'detect',
  'export',
  'render',
  'alert',
  'http',
];
/** What every stage may import. */
const COMMON = [
  'shared/errors.ts',
  'shared/audit-event/json-text.ts',
  'shared/aws/bucket-name.ts',
  'shared/config.ts',
  'shared/defined.ts',
  'shared/ingest/time-budget.ts',
  'shared/version.ts',
];

/** Where `process.env` is read: where a process starts, and nowhere else. */
const ENTRY_POINTS = [
  'functions/alert.ts',
  'functions/export.ts',
  'functions/ingest.ts',
  'functions/query.ts',
  'functions/verify.ts',
  'cli/main.ts',
  'local/main.ts',
  'local/tables-main.ts',
];

interface SourceFile {
  path: string;
  text: string;
  /** Files of the project by path, packages by name. */
  imports: string[];
}

const files = ['shared', 'functions', 'cli', 'local'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !path.endsWith('.as.ts'))
    .map(readSource),
);

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'/g)].map((match) => match[1]!);
  const imports = specifiers.map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name));
  return { path, text, imports };
}

/** `[file, import]` of all imports in the files that `from` takes. */
const importsOf = (from: (path: string) => boolean) =>
  files.filter(({ path }) => from(path)).flatMap(({ path, imports }) => imports.map((name) => [path, name] as const));

const stageOf = (path: string) => STAGES.indexOf(/^shared\/([^/]+)\//.exec(path)?.[1] ?? '');

test('the walk finds the source, and what it imports is there', () => {
  expect(files.length).toBeGreaterThan(60);
  const paths = new Set(files.map(({ path }) => path));
  const missing = importsOf(() => true).filter(
    ([, name]) => name.endsWith('.ts') && !paths.has(name) && !name.endsWith('.d.ts'),
  );
  expect(missing).toEqual([]);
  expect(importsOf((path) => path === 'shared/ingest/ingest-log-file.ts').length).toBeGreaterThan(10);
});

describe('shared', () => {
  test('each folder is a stage', () => {
    const folders = readdirSync(join(ROOT, 'shared'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual([...STAGES].sort());
  });

  test('a stage imports itself, stages before it, errors and configuration', () => {
    const inner = importsOf((path) => stageOf(path) >= 0).filter(([, name]) => name.endsWith('.ts'));
    const wrong = inner.filter(
      ([path, name]) => !COMMON.includes(name) && (stageOf(name) < 0 || stageOf(name) > stageOf(path)),
    );
    expect(wrong).toEqual([]);
  });

  test('the common files import nothing but each other', () => {
    expect(importsOf((path) => COMMON.includes(path)).filter(([, name]) => !COMMON.includes(name))).toEqual([]);
  });

  test('nothing imports functions, commands or embedded servers', () => {
    const wrong = importsOf((path) => path.startsWith('shared/')).filter(([, name]) =>
      /^(functions|cli|local|tests|bench)\//.test(name),
    );
    expect(wrong).toEqual([]);
  });

  test('the pipeline ends with the store: asking is another story', () => {
    const later = importsOf((path) => path === 'shared/ingest/ingest-log-file.ts').filter(([, name]) =>
      /^shared\/(query|render)\//.test(name),
    );
    expect(later).toEqual([]);
  });

  test('what only describes the API is not shipped with it', () => {
    const wrong = importsOf((path) => !path.startsWith('shared/http/description/')).filter(([, name]) =>
      name.startsWith('shared/http/description/'),
    );
    expect(wrong).toEqual([]);
  });

  test('no circle', () => {
    const graph = new Map(files.map(({ path, imports }) => [path, imports.filter((name) => name.endsWith('.ts'))]));
    const done = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path))
        throw new Error(`a circle of imports: ${[...way.slice(way.indexOf(path)), path].join(' -> ')}`);
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
      done.add(path);
    };
    expect(() => {
      for (const path of graph.keys()) visit(path, []);
    }).not.toThrow();
  });
});

describe('packages', () => {
  const usersOf = (name: RegExp) => [
    ...new Set(importsOf(() => true).flatMap(([path, imported]) => (name.test(imported) ? [path] : []))),
  ];

  test('middy stands in functions', () => {
    const users = usersOf(/^@middy\//);
    expect(users).not.toEqual([]);
    expect(users.filter((path) => !path.startsWith('functions/'))).toEqual([]);
  });

  /** Adapters, embedded servers, and what starts a process: these make clients and send commands. */
  const ADAPTERS =
    /^(shared\/(aws|store|integrity|alert)\/|shared\/query\/partitions\.ts|shared\/export\/bucket\.ts|local\/|cli\/(alerts|backfill|doctor|preflight|redrive|replay)\/|cli\/lib\/deployed-stack\.ts|functions\/)/;
  /** These only pass clients on, or make what adapters send. */
  const BY_TYPE_ALONE = /^shared\/(ingest\/\w[\w-]*\.ts|query\/(ask|plan)\.ts|store\/(item|event-item)\.ts)/;

  test('the AWS SDK stands in the adapters, elsewhere its types at most', () => {
    const imports = files.flatMap(({ path, text }) =>
      [...text.matchAll(/^(?:import|export) (type )?[^;]*?from '@aws-sdk\//gm)].map(([, type]) => ({
        path,
        type: type !== undefined,
      })),
    );
    expect(new Set(imports.map(({ path }) => path))).toEqual(new Set(usersOf(/^@aws-sdk\//)));
    const wrong = imports.filter(({ path, type }) => !(ADAPTERS.test(path) || (type && BY_TYPE_ALONE.test(path))));
    expect(wrong).toEqual([]);
  });

  const AWS = 'shared/aws/';

  test('clients of AWS are made in shared/aws, all with the common settings', () => {
    const makers = files.filter(({ text }) => /\bnew (\w+Client|Service)\(/.test(text));
    expect(makers.map(({ path }) => path).sort()).toEqual(
      ['dynamodb', 's3', 'settings', 'sqs'].map((name) => `${AWS}${name}.ts`),
    );
    expect(makers.filter(({ text }) => !text.includes('...clientSettings(')).map(({ path }) => path)).toEqual([]);
    const withTimeOuts = files.filter(({ text }) => /\b(requestHandler|requestTimeout)\b/.test(text));
    expect(withTimeOuts.map(({ path }) => path)).toEqual(['shared/aws/settings.ts']);
  });

  test('each file of shared/aws needs one client at most: a bundle has no other service inside', () => {
    const clientsIn = (path: string): string[] =>
      importsOf((importing) => importing === path).flatMap(([, name]) =>
        name.startsWith(AWS) ? clientsIn(name) : /^@aws-sdk\/client-/.test(name) ? [name] : [],
      );
    const several = files.filter(({ path }) => path.startsWith(AWS) && new Set(clientsIn(path)).size > 1);
    expect(several.map(({ path }) => path)).toEqual([]);
    expect(clientsIn('shared/aws/s3.ts')).toContain('@aws-sdk/client-s3');
  });

  /** The clients that a command loads beside those of S3 and DynamoDB; through `await import` it may use more. */
  const CLIENTS: Readonly<Record<string, string[]>> = {
    'cli/program.ts': [],
    'cli/commands/verify.ts': ['cloudtrail'],
    'cli/commands/evidence.ts': ['cloudtrail'],
    'cli/commands/redrive.ts': ['sqs'],
    'cli/commands/alerts.ts': ['lambda'],
    'cli/commands/doctor.ts': [
      ...['cloudformation', 'cloudtrail', 'cloudwatch', 'cloudwatch-logs', 'eventbridge', 'iam', 'kms', 'lambda'],
      ...['sns', 'sqs', 'sts'],
    ],
  };

  test('a command loads clients only of services that it asks', () => {
    const commands = files.filter(({ path }) => path.startsWith('cli/commands/')).map(({ path }) => path);
    expect(commands.length).toBeGreaterThan(10);
    for (const path of ['cli/program.ts', ...commands]) {
      const clients = [...loadedWith(path)].flatMap((name) => /^@aws-sdk\/client-(.+)/.exec(name)?.[1] ?? []);
      const others = clients.filter((name) => name !== 's3' && name !== 'dynamodb');
      expect([path, others.sort()]).toEqual([path, CLIENTS[path] ?? []]);
    }
    expect([...loadedWith('cli/program.ts')].filter((path) => path.startsWith('cli/commands/'))).toEqual([]);
  });

  /** Files and packages that are loaded with a file, as far as no `await import` stands between. */
  function loadedWith(path: string, found = new Set<string>()): Set<string> {
    if (found.has(path)) return found;
    found.add(path);
    const { text = '' } = files.find((file) => file.path === path) ?? {};
    for (const [, kind, name = ''] of text.matchAll(/^(?:import|export)( type)? [^;]*?from '([^']+)';/gm))
      if (kind === undefined) loadedWith(name.startsWith('.') ? normalize(join(dirname(path), name)) : name, found);
    return found;
  }

  /** What a page may load as well as the program. */
  test.each(['shared/render/likely-causes.ts', 'shared/query/criteria-table.ts', 'shared/render/times.ts'])(
    '%s needs nothing that a browser lacks',
    (path) => {
      const loaded = [...loadedWith(path)];
      expect(loaded.length).toBeGreaterThan(1);
      expect(loaded.filter((name) => /^(node:|@aws-sdk\/)/.test(name))).toEqual([]);
    },
  );

  test("doctor's checks look at no clock", () => {
    const checks = files.filter(({ path }) => /^cli\/(doctor|preflight)\/checks\//.test(path));
    expect(checks.length).toBeGreaterThan(5);
    expect(checks.filter(({ text }) => /\bDate\.now\b|new Date\(\)/.test(text))).toEqual([]);
  });

  test('records and audit events are made without a file, a socket or a clock', () => {
    const pure = importsOf((path) => /^shared\/(records|audit-event|delivery|render)\//.test(path));
    expect(pure.filter(([, name]) => /^node:(?!buffer$|crypto$|util$)/.test(name))).toEqual([]);
    const clocks = files.filter(
      ({ path, text }) => path.startsWith('shared/') && /\bDate\.now\b|new Date\(\)/.test(text),
    );
    expect(clocks.map(({ path }) => path)).toEqual([]);
  });
});

describe('the process', () => {
  const using = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

  test('its environment is read at entry points alone', () => {
    // What takes the place of the SDK's credentials and its attempts looks where the SDK does.
    const readers = [...ENTRY_POINTS, 'functions/lambda-credentials.ts', 'shared/aws/settings.ts'];
    expect(using(/\bprocess\.env\b/).filter((path) => !readers.includes(path))).toEqual([]);
  });

  test('nothing under shared and functions ends it', () => {
    expect(using(/\bprocess\.exit/).filter((path) => /^(shared|functions)\//.test(path))).toEqual([]);
  });
});
