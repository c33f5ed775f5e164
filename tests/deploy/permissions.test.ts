import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readMoreLogBuckets } from '../../shared/config.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';
import { type Call, type KeysAtRest, type Need, needsOf } from './support/calls.ts';
import { compileVariants, VARIANTS, type Variant } from './support/compile.ts';
import { type DeployedWorld, startDeployedWorld } from './support/deployed-world.ts';
import { EXERCISES, type Exercise, loggingNeeds, QUESTIONS } from './support/exercises.ts';
import { identityStatements } from './support/policies.ts';
import { type Actions, isAllowed, type NamedPolicy, readActions } from './support/simulate.ts';
import { ACCOUNT, type Properties, REGION, type Stack } from './support/stack.ts';

/** The variants that differ in the permissions of functions. */
const NAMES: Variant[] = [
  'a new trail',
  'a new trail with every option',
  'the bucket of a trail, encrypted',
  "the topic of an organization's trail, and further trails",
];

/** The services whose actions are all tried. */
const SERVICES = ['dynamodb', 's3', 'sqs', 'sns', 'kms', 'logs', 'lambda', 'cloudtrail', 'events', 'iam', 'sts'];

/** Those of the functions that a variant has. */
const exercisesOf = (name: Variant): Exercise[] => {
  const { export: exports = 'off' }: Record<string, string> = VARIANTS[name];
  return EXERCISES.filter(({ role }) => role !== 'ExportRole' || exports !== 'off');
};
const ALL: Variant = 'a new trail with every option';

/** A stack, and the observed needs of its functions. */
interface Observed {
  stack: Stack;
  keyPrefix: string;
  logBucket: string;
  calls: Map<string, Call[]>;
  needs: Map<string, Need[]>;
}

let actions: Actions;
const observed = new Map<Variant, Observed>();
const worlds: DeployedWorld[] = [];

beforeAll(async () => {
  actions = await readActions(SERVICES);
  for (const [name, stack] of await compileVariants(NAMES)) observed.set(name, await observe(name, stack));
}, 120_000);
afterAll(() => Promise.all(worlds.map((world) => world.stop())));

async function observe(name: Variant, stack: Stack): Promise<Observed> {
  const { keyPrefix = 'AWSLogs/' }: Record<string, string> = VARIANTS[name];
  const world = await startDeployedWorld(stack);
  worlds.push(world);
  const seen: Observed = { stack, keyPrefix, logBucket: world.logBucket, calls: new Map(), needs: new Map() };
  const keys = keysAtRest(name, stack, world.logBucket);
  for (const exercise of exercisesOf(name)) {
    const calls = await exercise.run(world, keyPrefix);
    const needs = calls.flatMap((call) => needsOf(call, REGION, ACCOUNT, keys));
    const others = [...exercise.byLambda(stack), ...loggingNeeds(stack, exercise.function)];
    const distinct = new Map([...needs, ...others].map((need) => [JSON.stringify(need), need]));
    seen.calls.set(exercise.function, calls);
    seen.needs.set(exercise.function, [...distinct.values()]);
  }
  return seen;
}

function keysAtRest(name: Variant, stack: Stack, logBucket: string): KeysAtRest {
  const { kmsKeyArn, moreLogBuckets = '', moreKmsKeyArns = '' }: Record<string, string> = VARIANTS[name];
  const keys = new Map<string, string>();
  for (const { id, properties } of stack.ofType('AWS::S3::Bucket')) {
    const [rule] = properties.BucketEncryption.ServerSideEncryptionConfiguration;
    const key: string | undefined = rule.ServerSideEncryptionByDefault.KMSMasterKeyID;
    if (key !== undefined) keys.set(stack.arn(id), key);
  }
  for (const { id, properties } of stack.ofType('AWS::DynamoDB::Table')) {
    const key: string | undefined = properties.SSESpecification.KMSMasterKeyId;
    if (key !== undefined) keys.set(stack.arn(id), key);
  }
  if (kmsKeyArn !== undefined) keys.set(`arn:aws:s3:::${logBucket}`, kmsKeyArn);
  const moreKeys = moreKmsKeyArns.split(',').map((key) => key.trim());
  for (const [i, { name }] of readMoreLogBuckets(moreLogBuckets).entries())
    keys.set(`arn:aws:s3:::${name}`, moreKeys[i]!);
  return keys;
}

/** Returns all permissions of a role in one policy. */
function policiesOf(stack: Stack, role: string): NamedPolicy[] {
  const statements = identityStatements(stack).filter((statement) => statement.in === role);
  return [{ name: role, policy: { Version: '2012-10-17', Statement: statements.map(({ text }) => text) } }];
}

const line = ({ action, resource, context }: Need) => `${action} ${resource} ${JSON.stringify(context)}`;

describe('the exercises cover', () => {
  test('every function of the stack', () => {
    const functions = observed.get(ALL)!.stack.ofType('AWS::Lambda::Function');
    expect(EXERCISES.map((exercise) => exercise.function)).toEqual(functions.map(({ id }) => id));
    for (const exercise of EXERCISES) {
      const { stack } = observed.get(ALL)!;
      expect(stack.get(exercise.function).properties.Role).toBe(stack.arn(exercise.role));
    }
  });

  test('every route', () => {
    const asked = (path: string) => {
      const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/?]+')}(\\?.*)?$`);
      return QUESTIONS.some((question) => pattern.test(question));
    };
    expect(OPERATIONS.filter(({ path }) => !asked(path)).map(({ path }) => path)).toEqual([]);
  });

  test('each request of each function', () => {
    const kinds = (id: string, variant: Variant = 'a new trail') => {
      const calls = observed.get(variant)!.calls.get(id)!;
      return [
        ...new Set(calls.map(({ operation, failure }) => (failure ? `${operation}: ${failure}` : operation))),
      ].sort();
    };
    expect(kinds('IngestLambdaFunction')).toEqual([
      'BatchExecuteStatement',
      'BatchGetItem',
      'CopyObject',
      'GetItem',
      'GetObject',
      'GetObject: NoSuchKey',
      // Not modified.
      'GetObject: Unknown',
      'PutItem',
      'PutItem: ConditionalCheckFailedException',
      'PutObject',
      'UpdateItem',
    ]);
    expect(kinds('QueryLambdaFunction')).toEqual(['BatchGetItem', 'GetItem', 'Query']);
    expect(kinds('AlertLambdaFunction')).toEqual([
      'BatchGetItem',
      'GetItem',
      'Publish',
      'PutEvents',
      'PutItem',
      'Query',
      'UpdateItem',
      'UpdateItem: ConditionalCheckFailedException',
    ]);
    expect(kinds('ExportLambdaFunction', ALL)).toEqual([
      'AbortMultipartUpload',
      'BatchGetItem',
      'CompleteMultipartUpload',
      'CreateMultipartUpload',
      'DeleteObject',
      'GetObject',
      'GetObject: NoSuchKey',
      'HeadObject',
      'PutObject',
      'Query',
      'UploadPart',
    ]);
    expect(kinds('VerifyLambdaFunction')).toEqual([
      'BatchGetItem',
      'GetItem',
      'GetObject',
      'GetObject: NoSuchKey',
      'ListObjectsV2',
      'ListPublicKeys',
      'Query',
      'UpdateItem',
    ]);
  });
});

describe.each(NAMES)('%s', (name) => {
  describe.each(exercisesOf(name))('$function', (exercise) => {
    const { role } = exercise;
    const seen = () => observed.get(name)!;
    const needs = () => seen().needs.get(exercise.function)!;

    test('is allowed everything that it needs', async () => {
      expect(needs().length).toBeGreaterThan(8);
      expect(await deniedOf(policiesOf(seen().stack, role), needs())).toEqual([]);
    });

    test('is allowed nothing else', async () => {
      expect(await excess(seen(), role, needs())).toEqual([]);
    });

    test('needs everything that it is granted', () => {
      expect(unused(seen().stack, role, needs())).toEqual([]);
    });
  });

  test('ingest reads log files of the trail, and lists only below its prefix', async () => {
    const { stack, keyPrefix, logBucket } = observed.get(name)!;
    const ingest = policiesOf(stack, 'IngestRole');
    const bucket = `arn:aws:s3:::${logBucket}`;
    const allowed = (action: string, resource: string, context = {}) =>
      isAllowed(ingest, { action, resource, context });
    const folder = `${bucket}/${keyPrefix}111122223333`;
    expect(await allowed('s3:GetObject', `${folder}/CloudTrail/eu-west-1/2026/11/02/x.json.gz`)).toBe(true);
    expect(await allowed('s3:GetObject', `${bucket}/${keyPrefix}o-abc/111122223333/CloudTrail/x/x.json.gz`)).toBe(true);
    for (const key of [
      `${folder}/CloudTrail-Digest/eu-west-1/2026/11/02/x.json.gz`,
      `${folder}/CloudTrail/eu-west-1/2026/11/02/x.txt`,
      `${folder}/Config/eu-west-1/x.json.gz`,
      `${bucket}/private/CloudTrail/x.json.gz`,
      `${bucket}-2/${keyPrefix}111122223333/CloudTrail/eu-west-1/x.json.gz`,
    ]) {
      expect([key, await allowed('s3:GetObject', key)]).toEqual([key, false]);
    }
    const list = (context: Record<string, string>) => allowed('s3:ListBucket', bucket, context);
    expect(await list({ 's3:prefix': `${keyPrefix}111122223333/` })).toBe(true);
    expect(await list({ 's3:prefix': 'private/' })).toBe(false);
    expect(await list({ 's3:prefix': '' })).toBe(false);
    expect(await list({})).toBe(false);
  });
});

test('of what the alert function remembers, the query function reads the findings alone', async () => {
  const { stack } = observed.get('a new trail')!;
  const query = (partition: string) =>
    isAllowed(policiesOf(stack, 'QueryRole'), {
      action: 'dynamodb:Query',
      resource: stack.arn('AlertStateTable'),
      context: { 'dynamodb:LeadingKeys': [partition] },
    });
  expect([await query('findings'), await query('seen ["rule"]'), await query('findings ')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('keys are used only through S3 and DynamoDB', async () => {
  const { stack } = observed.get('a new trail with every option')!;
  const decrypt = (role: string, resource: string, context: Record<string, string>) =>
    isAllowed(policiesOf(stack, role), { action: 'kms:Decrypt', resource, context });
  const via = (service: string) => ({ 'kms:ViaService': `${service}.${REGION}.amazonaws.com` });
  const tables = VARIANTS['a new trail with every option'].tableKmsKeyArn;
  expect(await decrypt('IngestRole', stack.arn('TrailKey'), via('s3'))).toBe(true);
  expect(await decrypt('IngestRole', stack.arn('TrailKey'), via('dynamodb'))).toBe(false);
  expect(await decrypt('IngestRole', stack.arn('TrailKey'), {})).toBe(false);
  expect(await decrypt('VerifyRole', stack.arn('TrailKey'), via('s3'))).toBe(true);
  expect(await decrypt('VerifyRole', stack.arn('TrailKey'), {})).toBe(false);
  expect(await decrypt('VerifyRole', tables, via('dynamodb'))).toBe(true);
  expect(await decrypt('QueryRole', tables, via('dynamodb'))).toBe(true);
  expect(await decrypt('QueryRole', tables, {})).toBe(false);
  expect(await decrypt('QueryRole', stack.arn('TrailKey'), via('s3'))).toBe(false);
});

describe('wrong roles are detected', () => {
  const changed = (change: (statements: Statement[]) => void, role = 'QueryRole') => {
    const { stack } = observed.get('a new trail')!;
    const copy: Stack = stack.copy();
    change(copy.get(role).properties.Policies[0].PolicyDocument.Statement);
    return copy;
  };
  interface Statement {
    Effect: string;
    Action: string | string[];
    Resource: string | string[];
  }
  const needs = (id = 'QueryLambdaFunction') => observed.get('a new trail')!.needs.get(id)!;

  test('a missing permission', async () => {
    const copy = changed((statements) => void (statements[1]!.Resource as string[]).shift());
    const denied = await deniedOf(policiesOf(copy, 'QueryRole'), needs());
    expect(denied).toEqual([expect.stringMatching(/^dynamodb:Query .*\/index\/byEnvironment /)]);
  });

  test('an unneeded action', async () => {
    const copy = changed((statements) => {
      statements[0]!.Action = ['dynamodb:GetItem', 'dynamodb:DeleteItem'];
    });
    const seen = { ...observed.get('a new trail')!, stack: copy };
    expect(await excess(seen, 'QueryRole', needs())).toEqual([`dynamodb:DeleteItem ${copy.arn('EventsTable')}`]);
    expect(unused(copy, 'QueryRole', needs())).toEqual([`dynamodb:DeleteItem on ${copy.arn('EventsTable')}`]);
  });

  test('an unneeded resource', async () => {
    const copy = changed((statements) => {
      statements[0]!.Resource = [
        statements[0]!.Resource as string,
        'arn:aws:dynamodb:eu-west-1:111122223333:table/mwaa-*',
      ];
    });
    const seen = { ...observed.get('a new trail')!, stack: copy };
    const found = await excess(seen, 'QueryRole', needs());
    expect(found).toContain(`dynamodb:GetItem ${copy.arn('EnvironmentsTable')}`);
  });

  test('an index that no request uses', () => {
    const copy = changed((statements) =>
      (statements[1]!.Resource as string[]).push(
        `${observed.get('a new trail')!.stack.arn('LogFilesTable')}/index/byAccount`,
      ),
    );
    expect(unused(copy, 'QueryRole', needs())).toEqual([expect.stringMatching(/byAccount$/)]);
  });
});

/** Returns the needs that are denied. */
async function deniedOf(policies: NamedPolicy[], needs: readonly Need[]): Promise<string[]> {
  const denied = [];
  for (const need of needs) if (!(await isAllowed(policies, need))) denied.push(line(need));
  return denied;
}

/** Returns the actions that are allowed on a resource although no request needs them. */
async function excess({ stack, logBucket }: Observed, role: string, needs: readonly Need[]): Promise<string[]> {
  const policies = policiesOf(stack, role);
  const needed = new Set(needs.map(({ action, resource }) => `${action} ${resource}`));
  // All condition keys have matching values, so that conditions hide nothing.
  const context = {
    's3:prefix': 'AWSLogs/111122223333/CloudTrail/x.json.gz',
    'kms:ViaService': `s3.${REGION}.amazonaws.com`,
  };
  const listBucket = `s3:ListBucket arn:aws:s3:::${logBucket}`;
  // IAM denies what no statement names: only the other actions need its rules about resources and conditions.
  const patterns = policies
    .flatMap(({ policy }) => policy.Statement as Properties[])
    .flatMap(({ Action = '*' }) => [Action as string | string[]].flat().map((pattern) => patternOf(pattern, 'i')));
  const isNamed = (action: string) => patterns.some((pattern) => pattern.test(action));
  const tryAll = async (resource: string, all: readonly string[]) => {
    for (const action of all.filter(isNamed)) {
      const tried = `${action} ${resource}`;
      if (needed.has(tried) || tried === listBucket) continue;
      if (await isAllowed(policies, { action, resource, context })) found.push(tried);
    }
  };
  const found: string[] = [];
  for (const resource of resourcesToTry(stack, logBucket, needs)) {
    await tryAll(resource, actions.onResources.get(resource.split(':')[2]!)!);
  }
  await tryAll('*', actions.onEverything);
  return found;
}

/** Resources that the functions use, others of the same kind, and those of other owners. */
function resourcesToTry(stack: Stack, logBucket: string, needs: readonly Need[]): Set<string> {
  const tables = stack
    .ofType('AWS::DynamoDB::Table')
    .flatMap(({ id, properties }) => [
      stack.arn(id),
      ...(properties.GlobalSecondaryIndexes ?? []).map(
        ({ IndexName }: { IndexName: string }) => `${stack.arn(id)}/index/${IndexName}`,
      ),
    ]);
  // Log files and digests: a role that reads one kind must not read the other.
  const readsDigests = needs.some(({ resource }) => resource.includes('/CloudTrail-Digest/'));
  const buckets = stack
    .ofType('AWS::S3::Bucket')
    .flatMap(({ id }) => [
      stack.arn(id),
      `${stack.arn(id)}/AWSLogs/1/${readsDigests ? 'CloudTrail' : 'CloudTrail-Digest'}/x.json.gz`,
      `${stack.arn(id)}/x`,
    ]);
  const others = stack
    .ofType(
      'AWS::SQS::Queue',
      'AWS::SNS::Topic',
      'AWS::Events::EventBus',
      'AWS::KMS::Key',
      'AWS::Lambda::Function',
      'AWS::CloudTrail::Trail',
      'AWS::IAM::Role',
    )
    .map(({ id }) => stack.arn(id));
  // Tables, buckets and queues of other stacks, and such with a name that starts like one of this stack.
  const foreign = [
    `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/another`,
    `${stack.arn('EventsTable')}-2`,
    `${stack.arn('EventsTable')}-2/index/byDay`,
    `arn:aws:s3:::another/AWSLogs/${ACCOUNT}/CloudTrail/x.json.gz`,
    'arn:aws:s3:::another',
    `arn:aws:s3:::${logBucket}-2/AWSLogs/${ACCOUNT}/CloudTrail/x.json.gz`,
    `arn:aws:s3:::${logBucket}/x`,
    `arn:aws:sqs:${REGION}:${ACCOUNT}:another`,
    `arn:aws:kms:${REGION}:${ACCOUNT}:key/another`,
    `arn:aws:sns:${REGION}:${ACCOUNT}:another`,
    `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`,
    `${stack.arn('LogFilesTable')}/stream/2026-11-20T00:00:00.000`,
    `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/another:log-stream:x`,
  ];
  // One object of each bucket: they differ only by name.
  const named = needs.filter(({ resource }) => resource !== '*');
  const used = new Map(named.map(({ resource }) => [resource.replace(/(:::[^/]+)\/.*/s, '$1/'), resource]));
  return new Set([...used.values(), ...tables, ...buckets, ...others, ...foreign]);
}

/** Returns the grants that no request needs. */
function unused(stack: Stack, role: string, needs: readonly Need[]): string[] {
  const granted = identityStatements(stack)
    .filter((statement) => statement.in === role)
    .flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => ({ action, resource }))),
    );
  return granted
    .filter(
      ({ action, resource }) =>
        !needs.some((need) => need.action === action && patternOf(resource).test(need.resource)),
    )
    .map(({ action, resource }) => `${action} on ${resource}`);
}

/** What an action or a resource of a policy matches: `*` is any text, `?` any character. */
const patternOf = (text: string, flags = ''): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replaceAll('?', '.')
      .replaceAll('*', '.*')}$`,
    `s${flags}`,
  );
