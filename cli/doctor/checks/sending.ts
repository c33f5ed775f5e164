import { GetPolicyCommand, type GetPolicyResponse } from '@aws-sdk/client-lambda';
import { isMissing } from '../../lib/aws-settings.ts';
import { commandLine } from '../../lib/output.ts';
import { type Found, ok, problem } from '../finding.ts';
import type { Source, Stack } from '../stack.ts';
import { sourceOfStack, subscription } from './announcement.ts';

/** Whether who announces may send to the queue, or invoke the function. */
export async function checkSending(stack: Stack): Promise<Found[]> {
  return SENDING[await sourceOfStack(stack)](stack);
}

const SENDING: Readonly<Record<Source, (stack: Stack) => Promise<Found[]>>> = {
  queue: async (stack) => {
    const { partition } = stack.caller;
    const buckets = await stack.logBuckets();
    return queueAccepts(
      stack,
      's3.amazonaws.com',
      buckets.map(({ name }) => `arn:${partition}:s3:::${name}`),
    );
  },
  function: functionAccepts,
  bucket: async (stack) => {
    const { partition, region, account } = stack.caller;
    const rule = await stack.physicalId('rule', "the stack's rule");
    return queueAccepts(stack, 'events.amazonaws.com', [`arn:${partition}:events:${region}:${account}:rule/${rule}`]);
  },
  topic: async (stack) => {
    const { TopicArn } = await subscription(stack);
    // Of a subscription that is not confirmed, nothing is known; that is a finding on the announcement.
    return TopicArn === undefined ? [] : queueAccepts(stack, 'sns.amazonaws.com', [TopicArn]);
  },
};

/**
 * Whether the queue's policy names a service and what it sends for. Its conditions are not evaluated: AWS's policy simulation
 * knows no callers that are services.
 */
async function queueAccepts(stack: Stack, service: string, sourceArns: readonly string[]): Promise<Found[]> {
  const { Policy = '', KmsMasterKeyId = '', QueueUrl = '', QueueArn } = await stack.queue('queue');
  const set = (attributes: object) =>
    commandLine('aws sqs set-queue-attributes --queue-url', QueueUrl, '--attributes', attributes);
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  const encrypted = /(^|\/)alias\/aws\/sqs$/.test(KmsMasterKeyId)
    ? [
        problem(
          `the queue is encrypted with the AWS managed key (${KmsMasterKeyId}), which ${service} may not use`,
          set({ SqsManagedSseEnabled: 'true' }),
        ),
      ]
    : [];
  const found = sourceArns.map((sourceArn) => {
    if (namesSender(Policy, service, sourceArn)) return ok(`the queue accepts messages of ${service} for ${sourceArn}`);
    const statement = {
      Effect: 'Allow',
      Principal: { Service: service },
      Action: 'sqs:SendMessage',
      Resource: QueueArn,
      Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
    };
    return problem(
      `the queue's policy does not name ${service} for ${sourceArn}`,
      set({ Policy: JSON.stringify(withStatement(Policy, statement)) }),
    );
  });
  return [...encrypted, ...found];
}

/** Whether the function's policy names the buckets. */
async function functionAccepts(stack: Stack): Promise<Found[]> {
  const { FunctionName = '' } = await stack.ingest();
  const { Policy = '' }: GetPolicyResponse = await stack.clients.lambda
    .send(new GetPolicyCommand({ FunctionName }))
    .catch((error: unknown) => {
      if (isMissing(error)) return {};
      throw error;
    });
  return (await stack.logBuckets()).map(({ name, account = stack.caller.account }) => {
    const sourceArn = `arn:${stack.caller.partition}:s3:::${name}`;
    if (namesSender(Policy, 's3.amazonaws.com', sourceArn)) return ok(`the function may be invoked for ${sourceArn}`);
    return problem(
      `the function's policy does not name s3.amazonaws.com for ${sourceArn}`,
      commandLine(
        'aws lambda add-permission --statement-id log-bucket --action lambda:InvokeFunction --principal s3.amazonaws.com --function-name',
        FunctionName,
        '--source-arn',
        sourceArn,
        '--source-account',
        account,
      ),
    );
  });
}

interface PolicyDocument {
  Version?: string;
  Statement?: object | object[];
}

const statementsOf = (policy: string) => [(JSON.parse(policy || '{}') as PolicyDocument).Statement ?? []].flat();

/** Whether a statement that allows something names both. */
function namesSender(policy: string, service: string, sourceArn: string): boolean {
  return statementsOf(policy).some((statement) => {
    const text = JSON.stringify(statement);
    return text.includes('"Effect":"Allow"') && text.includes(`"${service}"`) && text.includes(`"${sourceArn}"`);
  });
}

function withStatement(policy: string, statement: object): PolicyDocument {
  const { Version = '2012-10-17', ...others } = JSON.parse(policy || '{}') as PolicyDocument;
  return { ...others, Version, Statement: [...statementsOf(policy), statement] };
}
