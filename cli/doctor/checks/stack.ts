import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { ifThere, isMissing } from '../../lib/aws-settings.ts';
import { PARTS, type Part } from '../../lib/deployed-stack.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, type Checks, type Named, ok, problem, warning } from '../check.ts';
import type { Clients } from '../clients.ts';
import type { Stack } from '../stack.ts';
import { redeploy } from '../trail.ts';

type Described = Named & { clients: Clients };

const describeStack = ({ clients, name: StackName }: Described) =>
  clients.cloudFormation.send(new DescribeStacksCommand({ StackName }));

/** Returns undefined if the stack exists in this Region. */
export async function findStack(stack: Stack): Promise<CheckResult | undefined> {
  const { name, caller } = stack;
  // If access is denied, the check reports it.
  const error: unknown = await describeStack(stack).catch((thrown: unknown) => thrown);
  if (!(error instanceof Error && isMissing(error))) return undefined;
  const list = shell`aws cloudformation list-stacks --region ${caller.region}`;
  return problem(
    `there is no stack ${name} in ${caller.region}, account ${caller.account}`,
    `another Region, account or stage? ${list}; name it with --aws-region, --profile or --stack; or deploy, ${redeploy(stack)}`,
  );
}

/** Whether a stack can be deployed to. Returns undefined if there is none. */
export async function stackStatus(stack: Described): Promise<CheckResult | undefined> {
  const described = await ifThere(describeStack(stack));
  if (described === undefined) return undefined;
  const status = described.Stacks?.[0]?.StackStatus ?? '';
  if (status !== 'ROLLBACK_COMPLETE') return statusOf(status, stack);
  const { name, caller } = stack;
  const remove = shell`aws cloudformation delete-stack --region ${caller.region} --stack-name ${name}`;
  return problem(`the first deployment of ${name} failed: ${status}`, `find out why, then ${remove}`);
}

const NEEDED: readonly Part[] = ['function', 'queue', 'deadLetters', 'ledger', 'quarantine'];

const SOURCES = {
  queue: 'its own bucket, through the queue',
  function: 'its own bucket, which invokes the function',
  bucket: 'EventBridge, from an existing bucket',
  topic: 'an SNS topic',
};

export const stackChecks: Checks = {
  async stack(stack) {
    const { Stacks = [] } = await describeStack(stack);
    const missing: string[] = [];
    for (const part of NEEDED) if (!(await stack.idOf(part))) missing.push(PARTS[part].id);
    const source = await stack.source();
    return [
      statusOf(Stacks[0]?.StackStatus ?? '', stack),
      missing.length > 0
        ? problem(`the stack has no ${missing.join(', ')}: is it one of mwaa-trail?`, redeploy(stack))
        : source && ok(`new log files are announced by ${SOURCES[source]}`),
    ];
  },
};

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
function statusOf(status: string, { name, caller }: Named): CheckResult {
  const events = shell`aws cloudformation describe-stack-events --region ${caller.region} --stack-name ${name}`;
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return ok(`${name} is deployed: ${status}`);
  if (/IN_PROGRESS$/.test(status)) return warning(`${name} is being changed: ${status}`, `wait for it: ${events}`);
  if (status === 'UPDATE_ROLLBACK_COMPLETE')
    return warning(`the last deployment of ${name} failed and was undone: ${status}`, `see why: ${events}`);
  return problem(`${name} is not whole: ${status}`, `see why: ${events}`);
}
