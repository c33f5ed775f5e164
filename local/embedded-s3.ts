import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server } from 'node:http';
import type { S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../shared/aws/s3.ts';
import { makePrivateFolder, startLocked } from './folder-lock.ts';
import { LOCAL_CLIENT, LOCAL_LOG_BUCKET, LOCAL_QUARANTINE_BUCKET, LOCAL_REGION } from './local-names.ts';
import { type Guard, guard, LOOPBACK } from './loopback.ts';
import type { OwnServer } from './shared-server.ts';

export interface EmbeddedS3 extends OwnServer {
  client: S3Client;
}

/**
 * Starts an S3 in this process, on the loopback address, with the buckets for log files and for the quarantine.
 * @param folder where to keep the objects as files; absent: in memory
 * @throws {TrailError} `store-in-use` if another process has the folder open; `store-unusable` if it cannot be opened
 */
export async function startEmbeddedS3(folder?: string, port = 0): Promise<EmbeddedS3> {
  if (folder === undefined) return start({ port });
  return startLocked(folder, async () => {
    await makePrivateFolder(folder);
    return start({ port, s3StorageDir: folder });
  });
}

async function start(options: { port: number } | { port: number; s3StorageDir: string }): Promise<EmbeddedS3> {
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
  if (guarded === undefined) throw new Error('expected fauxqs to create its server with Fastify, at once');
  const { id, admitOnlyByName, drain } = guarded;
  server.createBucket(LOCAL_LOG_BUCKET);
  server.createBucket(LOCAL_QUARANTINE_BUCKET);
  const endpoint = `http://${LOOPBACK}:${server.port}`;
  const client = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...LOCAL_CLIENT, endpoint });
  const stop = async () => {
    client.destroy();
    await drain();
    await server.stop();
  };
  return { endpoint, id, admitOnlyByName, client, stop };
}

/** Loads fauxqs without Node 22's warning that its SQLite is experimental: nothing here makes fauxqs use it. */
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

/** The part of Fastify that is used here. https://fastify.dev/docs/latest/Reference/Server/ */
interface Fastify {
  server: Server;
  listen(options: { port: number; host: string }): Promise<string>;
  addHook(
    name: 'onRequest' | 'onSend',
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
 * Calls `prepare` with the Fastify instance that fauxqs creates. Fauxqs does not return it; Fastify publishes it.
 * https://fastify.dev/docs/latest/Reference/Hooks/#diagnostics-channel-hooks
 */
function withFastify<T>(prepare: (fastify: Fastify) => void, start: () => T): T {
  const onCreated = (message: unknown) => prepare((message as { fastify: Fastify }).fastify);
  subscribe('fastify.initialization', onCreated);
  try {
    return start();
  } finally {
    unsubscribe('fastify.initialization', onCreated);
  }
}

/** Fauxqs ignores its option `host` and listens on all addresses: it would show the unredacted quarantine to the network. */
function listenOnLoopbackOnly(fastify: Fastify): void {
  const listen = fastify.listen.bind(fastify);
  fastify.listen = (options) => listen({ ...options, host: LOOPBACK });
}

/** Answers requests for subresources. Fauxqs takes them for requests for the bucket or object, and would overwrite or delete it. */
function answerSubresources(fastify: Fastify): void {
  fastify.addHook('onRequest', async ({ raw }, reply) => {
    const { names, isLocation } = subresources(raw);
    if (isLocation || !names.some((name) => NOT_IMPLEMENTED.has(name))) return undefined;
    return reply.code(501).type('application/xml').send(NOT_IMPLEMENTED_XML);
  });
  // Fauxqs lists the bucket instead. So its status says whether the bucket exists.
  fastify.addHook('onSend', async ({ raw }, reply, payload) =>
    subresources(raw).isLocation && reply.statusCode === 200 ? LOCATION_XML : payload,
  );
}

function subresources({ method, url = '' }: IncomingMessage): { names: string[]; isLocation: boolean } {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  const names = [...new URLSearchParams(query).keys()];
  return { names, isLocation: method === 'GET' && /^\/[^/]+\/?$/.test(path) && names.includes('location') };
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
const NOT_IMPLEMENTED: ReadonlySet<string> = new Set(
  (
    'accelerate acl analytics cors encryption intelligent-tiering inventory legal-hold location logging metrics ' +
    'notification object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment restore ' +
    'retention select tagging torrent versioning versions website'
  ).split(' '),
);

const NOT_IMPLEMENTED_XML =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>The embedded S3 does not have this.</Message></Error>';

/**
 * The answer to GetBucketLocation. us-east-1, where the local stack pretends to be, has no name there.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
 */
const LOCATION_XML =
  '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>';
