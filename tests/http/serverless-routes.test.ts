import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { packageRoot } from '../../local/table-definitions.ts';
import { OPERATIONS } from '../../shared/http/operations.ts';

interface HttpApiEvent {
  httpApi: { method: string; path: string; authorizer: { type: string } };
}
const { functions } = parse(readFileSync(join(packageRoot(), 'serverless.yml'), 'utf8'), { logLevel: 'error' }) as {
  functions: { query: { events: HttpApiEvent[] } };
};
const routes = functions.query.events.map(({ httpApi }) => httpApi);

test('serverless.yml has a route for every operation, and no other', () => {
  expect(routes.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
    OPERATIONS.map(({ path }) => `GET ${path}`).sort(),
  );
});

test('every route asks for IAM authorization', () => {
  expect(routes.map(({ authorizer }) => authorizer.type)).toEqual(routes.map(() => 'aws_iam'));
});

test('the function may read, not write, and never scan', () => {
  const yaml = readFileSync(join(packageRoot(), 'deploy', 'query.yml'), 'utf8');
  const actions = [...yaml.matchAll(/dynamodb:\w+|dynamodb:\*/g)].map(([action]) => action);
  expect(new Set(actions)).toEqual(new Set(['dynamodb:GetItem', 'dynamodb:Query']));
});
