import { describe, expect, test } from '@jest/globals';
import { DeliveryError } from '../shared/delivery/announcement.ts';
import { describeError, s3Uri, TrailError } from '../shared/errors.ts';

describe('our own errors', () => {
  test('say code, name and cause', () => {
    const cause = new Error('below');
    const error = new DeliveryError('unknown-notification', 'notification: expected JSON text', { cause });
    expect(error).toBeInstanceOf(TrailError);
    expect(error).toMatchObject({ name: 'unknown-notification', code: 'unknown-notification', cause });
    expect(describeError(error)).toBe('unknown-notification: notification: expected JSON text');
  });
});

describe('of foreign errors only what is safe to log', () => {
  const failed = (message: string, more: object = {}) => Object.assign(new Error(message), more);

  test.each([
    [failed('CANARY'), 'Error'],
    [new TypeError('CANARY'), 'TypeError'],
    [
      failed('CANARY', { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }),
      'ThrottlingException (HTTP 400)',
    ],
    [failed('CANARY', { code: 'ECONNRESET' }), 'Error (ECONNRESET)'],
    [failed('CANARY', { name: 'TimeoutError', code: 'TimeoutError', $metadata: {} }), 'TimeoutError'],
    [failed('CANARY', { code: 'X', $metadata: { httpStatusCode: 503 } }), 'Error (X, HTTP 503)'],
    [failed('CANARY', { code: 7 }), 'Error'],
    ['CANARY', 'a value that is not an error was thrown'],
    [undefined, 'a value that is not an error was thrown'],
    [{ message: 'CANARY' }, 'a value that is not an error was thrown'],
  ])('%p: %s', (error, line) => {
    expect(describeError(error)).toBe(line);
  });
});

test('a place', () => {
  expect(s3Uri({ bucket: 'logs', key: 'a/b c.json.gz' })).toBe('s3://logs/a/b c.json.gz');
});
