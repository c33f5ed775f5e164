import { airflowArns } from './airflow-arn.ts';
import { type JsonRecord, objectAt, stringAt } from './record-fields.ts';

/**
 * The name of the MWAA environment that a record is about: the request's name, or else that of the first ARN which names an
 * environment. None is normal (ListEnvironments).
 */
export function environmentOf(record: JsonRecord): string | undefined {
  const request = objectAt(record, 'requestParameters');
  // Member names differ in case between operations, and PublishMetrics has its own.
  return stringAt(request, 'Name', 'name', 'EnvironmentName') ?? airflowArns(record)[0]?.environment;
}
