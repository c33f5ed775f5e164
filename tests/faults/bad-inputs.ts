import { gzipSync } from 'node:zlib';
import type { BadRecordReason, EventFlag } from '../../shared/audit-event/audit-event.ts';
import type { SkippedObject } from '../../shared/cloudtrail/object-key.ts';
import type { NothingAnnounced } from '../../shared/delivery/announcement.ts';
import type { BadLogFileCode } from '../../shared/records/bad-log-file.ts';
import { seededRandom } from '../support/random.ts';
import { logFileKey } from '../support/world.ts';

/** The expected outcome of an input. */
export type Outcome =
  /** Acknowledged, and counted by this name. */
  | { nothingAnnounced: NothingAnnounced }
  | { skipped: SkippedObject }
  /** Never acknowledged: the message ends in the dead-letter queue. */
  | { fails: string }
  /** The whole file is quarantined, and nothing of it is stored. */
  | { quarantined: BadLogFileCode | 'object-missing' }
  /** The file's events are stored, in the order of its records; bad records are quarantined. */
  | {
      stored: readonly Stored[];
      filtered?: number;
      bad?: readonly (BadRecordReason | 'not-an-object' | 'invalid-utf8')[];
    };

/** The expected content of an item. */
export interface Stored {
  /** `null`: none, because it does not fit into an item. */
  record: string | null;
  flags?: readonly EventFlag[];
  /** Attributes, and those that must not be there as undefined. */
  attributes?: Readonly<Record<string, string | undefined>>;
}

/** A message, or an object that a message announces. */
export type BadInput = { outcome: Outcome } & (
  | { message: object | string }
  /** Made only when it is needed; `key` is that of an ordinary log file unless given. */
  | { key?: string; file: () => Buffer }
);

const MWAA = '"eventSource":"airflow.amazonaws.com"';
/** The text of a record with these members; a text stands for itself. */
const record = (members: string) => `{${MWAA},"eventVersion":"1.11","eventTime":"2026-11-02T09:15:00Z",${members}}`;
const GOOD = record('"eventID":"good"');
const OTHER = '{"eventSource":"s3.amazonaws.com","eventID":"other"}';
const text = (...records: string[]) => `{"Records":[${records.join(',')}]}`;
const zipped = (...records: string[]) => gzipSync(text(...records));
const good: Stored = { record: GOOD };

/** A file whose only record has these members, and is stored as it came. */
function keptAsIs(members: string, expected: Omit<Stored, 'record'> = {}): BadInput {
  return { file: () => zipped(record(members)), outcome: { stored: [{ record: record(members), ...expected }] } };
}

/** A bad record between two others, which are stored. */
function badRecord(bad: string | Buffer, reason: BadRecordReason | 'not-an-object' | 'invalid-utf8'): BadInput {
  const [before, after] = text(GOOD, '?', record('"eventID":"good 2"')).split('?');
  const file = () => gzipSync(Buffer.concat([Buffer.from(before!), Buffer.from(bad), Buffer.from(after!)]));
  return { file, outcome: { stored: [good, { record: record('"eventID":"good 2"') }], bad: [reason] } };
}

const quarantined = (reason: BadLogFileCode, file: () => Buffer): BadInput => ({
  file,
  outcome: { quarantined: reason },
});
const skipped = (reason: SkippedObject, key: string, file = () => gzipSync('{}')): BadInput => ({
  key,
  file,
  outcome: { skipped: reason },
});

function changed(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(bytes.length + at) ^ 0xff, bytes.length + at);
  return bytes;
}

const DIGEST = JSON.stringify({ awsAccountId: '111122223333', digestS3Bucket: 'b', logFiles: [] });
const LONG_NAME = `${'n'.repeat(3_000)}`;
const SEPARATORS = 'prod#2026-11-02T00:00:00.000Z|eu west-1/../x!"';

/** Every row of the table of bad inputs, by name. */
export const BAD_INPUTS: Readonly<Record<string, BadInput>> = {
  'a digest file': skipped('digest-file', logFileKey('digest', 'CloudTrail-Digest'), () => gzipSync(DIGEST)),
  'an Insight file': skipped('insight-file', logFileKey('insight', 'CloudTrail-Insight')),
  'a file of aggregated events': skipped('aggregated-file', logFileKey('aggregated', 'CloudTrail-Aggregated')),
  'a file of network activity': skipped('network-activity-file', logFileKey('vpce', 'CloudTrail-NetworkActivity')),
  'a marker of a folder': skipped('folder-marker', 'AWSLogs/111122223333/CloudTrail/', () => Buffer.alloc(0)),
  'a key of something else': skipped('not-a-cloudtrail-log-file', 'AWSLogs/111122223333/elasticloadbalancing/x.log.gz'),

  's3:TestEvent': {
    message: { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' },
    outcome: { nothingAnnounced: 's3-test-event' },
  },
  'CloudTrail validation message.': {
    message: 'CloudTrail validation message.',
    outcome: { nothingAnnounced: 'cloudtrail-validation-message' },
  },
  ObjectRemoved: {
    message: {
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectRemoved:Delete',
          s3: { bucket: { name: 'b' }, object: { key: 'k' } },
        },
      ],
    },
    outcome: { nothingAnnounced: 'not-object-created' },
  },
  'a notification of unknown shape': { message: { hello: 'world' }, outcome: { fails: 'unknown-notification' } },
  'a notification with no records': { message: { Records: [] }, outcome: { fails: 'unknown-notification' } },
  'a notification that is null': { message: 'null', outcome: { fails: 'unknown-notification' } },
  'a notification that is no JSON': { message: '{"Records":', outcome: { fails: 'unknown-notification' } },
  'a notification of nothing': { message: '', outcome: { fails: 'unknown-notification' } },
  'an undecodable key': {
    message: {
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          s3: { bucket: { name: 'b' }, object: { key: '%ZZ' } },
        },
      ],
    },
    outcome: { fails: 'undecodable-key' },
  },

  'an empty file': quarantined('empty', () => Buffer.alloc(0)),
  'a gzip file of nothing': quarantined('empty', () => gzipSync('')),
  'a truncated gzip file': quarantined('gzip-truncated', () => zipped(GOOD).subarray(0, -20)),
  'a gzip file without its trailer': quarantined('gzip-truncated', () => zipped(GOOD).subarray(0, -8)),
  'a wrong checksum': quarantined('gzip-corrupt', () => changed(zipped(GOOD), -8)),
  'a wrong size': quarantined('gzip-corrupt', () => changed(zipped(GOOD), -1)),
  'several gzip members': {
    file: () => Buffer.concat([gzipSync('{"Records":['), gzipSync(GOOD), gzipSync(''), gzipSync(']}')]),
    outcome: { stored: [good] },
  },
  'zeros at the very end': {
    file: () => Buffer.concat([zipped(GOOD), Buffer.alloc(10_000)]),
    outcome: { stored: [good] },
  },
  'garbage at the end': quarantined('gzip-corrupt', () => Buffer.concat([zipped(GOOD), Buffer.from('garbage')])),
  'a byte after zeros': quarantined('gzip-trailing-bytes', () =>
    Buffer.concat([zipped(GOOD), Buffer.alloc(512), Buffer.from('x')]),
  ),
  'a member after zeros': quarantined('gzip-trailing-bytes', () =>
    Buffer.concat([zipped(GOOD), Buffer.alloc(512), zipped(GOOD)]),
  ),
  'plain JSON under .gz': { file: () => Buffer.from(text(GOOD)), outcome: { stored: [good] } },
  'UTF-16, little-endian': quarantined('utf-16', () => Buffer.from(`\uFEFF${text(GOOD)}`, 'utf16le')),
  'UTF-16, big-endian, gzipped': quarantined('utf-16', () =>
    gzipSync(Buffer.from(`\uFEFF${text(GOOD)}`, 'utf16le').swap16()),
  ),
  'output of lookup-events': quarantined('records-missing', () =>
    gzipSync(JSON.stringify({ Events: [{ EventId: 'good', CloudTrailEvent: GOOD }] })),
  ),
  'more than 1,000 elements that are no objects': quarantined('bad-records-cap', () =>
    zipped(GOOD, ...Array(1_001).fill('1')),
  ),
  'more than 1,000 records without an eventID': quarantined('bad-records-cap', () =>
    zipped(GOOD, ...Array(1_001).fill(record('"eventID":""'))),
  ),
  'XML under .gz': quarantined('not-gzip-or-json', () => Buffer.from('<Error><Code>SlowDown</Code></Error>')),

  'a byte order mark': { file: () => gzipSync(`\ufeff${text(GOOD)}`), outcome: { stored: [good] } },
  'invalid UTF-8 in a kept record': badRecord(
    Buffer.from(record('"eventID":"bad","userAgent":"\xff\xfe"'), 'latin1'),
    'invalid-utf8',
  ),
  'invalid UTF-8 in a skipped record': {
    file: () =>
      gzipSync(Buffer.concat([Buffer.from('{"Records":[{"a":"'), Buffer.from([0xff]), Buffer.from(`"},${GOOD}]}`)])),
    outcome: { stored: [good], filtered: 1 },
  },
  'UTF-8 that is split over chunks': {
    file: () => {
      const bytes = Buffer.from(text(record('"eventID":"e","userAgent":"ü漢😀"')));
      return Buffer.concat(Array.from(bytes, (byte) => gzipSync(Buffer.from([byte]))));
    },
    outcome: { stored: [{ record: record('"eventID":"e","userAgent":"ü漢😀"'), attributes: { userAgent: 'ü漢😀' } }] },
  },
  'lone surrogates': keptAsIs('"eventID":"e","userAgent":"a\\ud800b","eventName":"\\udfff"', {
    attributes: { userAgent: 'a\ufffdb', eventName: '\ufffd' },
  }),
  'NUL and control characters': keptAsIs('"eventID":"e","userAgent":"a\\u0000\\u001b[31m\\r\\n\\u2028b"', {
    attributes: { userAgent: 'a\u0000\u001b[31m\r\n\u2028b' },
  }),
  'integers above 2^53': keptAsIs(
    '"eventID":"e","requestParameters":{"n":9007199254740993,"m":123456789012345678901234567890}',
  ),
  '1e400': keptAsIs('"eventID":"e","requestParameters":{"n":1e400}'),
  '-0': keptAsIs('"eventID":"e","requestParameters":{"n":-0,"m":-0.0,"k":1.50}'),
  'duplicate keys: the last wins': keptAsIs('"eventID":"first","userAgent":"1","eventID":"last","userAgent":"2"', {
    attributes: { eventId: 'last', userAgent: '2' },
  }),
  'a duplicate eventSource: the last wins': {
    file: () =>
      zipped(
        `{"eventSource":"s3.amazonaws.com",${MWAA},"eventID":"e","eventVersion":"1.11","eventTime":"2026-11-02T09:15:00Z"}`,
        `{${MWAA},"eventSource":"s3.amazonaws.com","eventID":"f"}`,
      ),
    outcome: {
      stored: [
        {
          record: `{"eventSource":"s3.amazonaws.com",${MWAA},"eventID":"e","eventVersion":"1.11","eventTime":"2026-11-02T09:15:00Z"}`,
        },
      ],
      filtered: 1,
    },
  },
  __proto__members: keptAsIs(
    '"eventID":"e","__proto__":{"environment":"x","userAgent":"y"},"requestParameters":{"__proto__":{"Name":"z"}}',
    {
      attributes: { userAgent: undefined, environment: undefined },
    },
  ),
  'constructor members': keptAsIs(
    '"eventID":"e","constructor":{"prototype":{"polluted":true}},"toString":1,"hasOwnProperty":null',
  ),

  'Records is missing': quarantined('records-missing', () => gzipSync('{"records":[]}')),
  'Records is null': quarantined('records-not-an-array', () => gzipSync('{"Records":null}')),
  'Records is an object': quarantined('records-not-an-array', () => gzipSync('{"Records":{}}')),
  'Records is a string': quarantined('records-not-an-array', () => gzipSync('{"Records":"[]"}')),
  'an array at the top': quarantined('top-level-not-an-object', () => gzipSync(`[${GOOD}]`)),
  'Records is empty': { file: () => zipped(), outcome: { stored: [] } },
  'Records is not first': {
    file: () => gzipSync(`{"a":{"Records":[1]},"Records":[${GOOD}]}`),
    outcome: { stored: [good] },
  },
  'other members beside Records': {
    file: () => gzipSync(`{"Records":[${GOOD}],"a":[${GOOD}],"b":null}`),
    outcome: { stored: [good] },
  },
  'a second Records': quarantined('records-twice', () => gzipSync(`{"Records":[${GOOD}],"Records":[]}`)),
  'text after the document': quarantined('json-syntax', () => gzipSync(`${text(GOOD)}x`)),
  'a document that ends early': quarantined('json-truncated', () => gzipSync(text(GOOD).slice(0, -1))),
  'null among Records': badRecord('null', 'not-an-object'),
  'an array among Records': badRecord(`[${GOOD}]`, 'not-an-object'),
  'a string among Records': badRecord('"text"', 'not-an-object'),
  'a number among Records': badRecord('-1.5e3', 'not-an-object'),

  'an eventID that is missing': badRecord(record('"a":1'), 'event-id-missing'),
  'an eventID that is empty': badRecord(record('"eventID":""'), 'event-id-missing'),
  'an eventID that is null': badRecord(record('"eventID":null'), 'event-id-malformed'),
  'an eventID that is a number': badRecord(record('"eventID":12'), 'event-id-malformed'),
  'an eventID with a lone surrogate': badRecord(record('"eventID":"\\ud800"'), 'event-id-malformed'),
  'an eventID of 513 bytes': badRecord(record(`"eventID":"${'e'.repeat(513)}"`), 'event-id-too-long'),
  'an eventID of 512 bytes': keptAsIs(`"eventID":"${'ü'.repeat(256)}"`),
  'an aggregated record': {
    file: () => zipped(GOOD, `{${MWAA},"eventCategory":"Aggregated","eventId":"a"}`),
    outcome: { stored: [good], filtered: 1 },
  },
  'an Insight record': {
    file: () => zipped(GOOD, `{${MWAA},"eventType":"AwsCloudTrailInsight","eventCategory":"Insight"}`),
    outcome: { stored: [good], filtered: 1 },
  },
  'a record of another service': { file: () => zipped(OTHER, GOOD), outcome: { stored: [good], filtered: 1 } },

  'an eventTime that is invalid': keptAsIs('"eventID":"e","eventTime":"2026-02-30T00:00:00Z"', {
    flags: ['invalid-event-time'],
    attributes: { day: '0000-00-00' },
  }),
  'an eventTime that is missing': {
    file: () => zipped(`{${MWAA},"eventVersion":"1.11","eventID":"e"}`),
    outcome: { stored: [{ record: `{${MWAA},"eventVersion":"1.11","eventID":"e"}`, flags: ['invalid-event-time'] }] },
  },
  'an eventTime far in the future': keptAsIs('"eventID":"e","eventTime":"9999-12-31T23:59:59Z"', {
    flags: ['future-event-time'],
  }),
  'eventVersion 1.02': keptAsIs('"eventID":"e","eventVersion":"1.02"'),
  'eventVersion 1.11': keptAsIs('"eventID":"e","eventVersion":"1.11"'),
  'eventVersion 2.0': keptAsIs('"eventID":"e","eventVersion":"2.0"', { flags: ['unknown-event-version'] }),

  'no environment': keptAsIs('"eventID":"e","eventName":"ListEnvironments"', {
    attributes: { environment: undefined },
  }),
  'requestParameters is null': keptAsIs('"eventID":"e","requestParameters":null', {
    attributes: { environment: undefined },
  }),
  'an environment under Name': keptAsIs('"eventID":"e","requestParameters":{"Name":"prod"}', {
    attributes: { environment: 'prod' },
  }),
  'an environment under name': keptAsIs('"eventID":"e","requestParameters":{"name":"prod"}', {
    attributes: { environment: 'prod' },
  }),
  'an environment that is empty': keptAsIs('"eventID":"e","requestParameters":{"Name":""}', {
    attributes: { environment: undefined },
  }),
  'an accessKeyId that is empty': keptAsIs('"eventID":"e","userIdentity":{"type":"Root","accessKeyId":""}', {
    attributes: { accessKeyId: undefined },
  }),
  'an environment outside the pattern': keptAsIs('"eventID":"e","requestParameters":{"Name":"-- ü 😀 --"}', {
    attributes: { environment: '-- ü 😀 --' },
  }),
  'an environment with separators': keptAsIs(
    `"eventID":"e","requestParameters":${JSON.stringify({ Name: SEPARATORS })}`,
    {
      attributes: { environment: SEPARATORS },
    },
  ),
  'an environment of 3 KB': keptAsIs(`"eventID":"e","requestParameters":{"Name":"${LONG_NAME}"}`, {
    attributes: { environment: expect2048(LONG_NAME) },
  }),
  'a record too big for an item': {
    file: () =>
      zipped(GOOD, record(`"eventID":"big","requestParameters":{"Name":"prod","x":"${incompressible(700_000)}"}`)),
    outcome: {
      stored: [
        good,
        { record: null, flags: ['record-omitted'], attributes: { environment: 'prod', recordIndex: '1' } },
      ],
    },
  },
  'a long record that fits when it is compressed': keptAsIs(
    `"eventID":"e","requestParameters":{"x":"${'a'.repeat(2_000_000)}"}`,
  ),
  'a record of more than 8 MiB': quarantined('record-bytes-cap', () =>
    zipped(GOOD, record(`"x":"${'a'.repeat(8_400_000)}"`)),
  ),
  'a record nested 900 levels deep': keptAsIs(`"eventID":"e","x":${'['.repeat(900)}${']'.repeat(900)}`),
  'a record nested 2,000 levels deep': quarantined('depth-cap', () =>
    zipped(`{"x":${'['.repeat(2_000)}${']'.repeat(2_000)}}`),
  ),
};

/** Cut to the longest key, with a hash of the whole: computed once by another program (`sha256sum`). */
function expect2048(name: string): string {
  return `${name.slice(0, 2_048 - 33)}~856641e2fc61e25c36a6e8a48290bedf`;
}

function incompressible(length: number): string {
  const random = seededRandom(1);
  return Array.from({ length }, () => String.fromCharCode(0x4e00 + random.below(20_000))).join('');
}
