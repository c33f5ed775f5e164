import { expect, test } from '@jest/globals';
import { reasonOf, resultOf, whatOf, whoOf } from '../../shared/render/event-words.ts';
import type { ListedEvent } from '../../shared/store/event-item.ts';

const OK: ListedEvent = {
  ...{ eventId: 'e', timeKey: 't', action: 'dag-run.trigger', access: 'write', outcome: 'ok', parameters: [] },
};
const USER =
  'User: arn:aws:sts::111122223333:assumed-role/Ops/ana is not authorized to perform: airflow:DeleteEnvironment';
const RESOURCE = 'on resource: arn:aws:airflow:eu-west-1:111122223333:environment/prod-etl';
const SCP = 'arn:aws:organizations::777788889999:policy/o-abc/service_control_policy/p-123';

test.each([
  [`${USER} ${RESOURCE}`, 'not authorized to perform airflow:DeleteEnvironment'],
  [
    `${USER} ${RESOURCE} because no identity-based policy allows the airflow:DeleteEnvironment action`,
    'no identity-based policy allows airflow:DeleteEnvironment',
  ],
  [
    `${USER} because no permissions boundary allows the airflow:DeleteEnvironment action`,
    'no permissions boundary allows airflow:DeleteEnvironment',
  ],
  [
    `${USER} ${RESOURCE} because no VPC endpoint policy allows the airflow:DeleteEnvironment action`,
    'no VPC endpoint policy allows airflow:DeleteEnvironment',
  ],
  [
    `${USER} ${RESOURCE} with an explicit deny in a service control policy`,
    'a service control policy denies airflow:DeleteEnvironment',
  ],
  [
    `${USER} ${RESOURCE} with an explicit deny in a service control policy: ${SCP}`,
    'a service control policy denies airflow:DeleteEnvironment',
  ],
  [
    `You are not authorized to perform this operation. ${USER} ${RESOURCE} with an explicit deny in an identity-based policy. Encoded authorization failure message: XQ_jq`,
    'an identity-based policy denies airflow:DeleteEnvironment',
  ],
  ['Access denied.', 'Access denied.'],
  ['somebody is not authorized to perform: everything', 'somebody is not authorized to perform: everything'],
  [undefined, ''],
])('a denial: %s', (errorMessage, expected) => {
  const denied: ListedEvent = { ...OK, outcome: 'denied', errorCode: 'AccessDenied' };
  expect(reasonOf(errorMessage === undefined ? denied : { ...denied, errorMessage })).toBe(expected);
});

test.each([
  [{ outcome: 'ok', errorMessage: 'x' }, ''],
  [{ outcome: 'denied', errorCode: 'AccessDeniedException' }, ''],
  [{ outcome: 'denied', errorCode: 'Client.UnauthorizedOperation' }, 'Client.UnauthorizedOperation'],
  [{ outcome: 'denied', errorCode: 'RestApiClientException', statusCode: 403 }, '403 from Airflow'],
  [{ outcome: 'failed', statusCode: 404, errorMessage: 'No such DAG' }, '404 from Airflow: No such DAG'],
  [{ outcome: 'failed', errorCode: 'ThrottlingException' }, 'ThrottlingException'],
  [
    { outcome: 'failed', errorCode: 'ThrottlingException', errorMessage: 'Rate exceeded' },
    'ThrottlingException: Rate exceeded',
  ],
] as const)('a reason: %j', (event, expected) => {
  expect(reasonOf({ ...OK, ...event })).toBe(expected);
});

test.each([
  [{}, 'ok'],
  [{ provisional: true }, 'ok (provisional)'],
  [{ outcome: 'denied', errorCode: 'AccessDenied' }, 'denied'],
  [{ outcome: 'failed', errorCode: 'X', provisional: true }, 'failed (provisional): X'],
] as const)('a result: %j', (event, expected) => {
  expect(resultOf({ ...OK, ...event })).toBe(expected);
});

test.each([
  [{ action: 'dag-run.trigger', target: 'orders_daily' }, 'DAG run triggered: orders_daily'],
  [{ action: 'REST GET /x' }, 'REST GET /x'],
])('what was done: %j', (event, expected) => {
  expect(whatOf(event)).toBe(expected);
});

test.each([
  [{ user: 'ana', principal: 'Admin/ana' }, 'ana'],
  [{ user: 'id-1', principal: 'Admin/ana' }, 'bo'],
  [{ principal: 'id-1' }, 'bo'],
  [{ principal: 'Admin/ana' }, 'Admin/ana'],
  [{}, '-'],
])('who did it: %j', (event, expected) => {
  expect(whoOf(event, { aliases: new Map([['id-1', 'bo']]) })).toBe(expected);
  if (expected !== 'bo') expect(whoOf(event, {})).toBe(expected);
});
