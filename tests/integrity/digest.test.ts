import { createHash, generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDigestKey } from '../../shared/cloudtrail/object-key.ts';
import { parseDigest } from '../../shared/integrity/digest.ts';
import { checkDigest, type DigestFile, stringToSign } from '../../shared/integrity/examine-digest.ts';
import { ANY_REGION, givenKeys, readPublicKeys, writePublicKeys } from '../../shared/integrity/public-keys.ts';
import { scaled } from '../support/scale.ts';
import {
  digestBody,
  publicKeys,
  publicKeysByRegion,
  SignedBucket,
  signDigest,
  signingKey,
  type TestDigest,
} from '../support/signed-trail.ts';

const NAME = '123456789012_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20261106T023531Z';
const PLACE = '123456789012/CloudTrail-Digest/eu-west-1/2026/11/06';
const KEY = {
  account: '123456789012',
  region: 'eu-west-1',
  trail: 'my_trail',
  homeRegion: 'us-east-1',
  end: '2026-11-06T02:35:31.000Z',
  backfill: false,
};

describe('the key of a digest', () => {
  test.each([
    ['of a trail', `AWSLogs/${PLACE}/${NAME}.json.gz`, { ...KEY, root: 'AWSLogs/' }],
    ['below a prefix', `a/b/AWSLogs/${PLACE}/${NAME}.json.gz`, { ...KEY, root: 'a/b/AWSLogs/' }],
    ['of an organization', `AWSLogs/o-abc123/${PLACE}/${NAME}.json.gz`, { ...KEY, root: 'AWSLogs/o-abc123/' }],
    ['made later', `AWSLogs/${PLACE}/${NAME}_backfill.json.gz`, { ...KEY, root: 'AWSLogs/', backfill: true }],
  ])('%s', (_, key, expected) => {
    expect(readDigestKey(key)).toEqual(expected);
  });

  test.each([
    `AWSLogs/123456789012/CloudTrail/eu-west-1/2026/11/06/${NAME}.json.gz`,
    `AWSLogs/${PLACE}/${NAME}.json`,
    `AWSLogs/${PLACE}/${NAME}_other.json.gz`,
    `AWSLogs/${PLACE}/`,
    NAME,
  ])('not %s', (key) => {
    expect(readDigestKey(key)).toBeUndefined();
  });
});

const bucket = new SignedBucket('trail');
const { digests } = bucket.addTrail({ hours: 3 });
const [first, second] = digests as [TestDigest, TestDigest];
const check = (file: DigestFile, keys = publicKeys()) => checkDigest(file, keys, ['eu-west-1']);
const asFile = (digest: TestDigest): DigestFile => ({ ...digest, bytes: digest.body });

describe('a digest', () => {
  test('is read', () => {
    const digest = parseDigest(Buffer.from(second.text!));
    expect(digest).toEqual({
      bucket: 'trail',
      key: second.key,
      account: '111122223333',
      start: '2031-03-01T21:01:31.000Z',
      end: '2031-03-01T22:01:31.000Z',
      sha256: createHash('sha256').update(second.text!).digest('hex'),
      endAsWritten: '2031-03-01T22:01:31Z',
      fingerprint: signingKey('eu-west-1').publicKey.fingerprint,
      previous: {
        bucket: 'trail',
        key: first.key,
        sha256: createHash('sha256').update(first.text!).digest('hex'),
        signature: first.metadata.signature,
      },
      logFiles: second.names.map(({ key, text }) => ({
        bucket: 'trail',
        key,
        sha256: createHash('sha256').update(text).digest('hex'),
      })),
    });
  });

  test('unknown members are ignored', () => {
    const text = JSON.stringify({ ...digestBody(second, first), newMember: { a: 1 } });
    expect(parseDigest(Buffer.from(text)).key).toBe(second.key);
  });

  test.each([
    ['digestEndTime', 'yesterday'],
    ['digestS3Object', null],
    ['digestSignatureAlgorithm', 'SHA1withRSA'],
    ['previousDigestSignature', null],
    ['previousDigestHashValue', 'abc'],
    ['logFiles', {}],
    ['logFiles', [{ s3Bucket: 'b', s3Object: 'k', hashValue: 'x'.repeat(64), hashAlgorithm: 'SHA-256' }]],
  ])('is not one with %s = %j', (member, value) => {
    const text = JSON.stringify({ ...digestBody(second, first), [member]: value });
    expect(() => parseDigest(Buffer.from(text))).toThrow(/expected a digest file/);
  });

  test('the string that is signed', () => {
    const linked = {
      endAsWritten: '2015-08-17T15:01:31Z',
      bucket: 'b',
      key: 'k',
      previous: { signature: 'AB' } as never,
    };
    expect(stringToSign(linked, 'FF')).toBe('2015-08-17T15:01:31Z\nb/k\nff\nAB');
    const starting = { endAsWritten: '2015-08-17T15:01:31Z', bucket: 'b', key: 'k', previous: undefined };
    expect(stringToSign(starting, 'ff')).toBe('2015-08-17T15:01:31Z\nb/k\nff\nnull');
  });

  test('signed, and in its place', async () => {
    for (const digest of digests) {
      const checked = await check(asFile(digest));
      expect(checked).toMatchObject({ state: 'signed', signature: digest.metadata.signature });
      expect(checked.problem).toBeUndefined();
    }
  });

  test('elsewhere', async () => {
    const checked = await check({ ...asFile(second), key: 'elsewhere' });
    expect(checked).toMatchObject({ state: 'signed', problem: { kind: 'digest-moved' } });
    expect(await check({ ...asFile(second), bucket: 'copy' })).toMatchObject({ problem: { kind: 'digest-moved' } });
  });

  test('signed with another key', async () => {
    const forged = { ...second, metadata: { ...second.metadata } };
    signDigest(forged, digestBody(forged, first), generateKeyPairSync('rsa', { modulusLength: 2048 }));
    expect(await check(asFile(forged))).toMatchObject({
      state: 'invalid',
      problem: { kind: 'digest-signature-wrong' },
    });
    const unknown = givenKeys(new Map());
    expect(await check(asFile(second), unknown)).toMatchObject({
      state: 'invalid',
      problem: { kind: 'digest-key-unknown' },
    });
  });

  test('without a signature', async () => {
    const bare = { ...asFile(second), metadata: {} };
    expect(await check(bare)).toMatchObject({ state: 'invalid', problem: { kind: 'digest-signature-wrong' } });
  });

  test('a change of any byte of its text is found', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(second.text!.length - 1), fc.integer({ min: 1, max: 127 }), async (at, flip) => {
        const text = Buffer.from(second.text!);
        text[at]! ^= flip;
        const checked = await check({ ...asFile(second), bytes: gzipSync(text) });
        expect(checked.state).toBe('invalid');
        expect(checked.problem).toBeDefined();
      }),
      { numRuns: scaled(100, 2_000) },
    );
  });
});

describe('saved public keys', () => {
  const { publicKey } = signingKey('eu-west-1');
  const saved = {
    PublicKeyList: [
      {
        Value: Buffer.from(publicKey.value).toString('base64'),
        ValidityStartTime: '2026-01-01T00:00:00+00:00',
        ValidityEndTime: 1_800_000_000.5,
        Fingerprint: publicKey.fingerprint.toUpperCase(),
      },
    ],
  };
  const key = {
    fingerprint: publicKey.fingerprint,
    value: Buffer.from(publicKey.value),
    validFrom: '2026-01-01T00:00:00.000Z',
    validTo: '2027-01-15T08:00:00.500Z',
  };

  test.each([
    ['as the AWS CLI prints them', saved, ANY_REGION],
    ['by Region', { 'eu-west-1': saved }, 'eu-west-1'],
    ['by Region, the bare lists', { 'eu-west-1': saved.PublicKeyList }, 'eu-west-1'],
  ])('%s', async (_, file, region) => {
    const keys = readPublicKeys(JSON.stringify(file));
    expect(keys).toEqual(new Map([[region, [key]]]));
    expect(await givenKeys(keys).find(publicKey.fingerprint, ['eu-west-1'], '')).toEqual(key);
    expect(readPublicKeys(writePublicKeys(keys))).toEqual(keys);
  });

  test('of another Region are not taken', async () => {
    const keys = givenKeys(publicKeysByRegion());
    expect(await keys.find(publicKey.fingerprint, ['us-east-1'], '')).toBeUndefined();
  });

  test.each(['', '[]', '{"PublicKeyList":[{}]}', '{"PublicKeyList":[{"Value":"AAAA","Fingerprint":"a"}]}'])(
    'not %s',
    (text) => {
      expect(() => readPublicKeys(text)).toThrow(/public key/);
    },
  );
});
