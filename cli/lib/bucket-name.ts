import { InvalidArgumentError } from 'commander';
import { bucketNameProblem } from '../../shared/aws/bucket-name.ts';

/** Takes the name of a bucket as an option's value; not that of an access point. */
export function bucketName(value: string): string {
  const problem = bucketNameProblem(value);
  if (problem !== undefined) throw new InvalidArgumentError(problem);
  return value;
}
