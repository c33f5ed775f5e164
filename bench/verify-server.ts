/**
 * An embedded S3 behind a proxy that delays each answer, in a process of its own. verify.ts starts it. It prints its endpoints as
 * a line of JSON, and ends when its standard input does.
 */
import { Agent, type ClientRequest, createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { startEmbeddedS3 } from '../local/embedded-s3.ts';

const latency = Number(process.argv[2]);
const s3 = await startEmbeddedS3();
const { hostname, port } = new URL(s3.endpoint);
const agent = new Agent({ keepAlive: true });

const proxy = createServer(async (incoming, outgoing) => {
  await setTimeout(latency);
  const { method, url, headers } = incoming;
  const onward: ClientRequest = forward({ hostname, port, method, path: url, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}).listen(0, '127.0.0.1', () => {
  const slow = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ direct: s3.endpoint, slow })}\n`);
});

process.stdin.on('end', () => process.exit()).resume();
