import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { healthyAccount, SOURCES } from '../../support/deployed-account.ts';
import { type Account, type FakeAws, startFakeAws } from '../../support/fake-aws.ts';
import { runInProcess } from '../../support/program.ts';

let aws: FakeAws;
beforeAll(async () => {
  aws = await startFakeAws();
});
afterAll(() => aws.stop());

function doctor(account: Account, ...args: string[]) {
  aws.become(account);
  return runInProcess(['doctor', ...args], {
    AWS_ENDPOINT_URL: aws.endpoint,
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
}

test.each(SOURCES)('a healthy account, %s', async (source) => {
  const r = await doctor(healthyAccount(source));
  console.log(r.stdout, r.stderr);
  expect(r.code).toBe(0);
});
