import { expect, test } from '@jest/globals';
import { outcomeOf, statusCodeOf } from '../../shared/audit-event/outcome.ts';

const status = (RestApiStatusCode: unknown) => ({ responseElements: { RestApiStatusCode } });

test.each([
  ['ok', {}],
  ['ok', status(200)],
  ['ok', status(302)],
  ['ok', { errorCode: '' }],
  ['ok', { errorCode: null }],
  ['denied', { errorCode: 'AccessDenied' }],
  ['denied', { errorCode: 'AccessDeniedException' }],
  ['denied', { errorCode: 'UnauthorizedOperation' }],
  ['denied', { errorCode: 'Client.UnauthorizedOperation' }],
  ['denied', { errorCode: 'com.amazonaws.mwaa#AccessDeniedException' }],
  ['denied', status(401)],
  ['denied', status(403)],
  ['denied', status('403')],
  ['denied', { responseElements: { restApiStatusCode: 403 } }],
  ['denied', { errorCode: 'RestApiClientException', ...status(403) }],
  ['denied', { errorCode: 'ValidationException', ...status(401) }],
  ['denied', { errorCode: 'AccessDenied', ...status(500) }],
  ['failed', { errorCode: 'ValidationException' }],
  ['failed', { errorCode: 'NotAccessDenied' }],
  ['failed', { errorCode: 'RestApiClientException' }],
  ['failed', { errorCode: 'RestApiClient', ...status(404) }],
  ['failed', { errorCode: 'RestApiServerException', ...status(500) }],
  ['failed', { errorCode: 'InternalServerException', ...status(200) }],
  ['failed', status(400)],
  ['failed', status(404)],
  ['failed', status('503')],
])('%s: %j', (outcome, members) => {
  expect(outcomeOf(members)).toBe(outcome);
});

test.each([
  [200, 200],
  ['404', 404],
  [204.5, undefined],
  ['', undefined],
  ['4e2', undefined],
  ['0404', undefined],
  [40, undefined],
  [4040, undefined],
  [-403, undefined],
  [null, undefined],
  [[403], undefined],
  [{}, undefined],
  [true, undefined],
])('the status %j is %j', (written, code) => {
  expect(statusCodeOf(status(written))).toBe(code);
});
