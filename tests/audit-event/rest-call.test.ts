import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACTIONS, type ActionCode, accessOf } from '../../shared/audit-event/actions.ts';
import { restCall } from '../../shared/audit-event/rest-call.ts';
import { REST_ROUTES } from '../../shared/audit-event/rest-routes.ts';
import { codePoint } from '../support/code-point.ts';

const ROUTES = Object.entries(REST_ROUTES).flatMap(([path, byMethod]) =>
  Object.entries(byMethod).map(([method, action]) => ({ method, path, action })),
);
const LITERALS = [...new Set(ROUTES.flatMap(({ path }) => path.split('/')))].filter((name) => !/^$|\{/.test(name));

const isParameter = (name: string) => name.startsWith('{');
const valuesIn = (names: readonly string[], segments: readonly string[]) =>
  segments.filter((_, i) => isParameter(names[i]!)).join('/') || undefined;

/** A second way to the same answer: every route is tried, and of those that fit, the one with the earlier literals wins. */
function expected(
  method: string,
  segments: readonly string[],
): { action: ActionCode; target: string | undefined } | undefined {
  const fits = ROUTES.map((route) => ({ ...route, names: route.path.split('/').slice(1) }))
    .filter(({ method: own, names }) => own === method && names.length === segments.length)
    .filter(({ names }) => names.every((name, i) => (isParameter(name) ? segments[i] !== '' : segments[i] === name)));
  const shape = (names: readonly string[]) => names.map((name) => (isParameter(name) ? 1 : 0)).join('');
  const best = fits.toSorted((a, b) => Number(shape(a.names) > shape(b.names)) - 0.5)[0];
  return best && { action: best.action, target: valuesIn(best.names, segments) };
}

/** A value as it may stand in a path; the names of routes are values too. */
const value = fc.oneof(
  fc.constantFrom(
    'orders_daily',
    '~',
    '-1',
    '7',
    'team/key',
    's3://bucket/x',
    'manual__2026-11-02T09:15:00+00:00',
    '100%',
  ),
  fc.constantFrom(...LITERALS),
  // Nothing that looks like a secret: masking is tested by itself.
  fc.string({ unit: codePoint, minLength: 1, maxLength: 7 }),
);
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE');
const anyCase = (text: string) =>
  fc.constantFrom(text, text.toLowerCase(), `${text.charAt(0)}${text.slice(1).toLowerCase()}`);

/** The ways in which a path may be written. */
const written = fc.record({
  prefix: fc.constantFrom('', '/api/v1', '/api/v2', '/v1', '/v2', '/auth/fab/v1'),
  leading: fc.boolean(),
  trailing: fc.constantFrom('', '', '/', '///'),
  query: fc.constantFrom('', '', '?', '?limit=100&order_by=-id', '?a=/dags/x', '#top', '?x=1#/y'),
  encodeAll: fc.boolean(),
});
type Written = typeof written extends fc.Arbitrary<infer T> ? T : never;

function pathOf(segments: readonly string[], { prefix, leading, trailing, query, encodeAll }: Written): string {
  const encode = (text: string) =>
    encodeAll
      ? [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
      : encodeURIComponent(text);
  const path = `${prefix}/${segments.map(encode).join('/')}${trailing}`;
  return (leading ? path : path.slice(1)) + query;
}

test('the table has the routes of Airflow 2 and 3', () => {
  expect(ROUTES).toHaveLength(157);
});

test('every route, however it is written, has its action and its target', () => {
  for (const { method, path, action } of ROUTES) {
    const names = path.split('/').slice(1);
    const segments = fc.tuple(...names.map((name) => (isParameter(name) ? value : fc.constant(name))));
    fc.assert(
      fc.property(segments, written, anyCase(method), (segments, style, verb) => {
        // A value may be the name of another route's literal, which then is meant.
        const meant = expected(method, segments);
        if (!names.some((name, i) => isParameter(name) && LITERALS.includes(segments[i]!))) {
          expect(meant).toEqual({ action, target: valuesIn(names, segments) });
        }
        expect(restCall(verb, pathOf(segments, style))).toEqual({ ...meant, access: accessOf(meant!.action) });
      }),
      { numRuns: 15 },
    );
  }
});

test('what matches no route never gets a code', () => {
  const segments = fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...LITERALS) }, { weight: 2, arbitrary: value }),
    {
      minLength: 1,
      maxLength: 10,
    },
  );
  let unknown = 0;
  fc.assert(
    fc.property(segments, written, method, (segments, style, verb) => {
      const meant = expected(verb, segments);
      const path = pathOf(segments, style);
      const { action, target } = restCall(verb, path);
      if (meant) {
        expect({ action, target }).toEqual(meant);
      } else if (!mayHaveSlashes(segments)) {
        unknown += 1;
        expect(action).toBe(`REST ${verb} ${path.split(/[?#]/)[0]}`);
        expect(target).toBeUndefined();
      }
    }),
    { numRuns: 2000 },
  );
  expect(unknown).toBeGreaterThan(200);
});

/** Whether a parameter that Airflow declares as a path could hold the end of these. */
const mayHaveSlashes = (segments: readonly string[]) =>
  /^(?:variables|pools|datasets|(?:dags|assets)\/.*(?:xcomEntries|state-store|queuedEvent))\//.test(segments.join('/'));

describe('values with slashes that are not encoded', () => {
  test.each([
    ['GET', '/variables/team/key', 'variable.read', 'team/key'],
    ['DELETE', '/api/v2/variables/team/sub/key/', 'variable.delete', 'team/sub/key'],
    ['PATCH', '/pools/team/eu', 'pool.change', 'team/eu'],
    ['GET', '/datasets/s3://bucket/x', 'dataset.read', 's3://bucket/x'],
    ['DELETE', '/datasets/queuedEvent/s3://bucket/x', 'queued-dataset-event.delete', 's3://bucket/x'],
    ['GET', '/dags/d/datasets/queuedEvent/s3://b/x', 'queued-dataset-event.read', 'd/s3://b/x'],
    ['GET', '/dags/d/dagRuns/r/taskInstances/t/xcomEntries/a/b', 'xcom.read', 'd/r/t/a/b'],
    ['PUT', '/assets/7/state-store/a/b', 'asset-state.set', '7/a/b'],
    ['GET', '/variables/team%2Fsub/key', 'variable.read', 'team/sub/key'],
    // The route that matches segment by segment is meant.
    ['GET', '/dags/d/dagRuns/r/taskInstances/t/xcomEntries/tries/3', 'task-instance-try.read', 'd/r/t/xcomEntries/3'],
  ])('%s %s', (method, path, action, target) => {
    expect(restCall(method, path)).toMatchObject({ action, target });
  });

  test.each([
    ['GET', '/dags/team/orders'],
    ['DELETE', '/connections/a/b'],
    ['POST', '/variables/a/b'],
    ['GET', '/variables//b'],
    ['GET', '/roles/a/b'],
  ])('%s %s is no route', (method, path) => {
    expect(restCall(method, path)).toMatchObject({ action: `REST ${method} ${path}`, target: undefined });
  });
});

describe('what is no route', () => {
  test.each([
    ['GET', '/', 'REST GET /'],
    ['GET', '/api/v1', 'REST GET /api/v1'],
    ['GET', '?x', 'REST GET /'],
    ['get', '/nonsense?token=1', 'REST GET /nonsense'],
    // Only one prefix of a version, and only of those that there are.
    ['GET', '/api/v1/api/v1/dags', 'REST GET /api/v1/api/v1/dags'],
    ['GET', '/api/v3/dags', 'REST GET /api/v3/dags'],
    ['GET', '/api/dags', 'REST GET /api/dags'],
    ['GET', '/DAGS', 'REST GET /DAGS'],
    ['GET', '//dags', 'REST GET //dags'],
    ['GET', '/dags//details', 'REST GET /dags//details'],
    ['DELETE', '/dags', 'REST DELETE /dags'],
    ['GET', '/dags%2Forders_daily', 'REST GET /dags%2Forders_daily'],
    ['HEAD', '/dags', 'REST HEAD /dags'],
    ['OPTIONS', '/dags', 'REST OPTIONS /dags'],
    ['BREW', '/dags', 'REST BREW /dags'],
  ])('%s %s', (method, path, action) => {
    const isRead = /^(?:get|head|options)$/i.test(method);
    expect(restCall(method, path)).toEqual({ action, access: isRead ? 'read' : 'write', target: undefined });
  });
});

describe('percent-encoding', () => {
  test.each([
    ['/variables/team%2Fkey', 'team/key'],
    ['/variables/team%2fkey', 'team/key'],
    ['/variables/caf%C3%A9', 'café'],
    ['/variables/a+b', 'a+b'],
    ['/variables/a%3Fb%23c', 'a?b#c'],
    ['/variables/100%', '100%'],
    ['/variables/%ZZ%41', '%ZZ%41'],
    ['/variables/%FF', '%FF'],
    ['/variables/a%252Fb', 'a%2Fb'],
    ['/variables/***', '***'],
  ])('%s', (path, target) => {
    expect(restCall('GET', path)).toMatchObject({ action: 'variable.read', target });
  });

  test('a secret that decoding brings out is masked', () => {
    const key = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCY0123456789';
    const { target } = restCall('GET', `/variables/caf%C3%A9${encodeURIComponent(key)}`);
    expect(target).toBe('café***');
  });
});

test('any method and path have an answer, in linear time', () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), fc.string({ unit: codePoint }), (method, path) => {
      const { action } = restCall(method, path);
      expect(Object.hasOwn(ACTIONS, action) || action.startsWith('REST ')).toBe(true);
    }),
  );
  for (const piece of ['/', '%', '?', '#', '/a', '/%2F', '/dags', '/variables/', '%C3%A9']) {
    expect(restCall('GET', `/x${piece.repeat(200_000)}x`).action).toMatch(/^REST GET \/x/);
  }
}, 20_000);
