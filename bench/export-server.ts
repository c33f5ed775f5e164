/**
 * A stand-in for DynamoDB that answers the requests of an export without a disk, in a process of its own: export.ts starts it. It
 * prints its endpoint, and ends when its standard input does. Of many events, only those of a sample differ in more than IDs and
 * times.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { toAuditEvent } from '../shared/audit-event/to-audit-event.ts';
import { toEventItem } from '../shared/store/event-item.ts';
import { generateLogFile } from './generate.ts';

const [, , eventsText = '', daysText = ''] = process.argv;
const [events, days] = [Number(eventsText), Number(daysText)];
const SAMPLE = 5_000;
const FIRST_DAY = Date.UTC(2026, 9, 1);
const PAGE = 1_000;
const EVENTS_A_LOG_FILE = 20;

const sample = makeSample();
const perDay = Math.ceil(events / days);

interface SampleEvent {
  /** The item as JSON, split where the ID, the time, the day, the log file, the hash and the record stand. */
  item: string[];
  /** The record, split where its ID stands. */
  record: string[];
}

function makeSample(): SampleEvent[] {
  const text = [...generateLogFile({ bytes: 1e9, share: 1, seed: 1, records: SAMPLE, start: FIRST_DAY })].join('');
  const { Records } = JSON.parse(text) as { Records: Record<string, unknown>[] };
  return Records.map((record, i) => {
    const accountId = i % 2 === 0 ? '012345678901' : '111122223333';
    const recordText = JSON.stringify({ ...record, eventID: '@ID@', recipientAccountId: accountId });
    const read = toAuditEvent(recordText, {
      ...{ logFile: '@LOG@', recordIndex: i % EVENTS_A_LOG_FILE, keyAccount: undefined, now: Date.UTC(2026, 11, 1) },
    });
    if (read.kind !== 'event') throw new Error('not an event');
    const distinct = { timeKey: '@TIME@#@ID@', day: '@DAY@', contentHash: '@HASH@', requestId: '@ID@' };
    const event = { ...read.event, ...distinct };
    const item = { ...toEventItem(event, { ingestedAt: '2026-11-20T00:00:00.000Z' }), record: { B: '@RECORD@' } };
    return {
      item: JSON.stringify(item).split(/(@LOG@|@ID@|@TIME@|@DAY@|@HASH@|@RECORD@)/),
      record: read.event.record.split('@ID@'),
    };
  });
}

const idOf = (i: number) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
const dayOf = (i: number) => new Date(FIRST_DAY + Math.floor(i / perDay) * 86_400_000).toISOString().slice(0, 10);

function itemOf(eventId: string): string {
  const i = Number(eventId.slice(-12));
  const time = `${dayOf(i)}T${new Date(Math.floor(((i % perDay) / perDay) * 86_400_000)).toISOString().slice(11)}`;
  const log = `bucket/AWSLogs/012345678901/CloudTrail/eu-west-1/2026/10/01/${Math.floor(i / EVENTS_A_LOG_FILE)}.json.gz`;
  const { item, record } = sample[i % SAMPLE]!;
  const zipped = gzipSync(record.join(eventId)).toString('base64');
  const hash = createHash('sha256').update(eventId).digest('hex');
  const values = {
    '@LOG@': log,
    '@HASH@': hash,
    '@ID@': eventId,
    '@TIME@': time,
    '@DAY@': dayOf(i),
    '@RECORD@': zipped,
  };
  return item.map((part) => (values as Record<string, string>)[part] ?? part).join('');
}

interface Input {
  TableName: string;
  IndexName?: string;
  ExpressionAttributeValues: Record<string, { S: string }>;
  ExclusiveStartKey?: { eventId: { S: string } };
  RequestItems: Record<string, { Keys: { eventId?: { S: string }; logFile?: { S: string } }[] }>;
}

const ANSWERS: Readonly<Record<string, (input: Input) => string>> = {
  Query({ IndexName, ExpressionAttributeValues, ExclusiveStartKey }) {
    if (IndexName !== 'byDay') {
      const listed = Array.from({ length: days }, (_, day) => ({ environmentKey: { S: dayOf(day * perDay) } }));
      return JSON.stringify({ Items: listed });
    }
    const day = Date.parse(ExpressionAttributeValues[':day']?.S ?? '');
    const first = Math.round((day - FIRST_DAY) / 86_400_000) * perDay;
    const from = ExclusiveStartKey === undefined ? first : Number(ExclusiveStartKey.eventId.S.slice(-12)) + 1;
    const to = Math.min(from + PAGE, first + perDay, events);
    const ids = Array.from({ length: Math.max(0, to - from) }, (_, i) => ({ eventId: { S: idOf(from + i) } }));
    const isLast = to >= Math.min(first + perDay, events);
    return JSON.stringify({ Items: ids, ...(isLast ? {} : { LastEvaluatedKey: ids.at(-1) }) });
  },
  BatchGetItem({ RequestItems }) {
    const [[table, { Keys }] = ['', { Keys: [] }]] = Object.entries(RequestItems);
    const items = Keys.map(({ eventId, logFile }) =>
      eventId === undefined
        ? JSON.stringify({ logFile, verification: { S: 'verified' }, verifiedBy: { S: 'digest.json.gz' } })
        : itemOf(eventId.S),
    );
    return `{"Responses":{${JSON.stringify(table)}:[${items.join(',')}]},"UnprocessedKeys":{}}`;
  },
};

const server = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  response.end(ANSWERS[operation]?.(JSON.parse(Buffer.concat(parts).toString()) as Input) ?? '{}');
}).listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

process.stdin.on('end', () => process.exit()).resume();
