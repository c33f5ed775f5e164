import {
  type EventSourceMappingConfiguration,
  GetFunctionConcurrencyCommand,
  paginateListEventSourceMappings,
} from '@aws-sdk/client-lambda';
import { TrailError } from '../../../shared/errors.ts';
import { relativeTime } from '../../../shared/render/times.ts';
import { commandLine } from '../../lib/output.ts';
import { redeploy } from '../commands.ts';
import { type Found, ok, problem, warning } from '../finding.ts';
import { type Stack, UnknownError } from '../stack.ts';

/** Whether the ingest function can run. */
export async function checkFunction(stack: Stack): Promise<Found[]> {
  const { FunctionName, State = '', LastUpdateStatus, ...more } = await stack.ingest();
  if (State === 'Failed') {
    const reason = `${more.StateReasonCode ?? State}: ${more.StateReason ?? 'no reason given'}`;
    return [problem(`${FunctionName} cannot run: ${reason}`, redeploy(stack))];
  }
  if (LastUpdateStatus === 'Failed') {
    const reason = more.LastUpdateStatusReason ?? 'no reason given';
    return [problem(`the last update of ${FunctionName} failed: ${reason}`, redeploy(stack))];
  }
  if (State === 'Pending' || LastUpdateStatus === 'InProgress') {
    return [warning(`${FunctionName} is being changed`, 'ask again in a minute')];
  }
  return [ok(`${FunctionName} is ${State.toLowerCase()}, last changed ${more.LastModified ?? '-'}`)];
}

/** Whether the function understands its environment. */
export async function checkConfiguration(stack: Stack): Promise<Found[]> {
  const { FunctionName, Environment } = await stack.ingest();
  // Whoever runs doctor may not use the key of the variables; the function may well be allowed to.
  if (Environment?.Error) {
    throw new UnknownError(`the environment of ${FunctionName} cannot be read: ${Environment.Error.ErrorCode}`);
  }
  try {
    const { quarantineBucket, eventSources, logBuckets } = await stack.config();
    if (quarantineBucket === undefined) {
      const text = `${FunctionName} has no QUARANTINE_BUCKET: invalid log files are delivered again and again`;
      return [problem(text, redeploy(stack))];
    }
    const buckets = logBuckets.map(({ name }) => name).join(', ') || 'any bucket';
    return [ok(`it keeps ${eventSources.join(', ')} of ${buckets}`)];
  } catch (error) {
    if (!(error instanceof TrailError)) throw error;
    return [problem(`${FunctionName} does not start: ${error.message}`, redeploy(stack))];
  }
}

/** Whether the function may run at all. */
export async function checkConcurrency(stack: Stack): Promise<Found[]> {
  const { FunctionName = '' } = await stack.ingest();
  const command = new GetFunctionConcurrencyCommand({ FunctionName });
  if ((await stack.clients.lambda.send(command)).ReservedConcurrentExecutions !== 0) return [];
  const remove = 'aws lambda delete-function-concurrency --region';
  return [
    problem(
      `${FunctionName} never runs: its reserved concurrency is 0`,
      commandLine(remove, stack.caller.region, '--function-name', FunctionName),
    ),
  ];
}

/** Whether Lambda brings what is in the queue to the function, and leaves in the queue what failed. */
export async function checkEventSource(stack: Stack): Promise<Found[]> {
  const { QueueArn } = await stack.queue('queue');
  const { FunctionName = '' } = await stack.ingest();
  const mappings: EventSourceMappingConfiguration[] = [];
  for await (const page of paginateListEventSourceMappings({ client: stack.clients.lambda }, { FunctionName })) {
    mappings.push(...(page.EventSourceMappings ?? []).filter(({ EventSourceArn }) => EventSourceArn === QueueArn));
  }
  if (mappings.length > 0) return mappings.flatMap((mapping) => checkMapping(mapping, stack));
  const create =
    'aws lambda create-event-source-mapping --batch-size 10 --function-response-types ReportBatchItemFailures --region';
  return [
    problem(
      'nothing takes messages from the queue to the function',
      commandLine(create, stack.caller.region, '--function-name', FunctionName, '--event-source-arn', QueueArn ?? ''),
    ),
  ];
}

function checkMapping(mapping: EventSourceMappingConfiguration, { caller, now }: Stack): Found[] {
  const { UUID = '', FunctionResponseTypes = [] } = mapping;
  const update = (...words: string[]) =>
    commandLine('aws lambda update-event-source-mapping --region', caller.region, '--uuid', UUID, ...words);
  return [
    mappingState(mapping, update('--enabled'), now),
    ...(FunctionResponseTypes.includes('ReportBatchItemFailures')
      ? []
      : [
          problem(
            'partial batch responses are off: messages that failed are deleted, and their log files lost',
            update('--function-response-types', 'ReportBatchItemFailures'),
          ),
        ]),
  ];
}

function mappingState(mapping: EventSourceMappingConfiguration, enable: string, now: number): Found {
  const { State = '', StateTransitionReason, LastProcessingResult = '', LastModified } = mapping;
  if (/^Disabl/.test(State)) return problem(`it is switched off (${State}): messages wait in the queue`, enable);
  if (State !== 'Enabled') return warning(`it is being changed: ${State}`, 'ask again in a minute');
  if (/^PROBLEM/i.test(LastProcessingResult)) {
    const fix = `check the role of the function: ${StateTransitionReason ?? 'no reason given'}`;
    return problem(`Lambda cannot read the queue: ${LastProcessingResult}`, fix);
  }
  const changed = LastModified && `, last changed ${relativeTime(LastModified.getTime(), now)}`;
  return ok(`it is enabled${changed ?? ''}`);
}
