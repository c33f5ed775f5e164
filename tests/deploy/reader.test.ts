import { readFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../local/table-definitions.ts';
import { awsSettings, runInProcess } from '../support/program.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';
import { scaled } from '../support/scale.ts';
import { type Call, needsOf } from './support/calls.ts';
import { isAllowed } from './support/simulate.ts';
import { ACCOUNT, REGION } from './support/stack.ts';

const POLICY = JSON.parse(readFileSync(join(packageRoot(), 'deploy', 'policies', 'reader.json'), 'utf8'));
const reader = [{ name: 'reader', policy: POLICY }];

const calls: Call[] = [];
let store: SampleStore;
let recorder: Server;
beforeAll(async () => {
  store = await sharedSampleStore();
  recorder = createServer(async (asked, answer) => {
    const body = await buffer(asked);
    const operation = String(asked.headers['x-amz-target']).replace(/.*\./, '');
    calls.push({ service: 'DynamoDB', operation, input: JSON.parse(body.toString()) });
    const { method, url, headers } = asked;
    request(`${store.endpoint}${url}`, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    }).end(body);
  });
  await new Promise<void>((resolve) => void recorder.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  recorder.closeAllConnections();
  recorder.close();
  store.stop();
});

/** The names that the tables have in a stack. */
const DEPLOYED = {
  eventsTable: 'mwaa-trail-prod-events',
  logFilesTable: 'mwaa-trail-prod-log-files',
  environmentsTable: 'mwaa-trail-prod-environments',
} as const;

/** What IAM asks of a call, if it were made to the tables of a stack. */
function needs(call: Call) {
  let text = JSON.stringify(call);
  for (const [name, table] of Object.entries(DEPLOYED)) {
    text = text.replaceAll(store.deps.tables[name as keyof typeof DEPLOYED], table);
  }
  return needsOf(JSON.parse(text), REGION, ACCOUNT, new Map());
}

const EVENT = '4b9d2a64-cef8-4d6c-ad8f-94797d7c823c';
const COMMANDS = [
  ['query', '--full', '--limit', '1', '--format', 'json'],
  ['show', EVENT],
  ['compare', EVENT, 'a09e739f-2d46-438e-9499-c6cb867c8fba'],
  ['environments'],
  ['history', '--environment', 'prod-etl'],
  ['coverage', '--since', '2026-11-01'],
  ...scaled(
    [],
    [
      ['query', '--environment', 'prod-etl', '--since', '2026-11-01'],
      ['query', '--user', 'svc-airflow-sync'],
      ['query', '--role', 'DataPlatformOperator'],
      ['query', '--principal', 'arn:*'],
      ['query', '--event-name', 'CreateEnvironment'],
      ['query', '--error-code', 'AccessDeniedException'],
      ['query', '--access-key-id', 'AKIAEXAMPLEMH77A4MWF'],
      ['summary', '--environment', 'prod-etl'],
      ['who', 'svc-airflow-sync'],
      ['detect', '--since', '2026-11-01'],
    ],
  ),
];

describe('deploy/policies/reader.json', () => {
  test('allows what the commands that ask call, and each of its actions is called', async () => {
    const { port } = recorder.address() as AddressInfo;
    const { eventsTable, logFilesTable, environmentsTable } = store.deps.tables;
    const env = {
      ...awsSettings({ s3: 'http://127.0.0.1:1', dynamo: `http://127.0.0.1:${port}` }),
      LOG_FILES_TABLE: logFilesTable,
      ENVIRONMENTS_TABLE: environmentsTable,
    };
    for (const command of COMMANDS) {
      const { code, stderr } = await runInProcess([...command, '--table', eventsTable], env);
      expect([command, code, code === 0 ? '' : stderr]).toEqual([command, 0, '']);
    }
    const needed = new Map(calls.flatMap(needs).map((need) => [`${need.action} ${need.resource}`, need]));
    for (const [name, need] of needed) expect([name, await isAllowed(reader, need)]).toEqual([name, true]);
    const actions = new Set([...needed.values()].map(({ action }) => action));
    expect([...actions].sort()).toEqual(
      [...new Set(POLICY.Statement.flatMap(({ Action }: { Action: string[] }) => Action))].sort(),
    );
  });

  test.each([
    ['dynamodb:Scan', 'table/mwaa-trail-prod-events'],
    ['dynamodb:PutItem', 'table/mwaa-trail-prod-events'],
    ['dynamodb:DeleteItem', 'table/mwaa-trail-prod-log-files'],
    ['dynamodb:GetItem', 'table/mwaa-trail-prod-alert-state'],
    ['dynamodb:GetItem', 'table/payroll'],
    ['dynamodb:ExportTableToPointInTime', 'table/mwaa-trail-prod-events'],
  ])('does not allow %s on %s', async (action, resource) => {
    const arn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:${resource}`;
    expect(await isAllowed(reader, { action, resource: arn, context: {} })).toBe(false);
  });

  test('does not open the quarantine, which is unredacted', async () => {
    const resource = `arn:aws:s3:::mwaa-trail-prod-quarantine-${ACCOUNT}-${REGION}/records/a`;
    expect(await isAllowed(reader, { action: 's3:GetObject', resource, context: {} })).toBe(false);
  });
});
