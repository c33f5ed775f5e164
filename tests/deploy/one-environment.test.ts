import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { loadRules } from '../../cli/detect/load-rules.ts';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { packageRoot } from '../../local/table-definitions.ts';
import { evaluatedFindings } from '../../shared/alert/evaluated-findings.ts';
import type { FindingSource } from '../../shared/alert/find-findings.ts';
import type { SeenFinding } from '../../shared/alert/seen-finding.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';
import { httpEvent } from '../support/http-event.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';
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

/** A path with its placeholders filled in. */
const filled = (path: string, name: string) =>
  path.replace('{name}', name).replace('{eventId}', '016455be-b954-4c42-8c9c-49b594f86248').replace('{user}', 'ana/b');

describe.each(['prod', 'prod-etl', 'a'])('the policy for %s', (name) => {
  const within = OPERATIONS.filter(({ path }) => path.startsWith('/environments/{name}/'));
  const elsewhere = OPERATIONS.filter((operation) => !within.includes(operation));

  test('allows every route below its environment', async () => {
    expect(within.length).toBeGreaterThanOrEqual(10);
    for (const { path } of within) {
      const asked = filled(path, name);
      expect([asked, await may(name, asked)]).toEqual([asked, true]);
    }
  });

  test('allows no other route', async () => {
    expect(elsewhere.map(({ path }) => path)).toContain('/compare');
    for (const { path } of elsewhere) {
      const asked = filled(path, name);
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
      const asked = filled(path, other);
      expect([asked, await may(name, asked)]).toEqual([asked, false]);
    }
  });

  test('allows no path above or below, no other method, API or stage', async () => {
    for (const path of [
      '',
      '/',
      `/${name}`,
      `/${name}/summary/`,
      `/${name}/summary/../../other/events`,
      `/${name}/x`,
    ]) {
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
  let findings: FindingSource;
  beforeAll(async () => {
    store = await sharedSampleStore();
    findings = evaluatedFindings(async () => readRules(await loadRules([])).rules, store.deps);
  });
  afterAll(() => store.stop());

  const ask = async (url: string) => {
    const handler = createQueryHandler(store.deps, { failed: () => {}, findings });
    return handler(httpEvent(url), {} as Context);
  };

  test('return only events of that environment', async () => {
    const { statusCode, body } = await ask('/environments/prod-etl/events?limit=100');
    expect(statusCode).toBe(200);
    const { events } = JSON.parse(body) as { events: { environment: string }[] };
    expect(events.length).toBeGreaterThan(10);
    expect(new Set(events.map(({ environment }) => environment))).toEqual(new Set(['prod-etl']));
  });

  test.each(['events', 'timeline', 'summary', 'values', 'likely-causes', 'users', 'history', 'findings'])(
    '%s does not accept another environment as a parameter',
    async (route) => {
      for (const parameter of ['environment=dev-sandbox', 'name=dev-sandbox', 'environment=prod-etl']) {
        expect((await ask(`/environments/prod-etl/${route}?${parameter}`)).statusCode).toBe(400);
      }
    },
  );

  test('return only findings of that environment', async () => {
    const { findings } = JSON.parse((await ask('/findings?limit=100')).body) as { findings: SeenFinding[] };
    const own = (name: string) => findings.filter(({ environment }) => environment === name);
    expect(own('prod-etl').length).toBeGreaterThan(1);
    for (const name of ['prod-etl', 'dev-sandbox']) {
      const { body } = await ask(`/environments/${name}/findings?limit=100`);
      const seen = (JSON.parse(body) as { findings: SeenFinding[] }).findings;
      expect(seen.map(({ reason }) => reason)).toEqual(own(name).map(({ reason }) => reason));
    }
  });

  test('return no single event of another environment', async () => {
    const [one, other] = ['016455be-b954-4c42-8c9c-49b594f86248', '4b9d2a64-cef8-4d6c-ad8f-94797d7c823c'];
    for (const path of [`/events/${one}`, `/compare?id=${one}&id=${other}`]) {
      expect((await ask(`/environments/prod-etl${path}`)).statusCode).toBe(200);
      const { statusCode, body } = await ask(`/environments/dev-sandbox${path}`);
      expect([statusCode, JSON.parse(body).type]).toEqual([404, 'urn:problem-type:mwaa-trail:no-such-event']);
      // As if it were not stored.
      expect(body).toBe((await ask(`/environments/dev-sandbox${path.replaceAll(one, 'none')}`)).body);
    }
  });

  /** The values that events of the whole store have, and no event of dev-sandbox. */
  async function strangersOf(criterion: string): Promise<string[]> {
    const namesAt = async (path: string) => {
      const { values } = JSON.parse((await ask(`${path}/values?of=${criterion}`)).body) as {
        values: { name: string }[];
      };
      return values.map(({ name }) => name);
    };
    const own = await namesAt('/environments/dev-sandbox');
    return (await namesAt('')).filter((name) => !own.includes(name));
  }

  test.each(['user', 'role', 'principal', 'session', 'accessKeyId', 'target', 'environment', 'action', 'errorCode'])(
    'tell nothing of the %s of another environment, whatever is asked',
    async (criterion) => {
      const strangers = await strangersOf(criterion);
      expect(strangers.length).toBeGreaterThan(0);
      for (const stranger of strangers.slice(0, 5)) {
        for (const asked of [stranger, `${stranger}x`, stranger.toUpperCase()]) {
          const value = encodeURIComponent(asked);
          for (const question of [
            `values?of=${criterion}${criterion === 'environment' ? '' : `&${criterion}=${value}`}`,
            ...(criterion === 'environment' ? [] : [`summary?${criterion}=${value}`, `timeline?${criterion}=${value}`]),
            ...(criterion === 'user' ? [`users?user=${value}`] : []),
          ]) {
            const { statusCode, body } = await ask(`/environments/dev-sandbox/${question}`);
            expect([question, statusCode]).toEqual([question, 200]);
            for (const name of strangers) expect(body).not.toContain(JSON.stringify(name));
          }
        }
      }
    },
  );

  test.each(['user', 'role', 'principal', 'session', 'accessKeyId', 'target'])(
    'do not explain an unknown %s by what other environments have',
    async (criterion) => {
      const strangers = await strangersOf(criterion);
      for (const stranger of strangers.slice(0, 5)) {
        for (const asked of [stranger, `${stranger}x`, stranger.toUpperCase()]) {
          const question = `likely-causes?${criterion}=${encodeURIComponent(asked)}`;
          const { causes } = JSON.parse((await ask(`/environments/dev-sandbox/${question}`)).body);
          const [first, ...others] = causes;
          expect(first).toMatchObject({ kind: 'unknown-value', criterion, value: asked, elsewhere: [] });
          const told = JSON.stringify([first.nearest, others]);
          for (const name of strangers) expect(told).not.toContain(JSON.stringify(name));
        }
      }
    },
  );

  test('an environment without events is unknown, without a hint to those that there are', async () => {
    const { body } = await ask('/environments/prod-etll/likely-causes');
    expect(JSON.parse(body).causes).toEqual([
      { kind: 'unknown-value', criterion: 'environment', value: 'prod-etll', nearest: [], elsewhere: [] },
    ]);
  });

  // The policy allows any user's name, and a name may have slashes.
  test.each(['../../dev-sandbox/events', '../users', '..'])('%s is a name of a user, not a path', async (user) => {
    const event = {
      ...httpEvent(`/environments/prod-etl/users/${user}`),
      routeKey: 'GET /environments/{name}/users/{user+}',
      pathParameters: { name: 'prod-etl', user },
    };
    const { statusCode, body } = await createQueryHandler(store.deps, { failed: () => {} })(event, {} as Context);
    expect([statusCode, JSON.parse(body)]).toMatchObject([200, { name: user, events: 0 }]);
    expect([403, 404]).toContain((await ask(`/environments/prod-etl/events/../${user}`)).statusCode);
  });

  test('do not accept the cursor of another environment', async () => {
    const { cursor } = JSON.parse((await ask('/environments/prod-etl/events?limit=1')).body) as { cursor: string };
    expect(cursor).toEqual(expect.any(String));
    expect((await ask(`/environments/dev-sandbox/events?limit=1&cursor=${cursor}`)).statusCode).toBe(400);
  });
});

test('docs/api.md shows the policy as it is', () => {
  expect(readFileSync(join(packageRoot(), 'docs', 'api.md'), 'utf8')).toContain(text);
});
