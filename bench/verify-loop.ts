/**
 * The plain way to check log files against their digests, one after the other: what `mwaa-trail verify` is compared with.
 * Prints how many are as their digests say.
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

const [bucket = '', most = ''] = process.argv.slice(2);
const s3 = new S3Client({ forcePathStyle: true });

async function read(key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return gunzipSync((await Body?.transformToByteArray()) ?? '');
}

async function run(): Promise<void> {
  let checked = 0;
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken }));
    for (const { Key = '' } of page.Contents ?? []) {
      if (!Key.includes('/CloudTrail-Digest/') || checked >= Number(most)) continue;
      const digest = JSON.parse((await read(Key)).toString());
      for (const { s3Object, hashValue } of digest.logFiles) {
        if (
          createHash('sha256')
            .update(await read(s3Object))
            .digest('hex') === hashValue
        )
          checked += 1;
      }
    }
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  process.stdout.write(`${checked}\n`);
}

void run();
