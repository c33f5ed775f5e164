import { createHash, createHmac } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';
import {
  type ApiRequest,
  type ApiResponse,
  apiResponse,
  problemResponse,
  readTarget,
} from '../../shared/http/messages.ts';
import { CONTENT_TYPES, type Format, MEDIA_TYPES } from '../../shared/http/negotiate.ts';
import { Problem } from '../../shared/http/problem.ts';
import { gatewayProblem, type Upstream } from './gateway-problem.ts';
import type { Api } from './site.ts';

type Signing = ConstructorParameters<typeof SignatureV4>[0];

export interface RemoteApiOptions {
  /** The address of the deployed API, without a path. */
  address: URL;
  region: string;
  credentials: Signing['credentials'];
  /** Called with each error that is not a problem. */
  failed(error: unknown): void;
  /** Returns what it means to the caller. */
  explain(error: unknown): Problem;
  /** Milliseconds until a request is given up; usually a little more than API Gateway takes itself. */
  timeOut?: number;
}

export interface RemoteApi {
  api: Api;
  close(): void;
}

/** API Gateway waits at most 30 s for the function. */
const TIME_OUT_MS = 33_000;
/** Lambda returns at most 6 MB. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The deployed API, asked with signed requests. Only the answers reach the caller, never the credentials. */
export function createRemoteApi(options: RemoteApiOptions): RemoteApi {
  const { address, failed, explain, timeOut = TIME_OUT_MS } = options;
  const sign = signerOf(options);
  const agent = new (address.protocol === 'https:' ? https : http).Agent({ keepAlive: true });
  const answer = async ({ url, headers, signal }: ApiRequest): Promise<ApiResponse> => {
    const deadline = AbortSignal.timeout(timeOut);
    try {
      const request = await sign(url);
      const accept = headers.get('accept');
      return toResponse(
        await send(address, {
          path: request.path,
          headers: { ...request.headers, ...(accept !== null && { accept }) },
          agent,
          signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        }).catch(explainConnection),
      );
    } catch (error) {
      if (deadline.aborted)
        throw new Problem('out-of-time', `the API did not answer within ${timeOut / 1000} s: ask again`);
      throw error;
    }
  };
  return {
    api: (request) =>
      answer(request).catch((error: unknown) => {
        // If nobody waits for the answer, the error is that the work was ended.
        if (!(error instanceof Problem) && !request.signal?.aborted) failed(error);
        return problemResponse(explain(error));
      }),
    close: () => agent.destroy(),
  };
}

/** Returns a function that makes and signs the request for a path and a query. */
function signerOf({ address, region, credentials }: RemoteApiOptions) {
  const signer = new SignatureV4({ credentials, region, service: 'execute-api', sha256: Sha256, applyChecksum: false });
  const { protocol, hostname, host } = address;
  return async (url: string) => {
    const { path, search, query } = canonicalTarget(url);
    const { headers } = await signer.sign({ method: 'GET', protocol, hostname, path, query, headers: { host } });
    return { path: search === '' ? path : `${path}?${search}`, headers };
  };
}

/**
 * Writes a path and a query the one way that SigV4 knows, so that what is signed is what is sent, however the caller encoded it.
 * @throws {Problem}
 */
function canonicalTarget(url: string): { path: string; search: string; query: Record<string, string[]> } {
  const { segments, query } = readTarget(url);
  // SigV4 resolves such paths; API Gateway may not.
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new Problem('no-such-resource', 'expected a path of this API, as /openapi.json describes it');
  }
  return {
    path: `/${segments.map(uriEncode).join('/')}`,
    search: query.map((pair) => pair.map(uriEncode).join('=')).join('&'),
    query: Object.fromEntries(
      [...Map.groupBy(query, ([name]) => name)].map(([name, pairs]) => [name, pairs.map(([, value]) => value)]),
    ),
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (UriEncode) */
function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** SHA-256, or with a secret its HMAC, as the signer wants it. */
class Sha256 {
  private readonly hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {
    throw new Error('the signer takes a new one each time');
  }
}

const toBytes = (data: string | ArrayBuffer | ArrayBufferView): Uint8Array =>
  typeof data === 'string'
    ? Buffer.from(data)
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);

/** Sends a GET request. A connection that API Gateway closed while it was idle is replaced once. */
async function send(address: URL, options: https.RequestOptions): Promise<Upstream> {
  const { request } = address.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(address, options, (response) => readAnswer(response).then(resolve, reject));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (sent.reusedSocket && error.code === 'ECONNRESET')
        send(address, { ...options, agent: false }).then(resolve, reject);
      else reject(error);
    });
    sent.end();
  });
}

/** Names, networks and certificates: the error of Node has a code for each. */
function explainConnection(error: NodeJS.ErrnoException): never {
  if (error instanceof Problem || error.name === 'AbortError') throw error;
  throw new Problem(
    'upstream-unreachable',
    `expected to reach the API (${error.code ?? error.name}): is this machine online, and --api its address?`,
  );
}

async function readAnswer(response: IncomingMessage): Promise<Upstream> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_BYTES) throw new Problem('upstream-failed', 'the answer is larger than any of this API');
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(pieces).toString() };
}

const FORMATS = Object.keys(MEDIA_TYPES) as Format[];

/** Returns an answer of this API as it is, with the headers of `serve`; any other one as a problem. */
function toResponse(upstream: Upstream): ApiResponse {
  const { status, headers, body } = upstream;
  const mediaType = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (mediaType === 'application/problem+json') return apiResponse(status, mediaType, body, {});
  const format = FORMATS.find((one) => MEDIA_TYPES[one] === mediaType);
  if (status !== 200 || format === undefined) throw gatewayProblem(upstream);
  const { link } = headers;
  return apiResponse(status, CONTENT_TYPES[format], body, typeof link === 'string' ? { link } : {});
}
