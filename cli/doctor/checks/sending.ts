import { commandLine } from '../../shell.ts';
import { known } from '../answer.ts';
import type { BucketFacts, Facts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown } from '../finding.ts';
import { type Decision, decide, type ServiceRequest, withStatement } from '../resource-policy.ts';

/** Whether the queue lets a bucket send to it. */
export function queueTakesFromBucket(bucket: BucketFacts, facts: Facts): Finding[] {
  return queueTakes(facts, fromBucket(bucket, facts, 'sqs:SendMessage'));
}

function fromBucket({ name, account }: BucketFacts, { asker }: Facts, action: string): ServiceRequest {
  return {
    service: 's3.amazonaws.com',
    action,
    sourceArn: `arn:${asker.partition}:s3:::${name}`,
    sourceAccount: account ?? asker.account,
  };
}

/** Whether the queue's policy, and its encryption, let a service send to it. */
export function queueTakes(facts: Facts, request: ServiceRequest): Finding[] {
  return findingsOn(
    'queue policy',
    facts.queue,
    ({ Policy, KmsMasterKeyId, QueueUrl = '', QueueArn = '' }) => {
      const { service, action, sourceArn } = request;
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
      const encrypted = /(^|\/)alias\/aws\/sqs$/.test(KmsMasterKeyId ?? '')
        ? [
            problem(
              'queue policy',
              `the queue is encrypted with the key of AWS (${KmsMasterKeyId}), which ${service} may not use`,
              commandLine('aws sqs set-queue-attributes --queue-url', QueueUrl, '--attributes', {
                SqsManagedSseEnabled: 'true',
              }),
            ),
          ]
        : [];
      const statement = {
        Effect: 'Allow',
        Principal: { Service: service },
        Action: action,
        Resource: QueueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
      };
      const fix = commandLine('aws sqs set-queue-attributes --queue-url', QueueUrl, '--attributes', {
        Policy: withStatement(Policy, statement),
      });
      return [...encrypted, ...decided('queue policy', 'the queue', request, decide(Policy, request), fix)];
    },
    () => [],
  );
}

/** Whether the function lets a bucket invoke it. */
export function functionTakesFromBucket(bucket: BucketFacts, facts: Facts): Finding[] {
  const request = fromBucket(bucket, facts, 'lambda:InvokeFunction');
  const functionName = known(facts.function)?.FunctionName ?? '';
  const fix = commandLine(
    'aws lambda add-permission --statement-id log-bucket --action lambda:InvokeFunction --principal s3.amazonaws.com --function-name',
    functionName,
    '--source-arn',
    request.sourceArn,
    '--source-account',
    request.sourceAccount ?? '',
  );
  return findingsOn(
    'function policy',
    facts.functionPolicy ?? { missing: true },
    (policy) => decided('function policy', 'the function', request, decide(policy, request), fix),
    () => decided('function policy', 'the function', request, 'denied', fix),
  );
}

function decided(
  check: string,
  what: string,
  { service, sourceArn }: ServiceRequest,
  decision: Decision,
  fix: string,
): Finding[] {
  if (decision === 'allowed') return [ok(check, `${what} takes messages of ${service} for ${sourceArn}`)];
  if (decision === 'denied')
    return [problem(check, `the policy of ${what} does not let ${service} send for ${sourceArn}`, fix)];
  return [
    unknown(check, { unknown: `the policy of ${what} has conditions for ${service} that are not understood here` }),
  ];
}
