import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ApiRequest, readTarget } from '../../shared/http/messages.ts';

test('the path and the query are percent-decoded once', () => {
  const { segments, query } = readTarget('/environments/a%252Fb%2Fc/events?principal=a%2Bb%2525+c,d&x=1=2&y');
  expect(segments).toEqual(['environments', 'a%2Fb/c', 'events']);
  expect(query).toEqual([
    ['principal', 'a+b%25 c,d'],
    ['x', '1=2'],
    ['y', ''],
  ]);
});

test.each(['http://127.0.0.1:8787', 'https://API.example.com', ''])('the origin %j does not matter', (origin) => {
  const target = { segments: ['environments', '..', 'events'], query: [['a', 'b']] };
  expect(readTarget(`${origin}/environments/../events?a=b`)).toEqual(target);
});

test('a WHATWG Request is one', () => {
  const request: ApiRequest = new Request('http://localhost/events?limit=1', { headers: { Accept: 'text/csv' } });
  expect(readTarget(request.url)).toEqual({ segments: ['events'], query: [['limit', '1']] });
  expect(request.headers.get('accept')).toBe('text/csv');
});

test('decoding undoes encoding', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, fc.array(fc.tuple(text, text)), (segment, pairs) => {
      const query = pairs.map((pair) => pair.map((part) => encodeURIComponent(part)).join('=')).join('&');
      const request = readTarget(`/${encodeURIComponent(segment)}?${query}`);
      expect(request.segments).toEqual([segment]);
      expect(request.query).toEqual(pairs);
    }),
  );
});

test.each(['/events/%', '/events/%ZZ', '/events/%C3', '/events?a=%E0%A4', '/events?%FF=1'])(
  '%s is a bad request',
  (url) => {
    expect(() => readTarget(url)).toThrow(expect.objectContaining({ kind: 'bad-request' }));
  },
);

test('lone surrogates, which HTTP cannot transport, become replacement characters', () => {
  expect(readTarget('/\ud800?a=\udc00')).toMatchObject({ segments: ['\ufffd'], query: [['a', '\ufffd']] });
});
