/**
 * `npm run bench:access-patterns`: asks the questions of docs/access-patterns.md on an embedded DynamoDB, which counts read units
 * by AWS's rules, and prints for each how many events it has and what they cost. The numbers do not depend on the machine.
 */
import { BatchWriteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import pMap from 'p-map';
import { startEmbeddedDynamo } from '../local/embedded-dynamodb.ts';
import { LOCAL_TABLES } from '../local/local-names.ts';
import { toAuditEvent } from '../shared/audit-event/to-audit-event.ts';
import { readPage } from '../shared/query/ask.ts';
import { readCriteria } from '../shared/query/criteria.ts';
import type { GivenCriteria } from '../shared/query/criteria-table.ts';
import { toEventItem } from '../shared/store/event-item.ts';
import type { Item } from '../shared/store/item.ts';
import { generateLogFile } from './generate.ts';

const EVENTS = 114_117;
const DAYS = 60;
const ENVIRONMENTS = 20;
const PEOPLE = 100;
/** One in so many is an error. */
const ERRORS = 9;
const START = Date.UTC(2026, 9, 1);
const NOW = START + DAYS * 86_400_000;

const LAST_DAY = new Date(NOW - 1).toISOString().slice(0, 10);
const PERSON = 'person-21@example.com';
const DAY = { since: '2026-11-20', until: '2026-11-21' };
/** Without `all`, the first 100 events. */
const QUESTIONS: readonly (GivenCriteria & { all?: true })[] = [
  { environment: ['env-3'] },
  { environment: ['env-3'], ...DAY, all: true },
  { environment: ['env-3'], errors: true, since: '2026-11-15', until: '2026-11-22', all: true },
  { environment: ['env-3'], eventName: ['CreateWebLoginToken'], ...DAY, all: true },
  { user: [PERSON] },
  { user: [PERSON], all: true },
  { role: ['role-07'], ...DAY, all: true },
  { principal: [`role-23/${PERSON}`], all: true },
  { eventName: ['UpdateEnvironment'], ...DAY, all: true },
  { errorCode: ['AccessDenied'], ...DAY, all: true },
  { errors: true, ...DAY, all: true },
  { sourceIp: ['10.1.2.3'], ...DAY, all: true },
  { changes: true, since: '2026-11-20T12:00:00Z', until: '2026-11-20T14:00:00Z', all: true },
  {},
  { ...DAY, all: true },
];

/** Records of `generate.ts`, of other people and environments, spread over the days; without those that no question reads. */
function* items(): Generator<Item> {
  const text = [...generateLogFile({ bytes: Number.POSITIVE_INFINITY, share: 1, seed: 7, records: EVENTS })].join('');
  for (const [i, record] of (JSON.parse(text).Records as ReturnType<typeof JSON.parse>[]).entries()) {
    const person = `person-${String(scattered(i, PEOPLE)).padStart(2, '0')}@example.com`;
    const environment = `env-${scattered(i + 7, ENVIRONMENTS)}`;
    const time = new Date(START + Math.floor((i / EVENTS) * DAYS * 86_400) * 1000).toISOString();
    if (![DAY.since, LAST_DAY].includes(time.slice(0, 10)) && environment !== 'env-3' && person !== PERSON) continue;
    const { userIdentity, requestParameters } = record;
    userIdentity.arn = userIdentity.arn.replace(/session-\d+/, person);
    userIdentity.principalId = userIdentity.principalId.replace(/session-\d+/, person);
    requestParameters.Name = environment;
    record.eventTime = time.replace('.000', '');
    if (i % ERRORS === 0) Object.assign(record, { errorCode: 'AccessDenied', errorMessage: `denied to ${person}` });
    const context = { logFile: 'b/k', recordIndex: i, keyAccount: undefined, now: NOW };
    const read = toAuditEvent(JSON.stringify(record), context);
    if (read.kind === 'event') yield toEventItem(read.event, { ingestedAt: '2026-11-30T00:00:00.000Z' });
  }
}

/** A number below a limit that does not go along with `i`. */
const scattered = (i: number, limit: number) => (Math.imul(i, 2_654_435_761) >>> 8) % limit;

function* batches(): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items()) {
    batch.push(item);
    if (batch.length < 25) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const { client: dynamo, stop } = await startEmbeddedDynamo(LOCAL_TABLES);
const days = new Set<string>();
await pMap(
  batches(),
  async (batch) => {
    for (const { day } of batch) if (day?.S) days.add(day.S);
    const puts = batch.map((Item) => ({ PutRequest: { Item } }));
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [LOCAL_TABLES.eventsTable]: puts } }));
  },
  { concurrency: 1 },
);
for (const day of days) {
  const Item = { listing: { S: 'days' }, environmentKey: { S: day } };
  await dynamo.send(new PutItemCommand({ TableName: LOCAL_TABLES.environmentsTable, Item }));
}
for (const { all, ...question } of QUESTIONS) {
  const criteria = readCriteria(question, NOW);
  const deps = { dynamo, tables: LOCAL_TABLES, now: () => NOW };
  let [events, readUnits, index] = [0, 0, ''];
  let after: string | undefined;
  do {
    const page = await readPage({ criteria, order: 'newest-first', limit: all ? 1_000 : 100, after }, deps);
    events += page.events.length;
    readUnits += page.consumed.readUnits;
    index = page.plan.index;
    after = all && page.end;
  } while (after !== undefined);
  console.log(`${JSON.stringify(question)}${all ? ' all' : ''} | ${index} | ${events} | ${readUnits}`);
}
await stop();
