import { DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import {
  type EventSourceMappingConfiguration,
  GetFunctionConcurrencyCommand,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { TrailError } from '../../../shared/errors.ts';
import { PARTS } from '../../lib/deployed-stack.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, type CheckResults, type Checks, ok, problem, warning } from '../check.ts';
import { type Stack, UnknownError } from '../stack.ts';
import { redeploy } from '../trail.ts';

/** More than the functions finish within minutes: ten at a time take ten messages each. */
const LONG_QUEUE = 1_000;

/** Whether announcements reach the function, and the function runs. */
export const functionChecks: Checks = {
  /** Whether ingest keeps up with the queue, and failed messages go to the dead-letter queue. */
  async queue(stack) {
    const { waiting, inFlight, hasDeadLetters, url } = await stack.queue();
    const text = `${waiting} waiting, ${inFlight} in flight`;
    const look = 'see the age of the oldest message in the dashboard, and Throttles in docs/runbook.md';
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

  async function(stack) {
    const { FunctionName, State = '', LastUpdateStatus, ...more } = await stack.ingest();
    if (State === 'Failed') {
      const reason = `${more.StateReasonCode ?? State}: ${more.StateReason ?? 'no reason given'}`;
      return problem(`${FunctionName} cannot run: ${reason}`, redeploy(stack));
    }
    if (LastUpdateStatus === 'Failed') {
      const reason = more.LastUpdateStatusReason ?? 'no reason given';
      return problem(`the last update of ${FunctionName} failed: ${reason}`, redeploy(stack));
    }
    if (State === 'Pending' || LastUpdateStatus === 'InProgress')
      return warning(`${FunctionName} is being changed`, 'ask again in a minute');
    return ok(`${FunctionName} is ${State.toLowerCase()}, last changed ${more.LastModified ?? '-'}`);
  },

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

  /** Whether the stack's schedules are switched on. With `verify=off` there is only the heartbeat. */
  schedules: async (stack) => [
    await schedule(stack, 'heartbeat', 'the alarm NoLogFiles cannot go off'),
    await schedule(stack, 'verifySchedule', 'nothing is verified'),
  ],
};

/** @param lost what does not work without it */
async function schedule(
  { idOf, ask, clients, caller }: Stack,
  part: 'heartbeat' | 'verifySchedule',
  lost: string,
): Promise<CheckResult | undefined> {
  const name = await idOf(part);
  if (name === undefined) return undefined;
  const { what } = PARTS[part];
  const { State } = await ask(part, (Name) => clients.events.send(new DescribeRuleCommand({ Name })));
  if (State !== 'DISABLED') return ok(`${what} is switched on`);
  const enable = shell`aws events enable-rule --region ${caller.region} --name ${name}`;
  return problem(`${what} is switched off: ${lost}`, enable);
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
