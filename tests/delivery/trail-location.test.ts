import { expect, test } from '@jest/globals';
import { readTrailLocation } from '../../shared/delivery/trail-location.ts';

test.each([
  ['s3://logs', 'logs', ''],
  ['s3://logs/', 'logs', ''],
  ['s3://logs/AWSLogs', 'logs', ''],
  ['s3://logs/AWSLogs/111122223333/CloudTrail/', 'logs', ''],
  ['s3://logs/audit', 'logs', 'audit/'],
  ['s3://logs/audit/eu/AWSLogs/', 'logs', 'audit/eu/'],
  ['s3://logs/AWSLogsOfOld', 'logs', 'AWSLogsOfOld/'],
])('%s', (address, bucket, prefix) => expect(readTrailLocation(address)).toEqual({ bucket, prefix }));

test.each(['logs', 's3:/logs', 's3://', 's3://Logs', 's3://lo', 'https://logs.s3.amazonaws.com'])(
  '%s is no such address',
  (address) => expect(readTrailLocation(address)).toBeUndefined(),
);
