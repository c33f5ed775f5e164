import { type Answer, type FaultProxy, type PassingRequest, startFaultProxy } from '../faults/support/fault-proxy.ts';

/** How S3 says that a bucket is in another Region than the one asked. */
export type Redirect = 'header' | 'body' | 'wrong-signature' | 'wrong-signature-body' | 'opt-in' | 'ask' | 'silent';

export interface RegionalS3 {
  proxy: FaultProxy;
  /** Where buckets are; the others are wherever they are asked for. May be changed at any time. */
  regions: Map<string, string>;
  /** Answered in place of the embedded S3, by bucket. */
  redirected: PassingRequest[];
  redirect: Redirect;
}

/** An S3 of several Regions in front of the embedded one. A request is asked of the Region that it is signed for. */
export async function startRegionalS3(upstream: string): Promise<RegionalS3> {
  const proxy = await startFaultProxy('s3', upstream);
  const s3: RegionalS3 = { proxy, regions: new Map(), redirected: [], redirect: 'header' };
  proxy.script = (request) => {
    const region = s3.regions.get(request.target);
    if (region === undefined || region === signedFor(request)) return undefined;
    s3.redirected.push(request);
    return (exchange) => exchange.answer(redirectTo(region, request, s3.redirect));
  };
  return s3;
}

/** The Region in the credential's scope: KEY/DATE/REGION/s3/aws4_request. */
export function signedFor({ headers }: PassingRequest): string | undefined {
  return /Credential=[^/]+\/[^/]+\/([^/]+)\//.exec(String(headers.authorization))?.[1];
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
function redirectTo(region: string, { operation, key }: PassingRequest, redirect: Redirect): Answer {
  const header = { 'x-amz-bucket-region': region };
  const isHead = operation === 'HeadObject';
  const permanent = (headers: Record<string, string>, more = '') =>
    answer(301, 'PermanentRedirect', headers, `<Endpoint>bucket.s3.amazonaws.com</Endpoint>${more}`);
  switch (redirect) {
    case 'header':
      return permanent(header);
    case 'body':
      // What has no body has at least the header.
      return isHead ? permanent(header) : permanent({}, `<Region>${region}</Region>`);
    case 'wrong-signature':
      return answer(400, 'AuthorizationHeaderMalformed', header, `<Region>${region}</Region>`);
    case 'wrong-signature-body':
      return answer(400, 'AuthorizationHeaderMalformed', isHead ? header : {}, `<Region>${region}</Region>`);
    case 'opt-in':
      return answer(400, 'IllegalLocationConstraintException', header);
    case 'ask':
      // Only the bucket's own HEAD tells, and refuses.
      return isHead && key === '' ? answer(403, 'AccessDenied', header) : permanent({});
    case 'silent':
      return permanent({});
  }
}

function answer(status: number, code: string, headers: Record<string, string>, more = ''): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message>${more}</Error>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body: Buffer.from(body) };
}
