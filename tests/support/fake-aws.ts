import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An error as AWS answers it. */
export class AwsError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  /** Of S3: more members of the answer, as XML. */
  readonly more: string;

  constructor(code: string, status = 400, message = code, more = '') {
    this.code = code;
    this.status = status;
    this.message = message;
    this.more = more;
  }
}

/**
 * What an account answers, by `service:Operation`, as the SDK's types have it; of S3, the body as text. `input`: members of
 * JSON and form bodies; of REST, the path, of Lambda the body, too. `region`: that for which the request is signed.
 */
export type Account = Readonly<Record<string, (input: Input, region: string) => object | string | AwsError>>;
export type Input = Readonly<Record<string, unknown>>;

export interface FakeAws {
  endpoint: string;
  /** From now on it answers as this account, and has been asked nothing. */
  become(account: Account): void;
  /** `service:Operation` of all requests. */
  calls: Set<string>;
  stop(): Promise<void>;
}

/** The wire side of AWS for services that no embedded server has: real protocols, and answers as the test says. */
export async function startFakeAws(): Promise<FakeAws> {
  let account: Account = {};
  const calls = new Set<string>();
  const server = createServer(async (request, response) => {
    const { service, region, operation, input } = await readRequest(request);
    const name = `${service}:${operation}`;
    calls.add(name);
    const answer = answerTo(name, input, region);
    const { status = 200, headers, body } = PROTOCOLS[service]!(operation, answer);
    response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body);
  });
  const answerTo = (name: string, input: Input, region: string) => {
    const answer = account[name];
    if (!answer) return new AwsError('TheTestHasNoSuchAnswer', 400, name);
    try {
      return answer(input, region);
    } catch (error) {
      return new AwsError('TheTestFailedToAnswer', 400, String(error));
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    become(next) {
      account = next;
      calls.clear();
    },
    calls,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface AwsRequest {
  service: string;
  region: string;
  operation: string;
  input: Input;
}

async function readRequest(request: IncomingMessage): Promise<AwsRequest> {
  const body = Buffer.concat(await request.toArray()).toString();
  const url = new URL(request.url ?? '/', 'http://aws');
  // Credential=KEY/DATE/REGION/SERVICE/aws4_request
  const scope = /Credential=[^/]+\/[^/]+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '');
  const [, region = '', service = ''] = scope ?? [];
  if (service === 's3') {
    const subresource = [...url.searchParams.keys()].find((name) => name in S3_OPERATIONS) ?? '';
    const operation = S3_OPERATIONS[subresource] ?? (request.method === 'HEAD' ? 'HeadBucket' : 'GetObject');
    return { service, region, operation, input: { path: url.pathname } };
  }
  if (service === 'lambda')
    return { service, region, operation: lambdaOperation(url.pathname), input: { path: url.pathname, body } };
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string')
    return { service, region, operation: target.split('.').at(-1)!, input: JSON.parse(body) as Input };
  const input = Object.fromEntries(new URLSearchParams(body));
  return { service, region, operation: input.Action ?? '', input };
}

/** By the query parameter that names it. */
const S3_OPERATIONS: Readonly<Record<string, string>> = {
  notification: 'GetBucketNotificationConfiguration',
  ownershipControls: 'GetBucketOwnershipControls',
  policy: 'GetBucketPolicy',
};

function lambdaOperation(path: string): string {
  if (path.endsWith('/invocations')) return 'Invoke';
  if (path.includes('/account-settings')) return 'GetAccountSettings';
  if (path.includes('/event-source-mappings')) return 'ListEventSourceMappings';
  const [, operation = ''] = /\/functions\/[^/]+\/(\w+)/.exec(path) ?? [];
  const names: Record<string, string> = { configuration: 'FunctionConfiguration', concurrency: 'FunctionConcurrency' };
  return `Get${names[operation] ?? 'Policy'}`;
}

type Protocol = (
  operation: string,
  answer: object | string | AwsError,
) => { status?: number; headers: Record<string, string>; body: string };

const json: Protocol = (_, answer) => {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  if (!(answer instanceof AwsError)) return { headers, body: wireJson(answer) };
  const { code, status, message } = answer;
  return { status, headers: { ...headers, 'x-amzn-errortype': code }, body: wireJson({ __type: code, message }) };
};

const query: Protocol = (operation, answer) => {
  const headers = { 'content-type': 'text/xml' };
  if (!(answer instanceof AwsError)) {
    const result = `<${operation}Result>${xml(answer)}</${operation}Result>`;
    return { headers, body: `<${operation}Response xmlns="https://aws/">${result}${METADATA}</${operation}Response>` };
  }
  const { code, status, message } = answer;
  const error = xml({ Error: { Type: 'Sender', Code: code, Message: message }, RequestId: 'request' });
  return { status, headers, body: `<ErrorResponse xmlns="https://aws/">${error}</ErrorResponse>` };
};

const s3: Protocol = (_, answer) => {
  const headers = { 'content-type': 'application/xml' };
  if (!(answer instanceof AwsError)) return { headers, body: String(answer) };
  return {
    status: answer.status,
    headers,
    body: `<Error>${xml({ Code: answer.code, Message: answer.message })}${answer.more}</Error>`,
  };
};

const METADATA = '<ResponseMetadata><RequestId>request</RequestId></ResponseMetadata>';

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  sts: query,
  cloudformation: query,
  iam: query,
  sns: query,
  cloudtrail: json,
  organizations: json,
  sqs: json,
  dynamodb: json,
  events: json,
  monitoring: json,
  logs: json,
  kms: json,
  lambda: json,
  s3,
};

/** Times are seconds since 1970. */
function wireJson(value: object | string): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, text: unknown) {
    const original = this[key];
    return original instanceof Date ? original.getTime() / 1000 : text;
  });
}

/** Lists have members, maps have entries. */
function xml(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => `<member>${xml(one)}</member>`).join('');
  if (value instanceof Map) {
    return [...value].map(([key, one]) => `<entry>${xml({ key, value: one })}</entry>`).join('');
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, one]) => (one === undefined ? '' : `<${name}>${xml(one)}</${name}>`))
      .join('');
  }
  return String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
