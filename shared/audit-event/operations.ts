import type { ActionCode } from './actions.ts';
import { airflowArns } from './airflow-arn.ts';
import { type JsonRecord, objectAt, stringAt } from './record-fields.ts';
import { parameterNames, parameterText, tagKeys } from './request-parameters.ts';

/** What an operation does, and how to find what it does it to. */
export interface Operation {
  action: ActionCode;
  target(record: JsonRecord): string | undefined;
}

const operation = (action: ActionCode, target: Operation['target'] = () => undefined): Operation => ({
  action,
  target,
});

/**
 * The operations of Amazon MWAA and MWAA Serverless, by the first part of the event source and the event name. InvokeRestApi
 * is here for calls whose route the record does not tell.
 * https://docs.aws.amazon.com/mwaa/latest/API/API_Operations.html
 */
export const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  airflow: {
    CreateCliToken: operation('cli-token.create'),
    CreateEnvironment: operation('environment.create'),
    CreateWebLoginToken: operation('web-token.create', airflowIdentity),
    DeleteEnvironment: operation('environment.delete'),
    GetEnvironment: operation('environment.read'),
    InvokeRestApi: operation('rest-api.invoke'),
    ListEnvironments: operation('environment.list'),
    ListTagsForResource: operation('tag.list'),
    PublishMetrics: operation('metric.publish'),
    TagResource: operation('environment.tag', (record) => joined(', ', tagKeys(record))),
    UntagResource: operation('environment.untag', (record) => joined(', ', tagKeys(record))),
    UpdateEnvironment: operation('environment.update', (record) => joined(', ', parameterNames(record))),
  },
  'airflow-serverless': {
    CreateWorkflow: operation('workflow.create', (record) => parameterText(record, 'Name')),
    DeleteWorkflow: operation('workflow.delete', workflow),
    GetTaskInstance: operation('workflow-task.read', taskOfRun),
    GetWorkflow: operation('workflow.read', workflow),
    GetWorkflowRun: operation('workflow-run.read', taskOfRun),
    ListTagsForResource: operation('tag.list', workflow),
    ListTaskInstances: operation('workflow-task.list', taskOfRun),
    ListWorkflowRuns: operation('workflow-run.list', workflow),
    ListWorkflowVersions: operation('workflow-version.list', workflow),
    ListWorkflows: operation('workflow.list'),
    StartWorkflowRun: operation('workflow-run.start', workflow),
    StopWorkflowRun: operation('workflow-run.stop', taskOfRun),
    TagResource: operation('workflow.tag', workflow),
    UntagResource: operation('workflow.untag', workflow),
    UpdateWorkflow: operation('workflow.update', workflow),
  },
};

/** Returns the operation that a record is about; undefined if it is not known. */
export function operationOf(record: JsonRecord): Operation | undefined {
  const [service = ''] = stringAt(record, 'eventSource')?.split('.') ?? [];
  return own(own(OPERATIONS, service), stringAt(record, 'eventName') ?? '');
}

/** Airflow's role, such as Admin: the denial of a login or a call names the one that was asked for. */
export function airflowRole(record: JsonRecord): string | undefined {
  return airflowArns(record).find(({ role }) => role !== undefined)?.role;
}

/** Who the login is in Airflow: the role, or the identity that MWAA answered. */
function airflowIdentity(record: JsonRecord): string | undefined {
  return airflowRole(record) ?? stringAt(objectAt(record, 'responseElements'), 'AirflowIdentity', 'airflowIdentity');
}

/** `arn:PARTITION:airflow-serverless:REGION:ACCOUNT:workflow/NAME` */
function workflow(record: JsonRecord): string | undefined {
  const arn = parameterText(record, 'WorkflowArn') ?? parameterText(record, 'ResourceArn') ?? '';
  return /^arn:[^:]*:airflow-serverless:[^:]*:[^:]*:workflow\/(.+)$/s.exec(arn)?.[1];
}

/** The workflow, the run and the task instance, as far as the request names them. */
function taskOfRun(record: JsonRecord): string | undefined {
  const parts = [workflow(record), parameterText(record, 'RunId'), parameterText(record, 'TaskInstanceId')];
  return joined('/', parts);
}

function joined(separator: string, parts: readonly (string | undefined)[]): string | undefined {
  return parts.filter((part) => part !== undefined).join(separator) || undefined;
}

function own<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}
