import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { packageRoot } from '../../local/table-definitions.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';

interface HttpApiEvent {
  httpApi: { method: string; path: string };
}
const { functions } = parse(readFileSync(join(packageRoot(), 'serverless.yml'), 'utf8'), { logLevel: 'error' }) as {
  functions: { query?: { events: HttpApiEvent[] } }[];
};
const routes = functions.flatMap(({ query }) => query?.events ?? []).map(({ httpApi }) => httpApi);

/** `{user+}`: a value that may have slashes. */
const templateOf = (path: string) => path.replace('+}', '}');

test('serverless.yml has a route for every operation, and no other', () => {
  expect(routes.map(({ method, path }) => `${method} ${templateOf(path)}`).sort()).toEqual(
    OPERATIONS.map(({ path }) => `GET ${path}`).sort(),
  );
});
