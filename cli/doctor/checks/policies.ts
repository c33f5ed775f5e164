import { GetPolicyCommand } from '@aws-sdk/client-lambda';
import { ifThere } from '../../lib/aws-settings.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, ok, problem } from '../check.ts';
import { type PolicyDocument, readPolicy, type Statement, statementsOf } from '../policy.ts';
import type { Stack } from '../stack.ts';

/**
 * Whether the queue's policy names a service and the sources it sends for. Conditions are not evaluated: the policy simulation of
 * AWS has no callers that are services.
 */
export async function queueAccepts(
  stack: Stack,
  service: string,
  sourceArns: readonly string[],
): Promise<CheckResult[]> {
  const { policy, keyId, url, arn } = await stack.queue();
  const set = (attributes: object) => shell`aws sqs set-queue-attributes --queue-url ${url} --attributes ${attributes}`;
  const found = sourceArns.map((sourceArn) => {
    if (namesSender(policy, service, sourceArn)) return ok(`the queue accepts messages of ${service} for ${sourceArn}`);
    const statement = {
      Effect: 'Allow',
      Principal: { Service: service },
      Action: 'sqs:SendMessage',
      Resource: arn,
      Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
    };
    const Policy = JSON.stringify(withStatement(policy, statement));
    return problem(`the queue's policy does not name ${service} for ${sourceArn}`, set({ Policy }));
  });
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  if (!/(^|\/)alias\/aws\/sqs$/.test(keyId)) return found;
  const text = `the queue is encrypted with the AWS managed key (${keyId}), which ${service} may not use`;
  return [problem(text, set({ SqsManagedSseEnabled: 'true' })), ...found];
}

/** Whether the function's policy names the buckets. */
export async function functionAccepts({ ask, clients, logBuckets, caller }: Stack): Promise<CheckResult[]> {
  return ask('function', async (FunctionName) => {
    const { Policy = '' } = (await ifThere(clients.lambda.send(new GetPolicyCommand({ FunctionName })))) ?? {};
    return (await logBuckets()).map(({ name, account = caller.account }) => {
      const sourceArn = `arn:${caller.partition}:s3:::${name}`;
      if (namesSender(Policy, 's3.amazonaws.com', sourceArn)) return ok(`the function may be invoked for ${sourceArn}`);
      return problem(
        `the function's policy does not name s3.amazonaws.com for ${sourceArn}`,
        shell`aws lambda add-permission --statement-id log-bucket --action lambda:InvokeFunction --principal s3.amazonaws.com --function-name ${FunctionName} --source-arn ${sourceArn} --source-account ${account}`,
      );
    });
  });
}

/** Whether a statement that allows something names both. */
function namesSender(policy: string, service: string, sourceArn: string): boolean {
  return statementsOf(policy).some((statement) => {
    const text = JSON.stringify(statement);
    return text.includes('"Effect":"Allow"') && text.includes(`"${service}"`) && text.includes(`"${sourceArn}"`);
  });
}

function withStatement(policy: string, statement: Statement): PolicyDocument {
  const { Version = '2012-10-17', ...others } = readPolicy(policy);
  return { ...others, Version, Statement: [...statementsOf(policy), statement] };
}
