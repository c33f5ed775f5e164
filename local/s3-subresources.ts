/** A request for a subresource, for which fauxqs has no answer of its own. */
export type SubresourceRequest = 'location' | 'not-implemented';

/**
 * What a request asks for besides the objects and lists of objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 * @param url the path, and the query as it came
 * @returns undefined if it asks for no such thing
 */
export function subresourceRequest(method: string, url: string): SubresourceRequest | undefined {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  const names = [...new URLSearchParams(query).keys()];
  if (method === 'GET' && /^\/[^/]+\/?$/.test(path) && names.includes('location')) return 'location';
  return names.some((name) => NOT_IMPLEMENTED.has(name)) ? 'not-implemented' : undefined;
}

/** To take these for the bucket or the object would delete it, or write over it. */
const NOT_IMPLEMENTED: ReadonlySet<string> = new Set([
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versioning',
  'versions',
  'website',
]);

export const NOT_IMPLEMENTED_XML =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>The embedded S3 does not have this.</Message></Error>';

/**
 * The answer to GetBucketLocation; us-east-1 has no name in it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
 */
export function locationXml(region: string): string {
  const constraint = region === 'us-east-1' ? '' : region;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${constraint}</LocationConstraint>`;
}
