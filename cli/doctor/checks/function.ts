import type { EventSourceMappingConfiguration, FunctionConfiguration } from '@aws-sdk/client-lambda';
import { relativeTime } from '../../../shared/render/times.ts';
import { commandLine } from '../../shell.ts';
import { type Answer, known } from '../answer.ts';
import type { Facts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, warning } from '../finding.ts';
import { readIngestConfig } from '../ingest.ts';
import { redeploy } from '../redeploy.ts';

/** Whether the ingest function can run. */
export function checkFunction(facts: Facts): Finding[] {
  return [
    ...findingsOn(
      'function',
      facts.function,
      (configuration) => [checkState(configuration, facts), ...checkConfiguration(configuration, facts)],
      () => [problem('function', 'there is no ingest function', redeploy(facts))],
    ),
    ...findingsOn(
      'concurrency',
      facts.reservedConcurrency,
      (reserved) => checkConcurrency(reserved, facts),
      () => [],
    ),
  ];
}

function checkState(configuration: FunctionConfiguration, facts: Facts): Finding {
  const {
    FunctionName,
    State = '',
    StateReasonCode,
    StateReason,
    LastUpdateStatus,
    LastUpdateStatusReason,
  } = configuration;
  if (State === 'Failed') {
    return problem(
      'function',
      `${FunctionName} cannot run: ${StateReasonCode ?? State}: ${StateReason ?? 'no reason given'}`,
      redeploy(facts),
    );
  }
  if (LastUpdateStatus === 'Failed') {
    return problem(
      'function',
      `the last update of ${FunctionName} failed: ${LastUpdateStatusReason ?? 'no reason given'}`,
      redeploy(facts),
    );
  }
  if (State === 'Pending' || LastUpdateStatus === 'InProgress') {
    return warning('function', `${FunctionName} is being changed`, 'ask again in a minute');
  }
  return ok('function', `${FunctionName} is ${State.toLowerCase()}, changed last ${configuration.LastModified ?? '-'}`);
}

function checkConfiguration(configuration: FunctionConfiguration, facts: Facts): Finding[] {
  const { FunctionName, Environment } = configuration;
  // The key of the environment's variables is missing to whoever asks; the function may well have it.
  if (Environment?.Error) {
    return [
      {
        check: 'configuration',
        state: 'unknown',
        text: `the environment of ${FunctionName} cannot be read: ${Environment.Error.ErrorCode}`,
      },
    ];
  }
  const config = readIngestConfig(configuration);
  if ('wrong' in config)
    return [problem('configuration', `${FunctionName} does not start: ${config.wrong}`, redeploy(facts))];
  if (config.known.quarantineBucket === undefined) {
    return [
      problem(
        'configuration',
        `${FunctionName} has no QUARANTINE_BUCKET: bad log files are delivered again and again`,
        redeploy(facts),
      ),
    ];
  }
  const { logBuckets, eventSources } = config.known;
  const buckets = logBuckets.map(({ name }) => name).join(', ') || 'any bucket';
  return [ok('configuration', `it keeps ${eventSources.join(', ')} of ${buckets}`)];
}

function checkConcurrency(reserved: number | undefined, { function: configuration, asker }: Facts): Finding[] {
  if (reserved !== 0) return [];
  const name = known(configuration)?.FunctionName ?? '';
  return [
    problem(
      'concurrency',
      `${name} is throttled to nothing: its reserved concurrency is 0`,
      commandLine('aws lambda delete-function-concurrency --region', asker.region, '--function-name', name),
    ),
  ];
}

/** Whether the function receives what is in the queue, and is taken at its word about what failed. */
export function checkEventSource(facts: Facts): Finding[] {
  const queueArn = known(facts.queue)?.QueueArn;
  return findingsOn(
    'event source',
    facts.mappings,
    (mappings) => {
      const ours = mappings.filter(({ EventSourceArn = '' }) => EventSourceArn === queueArn);
      if (queueArn === undefined) return [];
      if (ours.length === 0)
        return [
          problem(
            'event source',
            'nothing takes messages from the queue to the function',
            createMapping(facts, queueArn),
          ),
        ];
      return ours.flatMap((mapping) => checkMapping(mapping, facts));
    },
    () => [],
  );
}

function checkMapping(mapping: EventSourceMappingConfiguration, { asker, now }: Facts): Finding[] {
  const {
    UUID = '',
    State = '',
    StateTransitionReason,
    LastProcessingResult,
    LastModified,
    FunctionResponseTypes = [],
  } = mapping;
  const update = (...words: string[]) =>
    commandLine('aws lambda update-event-source-mapping --region', asker.region, '--uuid', UUID, ...words);
  return [stateOf(), ...responses()];

  function stateOf(): Finding {
    if (/^Disabl/.test(State)) {
      return problem('event source', `it is switched off (${State}): messages wait in the queue`, update('--enabled'));
    }
    if (State !== 'Enabled') return warning('event source', `it is being changed: ${State}`, 'ask again in a minute');
    if (/^PROBLEM/i.test(LastProcessingResult ?? '')) {
      return problem(
        'event source',
        `Lambda cannot read the queue: ${LastProcessingResult}`,
        `see the role of the function: ${StateTransitionReason ?? 'no reason given'}`,
      );
    }
    return ok(
      'event source',
      `it is enabled${LastModified === undefined ? '' : `, changed last ${relativeTime(LastModified.getTime(), now)}`}`,
    );
  }

  function responses(): Finding[] {
    if (FunctionResponseTypes.includes('ReportBatchItemFailures')) return [];
    return [
      problem(
        'event source',
        'it does not take reports of single failures: messages that failed are deleted, and their log files lost',
        update('--function-response-types', 'ReportBatchItemFailures'),
      ),
    ];
  }
}

function createMapping(
  { function: configuration, asker }: { function: Answer<FunctionConfiguration>; asker: Facts['asker'] },
  queueArn: string,
): string {
  const name = known(configuration)?.FunctionName ?? '';
  return commandLine(
    'aws lambda create-event-source-mapping --batch-size 10 --function-response-types ReportBatchItemFailures --region',
    asker.region,
    '--function-name',
    name,
    '--event-source-arn',
    queueArn,
  );
}
