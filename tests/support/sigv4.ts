import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Of a test's own account. */
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/**
 * What is wrong with the signature of a request without a body; undefined: nothing. Written from the documentation alone, as AWS
 * checks it: from the bytes that arrive.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureProblem(request: IncomingMessage, keys: Keys, scope: string): string | undefined {
  const { authorization = '' } = request.headers;
  const [, accessKeyId, date = '', given, names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^,]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (accessKeyId !== keys.accessKeyId) return 'another access key';
  if (given !== scope) return `another scope: ${given}`;
  const signed = names.split(';');
  const token = request.headers['x-amz-security-token'];
  if (!signed.includes('host') || !signed.includes('x-amz-date')) return 'host and x-amz-date are not signed';
  if (token !== keys.sessionToken) return 'another session token';
  if (token !== undefined && !signed.includes('x-amz-security-token')) return 'the session token is not signed';
  const time = String(request.headers['x-amz-date']);
  if (!time.startsWith(date) || Math.abs(Date.now() - timeOf(time)) > 300_000) return `another time: ${time}`;

  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const canonical = [
    request.method,
    // Each segment of the path is encoded as it is on the wire, and once more.
    path.split('/').map(uriEncode).join('/'),
    canonicalQuery(query),
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(''),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, `${date}/${scope}/aws4_request`, sha256(canonical)].join('\n');
  const key = [date, ...scope.split('/'), 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`);
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'another signature';
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [uriEncode(decodeURIComponent(name)), uriEncode(decodeURIComponent(value))] as const;
    });
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return pairs
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

/** Everything but unreserved characters, byte by byte. */
function uriEncode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
/** 20261106T014511Z */
const timeOf = (time: string) => Date.parse(time.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5'));
