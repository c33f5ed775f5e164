import type { Trail } from '@aws-sdk/client-cloudtrail';
import { commandLine } from '../shell.ts';
import { known } from './answer.ts';
import type { Facts } from './facts.ts';
import { keyPrefixOf } from './log-file-key.ts';
import { sourceOf } from './stack.ts';

/**
 * The command that deploys a stack of an existing trail again, so that it fits this trail. Only parameters that have to do
 * with the trail are in it; others are to be repeated.
 */
export function redeployFor(trail: Trail, facts: Facts): string {
  const { S3BucketName = '', KmsKeyId } = trail;
  const resources = known(facts.resources);
  const source = resources && sourceOf(resources);
  const topic = known(facts.subscription)?.TopicArn;
  const account = known(facts.logBuckets)?.find(({ name }) => name === S3BucketName)?.account;
  return `${redeploy(facts)} ${[
    ...(source === 'topic' ? [parameter('source', 'topic'), parameter('topicArn', topic ?? 'TOPIC-ARN')] : []),
    ...(source === 'bucket' ? [parameter('source', 'bucket')] : []),
    parameter('logBucket', S3BucketName),
    ...(account === undefined ? [] : [parameter('allowedLogBuckets', `${S3BucketName}@${account}`)]),
    ...(KmsKeyId ? [parameter('kmsKeyArn', KmsKeyId)] : []),
    ...(keyPrefixOf(trail) === 'AWSLogs/' ? [] : [parameter('keyPrefix', keyPrefixOf(trail))]),
  ].join(' ')} (and the other parameters as before)`;
}

/** The command that deploys a stack. Elsewhere than in the checkout, npx would fetch another Serverless Framework. */
export function redeploy({ stackName, asker }: Pick<Facts, 'stackName' | 'asker'>): string {
  const stage = stackName.slice(stackName.lastIndexOf('-') + 1);
  return `in the checkout: ${commandLine('npx serverless deploy --stage', stage, '--region', asker.region)}`;
}

function parameter(name: string, value: string): string {
  return commandLine('', `--param=${name}=${value}`).trim();
}
