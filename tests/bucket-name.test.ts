import { expect, test } from '@jest/globals';
import { bucketNameProblem } from '../shared/aws/bucket-name.ts';

test.each([
  'arn:aws:s3:eu-west-1:111122223333:accesspoint/trail',
  'arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/trail',
  'arn:aws-us-gov:s3:us-gov-west-1:111122223333:accesspoint/trail/prefix/',
  'arn:aws:s3-outposts:eu-west-1:111122223333:accesspoint:trail',
])('%s: the sentence says how to find the bucket', (name) => {
  expect(bucketNameProblem(name)).toBe(
    `${name}: expected the name of the bucket itself, found an access point of one; aws s3control get-access-point --account-id 111122223333 --name trail shows it`,
  );
});

test.each(['trail-abcdefghijklmnop123456789012eu-s3alias', 'arn:aws:s3::111122223333:accesspoint/m.mrap', 'x--ol-s3'])(
  '%s is an access point',
  (name) => expect(bucketNameProblem(name)).toContain('access point'),
);

test('no command finds the bucket of a Multi-Region Access Point, which has several', () => {
  expect(bucketNameProblem('arn:aws:s3::111122223333:accesspoint/m.mrap')).not.toContain('s3control');
});

test('the ARN of a bucket is not its name', () => {
  expect(bucketNameProblem('arn:aws:s3:::trail')).toBe(
    'arn:aws:s3:::trail: expected the name of a bucket, found an ARN',
  );
});

test.each(['trail', 'trail-111122223333', 's3alias', 'my.s3alias.bucket', 'arn', 'x-s3alias-y'])(
  '%s is a bucket',
  (name) => expect(bucketNameProblem(name)).toBeUndefined(),
);
