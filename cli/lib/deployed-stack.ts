import type { TableNames } from '../../shared/config.ts';

// serverless.yml begins the names of tables, queues and functions with that of the stack, SERVICE-STAGE. So they are known without a
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

/** The name of a stack's ingest function. */
export function ingestFunctionOf(stack: string): string {
  return `${stack}-ingest`;
}

/** The name of a stack's ingest queue. */
export function ingestQueueOf(stack: string): string {
  return `${stack}-ingest`;
}

/** The name of the dead-letter queue of a stack's ingest queue. */
export function deadLetterQueueOf(stack: string): string {
  return `${stack}-ingest-dead-letters`;
}
