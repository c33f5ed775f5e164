import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeEventBusCommand, DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { counted } from '../../../shared/render/display.ts';
import { type Check, type CheckResult, ok, problem, resultOf } from '../../doctor/check.ts';
import { ifThere, isMissing } from '../../lib/aws-settings.ts';
import { listResources } from '../../lib/deployed-stack.ts';
import { type Kind, plannedNames } from '../names.ts';
import type { Plan } from '../plan.ts';

/** How to ask for each kind: the answer is false, or an error that says so, if there is no such thing. */
const ASK: Readonly<Record<Kind, (name: string, plan: Plan) => Promise<unknown>>> = {
  table: (TableName, { clients }) => clients.dynamo.send(new DescribeTableCommand({ TableName })),
  bucket: (Bucket, { clients }) => clients.s3.send(new HeadBucketCommand({ Bucket })),
  queue: (QueueName, { clients }) => clients.sqs.send(new GetQueueUrlCommand({ QueueName })),
  function: (FunctionName, { clients }) => clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })),
  async 'log group'(logGroupNamePrefix, { clients }) {
    const { logGroups = [] } = await clients.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    return logGroups.some(({ logGroupName }) => logGroupName === logGroupNamePrefix);
  },
  topic(name, { clients, caller: { partition, region, account } }) {
    const TopicArn = `arn:${partition}:sns:${region}:${account}:${name}`;
    return clients.snsIn(region).send(new GetTopicAttributesCommand({ TopicArn }));
  },
  trail: async (name, plan) => (await plan.visibleTrails()).some((trail) => trail.name === name),
  'event bus': (Name, { clients }) => clients.events.send(new DescribeEventBusCommand({ Name })),
  rule: (Name, { clients }) => clients.events.send(new DescribeRuleCommand({ Name })),
  role: (RoleName, { clients }) => clients.iam.send(new GetRoleCommand({ RoleName })),
};

/** Whether the names are free that the deployment gives, unless the stack itself has them. */
export const names: Check<Plan> = async (plan) => {
  const own = await ownNames(plan);
  const planned = [...plannedNames(plan)].map(([kind, all]) => [kind, all.filter((name) => !own.has(name))] as const);
  const found = await Promise.all(planned.map(([kind, all]) => takenOf(kind, all, plan)));
  const count = planned.reduce((sum, [, all]) => sum + all.length, 0);
  const results = found.flat();
  return results.length > 0 ? results : ok(`${counted(count, 'name')} that the deployment gives are free`);
};

/** The names in a stack that exists; its physical IDs are names, ARNs, or addresses that end in the name. */
async function ownNames({ clients, name }: Plan): Promise<ReadonlySet<string>> {
  const resources = await ifThere(listResources(clients.cloudFormation, name));
  const ids = [...(resources?.values() ?? [])];
  return new Set(ids.flatMap((id) => [id, id.split(/[:/]/).at(-1) ?? id]));
}

/** Which names of a kind are taken. If one cannot be checked, that is said once. */
async function takenOf(kind: Kind, all: readonly string[], plan: Plan): Promise<CheckResult[]> {
  const found = all.map(async (name) => {
    try {
      return (await ASK[kind](name, plan)) === false ? [] : [problem(`the ${kind} ${name} exists`, FIXES[kind] ?? FIX)];
    } catch (error) {
      if (isMissing(error)) return [];
      const unknown = resultOf(error, plan);
      const text = `whether the ${kind} ${name} exists is not known: ${unknown.text}`;
      return [{ ...unknown, text, ...(kind === 'bucket' && { fix: `${unknown.fix}; or another account owns it` }) }];
    }
  });
  const results = (await Promise.all(found)).flat();
  const first = results.find(({ state }) => state === 'unknown');
  return results.filter((one) => one.state !== 'unknown' || one === first || kind === 'bucket');
}

const FIX = 'delete it if nothing uses it, or choose another --stage';
const IMPORT = 'import it into the stack (docs/deploy.md, Removal)';
const FIXES: Partial<Record<Kind, string>> = {
  table: `it stays when a stack is removed: ${IMPORT}, delete it if it is empty, or choose another --stage`,
  bucket: `it stays when a stack is removed: ${IMPORT}, delete it if it is empty, or give another name (logBucket, quarantineBucket)`,
};
