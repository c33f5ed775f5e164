import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { packageRoot } from '../../local/table-definitions.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';
import { httpEvent } from '../support/http-event.ts';
import { type SampleStore, startSampleStore } from '../support/sample-store.ts';
import { isAllowed } from './support/simulate.ts';
import { ACCOUNT, REGION } from './support/stack.ts';

const text = readFileSync(join(packageRoot(), 'deploy', 'policies', 'one-environment.json'), 'utf8');
const API = `arn:aws:execute-api:${REGION}:${ACCOUNT}:abc123`;

/** With the placeholders filled in. */
const policyFor = (environment: string) => ({
  name: 'one-environment',
  policy: JSON.parse(
    text
      .replaceAll('REGION', REGION)
      .replaceAll('ACCOUNT', ACCOUNT)
      .replaceAll(':API/', ':abc123/')
      .replaceAll('ENVIRONMENT', environment),
  ),
});

/** The resource that API Gateway authorizes for a request to the stage. */
const may = (environment: string, path: string, { method = 'GET', api = API, stage = '$default' } = {}) =>
  isAllowed([policyFor(environment)], {
    action: 'execute-api:Invoke',
    resource: `${api}/${stage}/${method}${path}`,
    context: {},
  });

describe.each(['prod', 'prod-etl', 'a'])('the policy for %s', (name) => {
  const within = OPERATIONS.filter(({ path }) => path.startsWith('/environments/{name}/'));
  const elsewhere = OPERATIONS.filter((operation) => !within.includes(operation));

  test('allows every route below its environment', async () => {
    expect(within).toHaveLength(3);
    for (const { path } of within) expect([path, await may(name, path.replace('{name}', name))]).toEqual([path, true]);
  });

  test('allows no other route', async () => {
    expect(elsewhere.map(({ path }) => path)).toContain('/compare');
    for (const { path } of elsewhere) {
      const asked = path.replace('{eventId}', 'EventID');
      expect([asked, await may(name, asked)]).toEqual([asked, false]);
    }
  });

  test.each([
    'prod-etl-2',
    'prod-etl2',
    'prod-',
    'production',
    'my-prod-etl',
    'Prod-ETL',
    'ab',
    `${name}-`,
    `x${name}`,
    `${name}/..`,
    `${name}%2F..%2Fother`,
    `other/${name}`,
    `other/../${name}`,
  ])('opens nothing of %s', async (other) => {
    for (const { path } of within) {
      const asked = path.replace('{name}', other);
      expect([asked, await may(name, asked)]).toEqual([asked, false]);
    }
  });

  test('allows no path above or below, no other method, API or stage', async () => {
    for (const path of ['', '/', `/${name}`, `/${name}/events/`, `/${name}/events/../../other/events`, `/${name}/x`]) {
      expect([path, await may(name, `/environments${path}`)]).toEqual([path, false]);
    }
    const events = `/environments/${name}/events`;
    expect(await may(name, events, { method: 'POST' })).toBe(false);
    expect(await may(name, events, { stage: 'test' })).toBe(false);
    expect(await may(name, events, { api: API.replace('abc123', 'abc1234') })).toBe(false);
    expect(await may(name, events, { api: API.replace(ACCOUNT, '444455556666') })).toBe(false);
  });

  test('allows no other action', async () => {
    const [statement] = policyFor(name).policy.Statement;
    expect(policyFor(name).policy.Statement).toEqual([
      { Sid: statement.Sid, Effect: 'Allow', Action: 'execute-api:Invoke', Resource: statement.Resource },
    ]);
  });
});

describe('the allowed routes', () => {
  let store: SampleStore;
  beforeAll(async () => {
    store = await startSampleStore();
  });
  afterAll(() => store.stop());

  const ask = async (url: string) => {
    const handler = createQueryHandler(store.deps, { failed: () => {} });
    return handler(httpEvent(url), {} as Context);
  };

  test('return only events of that environment', async () => {
    const { statusCode, body } = await ask('/environments/prod-etl/events?limit=100');
    expect(statusCode).toBe(200);
    const { events } = JSON.parse(body) as { events: { environment: string }[] };
    expect(events.length).toBeGreaterThan(10);
    expect(new Set(events.map(({ environment }) => environment))).toEqual(new Set(['prod-etl']));
  });

  test.each(['events', 'summary', 'history'])(
    '%s does not accept another environment as a parameter',
    async (route) => {
      for (const parameter of ['environment=dev-sandbox', 'name=dev-sandbox', 'environment=prod-etl']) {
        expect((await ask(`/environments/prod-etl/${route}?${parameter}`)).statusCode).toBe(400);
      }
    },
  );

  test('do not accept the cursor of another environment', async () => {
    const { cursor } = JSON.parse((await ask('/environments/prod-etl/events?limit=1')).body) as { cursor: string };
    expect(cursor).toEqual(expect.any(String));
    expect((await ask(`/environments/dev-sandbox/events?limit=1&cursor=${cursor}`)).statusCode).toBe(400);
  });
});

test('docs/api.md shows the policy as it is', () => {
  expect(readFileSync(join(packageRoot(), 'docs', 'api.md'), 'utf8')).toContain(text);
});
