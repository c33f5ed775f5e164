import { type JsonRecord, listAt, objectAt, stringAt } from './record-fields.ts';

/** What an ARN of Amazon MWAA names. */
interface AirflowArn {
  environment: string;
  /** Airflow's role, such as Admin: logins and calls of the REST API are authorized on one. */
  role?: string;
}

/**
 * The ARNs of Amazon MWAA that a record names: the request's resource, the record's resources, the response's ARN, the ones in
 * the text of a denial.
 */
export function airflowArns(record: JsonRecord): AirflowArn[] {
  const response = objectAt(record, 'responseElements');
  const written = [
    stringAt(objectAt(record, 'requestParameters'), 'ResourceArn', 'resourceArn'),
    ...listAt(record, 'resources').map((resource) => stringAt(resource, 'ARN', 'arn')),
    stringAt(response, 'Arn', 'arn'),
  ];
  const messages = [stringAt(response, 'message'), stringAt(response, 'Message'), stringAt(record, 'errorMessage')];
  return [...written.map(readArn), ...messages.map(readDenial)].filter((arn) => arn !== undefined);
}

/**
 * Reads `arn:PARTITION:airflow:REGION:ACCOUNT:environment/NAME` and `...:role/ENVIRONMENT/ROLE`, as a whole percent-encoded in
 * some requests. Returns undefined if it is another text.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedworkflowsforapacheairflow.html
 */
function readArn(text: string | undefined): AirflowArn | undefined {
  if (text === undefined) return undefined;
  const [, resource = ''] = /^arn:[^:]*:airflow:[^:]*:[^:]*:(.+)$/s.exec(percentDecoded(text)) ?? [];
  const [, name] = /^environment\/(.+)$/s.exec(resource) ?? [];
  if (name !== undefined) return { environment: name };
  const [, environment, role] = /^role\/([^/]+)\/(.+)$/s.exec(resource) ?? [];
  return environment === undefined || role === undefined ? undefined : { environment, role };
}

/**
 * Reads the ARN in "User: ... is not authorized to perform: airflow:X on resource: ARN because ...". Returns undefined if there
 * is none, or if it names all environments: operations on no environment in particular are denied on all of them.
 */
function readDenial(message: string | undefined): AirflowArn | undefined {
  const pattern = /on resource: (arn:[^:\s]*:airflow:[^:\s]*:[^:\s]*:(?:environment|role)\/[^\s"',;]+)/;
  const arn = readArn(withoutFullStop(pattern.exec(message ?? '')?.[1] ?? ''));
  return arn?.environment === '*' ? undefined : arn;
}

/** Without what ends a sentence, or brackets around it. */
function withoutFullStop(text: string): string {
  let end = text.length;
  while (end > 0 && '.)'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
