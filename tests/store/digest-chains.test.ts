import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainId, readDigestKey } from '../../shared/cloudtrail/object-key.ts';
import { chainKey } from '../../shared/store/digest-chains.ts';
import { ledgerKey } from '../../shared/store/ledger-entry.ts';

const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]$/);
/** What tries to look like the separators of an id. */
const tricky = fc.stringMatching(/^[a|/_#-]{1,6}$/);
const digestKey = fc
  .record({
    prefix: fc.oneof(
      fc.constant(''),
      tricky.map((text) => `${text}/`),
    ),
    organization: fc.constantFrom('', 'o-abc/'),
    account: fc.constantFrom('111122223333', '444455556666'),
    region: fc.constantFrom('eu-west-1', 'us-east-1'),
    trail: fc.stringMatching(/^[a|_-]{1,4}$/),
    home: fc.constantFrom('eu-west-1', 'us-east-1'),
    backfill: fc.constantFrom('', '_backfill'),
  })
  .map(({ prefix, organization, account, region, trail, home, backfill }) => {
    const name = `${account}_CloudTrail-Digest_${region}_${trail}_${home}_20261120T120000Z${backfill}.json.gz`;
    return `${prefix}AWSLogs/${organization}${account}/CloudTrail-Digest/${region}/2026/11/20/${name}`;
  });

test('no two chains have one key, and no log file has that of a chain', () => {
  fc.assert(
    fc.property(bucket, digestKey, bucket, digestKey, (bucketA, keyA, bucketB, keyB) => {
      const one = chainKey({ bucket: bucketA, id: chainId(readDigestKey(keyA)!) });
      const other = chainKey({ bucket: bucketB, id: chainId(readDigestKey(keyB)!) });
      expect(one === other).toBe(bucketA === bucketB && keyA === keyB);
      expect(one).not.toBe(ledgerKey({ bucket: bucketB, key: keyB }));
      expect(one.startsWith('#digests/')).toBe(true);
      expect(Buffer.byteLength(one)).toBeLessThanOrEqual(2048);
    }),
    { numRuns: 1_000 },
  );
});
