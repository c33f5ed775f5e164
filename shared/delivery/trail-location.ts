/** Where a trail writes: the bucket, and what all its keys begin with, up to and with `AWSLogs/`. */
export interface TrailLocation {
  bucket: string;
  root: string;
}

/** Where a trail writes the files of an account and Region; the folders of years are below. */
export interface TrailFolder {
  account: string;
  region: string;
  /** Ends in `/`. */
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
  return { bucket, root: prefix === '' ? 'AWSLogs/' : `${prefix}/AWSLogs/` };
}

/** What the keys of a day begin with. @param day `YYYY-MM-DD` */
export function dayPrefix({ prefix }: Pick<TrailFolder, 'prefix'>, day: string): string {
  return `${prefix}${day.replaceAll('-', '/')}/`;
}
