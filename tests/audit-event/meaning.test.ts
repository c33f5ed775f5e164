import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACTION_CODES, ACTIONS, accessOf, phraseOf } from '../../shared/audit-event/actions.ts';
import { meaningOf } from '../../shared/audit-event/meaning.ts';
import { OPERATIONS } from '../../shared/audit-event/operations.ts';
import type { JsonRecord } from '../../shared/audit-event/record-fields.ts';
import { redactRecord } from '../../shared/audit-event/redact.ts';
import { REST_ROUTES } from '../../shared/audit-event/rest-routes.ts';

/** A call of Amazon MWAA that went well. */
const call = (eventName: string, requestParameters: unknown = { Name: 'prod-etl' }, members: object = {}) => ({
  eventSource: 'airflow.amazonaws.com',
  eventName,
  requestParameters,
  ...members,
});
const serverless = (eventName: string, requestParameters: object) => ({
  ...call(eventName, requestParameters),
  eventSource: 'airflow-serverless.amazonaws.com',
});
const rest = (Method: string, Path: string) => call('InvokeRestApi', { Name: 'prod-etl', Method, Path });

const ENVIRONMENT = 'arn:aws:airflow:eu-west-1:111122223333:environment/prod-etl';
const WORKFLOW = 'arn:aws:airflow-serverless:eu-west-1:111122223333:workflow/orders-Tc2lQzso0N';
const RUN = '/dags/orders_daily/dagRuns/manual__1';
const TASK = `${RUN}/taskInstances/load`;

/** As lists show it: what was done, to what, and whether it changed something. */
const CASES: readonly [record: JsonRecord, phrase: string, target: string | undefined, access: 'read' | 'write'][] = [
  // Airflow's REST API
  [rest('POST', '/dags/orders_daily/dagRuns'), 'DAG run triggered', 'orders_daily', 'write'],
  [rest('post', '/dags/orders_daily/dagRuns/'), 'DAG run triggered', 'orders_daily', 'write'],
  [rest('POST', '/api/v1/dags/orders_daily/dagRuns'), 'DAG run triggered', 'orders_daily', 'write'],
  [rest('POST', 'api/v2/dags/orders_daily/dagRuns?x=1'), 'DAG run triggered', 'orders_daily', 'write'],
  [rest('GET', '/dags'), 'DAGs listed', undefined, 'read'],
  [rest('GET', '/dags?limit=5'), 'DAGs listed', undefined, 'read'],
  [rest('PATCH', '/dags/orders_daily'), 'DAG paused or unpaused', 'orders_daily', 'write'],
  [rest('DELETE', '/dags/orders_daily'), 'DAG deleted', 'orders_daily', 'write'],
  [rest('GET', '/dags/orders_daily/details'), 'DAG read', 'orders_daily', 'read'],
  [rest('GET', '/dagSources/orders_daily'), 'DAG source read', 'orders_daily', 'read'],
  [rest('GET', '/dags/~/dagRuns'), 'DAG runs listed', '~', 'read'],
  [rest('POST', '/dags/~/dagRuns/list'), 'DAG runs listed', '~', 'read'],
  [rest('DELETE', RUN), 'DAG run deleted', 'orders_daily/manual__1', 'write'],
  [rest('POST', `${RUN}/clear`), 'DAG run clear requested', 'orders_daily/manual__1', 'write'],
  [rest('POST', '/dags/orders_daily/clearTaskInstances'), 'task instance clear requested', 'orders_daily', 'write'],
  [rest('PATCH', TASK), 'task instance change requested', 'orders_daily/manual__1/load', 'write'],
  [rest('GET', `${TASK}/listMapped`), 'task instances listed', 'orders_daily/manual__1/load', 'read'],
  [rest('GET', `${TASK}/3`), 'task instance read', 'orders_daily/manual__1/load/3', 'read'],
  [rest('PATCH', `${TASK}/dry_run`), 'task instance change previewed', 'orders_daily/manual__1/load', 'read'],
  [rest('GET', `${TASK}/logs/1`), 'task log read', 'orders_daily/manual__1/load/1', 'read'],
  [rest('POST', '/connections'), 'connection created', undefined, 'write'],
  [rest('POST', '/connections/test'), 'connection tested', undefined, 'write'],
  [rest('DELETE', '/connections/test'), 'connection deleted', 'test', 'write'],
  [rest('DELETE', '/connections/orders_warehouse'), 'connection deleted', 'orders_warehouse', 'write'],
  [rest('GET', '/connections/orders_warehouse'), 'connection read', 'orders_warehouse', 'read'],
  [rest('GET', '/variables/team%2Fapi_host'), 'variable read', 'team/api_host', 'read'],
  [rest('PATCH', '/variables/***'), 'variable changed', '***', 'write'],
  [rest('DELETE', '/pools/default_pool'), 'pool deleted', 'default_pool', 'write'],
  [rest('GET', '/config'), 'Airflow configuration read', undefined, 'read'],
  [
    rest('GET', '/config/section/core/option/fernet_key'),
    'Airflow configuration option read',
    'core/fernet_key',
    'read',
  ],
  [rest('GET', '/eventLogs'), 'Airflow audit log listed', undefined, 'read'],
  [rest('POST', '/backfills/dry_run'), 'backfill previewed', undefined, 'read'],
  [rest('PATCH', '/auth/fab/v1/roles/Op'), 'Airflow role changed', 'Op', 'write'],
  [rest('DELETE', '/users/mei'), 'Airflow user deleted', 'mei', 'write'],
  [rest('GET', '/version'), 'Airflow version read', undefined, 'read'],
  [rest('GET', '/no/such?token=1'), 'REST GET /no/such', undefined, 'read'],
  [rest('DELETE', '/api/v2/no/such'), 'REST DELETE /api/v2/no/such', undefined, 'write'],
  [rest('HEAD', '/dags'), 'REST HEAD /dags', undefined, 'read'],
  // The route is not told.
  [call('InvokeRestApi'), 'Airflow REST API invoked', undefined, 'write'],
  [call('InvokeRestApi', null), 'Airflow REST API invoked', undefined, 'write'],
  [call('InvokeRestApi', { Path: '/dags?x' }), 'Airflow REST API invoked', '/dags', 'write'],
  [call('InvokeRestApi', { Method: 'GET' }), 'Airflow REST API invoked', undefined, 'read'],
  [call('InvokeRestApi', { Method: 7, Path: {} }), 'Airflow REST API invoked', undefined, 'write'],
  [call('InvokeRestApi', null, denied('InvokeRestApi', 'Op')), 'Airflow REST API invoked', 'Op', 'write'],
  // Amazon MWAA
  [call('CreateEnvironment', { Name: 'prod-etl', MaxWorkers: 5 }), 'environment created', undefined, 'write'],
  [
    call('UpdateEnvironment', { StartupScriptS3Path: 's.sh', Name: 'prod-etl', MaxWorkers: 5 }),
    'environment updated',
    'MaxWorkers, StartupScriptS3Path',
    'write',
  ],
  [call('UpdateEnvironment'), 'environment updated', undefined, 'write'],
  [call('DeleteEnvironment'), 'environment deleted', undefined, 'write'],
  [call('GetEnvironment'), 'environment read', undefined, 'read'],
  [call('ListEnvironments', null), 'environments listed', undefined, 'read'],
  [
    call('TagResource', { ResourceArn: ENVIRONMENT, Tags: { team: 'x', cost: 'y' } }),
    'environment tagged',
    'cost, team',
    'write',
  ],
  [
    call('TagResource', { ResourceArn: ENVIRONMENT, Tags: [{ Key: 'team', Value: 'x' }, { key: 'cost' }] }),
    'environment tagged',
    'cost, team',
    'write',
  ],
  [call('TagResource', { ResourceArn: ENVIRONMENT, Tags: '***' }), 'environment tagged', undefined, 'write'],
  [
    call('UntagResource', { ResourceArn: ENVIRONMENT, tagKeys: ['team', 'cost'] }),
    'environment untagged',
    'cost, team',
    'write',
  ],
  [call('ListTagsForResource', { ResourceArn: ENVIRONMENT }), 'tags listed', undefined, 'read'],
  [call('PublishMetrics', { EnvironmentName: 'prod-etl', MetricData: [] }), 'metrics published', undefined, 'write'],
  [call('CreateCliToken'), 'Airflow CLI token created', undefined, 'write'],
  [call('CreateCliToken', undefined, { readOnly: true }), 'Airflow CLI token created', undefined, 'write'],
  [call('CreateWebLoginToken'), 'Airflow login token created', undefined, 'write'],
  [
    call('CreateWebLoginToken', null, denied('CreateWebLoginToken', 'Admin')),
    'Airflow login token created',
    'Admin',
    'write',
  ],
  [
    call('CreateWebLoginToken', undefined, { responseElements: { AirflowIdentity: 'mei', WebToken: '***' } }),
    'Airflow login token created',
    'mei',
    'write',
  ],
  // MWAA Serverless
  [serverless('CreateWorkflow', { name: 'orders', roleArn: 'r' }), 'workflow created', 'orders', 'write'],
  [serverless('UpdateWorkflow', { workflowArn: WORKFLOW }), 'workflow updated', 'orders-Tc2lQzso0N', 'write'],
  [serverless('StartWorkflowRun', { WorkflowArn: WORKFLOW }), 'workflow run started', 'orders-Tc2lQzso0N', 'write'],
  [
    serverless('StopWorkflowRun', { workflowArn: WORKFLOW, runId: 'r1' }),
    'workflow run stopped',
    'orders-Tc2lQzso0N/r1',
    'write',
  ],
  [
    serverless('GetTaskInstance', { workflowArn: WORKFLOW, runId: 'r1', taskInstanceId: 't1' }),
    'workflow task instance read',
    'orders-Tc2lQzso0N/r1/t1',
    'read',
  ],
  [
    serverless('TagResource', { resourceArn: WORKFLOW, tags: { a: 'b' } }),
    'workflow tagged',
    'orders-Tc2lQzso0N',
    'write',
  ],
  [serverless('ListWorkflows', {}), 'workflows listed', undefined, 'read'],
  // Other operations
  [call('RebootEnvironment'), 'RebootEnvironment', undefined, 'write'],
  [call('RebootEnvironment', {}, { readOnly: true }), 'RebootEnvironment', undefined, 'read'],
  [call('RebootEnvironment', {}, { readOnly: 'true' }), 'RebootEnvironment', undefined, 'read'],
  [call('GetQuota'), 'GetQuota', undefined, 'read'],
  [call('DescribeQuotas'), 'DescribeQuotas', undefined, 'read'],
  [call('ListQuotas', {}, { readOnly: false }), 'ListQuotas', undefined, 'write'],
  [call('Getaway'), 'Getaway', undefined, 'write'],
  [call('CreateWorkflow', { name: 'orders' }), 'CreateWorkflow', undefined, 'write'],
  [call('constructor'), 'constructor', undefined, 'write'],
  [{ ...call('CreateEnvironment'), eventSource: '__proto__' }, 'CreateEnvironment', undefined, 'write'],
  [{}, 'unknown', undefined, 'write'],
];

/** What a denial of a call that is authorized on a role of Airflow looks like. */
function denied(operation: string, role: string) {
  const arn = `arn:aws:airflow:eu-west-1:111122223333:role/prod-etl/${role}`;
  const message = `User: arn:aws:iam::111122223333:user/mei is not authorized to perform: airflow:${operation} on resource: ${arn}`;
  return { errorCode: 'AccessDenied', responseElements: { message: `${message} because no policy allows it` } };
}

test.each(CASES)('%j', (record, phrase, target, access) => {
  const meaning = meaningOf(record);
  expect([phraseOf(meaning.action), meaning.target, meaning.access]).toEqual([phrase, target, access]);
});

test('outcome and status', () => {
  const record = { ...rest('GET', '/dags'), responseElements: { RestApiStatusCode: 403, RestApiResponse: '***' } };
  expect(meaningOf(record)).toEqual({
    action: 'dag.list',
    access: 'read',
    outcome: 'denied',
    parameters: ['Method', 'Path'],
    statusCode: 403,
  });
});

describe('parameters', () => {
  test.each([
    [{ Name: 'prod-etl', StartupScriptS3Path: 's.sh', MaxWorkers: 5 }, ['MaxWorkers', 'StartupScriptS3Path']],
    [
      { Name: 'prod-etl', Path: '/dags', Method: 'GET', QueryParameters: {}, Body: '***' },
      ['Body', 'Method', 'Path', 'QueryParameters'],
    ],
    [{ EnvironmentName: 'prod-etl', MetricData: [] }, ['MetricData']],
    [{ resourceArn: ENVIRONMENT, tagKeys: ['a'] }, ['tagKeys']],
    [{ workflowArn: WORKFLOW, runId: 'r' }, ['runId']],
    [{ KmsKey: null, '': 1, '\ud800': 1 }, ['KmsKey', '\ufffd']],
    [{}, []],
    [null, []],
    [['Name'], []],
    ['Name', []],
  ])('%j', (requestParameters, names) => {
    expect(meaningOf(call('CreateEnvironment', requestParameters)).parameters).toEqual(names);
  });

  test('of a hostile request, no more than 100', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`p${i}`, 1]));
    expect(meaningOf(call('UpdateEnvironment', many)).parameters).toHaveLength(100);
  });
});

describe('actions', () => {
  test('each is an object and a verb, its words joined by hyphens, and says something of its own', () => {
    for (const code of ACTION_CODES) expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*\.[a-z]+$/);
    expect(new Set(Object.values(ACTIONS)).size).toBe(ACTION_CODES.length);
  });

  test('each belongs to a route or an operation', () => {
    const used = [
      ...Object.values(REST_ROUTES).flatMap((byMethod) => Object.values(byMethod)),
      ...Object.values(OPERATIONS).flatMap((operations) => Object.values(operations).map(({ action }) => action)),
    ];
    expect([...new Set<string>(used)].sort()).toEqual([...ACTION_CODES].sort());
  });

  test('no GET and no Get, List or Describe is a write, and no DELETE or PUT a read', () => {
    for (const [path, byMethod] of Object.entries(REST_ROUTES)) {
      for (const [method, action] of Object.entries(byMethod)) {
        if (method === 'GET') expect([path, accessOf(action)]).toEqual([path, 'read']);
        if (method === 'DELETE' || method === 'PUT') expect([path, accessOf(action)]).toEqual([path, 'write']);
      }
    }
    for (const operations of Object.values(OPERATIONS)) {
      for (const [name, { action }] of Object.entries(operations)) {
        expect([name, accessOf(action)]).toEqual([name, /^(?:Get|List)/.test(name) ? 'read' : 'write']);
      }
    }
  });

  test('an action without a code says itself', () => {
    for (const action of ['REST GET /x', 'RebootEnvironment', 'constructor', '']) expect(phraseOf(action)).toBe(action);
  });
});

describe('hostile records', () => {
  const anyValue = fc.anything({ withNullPrototype: true, maxDepth: 3 });
  const anyRecord = fc.record(
    {
      eventSource: fc.oneof(fc.constantFrom('airflow.amazonaws.com', 'airflow-serverless.amazonaws.com'), anyValue),
      eventName: fc.oneof(
        fc.constantFrom(...Object.values(OPERATIONS).flatMap((known) => Object.keys(known))),
        anyValue,
      ),
      requestParameters: fc.oneof(
        anyValue,
        fc.dictionary(
          fc.constantFrom(
            'Name',
            'Path',
            'Method',
            'Tags',
            'tagKeys',
            'WorkflowArn',
            'runId',
            'ResourceArn',
            '__proto__',
          ),
          anyValue,
        ),
      ),
      responseElements: fc.oneof(
        anyValue,
        fc.dictionary(fc.constantFrom('RestApiStatusCode', 'message', 'AirflowIdentity', 'Arn'), anyValue),
      ),
      resources: fc.oneof(anyValue, fc.array(fc.dictionary(fc.constantFrom('ARN', 'arn'), anyValue))),
      errorCode: anyValue,
      errorMessage: anyValue,
      readOnly: anyValue,
    },
    { requiredKeys: [] },
  );

  test('every record has a meaning', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const { action, target, access, outcome, parameters, statusCode } = meaningOf(record);
        expect(action).not.toBe('');
        expect(target === undefined || (typeof target === 'string' && target !== '')).toBe(true);
        expect(['read', 'write']).toContain(access);
        expect(['ok', 'denied', 'failed']).toContain(outcome);
        expect(parameters.every((name) => typeof name === 'string' && name !== '')).toBe(true);
        expect(statusCode === undefined || (statusCode >= 100 && statusCode <= 999)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('no prototype is reached', () => {
    const record = JSON.parse(
      '{"__proto__":{"eventName":"CreateEnvironment","errorCode":"X"},"eventSource":"airflow.amazonaws.com","requestParameters":{"__proto__":{"Path":"/dags"}}}',
    );
    expect(meaningOf(record)).toEqual({ action: 'unknown', access: 'write', outcome: 'ok', parameters: ['__proto__'] });
  });
});

test('what redaction masks stays masked', () => {
  const secret = 'postgres://etl:hunter2hunter2@db/orders';
  const texts = [secret, encodeURIComponent(secret), encodeURIComponent(encodeURIComponent(secret))];
  for (const Path of texts.flatMap((text) => [`/connections/${text}`, `/variables/${text}`, `/no/such/${text}`])) {
    const { text } = redactRecord(JSON.stringify(rest('GET', Path)));
    expect(JSON.stringify(meaningOf(JSON.parse(text)))).not.toContain('hunter2');
  }
});
