import { gzipSync } from 'node:zlib';
import type { BadLogFileCode } from '../../shared/log-file/read-log-file.ts';

const RECORD = '{"eventSource":"airflow.amazonaws.com","eventName":"CreateCliToken"}';
const OTHER = `{"eventSource":"s3.amazonaws.com","userAgent":"${'x'.repeat(200)}","readOnly":true,"requestParameters":null}`;
const GOOD = `{"Records":[${RECORD},${OTHER},${RECORD}]}`;

/** Files as an attacker, a broken disk or a careless program may make them; true means valid. */
export const HOSTILE_FILES: Readonly<Record<string, readonly [Buffer, true | BadLogFileCode]>> = {
  'nothing at all': [Buffer.alloc(0), 'empty'],
  'an empty text': [gzipSync(''), 'empty'],
  'white space only': [gzipSync(' \n'), 'empty'],
  'a byte order mark only': [gzipSync('\ufeff'), 'empty'],
  'neither gzip nor JSON': [Buffer.from('<?xml version="1.0"?>'), 'not-gzip-or-json'],
  'zeros only': [Buffer.alloc(100), 'not-gzip-or-json'],
  'the first magic byte only': [Buffer.from([0x1f]), 'not-gzip-or-json'],
  'the magic bytes only': [Buffer.from([0x1f, 0x8b]), 'gzip-truncated'],

  'plain JSON': [Buffer.from(GOOD), true],
  'plain JSON after white space': [Buffer.from(`\r\n\t ${GOOD}`), true],
  'several members': [members(GOOD, 3, Buffer.alloc(0)), true],
  'an empty member at the end': [Buffer.concat([gzipSync(GOOD), gzipSync('')]), true],
  'zeros at the end': [Buffer.concat([gzipSync(GOOD), Buffer.alloc(600_000)]), true],
  'zeros between members': [members(GOOD, 2, Buffer.alloc(1)), 'gzip-trailing-bytes'],
  'a member after padding': [Buffer.concat([gzipSync(GOOD), Buffer.alloc(512), gzipSync(' ')]), 'gzip-trailing-bytes'],
  'a byte after padding': [Buffer.concat([gzipSync(GOOD), Buffer.alloc(512), Buffer.from('x')]), 'gzip-trailing-bytes'],
  'text after the last member': [Buffer.concat([gzipSync(GOOD), Buffer.from('garbage')]), 'gzip-corrupt'],
  'a magic byte after the last member': [Buffer.concat([gzipSync(GOOD), Buffer.from([0x1f])]), 'gzip-truncated'],
  'a truncated member': [gzipSync(GOOD).subarray(0, -9), 'gzip-truncated'],
  'a truncated length': [gzipSync(GOOD).subarray(0, -1), 'gzip-truncated'],
  'a missing trailer': [gzipSync(GOOD).subarray(0, -8), 'gzip-truncated'],
  'a wrong checksum': [flip(gzipSync(GOOD), -8), 'gzip-corrupt'],
  'a wrong length': [flip(gzipSync(GOOD), -4), 'gzip-corrupt'],
  'an unknown compression method': [flip(gzipSync(GOOD), 2), 'gzip-corrupt'],
  'a missing last member': [
    members(GOOD, 2, Buffer.alloc(0)).subarray(0, gzipSync(part(GOOD, 0, 2)).length),
    'json-truncated',
  ],

  'a byte order mark': [gzipSync(`\ufeff${GOOD}`), true],
  'two byte order marks': [gzipSync(`\ufeff\ufeff${GOOD}`), 'json-syntax'],
  'half a byte order mark': [gzipSync(Buffer.concat([Buffer.from([0xef, 0xbb]), Buffer.from(GOOD)])), 'json-syntax'],
  'a byte order mark at the end': [gzipSync(`${GOOD}\ufeff`), 'json-syntax'],
  'UTF-16': [gzipSync(Buffer.from(GOOD, 'utf16le')), 'json-syntax'],
  'no-break spaces between tokens': [gzipSync(`{"Records":\u00a0[${RECORD}]}`), 'json-syntax'],

  'no records': [gzipSync('{"Records":[]}'), true],
  'an empty object': [gzipSync('{}'), 'records-missing'],
  'records of another case': [gzipSync('{"records":[]}'), 'records-missing'],
  'records one level too deep': [gzipSync(`{"a":${GOOD}}`), 'records-missing'],
  'a name that begins like Records': [gzipSync(`{"RecordsX":[${RECORD}],"Recor":1}`), 'records-missing'],
  'an array at the top': [gzipSync(`[${RECORD}]`), 'top-level-not-an-object'],
  'a string at the top': [gzipSync('"Records"'), 'top-level-not-an-object'],
  'Records is null': [gzipSync('{"Records":null}'), 'records-not-an-array'],
  'Records is an object': [gzipSync('{"Records":{}}'), 'records-not-an-array'],
  'Records is a string': [gzipSync('{"Records":"[]"}'), 'records-not-an-array'],
  'Records twice': [gzipSync('{"Records":[],"Records":[]}'), 'records-twice'],
  'Records twice, once escaped': [gzipSync('{"Records":[],"\\u0052ecords":[]}'), 'records-twice'],
  'Records written with escapes': [gzipSync(`{"\\u0052\\u0065cords":[${RECORD}]}`), true],
  'Records last of many members': [
    gzipSync(`{"a":{"Records":[${RECORD}]},"b":[[${RECORD}]],"Records":[${RECORD}]}`),
    true,
  ],
  'members after Records': [
    gzipSync(`{"Records":[${RECORD}],"a":[${RECORD}],"b":{"eventSource":"airflow.amazonaws.com"}}`),
    true,
  ],

  'elements that are no objects': [gzipSync(`{"Records":[null,1,"x",[${RECORD}],true,-0.5e1,${RECORD}]}`), true],
  'a nested event source': [gzipSync(`{"Records":[{"a":{"eventSource":"airflow.amazonaws.com"}}]}`), true],
  'an event source inside a string': [gzipSync(`{"Records":[{"a":${JSON.stringify(RECORD)}}]}`), true],
  'the last of two event sources': [
    gzipSync(
      '{"Records":[{"eventSource":"airflow.amazonaws.com","eventSource":"a"},{"eventSource":1,"eventSource":"airflow.amazonaws.com"}]}',
    ),
    true,
  ],
  'the last of two event sources, escaped': [
    gzipSync(
      '{"Records":[{"eventSource":"airflow.amazonaws.com","event\\u0053ource":"a"},{"eventSource":"airflow.amazonaws.com","b\\u0053":{"eventSource":"a"}}]}',
    ),
    true,
  ],
  'an escaped event source': [
    gzipSync(
      '{"Records":[{"event\\u0053ource":"\\u0061irflow.amazonaws.c\\u006Fm"},{"eventSource":"\\u0061irflow.amazonaws.co"}]}',
    ),
    true,
  ],
  'an event source of another type': [
    gzipSync('{"Records":[{"eventSource":["airflow.amazonaws.com"]},{"eventSource":null}]}'),
    true,
  ],
  'names of the prototype': [
    gzipSync('{"Records":[{"__proto__":{"eventSource":"airflow.amazonaws.com"}},{"constructor":1}]}'),
    true,
  ],
  'numbers beyond a double': [
    gzipSync(`{"Records":[{"a":1e400,"b":-0,"c":9007199254740993,"eventSource":"airflow.amazonaws.com"}]}`),
    true,
  ],
  'lone surrogates': [gzipSync('{"Records":[{"a":"\\ud800","eventSource":"airflow.amazonaws.com"}]}'), true],
  'invalid UTF-8 in a kept record': [
    gzipSync(latin1('{"Records":[{"a":"\xff","eventSource":"airflow.amazonaws.com"}]}')),
    true,
  ],
  'invalid UTF-8 in a skipped record': [gzipSync(latin1('{"Records":[{"a":"\xff\xc0\x80","eventSource":"a"}]}')), true],
  'invalid UTF-8 in another member': [gzipSync(latin1(`{"\xff":"\xed\xa0\x80","Records":[${RECORD}]}`)), true],
  'invalid UTF-8 before a quote': [
    gzipSync(latin1('{"Records":[{"a":"\xe2","eventSource":"airflow.amazonaws.com"}]}')),
    true,
  ],
  'bytes of 0x80 and above between tokens': [gzipSync(latin1(`{"Records":[${RECORD}\xff]}`)), 'json-syntax'],

  'a control character in a string': [gzipSync(`{"Records":[{"a":"\u0001"},${OTHER}]}`), 'json-syntax'],
  'a line break in a string': [gzipSync(`{"Records":[{"a":"\n"},${OTHER}]}`), 'json-syntax'],
  'a delete character in a string': [gzipSync('{"Records":[{"a":"\u007f"}]}'), true],
  'a form feed between tokens': [gzipSync(`{"Records":[${RECORD},\f${RECORD}]}`), 'json-syntax'],
  'an unknown escape': [gzipSync(`{"Records":[{"a":"\\x41"},${OTHER}]}`), 'json-syntax'],
  'a short Unicode escape': [gzipSync(`{"Records":[{"a":"\\u00e"},${OTHER}]}`), 'json-syntax'],
  'a leading zero': [gzipSync(`{"Records":[{"a":01},${OTHER}]}`), 'json-syntax'],
  'a leading plus': [gzipSync(`{"Records":[{"a":+1},${OTHER}]}`), 'json-syntax'],
  'a number that ends with a point': [gzipSync(`{"Records":[{"a":1.},${OTHER}]}`), 'json-syntax'],
  'a number without an exponent': [gzipSync(`{"Records":[{"a":1e+},${OTHER}]}`), 'json-syntax'],
  'not a number': [gzipSync(`{"Records":[{"a":NaN},${OTHER}]}`), 'json-syntax'],
  'a literal with a capital': [gzipSync(`{"Records":[{"a":True},${OTHER}]}`), 'json-syntax'],
  'a literal that goes on': [gzipSync(`{"Records":[{"a":truefalse},${OTHER}]}`), 'json-syntax'],
  'a trailing comma in Records': [gzipSync(`{"Records":[${OTHER},]}`), 'json-syntax'],
  'a trailing comma in a record': [gzipSync(`{"Records":[{"a":1,},${OTHER}]}`), 'json-syntax'],
  'two commas': [gzipSync(`{"Records":[${OTHER},,${OTHER}]}`), 'json-syntax'],
  'no comma': [gzipSync(`{"Records":[${OTHER}${OTHER}]}`), 'json-syntax'],
  'a comma first': [gzipSync(`{"Records":[,${OTHER}]}`), 'json-syntax'],
  'a colon in an array': [gzipSync(`{"Records":[{"a":["b":1]},${OTHER}]}`), 'json-syntax'],
  'a member without a value': [gzipSync(`{"Records":[{"a"},${OTHER}]}`), 'json-syntax'],
  'a name that is no string': [gzipSync(`{"Records":[{1:2},${OTHER}]}`), 'json-syntax'],
  'two values in a member': [gzipSync(`{"Records":[{"a":1 2},${OTHER}]}`), 'json-syntax'],
  'two colons': [gzipSync(`{"Records":[{"a":"b":"c"},${OTHER}]}`), 'json-syntax'],
  'brackets that do not match': [gzipSync(`{"Records":[{"a":[1}},${OTHER}]}`), 'json-syntax'],
  'single quotes': [gzipSync(`{'Records':[]}`), 'json-syntax'],
  'a comment': [gzipSync(`{"Records":[/* none */]}`), 'json-syntax'],
  'a second document': [gzipSync(GOOD + GOOD), 'json-syntax'],
  'a bracket too many': [gzipSync(`${GOOD}}`), 'json-syntax'],
  'a bracket too few': [gzipSync(GOOD.slice(0, -1)), 'json-truncated'],
  'a text cut in a record': [gzipSync(GOOD.slice(0, 30)), 'json-truncated'],
  'a text cut in a string': [gzipSync('{"Records":["'), 'json-truncated'],
  'a text cut in an escape': [gzipSync('{"Records":["\\u00'), 'json-truncated'],
};

/** A text as a gzip file of several members with something between them. */
function members(text: string, count: number, between: Buffer): Buffer {
  const parts = Array.from({ length: count }, (_, i) => gzipSync(part(text, i, count)));
  return Buffer.concat(parts.flatMap((member, i) => (i === 0 ? [member] : [between, member])));
}

function part(text: string, index: number, count: number): string {
  const length = Math.ceil(text.length / count);
  return text.slice(index * length, (index + 1) * length);
}

function flip(bytes: Buffer, at: number): Buffer {
  const index = (at + bytes.length) % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  return bytes;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
