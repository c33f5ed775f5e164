import { readAirflowArn, readDenial } from './airflow-arn.ts';
import { type JsonRecord, listAt, objectAt, stringAt } from './record-fields.ts';

/**
 * The name of the MWAA environment that a record is about, by the first of these routes that leads to one: the request's
 * name, the request's resource ARN, the record's resources, the response's ARN, the text of a denial. None is normal
 * (ListEnvironments).
 */
export function environmentOf(record: JsonRecord): string | undefined {
  const request = objectAt(record, 'requestParameters');
  const response = objectAt(record, 'responseElements');
  return (
    // Member names differ in case between operations, and PublishMetrics has its own.
    stringAt(request, 'Name', 'name', 'EnvironmentName') ??
    readAirflowArn(stringAt(request, 'ResourceArn', 'resourceArn'))?.environment ??
    listAt(record, 'resources')
      .map((resource) => readAirflowArn(stringAt(resource, 'ARN', 'arn'))?.environment)
      .find((name) => name !== undefined) ??
    readAirflowArn(stringAt(response, 'Arn', 'arn'))?.environment ??
    readDenial(stringAt(response, 'message'))?.environment ??
    readDenial(stringAt(response, 'Message'))?.environment ??
    readDenial(stringAt(record, 'errorMessage'))?.environment
  );
}
