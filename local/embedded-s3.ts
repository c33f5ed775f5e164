import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server } from 'node:http';
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../shared/aws/s3.ts';
import { makePrivateFolder, startLocked } from './folder-lock.ts';
import { LOCAL_CLIENT, LOCAL_LOG_BUCKET, LOCAL_QUARANTINE_BUCKET, LOCAL_REGION } from './local-names.ts';
import { type Guard, guard, LOOPBACK } from './loopback.ts';
import { locationXml, NOT_IMPLEMENTED_XML, subresourceRequest } from './s3-subresources.ts';
import type { OwnServer } from './shared-server.ts';

export interface EmbeddedS3 extends OwnServer {
  client: S3Client;
}

/**
 * Starts an S3 in this process, on the loopback address, with the buckets for log files and for the quarantine.
 * @param folder where objects are kept as files; absent: in memory
 * @throws {TrailError} `store-in-use` when another process has the folder open; `store-unusable` when it cannot be opened
 */
export async function startEmbeddedS3(folder?: string, port = 0): Promise<EmbeddedS3> {
  if (folder === undefined) return start({ port });
  return startLocked(folder, async () => {
    await makePrivateFolder(folder);
    return start({ port, s3StorageDir: folder });
  });
}

async function start(options: { port: number; s3StorageDir?: string }): Promise<EmbeddedS3> {
  const { startFauxqs } = await loadFauxqs();
  let guarded: Guard | undefined;
  const server = await withFastify(
    (fastify) => {
      listenOnLoopbackOnly(fastify);
      answerSubresources(fastify);
      guarded = guard(fastify.server);
    },
    () => startFauxqs({ ...options, host: LOOPBACK, logger: false, defaultRegion: LOCAL_REGION }),
  );
  if (guarded === undefined) throw new Error('expected fauxqs to make its server with Fastify, at once');
  const { id, admitOnlyByName, drain } = guarded;
  server.createBucket(LOCAL_LOG_BUCKET);
  server.createBucket(LOCAL_QUARANTINE_BUCKET);
  const endpoint = `http://${LOOPBACK}:${server.port}`;
  const client = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...LOCAL_CLIENT, endpoint });
  return {
    endpoint,
    id,
    admitOnlyByName,
    client,
    stop: async () => {
      client.destroy();
      await drain();
      await server.stop();
    },
  };
}

/** Node 22 warns that its SQLite is experimental; fauxqs loads it, and uses it only for what is not asked of it here. */
async function loadFauxqs() {
  const { emitWarning } = process;
  const emit = emitWarning as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (!/^SQLite is an experimental feature/.test(String(args[0]))) emit.apply(process, args);
  };
  try {
    return await import('fauxqs');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** What is used of Fastify here. https://fastify.dev/docs/latest/Reference/Server/ */
interface Fastify {
  server: Server;
  listen(options: { port: number; host: string }): Promise<string>;
  addHook(name: 'onRequest', hook: (request: { raw: IncomingMessage }, reply: FastifyReply) => Promise<unknown>): void;
  addHook(
    name: 'onSend',
    hook: (request: { raw: IncomingMessage }, reply: FastifyReply, payload: unknown) => Promise<unknown>,
  ): void;
}
interface FastifyReply {
  statusCode: number;
  code(status: number): FastifyReply;
  type(contentType: string): FastifyReply;
  send(body: string): FastifyReply;
}

/**
 * Fauxqs shows nobody the Fastify instance that it makes and listens with; Fastify itself says when one is made.
 * https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks
 */
function withFastify<T>(prepare: (fastify: Fastify) => void, start: () => T): T {
  const onMade = (message: unknown) => prepare((message as { fastify: Fastify }).fastify);
  subscribe('fastify.initialization', onMade);
  try {
    return start();
  } finally {
    unsubscribe('fastify.initialization', onMade);
  }
}

/** Fauxqs listens on all addresses, whatever its option `host` says: the quarantine, unredacted, for the whole network. */
function listenOnLoopbackOnly(fastify: Fastify): void {
  const listen = fastify.listen.bind(fastify);
  fastify.listen = (options) => listen({ ...options, host: LOOPBACK });
}

/** Fauxqs takes a request for a subresource that it does not know for one for the bucket or the object itself. */
function answerSubresources(fastify: Fastify): void {
  fastify.addHook('onRequest', async ({ raw: { method = '', url = '' } }, reply) => {
    if (subresourceRequest(method, url) !== 'not-implemented') return undefined;
    return reply.code(501).type('application/xml').send(NOT_IMPLEMENTED_XML);
  });
  // What would be listed is there; of what is not, the listing has said so.
  fastify.addHook('onSend', async ({ raw: { method = '', url = '' } }, reply, payload) =>
    subresourceRequest(method, url) === 'location' && reply.statusCode === 200 ? locationXml(LOCAL_REGION) : payload,
  );
}
