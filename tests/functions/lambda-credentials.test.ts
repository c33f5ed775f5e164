import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { defaultProvider } from '../../functions/lambda-credentials.ts';

const NAMES = [
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
];
const before = NAMES.map((name) => [name, process.env[name]] as const);
const set = (values: Readonly<Record<string, string | undefined>>) => {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};
const none = Object.fromEntries(NAMES.map((name) => [name, undefined]));

/** Gives credentials as the agent of ECS and that of EKS do. */
const agent = createServer((_, response) =>
  response.setHeader('content-type', 'application/json').end(
    JSON.stringify({
      ...{ AccessKeyId: 'ASIACONTAINER', SecretAccessKey: 'secret', Token: 'token' },
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    }),
  ),
);
let address: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/role`;
});
afterEach(() => set(Object.fromEntries(before)));
afterAll(() => void agent.close());

test("in Lambda, the environment has the role's credentials", async () => {
  set({
    ...none,
    AWS_ACCESS_KEY_ID: 'ASIALAMBDA',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: address,
  });
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'ASIALAMBDA' });
});

test('in a container, its agent gives them', async () => {
  set({ ...none, AWS_CONTAINER_CREDENTIALS_FULL_URI: address });
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'ASIACONTAINER', sessionToken: 'token' });
});

test('with neither, it says so', async () => {
  set(none);
  await expect(defaultProvider()()).rejects.toThrow('Unable to find environment variable credentials');
});
