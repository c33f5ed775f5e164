import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_ACCOUNT, readObjectKey, trailKeyOf } from '../../shared/cloudtrail/object-key.ts';
import { codePoint } from '../support/code-point.ts';

const NAME = '123456789012_CloudTrail_eu-west-1_20261106T0235Z_AbCdEfGhIjKlMnOp.json.gz';
const DAY = 'eu-west-1/2026/11/06';
const LOG_FILE = {
  account: '123456789012',
  region: 'eu-west-1',
  deliveryDay: '2026-11-06',
  deliveredAt: '2026-11-06T02:35:00.000Z',
};

describe('log files', () => {
  test.each([
    ['a trail', `AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['a prefix', `audit/AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['a prefix with folders, spaces and line breaks', `my logs/a\nb/AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['an organization trail', `AWSLogs/o-abc123def4/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['Control Tower', `o-abc123def4/AWSLogs/o-abc123def4/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['a prefix that looks like a trail', `AWSLogs/999999999999/AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['not gzipped', `AWSLogs/123456789012/CloudTrail/${DAY}/${NAME.replace('.gz', '')}`],
  ])('%s', (_, key) => {
    expect(readObjectKey(key)).toEqual(LOG_FILE);
  });

  test.each(['us-gov-west-1', 'cn-north-1', 'ap-southeast-7', 'global'])('Region %s', (region) => {
    expect(readObjectKey(`AWSLogs/123456789012/CloudTrail/${region}/2026/11/06/${NAME}`)).toEqual({
      ...LOG_FILE,
      region,
    });
  });

  test.each(['copy of it.json.gz', 'made-by-hand.json', '2026-11-06.json.gz'])('a name of its own: %s', (name) => {
    const { deliveredAt, ...rest } = LOG_FILE;
    expect(deliveredAt).toContain(rest.deliveryDay);
    expect(readObjectKey(`AWSLogs/123456789012/CloudTrail/${DAY}/${name}`)).toStrictEqual(rest);
  });

  test('a key made up for a local file has no account', () => {
    const { account, ...rest } = LOG_FILE;
    expect(account).not.toBe(NO_ACCOUNT);
    expect(readObjectKey(`AWSLogs/${NO_ACCOUNT}/CloudTrail/${DAY}/${NAME}`)).toStrictEqual(rest);
  });
});

describe('other objects', () => {
  test.each([
    ['folder-marker', `AWSLogs/123456789012/CloudTrail/`],
    ['folder-marker', `AWSLogs/123456789012/CloudTrail-Digest/${DAY}/`],
    ['folder-marker', '/'],
    [
      'digest-file',
      `AWSLogs/123456789012/CloudTrail-Digest/${DAY}/123456789012_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20261106T023500Z.json.gz`,
    ],
    ['digest-file', `p/AWSLogs/o-abc123def4/123456789012/CloudTrail-Digest/${DAY}/x_backfill.json.gz`],
    ['insight-file', `AWSLogs/123456789012/CloudTrail-Insight/${DAY}/${NAME}`],
    ['network-activity-file', `AWSLogs/123456789012/CloudTrail-NetworkActivity/${DAY}/${NAME}`],
    ['aggregated-file', `AWSLogs/123456789012/CloudTrail-Aggregated/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/CloudTrail-Tomorrow/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/CloudTrailconstructor/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/elasticloadbalancing/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/vpcflowlogs/${DAY}/x.log.gz`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/Config/${DAY}/ConfigSnapshot/x.json.gz`],
    ['not-a-cloudtrail-log-file', `AWSLogs/12345678901/CloudTrail/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/CloudTrail/${DAY}/deeper/${NAME}`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}.bak`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}\n`],
    ['not-a-cloudtrail-log-file', `AWSLogs/123456789012/CloudTrail/eu-west-1/2026/${NAME}`],
    ['not-a-cloudtrail-log-file', `MyAWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', `awslogs/123456789012/cloudtrail/${DAY}/${NAME}`],
    ['not-a-cloudtrail-log-file', NAME],
    ['not-a-cloudtrail-log-file', 'something.json.gz'],
    ['not-a-cloudtrail-log-file', ''],
  ])('%s: %j', (skipped, key) => {
    expect(readObjectKey(key)).toEqual({ skipped });
  });
});

test('any prefix leaves what the key says, and any other key is skipped', () => {
  const prefix = fc.string({ unit: codePoint }).map((text) => (text === '' ? '' : `${text}/`));
  fc.assert(
    fc.property(prefix, fc.string({ unit: codePoint }), (before, other) => {
      expect(readObjectKey(`${before}AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`)).toEqual(LOG_FILE);
      expect(readObjectKey(other)).toHaveProperty('skipped');
    }),
  );
});

describe('the key that a downloaded file had', () => {
  const KEY = `AWSLogs/123456789012/CloudTrail/${DAY}/${NAME}`;
  const DIGEST = '123456789012_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20261106T023500Z_backfill.json.gz';

  test.each([
    ['a bucket', `/home/me/${KEY}`, KEY],
    ['a bucket with a prefix', `/home/me/audit/${KEY}`, KEY],
    ['an account', `/logs/CloudTrail/${DAY}/${NAME}`, KEY],
    ['an account, into a folder AWSLogs', `/AWSLogs/CloudTrail/${DAY}/${NAME}`, KEY],
    ['a Region', `/logs/2026/11/06/${NAME}`, KEY],
    ['a day', `/logs/${NAME}`, KEY],
    ['all files into a folder AWSLogs', `/AWSLogs/${NAME}`, KEY],
    ['an organization', `/logs/o-a1/123456789012/CloudTrail/${DAY}/${NAME}`, KEY.replace('/', '/o-a1/')],
    ['folders with other names', `/logs/production/frankfurt/${NAME}`, KEY],
    ['a second download', `/x/${NAME.replace('.json', ' (1).json')}`, KEY.replace('.json', ' (1).json')],
    ['unpacked', `/x/${NAME.replace('.gz', '')}`, KEY.replace('.gz', '')],
    ['another suffix', `/x/${NAME}.1`, `${KEY}.1.json.gz`],
    ['a second download of Firefox', `/x/${NAME.replace('.gz', '(1).gz')}`, `${KEY.replace('.gz', '(1).gz')}.json.gz`],
    ['a second download in its folders', `/${KEY} (1)`, `${KEY} (1).json.gz`],
    ['capitals', `/${KEY.replace('.json.gz', '.JSON.GZ')}`, `${KEY.replace('.json.gz', '.JSON.GZ')}.json.gz`],
    ['a copy', `/x/Copy of ${NAME}`, KEY.replace(NAME, `Copy of ${NAME}`)],
    ['folders in the name', `/x/${KEY.replaceAll('/', '_')}`, KEY.replace(NAME, KEY.replaceAll('/', '_'))],
    ['a name of its own', `/x/123456789012/CloudTrail/${DAY}/mine.json`, KEY.replace(NAME, 'mine.json')],
    ['a digest', `/x/${DIGEST}`, `AWSLogs/123456789012/CloudTrail-Digest/${DAY}/${DIGEST}`],
    ['not of CloudTrail', '/AWSLogs/123456789012/Config/x.json', 'AWSLogs/123456789012/Config/x.json'],
  ])('%s', (_, path, key) => {
    expect(trailKeyOf(path)).toBe(key);
  });

  test.each([
    '/x/notes.json',
    `/x/CloudTrail/${DAY}/mine.json`,
    `/x/${NAME.replace('123456789012', '12345')}`,
    `/x/${NAME.replace('20261106T0235Z', '20261306T0235Z')}`,
    `/x/${NAME.replace('20261106T0235Z', '')}`,
    '/x/123456789012_export_us-east-1_2026.json',
    `/x/${NAME}/mine.json`,
  ])('none: %s', (path) => {
    expect(trailKeyOf(path)).toBeUndefined();
  });

  test('whatever is above them, folders and names of CloudTrail are kept, and what they say is read', () => {
    const above = fc.array(fc.string({ unit: codePoint, minLength: 1 }).map((text) => text.replaceAll('/', '-')));
    fc.assert(
      fc.property(above, fc.nat(7), (folders, depth) => {
        const kept = KEY.split('/').slice(depth);
        const key = trailKeyOf(`/${[...folders, ...kept].join('/')}`);
        expect(readObjectKey(key ?? '')).toEqual(LOG_FILE);
      }),
    );
  });
});

test('a hostile key takes no time', () => {
  for (const part of ['AWSLogs/', 'AWSLogs/o-a/', 'AWSLogs/123456789012/CloudTrail-', '/', '-']) {
    const key = part.repeat(262_144 / part.length);
    const start = performance.now();
    readObjectKey(`${key}x`);
    trailKeyOf(`/${key}x`);
    trailKeyOf(`/123456789012_CloudTrail_a_${key}`);
    trailKeyOf(`/${'123456789012_CloudTrail_a_'.repeat(10_000)}`);
    expect(performance.now() - start).toBeLessThan(200);
  }
});
