import { bucketNameProblem } from '../../shared/aws/bucket-name.ts';

/**
 * Reads `s3://BUCKET[/PREFIX]`; the prefix is empty, or ends with a slash.
 * @param usage ends the command with what is wrong with the name of the bucket
 * @returns undefined when it is something else
 */
export function bucketAndPrefix(
  place: string,
  usage: (problem: string) => never,
): { bucket: string; prefix: string } | undefined {
  const name = place.replace(/^s3:\/\//, '');
  if (name.startsWith('arn:')) usage(bucketNameProblem(name) ?? `${place}: expected s3://BUCKET`);
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(place) ?? [];
  if (bucket === undefined) return undefined;
  const problem = bucketNameProblem(bucket);
  if (problem !== undefined) usage(problem);
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` };
}
