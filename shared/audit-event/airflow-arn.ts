/** What an ARN of Amazon MWAA names. */
export interface AirflowArn {
  environment: string;
  /** Airflow's role, such as Admin, in the ARN that a login or a call of the REST API is authorized on. */
  role?: string;
}

/**
 * Reads `arn:PARTITION:airflow:REGION:ACCOUNT:environment/NAME` and `...:role/ENVIRONMENT/ROLE`, as a whole percent-encoded in
 * some requests. Returns undefined if it is another text.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedworkflowsforapacheairflow.html
 */
export function readAirflowArn(text: string | undefined): AirflowArn | undefined {
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
export function readDenial(message: string | undefined): AirflowArn | undefined {
  const match = /on resource: (arn:[^:\s]*:airflow:[^:\s]*:[^:\s]*:[^\s"',;]+)/.exec(message ?? '');
  const arn = readAirflowArn(match?.[1] && withoutFullStop(match[1]));
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
