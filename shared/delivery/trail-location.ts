/** Where a trail writes. */
export interface TrailLocation {
  bucket: string;
  /** What stands before `AWSLogs/` in its keys; empty, or with a slash at its end. */
  prefix: string;
}

/**
 * Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`, with or without `AWSLogs` and what stands below it.
 * @returns nothing when it is no such address
 */
export function readTrailLocation(address: string): TrailLocation | undefined {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(address) ?? [];
  if (bucket === undefined) return undefined;
  const prefix = path.replace(/(^|\/)AWSLogs(\/.*)?$/s, '').replace(/\/+$/, '');
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}
