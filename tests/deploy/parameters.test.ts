import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../support/cli.ts';
import { scaled } from '../support/scale.ts';
import { type Packaging, packaged } from './support/compile.ts';
import { type Properties, REGION, resolveTemplate, type Stack } from './support/stack.ts';

const stackOf = async (params: Record<string, string>, packaging: Packaging = {}): Promise<Stack> =>
  resolveTemplate(await packaged(params, packaging));

const PROD = `
prod:
  source: bucket
  logBucket: our-trail
  kmsKeyArn: arn:aws:kms:eu-west-1:111122223333:key/trail
  retentionDays: 400
  verify: off
  tags:
    team: data-platform
    cost centre: 42
dev:
  source: topic
`;

describe('stages.yml', () => {
  test('has the parameters of a stage, including tags; the command line takes precedence', async () => {
    const stack = await stackOf({ retentionDays: '30', silentHours: '3' }, { stage: 'prod', stages: PROD });
    const { EventPattern, Tags } = stack.get('LogFileRule').properties;
    expect(EventPattern.detail.bucket.name).toEqual(['our-trail']);
    expect(Tags).toEqual([
      { Key: 'team', Value: 'data-platform' },
      { Key: 'cost centre', Value: '42' },
    ]);
    const { RETENTION_DAYS, LOG_BUCKETS } = stack.get('IngestLambdaFunction').properties.Environment.Variables;
    expect({ RETENTION_DAYS, LOG_BUCKETS }).toEqual({ RETENTION_DAYS: '30', LOG_BUCKETS: 'our-trail' });
    expect(stack.get('NoLogFilesAlarm').properties.EvaluationPeriods).toBe('3');
    expect(stack.ofType('AWS::Lambda::Function')).toHaveLength(3);
  });

  test('has no effect on another stage', async () => {
    const stack = await stackOf({}, { stage: 'test', stages: PROD });
    const { LOG_BUCKETS } = stack.get('IngestLambdaFunction').properties.Environment.Variables;
    expect(LOG_BUCKETS).toBe('mwaa-trail-test-logs-111122223333-eu-west-1');
    const tags = (stack.get('Trail').properties.Tags as Properties[]).map(({ Key }) => Key);
    expect(tags).toEqual(['project']);
  });
});

test('the stage for local development uses the names of the embedded servers', async () => {
  const stack = await stackOf({}, { stage: 'local' });
  const { LOG_BUCKETS, QUARANTINE_BUCKET } = stack.get('IngestLambdaFunction').properties.Environment.Variables;
  expect([LOG_BUCKETS, QUARANTINE_BUCKET]).toEqual(['mwaa-trail-local-logs', 'mwaa-trail-local-quarantine']);
});

describe('invalid parameters are reported', () => {
  const TOPIC = 'arn:aws:sns:eu-west-1:999988887777:trail';

  const CASES: readonly [string, Record<string, string>, Packaging, string][] = [
    ['a misspelled name', { logbucket: 'x' }, {}, 'logbucket is not a parameter: expected one of eventSources, '],
    [
      'a misspelled name of a stage',
      {},
      { stages: 'dev: { logbucket: x }' },
      'parameters of stage dev: logbucket is not a parameter',
    ],
    ['no map', {}, { stages: 'dev: x' }, 'stages.yml: dev: expected a map of parameters'],
    ['another source', { source: 'queue' }, {}, 'source: expected new-trail, bucket or topic'],
    ['another way', { notify: 'lambda' }, {}, 'notify: expected queue or function'],
    [
      'management events of an existing trail',
      { source: 'bucket', logBucket: 'x', managementEvents: 'false' },
      {},
      'is set there',
    ],
    ['accounts that are none', { readerAccounts: '12' }, {}, 'readerAccounts: expected account IDs of 12 digits'],
    ['a boundary that is a name', { permissionsBoundary: 'boundary' }, {}, 'permissionsBoundary: expected the ARN'],
    ['a path without a slash', { rolePath: 'audit/' }, {}, 'rolePath: expected / or /PATH/'],
    [
      'a key of another Region for a new trail',
      { kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/x' },
      {},
      'kmsKeyArn: the key of a new trail must be in eu-west-1',
    ],
    [
      'a key of another Region for the tables',
      { tableKmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/x' },
      {},
      'tableKmsKeyArn: expected a key in eu-west-1',
    ],
    [
      'a log bucket that ingest would refuse',
      { source: 'bucket', logBucket: 'x', allowedLogBuckets: 'x-2@111122223333' },
      {},
      'allowedLogBuckets: expected x among them',
    ],
    [
      'a stage that is too long for the names of roles',
      { source: 'bucket', logBucket: 'x', quarantineBucket: 'y' },
      { stage: 'production-of-the-whole-company-eu' },
      'the stage names roles: expected at most 30',
    ],
    ['neither on nor off', { verify: 'no' }, {}, 'verify: expected on or off'],
    ['no bucket to attach to', { source: 'bucket' }, {}, 'source=bucket needs logBucket'],
    ['no topic', { source: 'topic', logBucket: 'x' }, {}, 'source=topic needs topicArn'],
    [
      'a topic that is no ARN',
      { source: 'topic', logBucket: 'x', topicArn: 'trail' },
      {},
      'topicArn: expected the ARN',
    ],
    ['a prefix for a new trail', { keyPrefix: 'a/AWSLogs/' }, {}, 'keyPrefix: a new trail writes to AWSLogs/'],
    [
      'a prefix without AWSLogs/',
      { source: 'topic', logBucket: 'x', topicArn: TOPIC, keyPrefix: 'audit/' },
      {},
      'keyPrefix: expected AWSLogs/ or PREFIX/AWSLogs/',
    ],
    [
      'a lock that outlives what it locks',
      { objectLockDays: '400', logFileDays: '300' },
      {},
      'logFileDays: expected at least objectLockDays',
    ],
    [
      'an alias',
      { tableKmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:alias/x' },
      {},
      'tableKmsKeyArn: expected the ARN',
    ],
    ['no number', { queryConcurrency: 'all' }, {}, 'queryConcurrency: expected none or a number'],
    ['more than CloudWatch evaluates', { silentHours: '25' }, {}, 'silentHours: expected a number from 1 to 24'],
    ['tags as a text', { tags: 'a=b' }, {}, 'tags: expected a map'],
    ['a stage that is too long for bucket names', {}, { stage: 'production-eu-west' }, 'at most 13'],
    ['two at once', { source: 'x', notify: 'y' }, {}, 'bucket or topic; notify'],
  ];

  test.each(CASES)('%s', async (_, params, packaging, says) => {
    await expect(readParameters(params, packaging)).rejects.toThrow(says);
  });

  // Each takes Serverless a second.
  test.each(CASES.slice(0, scaled(2, CASES.length)))('%s, by Serverless', async (_, params, packaging, says) => {
    await expect(packaged(params, packaging)).rejects.toThrow(says);
  });
});

const DEFAULTS = join(ROOT, 'deploy', 'parameters.yml');

/** Reads the parameters as Serverless does. */
function readParameters(params: Record<string, string>, { stage = 'dev', stages }: Packaging): Promise<object> {
  const variables = new Map([
    ['sls:stage', stage],
    // Without warnings of CloudFormation's tags, such as !Sub.
    ['file(./deploy/parameters.yml)', parse(readFileSync(DEFAULTS, 'utf8'), { logLevel: 'error' })],
    ['file(./stages.yml), null', stages === undefined ? null : parse(stages)],
    ['self:provider.region', REGION],
  ]);
  const param = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const read = createRequire(import.meta.url)('../../deploy/parameters.cjs');
  return read({ options: { param }, resolveVariable: async (name: string) => variables.get(name) });
}
