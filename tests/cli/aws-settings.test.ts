import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
import { runCli, temporaryFolder } from '../support/cli.ts';
import { runAsText } from '../support/program.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const NOBODY = {
  ...{ HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: '', AWS_DEFAULT_REGION: '' },
  ...{ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: '', AWS_MAX_ATTEMPTS: '1' },
};
const SOMEBODY = { ...NOBODY, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

const MISSING = [
  ['no Region', NOBODY, 'AWS settings: expected a Region: set AWS_REGION'],
  ['no credentials', { ...NOBODY, AWS_REGION: 'eu-west-1' }, 'AWS settings: expected credentials, and found none'],
] as const;
const QUERY = ['query', '--table', 'trail-events'];

describe.each([
  ['query', QUERY],
  ['coverage', ['coverage', '--table', 'trail-events']],
  ['verify', ['verify', 's3://trail', '--no-ledger']],
  ['backfill', ['backfill', 's3://trail', '--dry-run', '--table', 'trail-events']],
  ['doctor', ['doctor']],
])('%s', (_name, args) => {
  test.each(MISSING)('%s', async (_what, env, says) => {
    const { code, stderr } = await runAsText(args, env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`mwaa-trail: ${says}`) });
  });

  test('nothing there', async () => {
    const { code, stderr } = await runCli(args, folder.path, { ...SOMEBODY, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
    const says = 'mwaa-trail: AWS settings: expected to reach AWS, or what AWS_ENDPOINT_URL names (ECONNREFUSED)';
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(says) });
  });
});

test.each(MISSING)('%s, in a process of its own', async (_what, env, says) => {
  const { code, stderr } = await runCli(QUERY, folder.path, env);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`mwaa-trail: ${says}`) });
});

describe('a profile that is not there, or not complete, is named', () => {
  test.each([
    [['--profile', 'nope'], {}],
    [[], { AWS_PROFILE: 'nope' }],
  ])('%j %j', async (flags, env) => {
    const query = (more: Record<string, string>) =>
      runAsText(['query', '--stack', 's', ...flags], { ...NOBODY, ...env, ...more });
    expect((await query({})).stderr).toContain('expected a Region, which the profile nope does not have');
    expect((await query({ AWS_REGION: 'eu-west-1' })).stderr).toContain('none that can be used in the profile nope');
  });
});

/** A server that answers each request in this way, and counts them. */
async function serverOf(status: number, body: string) {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, requests: () => requests, close: () => server.close() };
}

test('a table that is not there', async () => {
  const { endpoint, close } = await serverOf(
    400,
    '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}',
  );
  const { code, stderr } = await runAsText(QUERY, { ...SOMEBODY, AWS_ENDPOINT_URL: endpoint });
  close();
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('expected the table, bucket or queue') });
});

test.each([
  ['query', QUERY],
  ['backfill', ['backfill', 's3://trail', '--dry-run', '--table', 'trail-events']],
  ['doctor', ['doctor']],
])('%s tries as often as AWS_MAX_ATTEMPTS says', async (_name, args) => {
  const { endpoint, requests, close } = await serverOf(503, '');
  const { code } = await runAsText(args, { ...SOMEBODY, AWS_ENDPOINT_URL: endpoint, AWS_MAX_ATTEMPTS: '2' });
  close();
  expect({ code, requests: requests() }).toEqual({ code: 1, requests: 2 });
});
