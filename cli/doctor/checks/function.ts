import {
  type EventSourceMappingConfiguration,
  GetFunctionConcurrencyCommand,
  type GetFunctionConfigurationCommandOutput,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { HOUR_MS } from '../../../shared/cloudtrail/times.ts';
import { TrailError } from '../../../shared/errors.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, type CheckResults, type Checks, ok, problem, warning } from '../check.ts';
import { UnknownError } from '../errors.ts';
import { type Metric, metricValues } from '../metrics.ts';
import type { Stack } from '../stack.ts';
import { redeploy } from '../trail.ts';
import { lambdaQuota } from './quota.ts';

/** More than the functions finish within minutes: ten at a time take ten messages each. */
const LONG_QUEUE = 1_000;

/** SQS reports metrics each minute, but not of a queue that was idle for hours. */
const AGE_WITHIN_MS = HOUR_MS / 2;
interface Age {
  /** Seconds that a message may wait. */
  limit: number;
  says: string;
  fix: string;
}
const AGES = {
  /** Same as in the alarm QueueAge. */
  queue: { limit: 2_700, says: 'ingest does not keep up', fix: 'see QueueAge and Throttles in docs/runbook.md' },
  deadLetters: {
    limit: 10 * 86_400,
    says: 'SQS deletes a message 14 days after it was first sent',
    fix: 'see the other findings about this queue, and empty it before',
  },
} satisfies Readonly<Record<string, Age>>;

/** Whether announcements reach the function, and the function runs. */
export const functionChecks: Checks = {
  /** Whether ingest keeps up with the queue, and failed messages go to the dead-letter queue. */
  async queue(stack) {
    const { waiting, inFlight, hasDeadLetters, url } = await stack.queue();
    const text = `${waiting} waiting, ${inFlight} in flight`;
    const look = 'see Throttles in docs/runbook.md';
    const backlog = waiting > LONG_QUEUE ? warning(`${text}: ingest does not keep up`, look) : ok(text);
    if (hasDeadLetters) return backlog;
    const target = await stack.deadLetters().catch(() => undefined);
    const policy = { deadLetterTargetArn: target?.arn ?? 'ARN-OF-THE-DEAD-LETTER-QUEUE', maxReceiveCount: 5 };
    const attributes = { RedrivePolicy: JSON.stringify(policy) };
    return [
      backlog,
      problem(
        'it has no dead-letter queue: what cannot be read is delivered again for 14 days, and then lost',
        shell`aws sqs set-queue-attributes --queue-url ${url} --attributes ${attributes}`,
      ),
    ];
  },

  /** How long messages have waited. The queues do not tell; CloudWatch does, some minutes later. */
  async 'oldest messages'(stack) {
    const queues: [arn: string, age: Age][] = [
      [(await stack.queue()).arn, AGES.queue],
      [(await stack.deadLetters()).arn, AGES.deadLetters],
    ];
    if (await stack.idOf('alertDeadLetters')) queues.push([(await stack.alertDeadLetters()).arn, AGES.deadLetters]);
    const ages = queues.map(
      ([arn]): Metric => ({
        namespace: 'AWS/SQS',
        name: 'ApproximateAgeOfOldestMessage',
        dimension: ['QueueName', arn.split(':').at(-1) ?? ''],
        statistic: 'Maximum',
      }),
    );
    const values = await metricValues(ages, AGE_WITHIN_MS, stack);
    const found = queues.map(([arn, { limit, says, fix }], i) => {
      const seconds = values[i]?.[0] ?? 0;
      const text = `${arn.split(':').at(-1)}: the oldest message is from ${stack.ago(new Date(stack.now - seconds * 1000))}`;
      return seconds <= limit ? undefined : warning(`${text}: ${says}`, fix);
    });
    return found.every((one) => one === undefined) ? ok('none has waited for too long') : found;
  },

  async 'dead letters'(stack) {
    const { waiting, inFlight, arn } = await stack.deadLetters();
    if (waiting + inFlight === 0) return ok('none');
    const name = arn.split(':').at(-1) ?? '';
    const redrive = shell`mwaa-trail redrive --queue ${name} --aws-region ${stack.caller.region}`;
    return problem(
      `${waiting} waiting, ${inFlight} in flight: notifications that failed; their log files are not in the table`,
      `${redrive} --dry-run, remove the cause, then ${redrive}`,
    );
  },

  /** Whether Lambda takes messages from the queue, and leaves failed ones there. */
  async 'event source'(stack) {
    const { arn } = await stack.queue();
    const { FunctionName = '' } = await stack.ingest();
    const mappings: EventSourceMappingConfiguration[] = [];
    for await (const page of paginateListEventSourceMappings({ client: stack.clients.lambda }, { FunctionName }))
      mappings.push(...(page.EventSourceMappings ?? []).filter(({ EventSourceArn }) => EventSourceArn === arn));
    if (mappings.length > 0) return mappings.map((mapping) => mappingFindings(mapping, stack));
    return problem(
      'nothing takes messages from the queue to the function',
      shell`aws lambda create-event-source-mapping --batch-size 10 --function-response-types ReportBatchItemFailures --region ${stack.caller.region} --function-name ${FunctionName} --event-source-arn ${arn}`,
    );
  },

  function: async (stack) => functionState(await stack.ingest(), stack),

  /** Whether the function understands its environment. */
  async configuration(stack) {
    const { FunctionName, Environment } = await stack.ingest();
    // The function may be allowed to use the key of the variables, even if the caller is not.
    if (Environment?.Error)
      throw new UnknownError(`the environment of ${FunctionName} cannot be read: ${Environment.Error.ErrorCode}`);
    try {
      const { quarantineBucket, eventSources, logBuckets } = await stack.config();
      if (quarantineBucket === undefined) {
        const text = `${FunctionName} has no QUARANTINE_BUCKET: invalid log files are delivered again and again`;
        return problem(text, redeploy(stack));
      }
      const buckets = logBuckets.map(({ name }) => name).join(', ') || 'any bucket';
      return ok(`it keeps ${eventSources.join(', ')} of ${buckets}`);
    } catch (error) {
      if (!(error instanceof TrailError)) throw error;
      return problem(`${FunctionName} does not start: ${error.message}`, redeploy(stack));
    }
  },

  async concurrency(stack) {
    const { FunctionName = '' } = await stack.ingest();
    const { lambda } = stack.clients;
    const { ReservedConcurrentExecutions: reserved } = await lambda.send(
      new GetFunctionConcurrencyCommand({ FunctionName }),
    );
    if (reserved !== 0) return undefined;
    return problem(
      `${FunctionName} never runs: its reserved concurrency is 0`,
      shell`aws lambda delete-function-concurrency --region ${stack.caller.region} --function-name ${FunctionName}`,
    );
  },

  quota: async (stack) => lambdaQuota(0, stack),
};

/** Whether a function can run. */
export function functionState(
  { FunctionName, State, LastUpdateStatus, ...more }: GetFunctionConfigurationCommandOutput,
  stack: Stack,
): CheckResult {
  if (State === 'Failed') {
    const reason = `${more.StateReasonCode ?? 'Failed'}: ${more.StateReason ?? 'no reason given'}`;
    return problem(`${FunctionName} cannot run: ${reason}`, redeploy(stack));
  }
  if (LastUpdateStatus === 'Failed') {
    const reason = more.LastUpdateStatusReason ?? 'no reason given';
    return problem(`the last update of ${FunctionName} failed: ${reason}`, redeploy(stack));
  }
  if (State === 'Pending' || LastUpdateStatus === 'InProgress')
    return warning(`${FunctionName} is being changed`, 'ask again in a minute');
  return ok(`${FunctionName} is ${State?.toLowerCase() ?? '-'}, last changed ${more.LastModified ?? '-'}`);
}

function mappingFindings(mapping: EventSourceMappingConfiguration, stack: Stack): CheckResults {
  const update = shell`aws lambda update-event-source-mapping --region ${stack.caller.region} --uuid ${mapping.UUID ?? ''}`;
  return [
    mappingState(mapping, `${update} --enabled`, stack),
    mapping.FunctionResponseTypes?.includes('ReportBatchItemFailures')
      ? undefined
      : problem(
          'partial batch responses are off: messages that failed are deleted, and their log files lost',
          `${update} --function-response-types ReportBatchItemFailures`,
        ),
  ];
}

function mappingState(mapping: EventSourceMappingConfiguration, enable: string, { ago }: Stack): CheckResult {
  const { State = '', StateTransitionReason, LastProcessingResult = '', LastModified } = mapping;
  if (/^Disabl/.test(State)) return problem(`it is switched off (${State}): messages wait in the queue`, enable);
  if (State !== 'Enabled') return warning(`it is being changed: ${State}`, 'ask again in a minute');
  if (/^PROBLEM/i.test(LastProcessingResult)) {
    const fix = `check the role of the function: ${StateTransitionReason ?? 'no reason given'}`;
    return problem(`Lambda cannot read the queue: ${LastProcessingResult}`, fix);
  }
  return ok(`it is enabled${LastModified ? `, last changed ${ago(LastModified)}` : ''}`);
}
