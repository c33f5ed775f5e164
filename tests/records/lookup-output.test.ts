import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readSingleRecord } from '../../shared/log-file/read-lookup-records.ts';
import { isLookupOutput, readLookupOutput } from '../../shared/records/lookup-output.ts';

const RECORDS = ['{"eventVersion":"1.11","n":1.0,"q":"a \\" \\u003d {["}', '{"eventVersion":"1.08","eventID":"two"}'];
const EVENTS = RECORDS.map((record, i) => ({
  EventId: String(i),
  EventName: 'UpdateEnvironment',
  ReadOnly: 'false',
  EventTime: '2026-11-02T09:15:00+01:00',
  Resources: [],
  CloudTrailEvent: record,
}));
const page = (events: readonly object[], more: object = {}) => ({ Events: events, ...more });
const pretty = (value: unknown) => JSON.stringify(value, null, 4);

/** What people have after one command or several, with and without `--query`. */
const OUTPUTS: readonly (readonly [name: string, text: string])[] = [
  ['a page', pretty(page(EVENTS, { NextToken: 'x' }))],
  ['a page after a byte order mark, with CRLF', `\uFEFF${pretty(page(EVENTS)).replaceAll('\n', '\r\n')}\r\n`],
  ['members in another order', pretty({ NextToken: 'x', Events: EVENTS })],
  ['a list of pages', pretty(EVENTS.map((event) => page([event])))],
  ['pages one after the other', EVENTS.map((event) => pretty(page([event]))).join('\n')],
  ['pages without a line break between', EVENTS.map((event) => JSON.stringify(page([event]))).join('')],
  ['a list of events', JSON.stringify(EVENTS)],
  ['a list of lists of texts', pretty(EVENTS.map(({ CloudTrailEvent }) => [CloudTrailEvent]))],
  ['events line by line', EVENTS.map((event) => JSON.stringify(event)).join('\n')],
  ['a list of texts', pretty(RECORDS)],
  ['texts line by line', RECORDS.map((record) => JSON.stringify(record)).join('\n')],
  ['a list of records', `[${RECORDS.join(' ,\n')} ]`],
  ['a list of lists of records', `[[${RECORDS[0]}],[],[${RECORDS[1]}]]`],
  ['records line by line', RECORDS.join('\n')],
  [
    'rows of --query',
    JSON.stringify(EVENTS.map(({ EventTime, CloudTrailEvent }) => [EventTime, CloudTrailEvent, null, 1])),
  ],
  [
    'objects of --query',
    JSON.stringify(EVENTS.map(({ EventTime, CloudTrailEvent }) => ({ Time: EventTime, Record: CloudTrailEvent }))),
  ],
  ['--output text', `EVENTS\tAKIAX\t${RECORDS[0]}\t0\tanna\r\nRESOURCES\tprod\tAWS::X\nEVENTS\t${RECORDS[1]}\t1\n`],
  ['--output text, with a token before', `dG9rZW4\nEVENTS\t${RECORDS[0]}\nEVENTS\t${RECORDS[1]}\n`],
  [
    'rows of --query as text',
    EVENTS.map(({ EventTime, CloudTrailEvent }) => `${EventTime}\t${CloudTrailEvent}\n`).join(''),
  ],
  ['records as --output text writes them', `${RECORDS.join('\t')}\n`],
];

test.each(OUTPUTS)('%s: recognized, and read to the byte', (_, text) => {
  expect(isLookupOutput(text)).toBe(true);
  expect(readLookupOutput(text)).toEqual(RECORDS);
});

test.each(['{"Events": []}', '[{"Events":[]}]', '{"Events":[],"NextToken":null}'])('%s has no events', (text) => {
  expect(isLookupOutput(text)).toBe(true);
  expect(readLookupOutput(text)).toEqual([]);
});

test.each([
  '{"Records":[]}',
  '\uFEFF { "Records" : [] }',
  '\n\t{"Records":[]}',
  ' \t {\t"Records":[\n\t{"a":1}]}',
  '{"comment":"x","Records":[]}',
  '[]',
  '[ ]',
  '',
  '{',
  '{}',
  '<Error/>',
])('%s may be a log file, good or bad', (text) => expect(isLookupOutput(text)).toBe(false));

test('an element without a record is one event that has none', () => {
  const events = [EVENTS[0]!, { EventId: 'x' }, null, 7, { CloudTrailEvent: {} }];
  expect(readLookupOutput(JSON.stringify({ Events: events }))).toEqual([RECORDS[0], ...Array(4).fill(undefined)]);
  expect(readLookupOutput('['.repeat(50_000) + ']'.repeat(50_000))).toEqual([undefined]);
});

test.each(['eventVersion', 'userIdentity', 'additionalEventData', 'awsRegion', 'eventID'])(
  'a record that begins with %s is one',
  (name) => {
    const record = `{"${name}":1.0,"eventVersion":"1.11"}`;
    expect(isLookupOutput(record)).toBe(true);
    expect(readLookupOutput(`${record}[${record}]`)).toEqual([record, record]);
  },
);

test('elements of a list of records keep their texts, whatever they are', () => {
  const record = fc
    .tuple(fc.json(), fc.constantFrom('', ' ', '\n'))
    .map(([json, space]) => `{${space}"eventVersion":1.0,"x":${json}${space}}`);
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), fc.constantFrom(',', ' ,', ', \n'), (records, comma) => {
      expect(readLookupOutput(`[ ${records.join(comma)} ]`)).toEqual(records);
    }),
  );
});

test('bad texts and rows are reported', () => {
  const texts = ['garbage', ...RECORDS];
  expect(readLookupOutput(JSON.stringify(texts))).toEqual(texts);
  expect(readLookupOutput(`EVENTS\t${RECORDS[0]}\nEVENTS\tx\n`)).toEqual([RECORDS[0], undefined]);
});

test.each([
  `Events:\n- CloudTrailEvent: '${RECORDS[0]}'\n`,
  `- Events:\n  - AccessKeyId: x\n`,
  `- '${RECORDS[0]}'\n`,
  '-------------\n|  LookupEvents  |\n',
])('%j is output in a format that is not read, and said to be', (text) => {
  expect(isLookupOutput(text)).toBe(true);
  expect(() => readLookupOutput(text)).toThrow('expected aws cloudtrail lookup-events with --output json or text');
});

describe('invalid JSON is bad as a whole, and not shown', () => {
  const good = JSON.stringify(page(EVENTS));

  test.each([
    ['a truncated page', good.slice(0, -3), /^json-truncated at byte 0 /],
    ['an open string', '{"Events":["', /^json-truncated at byte 0 /],
    ['a page and garbage', `${good}\nhunter2`, new RegExp(`^json-syntax at byte ${Buffer.byteLength(good) + 1} `)],
    ['a trailing comma', '{"Events":[hunter2,]}', /^json-syntax at byte 0 /],
    ['a bracket too many', `${good}}`, /^json-syntax at byte /],
  ])('%s', (_, text, message) => {
    expect(() => readLookupOutput(text)).toThrow(message);
    expect(() => readLookupOutput(text)).not.toThrow(/hunter2/);
  });

  test('any text is read, or refused with a reason', () => {
    const parts = fc.array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', ' ', '"Events"', '1', 'é'));
    fc.assert(
      fc.property(parts, (chosen) => {
        try {
          readLookupOutput(chosen.join(''));
        } catch (error) {
          expect((error as Error).message).toMatch(/^json-(syntax|truncated) at byte \d+/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('one record', () => {
  const CAPS = { recordBytes: 200, depth: 10, records: 1 };
  const read = (text: string) => readSingleRecord(text, ['airflow.amazonaws.com'], CAPS);
  const WANTED = ' {"eventSource":"airflow.amazonaws.com","n":1.0}';

  test('of a wanted event source is kept byte for byte, of another filtered', () => {
    expect(read(WANTED)).toEqual({ kind: 'kept', bytes: new Uint8Array(Buffer.from(WANTED.trim())) });
    expect(read('{"eventSource":"s3.amazonaws.com"}')).toEqual({ kind: 'filtered' });
  });

  test.each([
    [`${WANTED},${WANTED}`, 'not-an-object'],
    [`${WANTED}],"x":[`, 'not-an-object'],
    ['[]', 'not-an-object'],
    ['', 'not-an-object'],
    ['{"a":', 'not-an-object'],
    [`{"a":"${'x'.repeat(200)}"}`, 'record-bytes-cap'],
    [`{"a":${'['.repeat(20)}${']'.repeat(20)}}`, 'depth-cap'],
    [`{"a":"\ud800"}`, 'invalid-utf8'],
  ])('%j is bad: %s', (text, reason) => expect(read(text)).toEqual({ kind: 'bad', reason }));
});
