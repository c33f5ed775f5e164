import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { createClient } from '../../shared/aws/settings.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { isMissing, settingsProblem } from '../lib/aws-settings.ts';
import { listResources, PARTS } from '../lib/stack-resources.ts';

/**
 * Asks CloudFormation for the quarantine bucket of a stack. A parameter can give it any name; and a name that is only guessed
 * could be a bucket of somebody else, who would be sent unredacted records.
 * @throws {TrailError} `stack` when there is no such stack, it has no such bucket, or CloudFormation may not be asked
 */
export async function quarantineBucketOf(stack: string): Promise<string> {
  const cloudFormation = createClient(CloudFormationClient);
  try {
    const resources = await listResources(cloudFormation, stack);
    const bucket = resources.get(PARTS.quarantine.id);
    if (bucket) return bucket;
    throw notFound(stack, 'expected it to have a quarantine bucket');
  } catch (error) {
    if (error instanceof TrailError || settingsProblem(error) !== undefined) throw error;
    if (isMissing(error)) {
      throw notFound(stack, 'expected a stack of this name in this account and Region');
    }
    throw notFound(stack, `cloudformation:ListStackResources does not tell its quarantine (${describeError(error)})`);
  } finally {
    cloudFormation.destroy();
  }
}

function notFound(stack: string, problem: string): TrailError {
  return new TrailError('stack', `--stack ${stack}: ${problem}; or name the bucket itself, as --help says`);
}
