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
    nameInArn(stringAt(request, 'ResourceArn', 'resourceArn')) ??
    listAt(record, 'resources')
      .map((resource) => nameInArn(stringAt(resource, 'ARN', 'arn')))
      .find((name) => name !== undefined) ??
    nameInArn(stringAt(response, 'Arn', 'arn')) ??
    nameInDenial(stringAt(response, 'message')) ??
    nameInDenial(stringAt(response, 'Message')) ??
    nameInDenial(stringAt(record, 'errorMessage'))
  );
}

// arn:PARTITION:airflow:REGION:ACCOUNT:environment/NAME, as a whole percent-encoded in some requests
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedworkflowsforapacheairflow.html
function nameInArn(arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined;
  return /^arn:[^:]*:airflow:[^:]*:[^:]*:environment\/(.+)$/s.exec(percentDecoded(arn))?.[1];
}

/** "User: ... is not authorized to perform: airflow:X on resource: arn:aws:airflow:...:environment/NAME because ..." */
function nameInDenial(message: string | undefined): string | undefined {
  const match = /on resource: (arn:[^:\s]*:airflow:[^:\s]*:[^:\s]*:environment\/[^\s"',;]+)/.exec(message ?? '');
  const name = nameInArn(match?.[1]?.replace(/[.)]+$/, ''));
  // Operations on no environment in particular are denied on all of them.
  return name === '*' ? undefined : name;
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
