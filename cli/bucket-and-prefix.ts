/** `s3://BUCKET[/PREFIX]`; the prefix is empty, or ends with a slash. Nothing when it is something else. */
export function bucketAndPrefix(place: string): { bucket: string; prefix: string } | undefined {
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(place) ?? [];
  if (bucket === undefined) return undefined;
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}
