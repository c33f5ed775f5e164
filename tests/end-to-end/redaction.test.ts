import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { compareEvents } from '../../shared/query/compare.ts';
import { eventCsv, FULL_COLUMNS } from '../../shared/render/csv.ts';
import { EventTable } from '../../shared/render/event-table.ts';
import { eventJson } from '../../shared/render/json.ts';
import { fromEventItem, type StoredEvent } from '../../shared/store/event-item.ts';
import { httpEvent } from '../support/http-event.ts';
import { useServers } from '../support/servers.ts';
import { createWorld, dumpTable, NOW, putLogFile, s3Event, storedEvents, type World } from '../support/world.ts';

/** Returns 40 characters that look like a key, different for each number. They are no real secrets. */
function randomText(n: number, length = 40): string {
  const alphabet = 'aB3cD4eF5gH6iJ7kL8mN9pQ2rS0tU1vW';
  let state = n * 2_654_435_761 + 12_345;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return alphabet[state >>> 27];
  }).join('');
}

/** Texts that look like secrets: the text as written, and the part of it that must not appear anywhere. */
const LOOKS: Readonly<Record<string, (secret: string) => string>> = {
  'a JSON Web Token': (secret) => `eyJhbGciOiJIUzI1NiJ9.${secret}.c2lnbmF0dXJl`,
  'a bearer token': (secret) => `Authorization: Bearer ${secret}`,
  'a password': (secret) => `login failed, password=${secret}, for airflow`,
  'JSON with a token': (secret) => JSON.stringify({ dag: 'x', access_token: secret }),
  'an Airflow connection': (secret) => `postgres://airflow:${secret}@db.example.com/airflow`,
  'an AWS secret key': (secret) => `before ${secret} after`,
  'an AWS session token': (secret) => `IQoJb3JpZ2luX2Vj${secret}${secret}`,
  'a GitHub token': (secret) => `ghp_${secret}`,
  'a Fernet token': (secret) => `gAAAAABl${secret}${secret}`,
  'a private key': (secret) => `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----`,
  'a pair in JSON': (secret) => JSON.stringify({ Tags: [{ Key: 'db_password', Value: secret }] }),
  'a pair in JSON in JSON': (secret) => JSON.stringify([JSON.stringify({ value: secret, name: 'api_key' })]),
  'a pair in a sentence': (secret) => `bad tags: ${JSON.stringify([{ Value: secret, Key: 'db_password' }])}, sorry`,
  'an encoded connection': (secret) => encodeURIComponent(`postgresql://airflow:${secret}@db.example.com/airflow`),
  'a connection encoded twice': (secret) =>
    encodeURIComponent(encodeURIComponent(`mysql://a:${secret}@db.example.com`)),
  'a Slack webhook': (secret) => `https://hooks.slack.com/services/T01/B01/${secret}`,
  'a Discord webhook': (secret) => `https://discord.com/api/webhooks/1234567890/${secret}`,
  'a password with spaces': (secret) => `password=two words ${secret}`,
  'an argument in quotes': (secret) => `airflow users create --password 'one ${secret}'`,
  'a presigned URL': (secret) => `https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=${secret}`,
};

type Fields = Record<string, unknown>;

/** Places of a record where such a text can stand. */
const PLACES: Readonly<Record<string, (text: string) => Fields>> = {
  userAgent: (text) => ({ userAgent: text }),
  errorMessage: (text) => ({ errorCode: 'AccessDenied', errorMessage: text }),
  errorCode: (text) => ({ errorCode: text }),
  'responseElements.message': (text) => ({ errorCode: 'ValidationException', responseElements: { message: text } }),
  'requestParameters.Path': (text) => ({ requestParameters: { Name: 'prod-etl', Path: text } }),
  'requestParameters.Name': (text) => ({ requestParameters: { Name: text } }),
  'a tag': (text) => ({ requestParameters: { Name: 'prod-etl', Tags: { note: text } } }),
  'the name of a tag': (text) => ({ requestParameters: { Name: 'prod-etl', Tags: { [text]: 'x' } } }),
  'a list in a list': (text) => ({ requestParameters: { Name: 'prod-etl', a: [[{ b: [text] }]] } }),
  additionalEventData: (text) => ({ additionalEventData: { note: text } }),
  serviceEventDetails: (text) => ({ serviceEventDetails: { deep: { deeper: text } } }),
  'userIdentity.userName': (text) => ({ userIdentity: { type: 'IAMUser', userName: text } }),
  requestID: (text) => ({ requestID: text }),
  'an unknown member': (text) => ({ somethingNew: { inside: text } }),
};

/** Members that are secret whatever is in them. */
const MEMBERS: Readonly<Record<string, (secret: unknown) => Fields>> = {
  CliToken: (secret) => ({ responseElements: { CliToken: secret } }),
  WebToken: (secret) => ({ responseElements: { WebToken: secret } }),
  Body: (secret) => ({ requestParameters: { Name: 'prod-etl', Body: secret } }),
  RestApiResponse: (secret) => ({ responseElements: { RestApiResponse: secret } }),
  QueryParameters: (secret) => ({ requestParameters: { Name: 'prod-etl', QueryParameters: { q: secret } } }),
  'a secret tag': (secret) => ({ requestParameters: { Tags: [{ Key: 'db_password', Value: secret }] } }),
  'a secret pair, the value first': (secret) => ({
    requestParameters: { p: [{ ParameterValue: secret, ParameterKey: 'token' }] },
  }),
  AirflowConfigurationOptions: (secret) => ({
    requestParameters: { Name: 'prod-etl', AirflowConfigurationOptions: { 'smtp.smtp_password': secret } },
  }),
};

/** A plain word does not look like a secret, but in these members it is one. */
const SHAPES: Readonly<Record<string, (secret: string) => unknown>> = {
  text: (secret) => secret,
  object: (secret) => ({ a: { b: secret } }),
  list: (secret) => [1, [secret]],
};

interface Planted {
  what: string;
  secret: string;
  record: Fields;
}

const planted: Planted[] = [];
function plant(what: string, secret: string, fields: Fields): void {
  const n = planted.length;
  const record = {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', userName: 'anna' },
    eventTime: `2026-11-02T09:${String(n % 60).padStart(2, '0')}:00Z`,
    eventSource: 'airflow.amazonaws.com',
    eventName: 'InvokeRestApi',
    awsRegion: 'eu-west-1',
    requestParameters: { Name: 'prod-etl' },
    eventID: `planted-${n}`,
    recipientAccountId: '111122223333',
    ...fields,
  };
  planted.push({ what, secret, record });
}
for (const [place, fields] of Object.entries(PLACES)) {
  for (const [look, text] of Object.entries(LOOKS)) {
    const secret = randomText(planted.length);
    plant(`${look} in ${place}`, secret, fields(text(secret)));
  }
}
for (const [member, fields] of Object.entries(MEMBERS)) {
  for (const [shape, value] of Object.entries(SHAPES)) {
    const secret = `canary-word-${planted.length}`;
    plant(`${shape} as ${member}`, secret, fields(value(secret)));
  }
}

const servers = useServers();
let world: World;
let events: StoredEvent[];
/** All visible output, by place. */
const seen: [where: string, text: string][] = [];

beforeAll(async () => {
  world = await createWorld(servers);
  const records = planted.map(({ record }) => record);
  await world.handle(s3Event(await putLogFile(world, 'planted', records)));
  events = [...(await storedEvents(world)).values()].map(fromEventItem);

  const { eventsTable, logFilesTable, environmentsTable } = world.deps.config;
  for (const table of [eventsTable, logFilesTable, environmentsTable]) {
    seen.push([table, JSON.stringify(await dumpTable(world.dynamo, table))]);
  }
  seen.push(['what the observer is told', world.notified.join('\n')]);
  seen.push(['records', events.map(({ record }) => record).join('\n')]);
  seen.push(['json', events.map(eventJson).join('\n')]);
  seen.push(['csv', events.map((event) => eventCsv(event, FULL_COLUMNS)).join('')]);
  const view = { colour: false, times: { kind: 'absolute' as const, zone: 'UTC', now: NOW } };
  seen.push(['table', new EventTable(view, { withIds: true, fixed: {} }).add(events)]);
  seen.push(['comparison', JSON.stringify(compareEvents(events))]);
  await askApi();
}, 60_000);

async function askApi(): Promise<void> {
  const failures: unknown[] = [];
  const deps = { dynamo: world.dynamo, tables: world.deps.config, now: () => NOW };
  const handler = createQueryHandler(deps, { failed: (error) => void failures.push(error) });
  const get = async (url: string, headers: Record<string, string> = {}) => {
    const answer = await handler(httpEvent(url, headers) as never, {} as Context);
    expect(answer).toMatchObject({ statusCode: 200 });
    seen.push([`GET ${url}`, JSON.stringify(answer)]);
  };
  for (const accept of ['application/json', 'application/x-ndjson', 'text/csv']) {
    await get('/events?limit=100', { accept });
    await get('/events?limit=100&order=oldest-first', { accept });
  }
  for (const { eventId } of events) await get(`/events/${eventId}`);
  await get(`/compare?id=planted-0&id=planted-${planted.length - 1}`);
  await get('/environments');
  await get('/environments/prod-etl/summary');
  expect(failures).toEqual([]);
}

test('all of them, more than a hundred, are stored', () => {
  expect(planted.length).toBeGreaterThan(100);
  expect(events).toHaveLength(planted.length);
});

test('each event lists masked values', () => {
  const saying = events.filter(({ redacted }) => redacted.length > 0).map(({ eventId }) => eventId);
  expect(planted.filter(({ record }) => !saying.includes(String(record.eventID))).map(({ what }) => what)).toEqual([]);
});

describe('no secret is visible', () => {
  test.each(planted.map(({ what, secret }) => [what, secret]))('%s', (_, secret) => {
    expect(seen.filter(([, text]) => text.includes(secret)).map(([where]) => where)).toEqual([]);
  });
});
