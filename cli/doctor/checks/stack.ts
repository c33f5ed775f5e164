import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { isMissing } from '../../lib/aws-settings.ts';
import { commandLine } from '../../lib/output.ts';
import { redeploy } from '../commands.ts';
import { type Found, ok, problem, warning } from '../finding.ts';
import { type Stack, sourceOf } from '../stack.ts';
import { LOGICAL_IDS } from '../stack-resources.ts';

/** Returns undefined if the stack exists in this Region. */
export async function findStack(stack: Stack): Promise<Found | undefined> {
  const { name, caller, clients } = stack;
  try {
    await clients.cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
    return undefined;
  } catch (error) {
    // That it may not be asked is a finding of the check.
    if (!isMissing(error)) return undefined;
    const list = commandLine('aws cloudformation list-stacks --region', caller.region);
    return problem(
      `there is no stack ${name} in ${caller.region}, account ${caller.account}`,
      `another Region, account or stage? ${list}; name it with --aws-region, --profile or --stack; or deploy, ${redeploy(stack)}`,
    );
  }
}

const NEEDED = ['function', 'queue', 'deadLetters', 'ledger', 'quarantine'] as const;

const SOURCES = {
  queue: 'its own bucket, through the queue',
  function: 'its own bucket, which invokes the function',
  bucket: 'EventBridge, from an existing bucket',
  topic: 'an SNS topic',
};

/** Whether the stack is complete. */
export async function checkStack(stack: Stack): Promise<Found[]> {
  const { clients, name } = stack;
  const { Stacks = [] } = await clients.cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
  const resources = await stack.resources();
  const missing = NEEDED.map((part) => LOGICAL_IDS[part]).filter((logicalId) => !resources.has(logicalId));
  const source = sourceOf(resources);
  return [
    statusOf(Stacks[0]?.StackStatus ?? '', stack),
    ...(missing.length > 0
      ? [problem(`the stack has no ${missing.join(', ')}: is it one of mwaa-trail?`, redeploy(stack))]
      : []),
    ...(source && missing.length === 0 ? [ok(`new log files are announced by ${SOURCES[source]}`)] : []),
  ];
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
function statusOf(status: string, { name, caller }: Stack): Found {
  const events = commandLine('aws cloudformation describe-stack-events --region', caller.region, '--stack-name', name);
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return ok(`${name} is deployed: ${status}`);
  if (/IN_PROGRESS$/.test(status)) return warning(`${name} is being changed: ${status}`, `wait for it: ${events}`);
  if (status === 'UPDATE_ROLLBACK_COMPLETE') {
    return warning(`the last deployment of ${name} failed and was undone: ${status}`, `see why: ${events}`);
  }
  return problem(`${name} is not whole: ${status}`, `see why: ${events}`);
}
