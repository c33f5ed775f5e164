/** A request that an SDK client sent. */
export interface Call {
  service: string;
  operation: string;
  input: Readonly<Record<string, unknown>>;
  /** The error's name, when it failed. */
  failure?: string;
}

interface SdkClient {
  config: { serviceId: string };
  middlewareStack: { add(middleware: unknown, options: object): void };
}

type Next = (args: { input: Call['input'] }) => Promise<unknown>;

/** Records each command of a client from now on. */
export function recordCalls<Client>(client: Client, calls: Call[]): Client {
  const { config, middlewareStack } = client as SdkClient;
  const middleware =
    (next: Next, { commandName = '' }: { commandName?: string }) =>
    async (args: Parameters<Next>[0]) => {
      const operation = commandName.replace(/Command$/, '');
      const call: Call = { service: config.serviceId, operation, input: args.input };
      calls.push(call);
      try {
        return await next(args);
      } catch (error) {
        call.failure = (error as Error).name;
        throw error;
      }
    };
  middlewareStack.add(middleware, { step: 'initialize' });
  return client;
}

/** A permission that IAM must grant. */
export interface Need {
  action: string;
  resource: string;
  context: Context;
}

type Context = Readonly<Record<string, string | string[]>>;

/** The keys that decrypt buckets and tables, by the ARN of these. */
export type KeysAtRest = ReadonlyMap<string, string>;

/**
 * What a request needs: its action, and what S3 and DynamoDB do in the caller's name for it.
 * @throws for an operation that nobody has thought of yet
 */
export function needsOf(call: Call, region: string, account: string, keys: KeysAtRest): Need[] {
  const operation = OPERATIONS[`${call.service}.${call.operation}`];
  if (operation === undefined) throw new Error(`${call.service}.${call.operation}: say in calls.ts what it needs`);
  return operation(call).flatMap(({ action, resource, context = {} }) => {
    const owner = SERVICES.find(([start]) => resource.startsWith(start))?.[1];
    const arn = owner === undefined ? resource : `arn:aws:${owner}:${region}:${account}:${resource}`;
    const service = action.split(':')[0];
    const key = keys.get(arn.replace(/\/index\/.*/, '')) ?? keys.get(arn.replace(/(:::[^/]+)\/.*/s, '$1'));
    const need = { action, resource: arn, context };
    const keyAction = KEY_ACTIONS.find(([actions]) => actions.test(action))?.[1];
    if (key === undefined || keyAction === undefined) return [need];
    const via = { 'kms:ViaService': `${service}.${region}.amazonaws.com` };
    return [need, { action: keyAction, resource: key, context: via }];
  });
}

/** The services of resources that are named without them. */
const SERVICES = [
  ['table/', 'dynamodb'],
  ['event-bus/', 'events'],
] as const;

/** What is done with a key at rest. DynamoDB decrypts the table's own key with it, to read and to write. */
const KEY_ACTIONS: readonly (readonly [actions: RegExp, action: string])[] = [
  [/^s3:GetObject(Version)?$|^dynamodb:/, 'kms:Decrypt'],
  [/^s3:PutObject$/, 'kms:GenerateDataKey'],
];

interface Part {
  action: string;
  /** An ARN, or the end of one: `table/...`, `event-bus/...` */
  resource: string;
  context?: Context;
}

const OPERATIONS: Readonly<Record<string, (call: Call) => Part[]>> = {
  'S3.GetObject': read,
  'S3.HeadObject': read,
  'S3.PutObject': ofObject('PutObject'),
  'S3.DeleteObject': ofObject('DeleteObject'),
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
  'S3.CreateMultipartUpload': ofObject('PutObject'),
  'S3.UploadPart': ofObject('PutObject'),
  'S3.CompleteMultipartUpload': ofObject('PutObject'),
  'S3.AbortMultipartUpload': ofObject('AbortMultipartUpload'),
  'S3.CopyObject': (call) => {
    const [bucket = '', ...key] = String(call.input.CopySource).split('/');
    const source = { ...call, input: { Bucket: bucket, Key: decodeURIComponent(key.join('/')) } };
    const tags = { action: 's3:GetObjectTagging', resource: objectArn(bucket, source.input.Key) };
    return [
      ...read(source),
      ...(call.input.TaggingDirective === 'REPLACE' ? [] : [tags]),
      { action: 's3:PutObject', resource: objectArn(call.input.Bucket, call.input.Key) },
    ];
  },
  'S3.ListObjectsV2': ({ input }) => [
    {
      action: 's3:ListBucket',
      resource: `arn:aws:s3:::${input.Bucket}`,
      context: { 's3:prefix': String(input.Prefix ?? '') },
    },
  ],
  'DynamoDB.BatchGetItem': ({ input: { RequestItems } }) =>
    Object.keys(RequestItems as object).map((table) => ({
      action: 'dynamodb:BatchGetItem',
      resource: `table/${table}`,
    })),
  'DynamoDB.BatchExecuteStatement': ({ input: { Statements } }) =>
    (Statements as { Statement: string }[]).map(({ Statement }) => ({
      action: 'dynamodb:PartiQLInsert',
      resource: `table/${/^INSERT INTO "(.*?)"/.exec(Statement)?.[1]}`,
    })),
  'DynamoDB.DeleteItem': ofTable('DeleteItem'),
  'DynamoDB.GetItem': ofTable('GetItem'),
  'DynamoDB.PutItem': ofTable('PutItem'),
  'DynamoDB.UpdateItem': ofTable('UpdateItem'),
  'DynamoDB.Query': (call) => ofTable('Query')(call).map((part) => ({ ...part, context: leadingKeyOf(call) })),
  'SNS.Publish': ({ input }) => [{ action: 'sns:Publish', resource: String(input.TopicArn) }],
  'EventBridge.PutEvents': ({ input }) =>
    (input.Entries as { EventBusName: string }[]).map(({ EventBusName }) => ({
      action: 'events:PutEvents',
      resource: `event-bus/${EventBusName}`,
    })),
  'CloudTrail.ListPublicKeys': () => [{ action: 'cloudtrail:ListPublicKeys', resource: '*' }],
};

/**
 * S3 says that an object is missing to those alone who may list it, as if they listed its very key.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function read({ input: { Bucket, Key, VersionId }, failure = '' }: Call): Part[] {
  const action = VersionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  const isMissing = ['NoSuchKey', 'NotFound'].includes(failure);
  const list = { action: 's3:ListBucket', resource: `arn:aws:s3:::${Bucket}`, context: { 's3:prefix': String(Key) } };
  return [{ action, resource: objectArn(Bucket, Key) }, ...(isMissing ? [list] : [])];
}

function ofObject(action: string): (call: Call) => Part[] {
  return ({ input }) => [{ action: `s3:${action}`, resource: objectArn(input.Bucket, input.Key) }];
}

const objectArn = (bucket: unknown, key: unknown) => `arn:aws:s3:::${bucket}/${key}`;

/** The partition of a query of a table, as IAM conditions see it. No condition is about those of indexes. */
function leadingKeyOf({ input }: Call): Context {
  if (input.IndexName !== undefined) return {};
  const [, name = ''] = / = (:\w+)/.exec(String(input.KeyConditionExpression)) ?? [];
  const value = (input.ExpressionAttributeValues as Record<string, { S?: string }>)[name];
  return value?.S === undefined ? {} : { 'dynamodb:LeadingKeys': [value.S] };
}

function ofTable(action: string): (call: Call) => Part[] {
  return ({ input: { TableName, IndexName } }) => {
    const index = IndexName === undefined ? '' : `/index/${IndexName}`;
    return [{ action: `dynamodb:${action}`, resource: `table/${TableName}${index}` }];
  };
}
