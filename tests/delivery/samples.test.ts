import { expect, test } from '@jest/globals';
import type { Announcement } from '../../shared/delivery/announcement.ts';
import { readDelivery } from '../../shared/delivery/read-delivery.ts';
import { jsonFiles } from '../support/cases.ts';
import { announcementsOf } from '../support/deliveries.ts';

const LOG_FILE = {
  bucket: 'mwaa-trail-local-logs',
  key: 'AWSLogs/012345678901/CloudTrail/us-west-2/2020/10/07/012345678901_CloudTrail_us-west-2_20201007T1555Z_mDrzaUVYuBkhVN8J.json.gz',
};
const WITH_ETAG = { ...LOG_FILE, etag: 'c7b065b452706e4524156d1f95dc8f09' };

const [guide] = jsonFiles<{ Records: object[] }>('events/log-files').filter(([name]) => name.startsWith('guide-'));
/** The event of that log file. */
const LIVE_EVENT = {
  kind: 'record',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  account: '012345678901',
  region: 'us-west-2',
  time: '2020-10-07T15:52:58Z',
  text: JSON.stringify(guide![1].Records[0]),
} as const;

const EXPECTED: Readonly<Record<string, Partial<Announcement>>> = {
  's3-direct': { logFiles: [WITH_ETAG], ignored: [] },
  's3-through-sqs': { logFiles: [WITH_ETAG], ignored: [] },
  's3-through-sns': { logFiles: [WITH_ETAG], ignored: [] },
  's3-through-sns-and-sqs': { logFiles: [WITH_ETAG], ignored: [] },
  's3-through-sns-and-sqs-raw': { logFiles: [WITH_ETAG], ignored: [] },
  'eventbridge-direct': { logFiles: [WITH_ETAG], ignored: [] },
  'eventbridge-through-sqs': { logFiles: [WITH_ETAG], ignored: [] },
  'cloudtrail-sns': { logFiles: [LOG_FILE], ignored: [] },
  'cloudtrail-sns-through-sqs': { logFiles: [LOG_FILE], ignored: [] },
  'lambda-dead-letter-through-sqs': { logFiles: [WITH_ETAG], ignored: [] },
  'live-event-through-sqs': { events: [LIVE_EVENT] },
  's3-test-event-through-sqs': { logFiles: [], ignored: ['s3-test-event'] },
  'cloudtrail-validation-message': { logFiles: [], ignored: ['cloudtrail-validation-message'] },
  'sns-subscription-confirmation-through-sqs': { logFiles: [], ignored: ['sns-confirmation'] },
  'sns-unsubscribe-confirmation-through-sqs': { logFiles: [], ignored: ['sns-confirmation'] },
  'scheduled-event': { logFiles: [], ignored: ['scheduled-event'] },
  'object-removed': { logFiles: [], ignored: ['not-object-created'] },
};
const samples = jsonFiles<{ Records?: { messageId?: string }[] }>('events/deliveries');

test('every sample delivery has an expectation, and the other way round', () => {
  expect(samples.map(([name]) => name)).toEqual(Object.keys(EXPECTED).sort());
});

test.each(samples)('events/deliveries/%s.json', (name, event) => {
  const delivery = readDelivery(event);
  expect(announcementsOf(delivery)).toEqual([
    { logFiles: [], events: [], ignored: [], malformed: [], ...EXPECTED[name] },
  ]);
  const messageIds = delivery.kind === 'sqs-batch' ? delivery.messages.map(({ messageId }) => messageId) : [undefined];
  expect(messageIds).toEqual((event.Records ?? [{}]).map(({ messageId }) => messageId));
});
