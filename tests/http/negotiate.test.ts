import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chooseFormat, type Format } from '../../shared/http/negotiate.ts';

const ALL: Format[] = ['json', 'ndjson', 'csv'];

test.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['text/csv', 'csv'],
  ['TEXT/CSV; charset=utf-8', 'csv'],
  ['text/*', 'csv'],
  ['application/*', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/json;q=0.5, text/csv;q=0.9', 'csv'],
  ['application/json;q=0.5, */*;q=0.1', 'json'],
  ['text/csv;q=0, */*', 'json'],
  ['application/json;q=0, */*;q=0.5', 'ndjson'],
  ['application/*;q=0.2, application/x-ndjson, text/csv;q=0.8', 'ndjson'],
  ['text/html, application/xhtml+xml, */*;q=0.8', 'json'],
  ['text/csv, application/json', 'json'],
  ['image/png', undefined],
  ['*/*;q=0', undefined],
  ['application/json;q=0, text/*;q=0, application/x-ndjson;q=0.000', undefined],
  ['text/csv;q=wrong, application/json;q=0.1', 'json'],
  ['nonsense', 'json'],
  [', ,text/csv', 'csv'],
])('Accept: %s gives %s', (accept, format) => {
  expect(chooseFormat(accept, ALL)).toBe(format);
});

test('any text gives a format or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (accept) => {
      expect([...ALL, undefined]).toContain(chooseFormat(accept, ALL));
    }),
  );
});
