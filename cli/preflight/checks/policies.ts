import { GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { GetBucketPolicyCommand } from '@aws-sdk/client-s3';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import type { LogBucket } from '../../../shared/config.ts';
import {
  type CheckResult,
  type CheckResults,
  type Checks,
  ok,
  problem,
  resultOf,
  unknown,
  warning,
} from '../../doctor/check.ts';
import { publisherFindings } from '../../doctor/checks/announcement.ts';
import { allows, covers, type Statement, statementsOf } from '../../doctor/policy.ts';
import { ifThere, isMissing } from '../../lib/aws-settings.ts';
import type { Plan } from '../plan.ts';

/** Whether the policies of topic, bucket and keys let the stack in. Conditions are not evaluated. */
export const policyChecks: Checks<Plan> = {
  /** CloudFormation subscribes, and reads the topic's attributes. In the stack's own account, its IAM permissions are enough. */
  'topic policy': async (plan) => [
    plan.value('source') === 'topic' ? await topicPolicy(plan.value('topicArn'), plan, publisherFindings) : undefined,
    await Promise.all(plan.list('moreTopicArns').map((arn) => topicPolicy(arn, plan, async () => undefined))),
  ],

  async 'bucket policy'(plan) {
    const [first, more] = await Promise.all([plan.logBuckets(), plan.moreLogBuckets()]);
    const existing = plan.createsTrail
      ? []
      : first.map((bucket) => ({ ...bucket, keyPrefix: plan.value('keyPrefix') }));
    const further = more.map((bucket) => ({ ...bucket, keyPrefix: `${bucket.prefix}AWSLogs/` }));
    return Promise.all([...existing, ...further].map((bucket) => bucketPolicy(bucket, plan)));
  },

  async 'key policy'(plan) {
    const trailKey = plan.value('kmsKeyArn');
    const tableKey = plan.value('tableKmsKeyArn');
    return [
      trailKey === '' ? undefined : await keyPolicy(trailKey, 'kmsKeyArn', plan),
      await Promise.all(plan.list('moreKmsKeyArns').map((arn) => keyPolicy(arn, 'moreKmsKeyArns', plan))),
      tableKey === '' ? undefined : await keyPolicy(tableKey, 'tableKmsKeyArn', plan),
    ];
  },
};

/** @param publishers what is known of those who publish to the topic */
async function topicPolicy(
  topicArn: string,
  plan: Plan,
  publishers: (topicArn: string, plan: Plan) => Promise<CheckResults>,
): Promise<CheckResults> {
  const [, , , region = '', owner = ''] = topicArn.split(':');
  const Action = ['sns:Subscribe', 'sns:GetTopicAttributes'];
  const statement = { Effect: 'Allow', Principal: { AWS: plan.caller.account }, Action, Resource: topicArn };
  try {
    const { Attributes } = await plan.clients.snsIn(region).send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
    const isAllowed =
      owner === plan.caller.account || allows(statementsOf(Attributes?.Policy ?? ''), account(plan), Action);
    return [
      isAllowed
        ? ok(`the stack may subscribe to ${topicArn}`)
        : problem(`the policy of ${topicArn} does not let account ${plan.caller.account} subscribe`, add(statement)),
      await publishers(topicArn, plan),
    ];
  } catch (error) {
    if (isMissing(error))
      return problem(`there is no topic ${topicArn}`, 'see the parameters topicArn and moreTopicArns');
    const result = resultOf(error, plan);
    return { ...result, fix: `${result.fix ?? 'ask again'}; in account ${owner}, ${add(statement)}` };
  }
}

/** How policies name the account. */
const account = ({ caller }: Plan) => [caller.account, rootOf(caller)];
const rootOf = ({ partition, account: id }: Plan['caller']) => `arn:${partition}:iam::${id}:root`;

const add = (...statements: Statement[]) =>
  `add to its policy: ${statements.map((statement) => JSON.stringify(statement)).join(', ')}`;

/** The functions that read the bucket. Their roles do not exist yet, so the account is the principal, and the roles a condition. */
function readers(plan: Plan): Statement {
  const roles = plan.functions.filter((one) => one === 'ingest' || one === 'verify').map(plan.roleOf);
  return {
    Effect: 'Allow',
    Principal: { AWS: plan.caller.account },
    Condition: { ArnEquals: { 'aws:PrincipalArn': roles } },
  };
}

async function bucketPolicy(
  { name, account: owner = '', keyPrefix }: LogBucket & { keyPrefix: string },
  plan: Plan,
): Promise<CheckResults> {
  const arn = `arn:${plan.caller.partition}:s3:::${name}`;
  const statements = [
    { ...readers(plan), Action: 's3:GetObject', Resource: `${arn}/${keyPrefix}*` },
    { ...readers(plan), Action: 's3:ListBucket', Resource: arn },
  ];
  const isForeign = owner !== '' && owner !== plan.caller.account;
  try {
    const { Policy = '' } = await plan.clients.s3.send(new GetBucketPolicyCommand({ Bucket: name }));
    const all = statementsOf(Policy);
    const names = [...account(plan), ...plan.functions.map(plan.roleOf)];
    if (isForeign && !allows(all, names, ['s3:GetObject', 's3:ListBucket']))
      return problem(
        `the policy of bucket ${name} does not let account ${plan.caller.account} read`,
        add(...statements),
      );
    return [denials(name, all), ok(`the policy of bucket ${name} lets the functions read`)];
  } catch (error) {
    // A bucket of this account needs none.
    if (isMissing(error) && !isForeign) return ok(`bucket ${name} needs no policy for a stack of its account`);
    const result = resultOf(error, plan);
    if (!isForeign) return result;
    const text = `the policy of bucket ${name} of account ${owner} is not known: ${result.text}`;
    return { ...result, text, fix: `with credentials of account ${owner}, ${add(...statements)}` };
  }
}

/** Conditions that the functions meet. */
const MET = /^(aws:SecureTransport|s3:TlsVersion)$/i;

/** Denials precede everything that the stack's roles are allowed. */
function denials(bucket: string, statements: readonly Statement[]): CheckResult | undefined {
  const denying = statements.find(({ Effect, Condition = {}, ...statement }) => {
    const keys = Object.values(Condition).flatMap(Object.keys);
    return (
      Effect === 'Deny' && covers(statement, 's3:GetObject') && !(keys.length > 0 && keys.every((key) => MET.test(key)))
    );
  });
  return denying
    ? warning(
        `the policy of bucket ${bucket} denies reading, perhaps also to the functions: ${JSON.stringify(denying)}`,
        'except the roles of the stack in its condition, as by ArnNotEquals on aws:PrincipalArn',
      )
    : undefined;
}

/** Of another account, no one here can read a key's policy. */
async function keyPolicy(arn: string, parameter: string, plan: Plan): Promise<CheckResult> {
  const [, , , region = '', owner = ''] = arn.split(':');
  if (owner !== plan.caller.account) {
    const statement = { ...readers(plan), Action: 'kms:Decrypt', Resource: '*' };
    const text = `the policy of key ${arn} can be read only in account ${owner}`;
    return { ...unknown(text), fix: `with credentials of account ${owner}, ${add(statement)}` };
  }
  const command = new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' });
  const found = await ifThere(plan.clients.kmsIn(region).send(command));
  if (found === undefined) return problem(`there is no key ${arn}`, `see the parameter ${parameter}`);
  const all = statementsOf(found.Policy ?? '');
  const root = { Effect: 'Allow', Principal: { AWS: rootOf(plan.caller) }, Action: 'kms:*', Resource: '*' };
  if (!allows(all, account(plan), ['kms:Decrypt']))
    return problem(`the policy of key ${arn} does not let IAM policies of the account decide`, add(root));
  if (parameter === 'kmsKeyArn' && plan.createsTrail && !allows(all, ['cloudtrail.amazonaws.com'], ENCRYPT))
    return problem(`the policy of key ${arn} does not let CloudTrail encrypt`, add(encryption(plan)));
  return ok(`the policy of key ${arn} lets the stack use it (${parameter})`);
}

const ENCRYPT = ['kms:GenerateDataKey', 'kms:DescribeKey'];

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
const encryption = ({ caller: { partition, region, account: id }, trailName }: Plan): Statement => ({
  Effect: 'Allow',
  Principal: { Service: 'cloudtrail.amazonaws.com' },
  Action: ['kms:GenerateDataKey*', 'kms:DescribeKey'],
  Resource: '*',
  Condition: {
    StringEquals: { 'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${id}:trail/${trailName}` },
  },
});
