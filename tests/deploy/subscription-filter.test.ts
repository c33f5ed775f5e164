import { beforeAll, describe, expect, test } from '@jest/globals';
import { jsonFiles } from '../support/cases.ts';
import { compileVariants, type Variant } from './support/compile.ts';
import { keysOf, passesFilter } from './support/sns-filter.ts';
import type { Properties } from './support/stack.ts';

const VARIANT: Variant = 'the topic of a trail in another account';

let subscription: Properties;
beforeAll(async () => {
  subscription = (await compileVariants([VARIANT])).get(VARIANT)!.get('LogFileSubscription').properties;
}, 60_000);
const passes = (message: string) => passesFilter(subscription.FilterPolicy, message);

test('the filter applies to the body, and has no more names than SNS allows', () => {
  expect(subscription.FilterPolicyScope).toBe('MessageBody');
  expect(keysOf(subscription.FilterPolicy).length).toBeLessThanOrEqual(5);
});

/** Returns the message of each sample that came through a topic. */
function published(): [name: string, message: string][] {
  const samples = jsonFiles<{ Records?: { Sns?: { Message: string }; body?: string }[] }>('events/deliveries');
  return samples.flatMap(([name, { Records = [] }]) =>
    Records.flatMap(({ Sns, body }) => {
      const envelope = body === undefined || !body.startsWith('{') ? undefined : JSON.parse(body);
      const message = Sns?.Message ?? (envelope?.Type === 'Notification' ? envelope.Message : undefined);
      const raw = name.endsWith('-raw') ? body : undefined;
      return (message ?? raw) ? [[name, message ?? raw] as [string, string]] : [];
    }),
  );
}

test('notifications of log files pass, in every form', () => {
  const announcing = published().filter(([name]) => name !== 'cloudtrail-validation-message');
  expect(announcing.map(([name]) => name)).toEqual([
    'cloudtrail-sns',
    'cloudtrail-sns-through-sqs',
    's3-through-sns',
    's3-through-sns-and-sqs',
    's3-through-sns-and-sqs-raw',
  ]);
  for (const [name, message] of announcing) expect([name, passes(message)]).toEqual([name, true]);
});

const key = 'o-abc/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/x.json.gz';

test.each<[string, unknown]>([
  ['several log files', { s3Bucket: 'logs', s3ObjectKey: [key, key] }],
  ['S3, with unknown members', { Records: [{ eventSource: 'aws:s3', new: 1, s3: {} }], more: true }],
  ['EventBridge', { source: 'aws.s3', 'detail-type': 'Object Created', detail: { bucket: {}, object: {} } }],
])('%s passes', (_, message) => expect(passes(JSON.stringify(message))).toBe(true));

describe('other messages on the same topic do not pass', () => {
  const config = { s3Bucket: 'logs', configSnapshotId: '1', notificationCreationTime: '2026-11-02T09:15:00Z' };
  test.each<[string, unknown]>([
    [
      'a change that AWS Config detected',
      { configurationItem: { resourceType: 'AWS::EC2::Instance' }, messageType: 'ConfigurationItemChangeNotification' },
    ],
    [
      'a snapshot of AWS Config, which names an object as CloudTrail does',
      {
        ...config,
        s3ObjectKey: 'o-abc/AWSLogs/1/Config/x.json.gz',
        messageType: 'ConfigurationSnapshotDeliveryCompleted',
      },
    ],
    [
      'a history of AWS Config',
      { ...config, s3ObjectKey: 'x.json.gz', messageType: 'ConfigurationHistoryDeliveryCompleted' },
    ],
    ['compliance', { messageType: 'ComplianceChangeNotification', newEvaluationResult: {} }],
    ['an alarm', { AlarmName: 'x', NewStateValue: 'ALARM', Trigger: { MetricName: 'y' } }],
    ['another service, through EventBridge', { source: 'aws.config', 'detail-type': 'Config Rules Compliance Change' }],
    ['records of something else', { Records: [{ eventSource: 'aws:ses' }, { EventSource: 'aws:s3' }] }],
    ['an empty object', {}],
    ['a list', []],
  ])('%s', (_, message) => expect(passes(JSON.stringify(message))).toBe(false));

  test.each(['CloudTrail validation message.', 'Drift has been detected', ''])('a text: %p', (message) =>
    expect(passes(message)).toBe(false),
  );
});
