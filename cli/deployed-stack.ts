import type { TableNames } from '../shared/config.ts';
import { describeError, TrailError } from '../shared/errors.ts';
import { settingsProblem } from './aws-settings.ts';

// serverless.yml begins the names of tables and queues with that of the stack, SERVICE-STAGE. So they are known without a
// request, to people too who may query the tables and nothing else.

const EVENTS_SUFFIX = '-events';

/** The tables of a stack. */
export function tablesOf(stack: string): TableNames {
  return {
    eventsTable: `${stack}${EVENTS_SUFFIX}`,
    logFilesTable: `${stack}-log-files`,
    environmentsTable: `${stack}-environments`,
  };
}

/** The stack to which an events table belongs by its name; undefined if it is not named as those of stacks are. */
export function stackOfTable(eventsTable: string): string | undefined {
  return eventsTable.endsWith(EVENTS_SUFFIX) ? eventsTable.slice(0, -EVENTS_SUFFIX.length) : undefined;
}

/** The name of a stack's ingest queue. */
export function ingestQueueOf(stack: string): string {
  return `${stack}-ingest`;
}

/** The name of the dead-letter queue of a stack's ingest queue. */
export function deadLetterQueueOf(stack: string): string {
  return `${stack}-ingest-dead-letters`;
}

/**
 * Asks CloudFormation for the quarantine bucket of a stack. A parameter can give it any name; and a name that is only guessed
 * could be a bucket of somebody else, who would be sent unredacted records.
 * @throws {TrailError} `stack` when there is no such stack, it has no such bucket, or CloudFormation may not be asked
 */
export async function quarantineBucketOf(stack: string): Promise<string> {
  // Few commands ask CloudFormation.
  const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
  const { listResources } = await import('./doctor/ask-stack.ts');
  const cloudFormation = new CloudFormationClient({});
  const notFound = (problem: string) =>
    new TrailError('stack', `--stack ${stack}: ${problem}; --help says how to name the quarantine bucket itself`);
  try {
    const bucket = (await listResources(cloudFormation, stack)).get('QuarantineBucket')?.physicalId;
    if (bucket) return bucket;
    throw notFound('the stack has no quarantine bucket');
  } catch (error) {
    if (error instanceof TrailError) throw error;
    if ((error as Error).name === 'StackNotFound') throw notFound('there is no such stack in this account and Region');
    if (settingsProblem(error) !== undefined) throw error;
    throw notFound(`cloudformation:ListStackResources does not tell its quarantine bucket (${describeError(error)})`);
  } finally {
    cloudFormation.destroy();
  }
}
