import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listedKeys } from '../../shared/integrity/list-public-keys.ts';
import { publicKeysByRegion, signingKey } from '../support/signed-trail.ts';

interface Asked {
  region: string;
  body: { StartTime?: number; EndTime?: number; NextToken?: string };
}

let server: Server;
const asked: Asked[] = [];
/** Regions that refuse: the opt-in Region that an account has not enabled. */
const refusing = new Set<string>();

/** A CloudTrail that hands out two keys for each Region, each on a page of its own. */
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const region = /\/(\w+-\w+-\d)\/cloudtrail/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const body = JSON.parse(text);
      asked.push({ region, body });
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      if (refusing.has(region)) {
        response.statusCode = 400;
        response.end(JSON.stringify({ __type: 'UnrecognizedClientException', message: 'secret' }));
        return;
      }
      const name = body.NextToken === undefined ? `old ${region}` : region;
      const { fingerprint, value } = signingKey(name).publicKey;
      const key = { Fingerprint: fingerprint, Value: Buffer.from(value).toString('base64'), ValidityStartTime: 1.7e9 };
      response.end(
        JSON.stringify({ PublicKeyList: [key], ...(body.NextToken === undefined && { NextToken: 'more' }) }),
      );
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
});
afterAll(() => void server.close());

function keys(now: () => number = Date.now) {
  asked.length = 0;
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return listedKeys(now, (region) => new CloudTrailClient({ region, endpoint, credentials }));
}

test('keys are listed once for each Region and month, page by page, and in the other Region if needed', async () => {
  const source = keys();
  const { fingerprint, value } = signingKey('us-east-1').publicKey;
  const find = (time: string) => source.find(fingerprint, ['eu-west-1', 'us-east-1'], time);
  const found = await Promise.all([find('2031-03-01T20:00:00.000Z'), find('2031-03-31T00:00:00.000Z')]);
  const key = { fingerprint, value: new Uint8Array(value), validFrom: new Date(1.7e12).toISOString() };
  expect(found.map((each) => ({ ...each, value: new Uint8Array(each!.value) }))).toEqual([key, key]);
  expect(asked.map(({ region, body }) => [region, body.NextToken])).toEqual([
    ['eu-west-1', undefined],
    ['eu-west-1', 'more'],
    ['us-east-1', undefined],
    ['us-east-1', 'more'],
  ]);
  const { StartTime, EndTime } = asked[0]!.body;
  expect([StartTime, EndTime]).toEqual([Date.UTC(2031, 1, 28) / 1000, Date.UTC(2031, 3, 2) / 1000]);
  expect([...source.found().keys()]).toEqual(['us-east-1']);
  await find('2031-04-01T00:00:00.000Z');
  expect(asked).toHaveLength(8);
});

test('an unknown key', async () => {
  expect(await keys().find('f'.repeat(32), ['eu-west-1'], '2031-03-01T20:00:00.000Z')).toBeUndefined();
  expect(publicKeysByRegion().has('eu-west-1')).toBe(true);
});

test('a Region that does not answer is named, leaves others alone, and is asked again later', async () => {
  let now = 0;
  const source = keys(() => now);
  const time = '2031-03-01T20:00:00.000Z';
  const { fingerprint } = signingKey('ap-east-1').publicKey;
  refusing.add('ap-east-1');
  const find = () => source.find(fingerprint, ['ap-east-1', 'eu-west-1'], time);
  await expect(find()).rejects.toMatchObject({
    ...{ code: 'public-keys-unavailable', region: 'ap-east-1' },
    message: 'public keys of CloudTrail in ap-east-1: UnrecognizedClientException (HTTP 400)',
  });
  const requests = asked.length;
  // Thousands of digests may ask: not each is a request.
  await expect(Promise.all(Array.from({ length: 9 }, find))).rejects.toMatchObject({ region: 'ap-east-1' });
  expect(asked).toHaveLength(requests);
  // A key of another Region is found nevertheless.
  const other = signingKey('eu-west-1').publicKey.fingerprint;
  expect(await source.find(other, ['ap-east-1', 'eu-west-1'], time)).toMatchObject({ fingerprint: other });
  refusing.clear();
  now += 60_000;
  expect(await find()).toMatchObject({ fingerprint });
});
