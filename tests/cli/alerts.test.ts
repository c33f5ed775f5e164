import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Account, AwsError, type FakeAws, startFakeAws } from '../support/fake-aws.ts';
import { runInProcess } from '../support/program.ts';

let aws: FakeAws;
beforeAll(async () => {
  aws = await startFakeAws();
});
afterAll(() => aws.stop());

function run(account: Account, ...args: string[]) {
  aws.become(account);
  const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
  return runInProcess(['alerts', 'test', ...args], {
    ...{ AWS_ENDPOINT_URL: aws.endpoint, AWS_REGION: 'eu-west-1', ...credentials },
  });
}

const SENT = { sent: ['arn:aws:sns:eu-west-1:111122223333:mwaa-trail-prod-alerts', 'mwaa-trail-prod'] };

describe('alerts test', () => {
  test('lets the function of the stack send a sample, and says where to', async () => {
    const asked: unknown[] = [];
    const account: Account = {
      'lambda:Invoke': ({ path, body }) => {
        asked.push([path, body]);
        return SENT;
      },
    };
    const { code, stdout } = await run(account, '--stack', 'mwaa-trail-prod');
    expect(asked).toEqual([['/2015-03-31/functions/mwaa-trail-prod-alert/invocations', '{"test":"finding"}']]);
    expect([code, stdout]).toEqual([0, `Sent to ${SENT.sent[0]}\nSent to ${SENT.sent[1]}\n`]);
    expect(JSON.parse((await run(account, '--stack', 'mwaa-trail-prod', '--format', 'json')).stdout)).toEqual(SENT);
  });

  test('needs a stack', async () => {
    const { code, stderr } = await run({});
    expect([code, stderr]).toEqual([2, expect.stringContaining('name the stack with --stack')]);
  });

  test('says that there is no such function', async () => {
    const account = { 'lambda:Invoke': () => new AwsError('ResourceNotFoundException', 404) };
    const { code, stderr } = await run(account, '--stack', 'mwaa-trail-prod');
    expect([code, stderr]).toEqual([1, expect.stringContaining('is the stack deployed with alerts=on?')]);
  });

  test('says what the caller lacks', async () => {
    const account = { 'lambda:Invoke': () => new AwsError('AccessDeniedException', 403) };
    const { code, stderr } = await run(account, '--stack', 'mwaa-trail-prod');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/denied/i)]);
  });

  test('an answer of another version is a failure', async () => {
    const { code, stderr } = await run({ 'lambda:Invoke': () => ({}) }, '--stack', 'mwaa-trail-prod');
    expect([code, stderr]).toEqual([1, expect.stringContaining('deploy this version')]);
  });
});
