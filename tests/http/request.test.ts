import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRequest } from '../../shared/http/request.ts';
import { httpEvent } from '../support/http-event.ts';

test('the path and the query are percent-decoded once', () => {
  const { segments, query } = readRequest(
    httpEvent('/environments/a%252Fb%2Fc/events?principal=a%2Bb%2525+c,d&x=1=2&y'),
  );
  expect(segments).toEqual(['environments', 'a%2Fb/c', 'events']);
  expect(query).toEqual([
    ['principal', 'a+b%25 c,d'],
    ['x', '1=2'],
    ['y', ''],
  ]);
});

test('what API Gateway has decoded is taken as it is', () => {
  const event = {
    ...httpEvent('/environments/100%41/events'),
    routeKey: 'GET /environments/{name}/events',
    pathParameters: { name: '100%41' },
  };
  expect(readRequest(event)).toMatchObject({
    segments: ['environments', '100%41', 'events'],
    pathParameters: { name: '100%41' },
  });
});

test('decoding undoes encoding', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, fc.array(fc.tuple(text, text)), (segment, pairs) => {
      const query = pairs.map((pair) => pair.map((part) => encodeURIComponent(part)).join('=')).join('&');
      const request = readRequest(httpEvent(`/${encodeURIComponent(segment)}?${query}`));
      expect(request.segments).toEqual([segment]);
      expect(request.query).toEqual(pairs);
    }),
  );
});

test.each(['/events/%', '/events/%ZZ', '/events/%C3', '/events?a=%E0%A4', '/events?%FF=1'])(
  '%s is a bad request',
  (url) => {
    expect(() => readRequest(httpEvent(url))).toThrow(expect.objectContaining({ kind: 'bad-request' }));
  },
);

test.each([undefined, null, 1, [], {}, { rawPath: '/events' }, { ...httpEvent('/'), rawPath: 1 }])(
  '%j is not an event of an HTTP API',
  (event) => {
    expect(() => readRequest(event)).toThrow(expect.objectContaining({ kind: 'bad-request' }));
  },
);

test('lone surrogates, which HTTP cannot bring, become replacement characters', () => {
  expect(readRequest(httpEvent('/\ud800?a=\udc00'))).toMatchObject({ segments: ['\ufffd'], query: [['a', '\ufffd']] });
});
