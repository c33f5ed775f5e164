import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readObjectKey } from '../../shared/delivery/object-key.ts';
import { dayPrefix, readTrailLocation } from '../../shared/delivery/trail-location.ts';

test.each([
  ['s3://logs', 'logs', 'AWSLogs/'],
  ['s3://logs/', 'logs', 'AWSLogs/'],
  ['s3://logs/AWSLogs', 'logs', 'AWSLogs/'],
  ['s3://logs/AWSLogs/111122223333/CloudTrail/', 'logs', 'AWSLogs/'],
  ['s3://logs/audit', 'logs', 'audit/AWSLogs/'],
  ['s3://logs/audit/eu/AWSLogs/', 'logs', 'audit/eu/AWSLogs/'],
  ['s3://logs/AWSLogsOfOld', 'logs', 'AWSLogsOfOld/AWSLogs/'],
])('%s', (address, bucket, root) => expect(readTrailLocation(address)).toEqual({ bucket, root }));

test.each(['logs', 's3:/logs', 's3://', 's3://Logs', 's3://lo', 'https://logs.s3.amazonaws.com'])(
  '%s is no such address',
  (address) => expect(readTrailLocation(address)).toBeUndefined(),
);

test('a log file below the prefix of a day is of that day, account and Region', () => {
  const day = fc.date({ min: new Date('2013-11-01'), max: new Date('2099-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(day, fc.stringMatching(/^[a-z0-9!_.*'() -]{0,20}$/), fc.boolean(), (date, prefix, organisation) => {
      const { root } = readTrailLocation(`s3://logs/${prefix}`)!;
      const [account, region] = ['111122223333', 'eu-west-1'];
      const folder = { prefix: `${root}${organisation ? 'o-abc123/' : ''}${account}/CloudTrail/${region}/` };
      const deliveryDay = date.toISOString().slice(0, 10);
      expect(readObjectKey(`${dayPrefix(folder, deliveryDay)}x.json.gz`)).toEqual({ account, region, deliveryDay });
    }),
  );
});
