import { HeadBucketCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';

/**
 * Lets a client of S3 find buckets in other Regions than its own, and remember the Region of each.
 *
 * The SDK's `followRegionRedirects` does not remember, so each request is sent twice. While it repeats one, it changes the Region
 * of the whole client, and concurrent requests to other buckets follow. And it understands only answers with the header.
 */
export function followBucketRegions(client: S3Client): void {
  const regions = new Map<string, string>();
  REDIRECTED.set(client, regions);
  const endpointOf = client.config.endpointProvider;
  // The endpoint also says for which Region a request is signed.
  client.config.endpointProvider = (parameters, context) => {
    const region = regions.get(parameters.Bucket ?? '');
    return endpointOf(region === undefined ? parameters : { ...parameters, Region: region }, context);
  };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const { Bucket: bucket, Body: body } = args.input as { Bucket?: string; Body?: unknown };
        if (bucket === undefined || NOT_FOLLOWED.has(commandName)) return next(args);
        for (let redirects = 0; ; redirects += 1) {
          const asked = regions.get(bucket) ?? (await client.config.region());
          try {
            return await next(args);
          } catch (error) {
            // If no S3 answers in that Region, the next request starts in the client's own.
            if (redirects > 0 && !(error instanceof S3ServiceException)) regions.delete(bucket);
            if (redirects === MAX_REDIRECTS || !isWrongRegion(error, commandName)) throw error;
            const region = regionIn(error) ?? (await askRegion(client, bucket));
            if (region === undefined || region === asked) throw error;
            regions.set(bucket, region);
            if (!isRepeatable(body)) throw error;
          }
        }
      },
    { step: 'initialize', priority: 'low', name: 'followBucketRegions' },
  );
}

/** The first answer may be out of date if a bucket was deleted and created again. */
const MAX_REDIRECTS = 2;

const REDIRECTED = new WeakMap<S3Client, ReadonlyMap<string, string>>();

/** Returns the Region to which a client was redirected for a bucket; undefined if it never was. */
export function redirectedRegion(client: S3Client, bucket: string): string | undefined {
  return REDIRECTED.get(client)?.get(bucket);
}

/** The first chooses a Region, the second asks for it. */
const NOT_FOLLOWED = new Set(['CreateBucketCommand', 'HeadBucketCommand']);

/** AuthorizationHeaderMalformed: signed for another Region. IllegalLocationConstraintException: from opt-in Regions. */
const WRONG_REGION = /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;

// As botocore decides it (S3RegionRedirectorv2).
function isWrongRegion(error: unknown, commandName: string): error is S3ServiceException {
  if (!(error instanceof S3ServiceException)) return false;
  const status = error.$metadata.httpStatusCode ?? 0;
  // The answer to HEAD has no body, and so no name of the error.
  const isNameless = status === 400 && commandName.startsWith('Head');
  return [301, 302, 307].includes(status) || isNameless || WRONG_REGION.test(error.name);
}

function regionIn(error: S3ServiceException): string | undefined {
  const { Region } = error as { Region?: string };
  return error.$response?.headers['x-amz-bucket-region'] ?? Region;
}

/** S3 names a bucket's Region even in answers that deny access. */
async function askRegion(client: S3Client, bucket: string): Promise<string | undefined> {
  try {
    return (await client.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion;
  } catch (error) {
    if (error instanceof S3ServiceException) return regionIn(error);
    throw error;
  }
}

/** A stream has been read by the first attempt. */
function isRepeatable(body: unknown): boolean {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}
