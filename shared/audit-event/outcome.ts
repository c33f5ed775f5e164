import { type JsonRecord, memberAt, objectAt, stringAt } from './record-fields.ts';

export type Outcome = 'ok' | 'denied' | 'failed';

/** Returns Airflow's HTTP status of a call of its REST API, written as a number or as text; undefined if there is none. */
export function statusCodeOf(record: JsonRecord): number | undefined {
  const response = objectAt(record, 'responseElements');
  return ['RestApiStatusCode', 'restApiStatusCode']
    .map((name) => memberAt(response, name))
    .filter((status) => typeof status === 'number' || typeof status === 'string')
    .map((status) => (/^[1-9]\d\d$/.test(`${status}`) ? Number(status) : undefined))
    .find((status) => status !== undefined);
}

/**
 * How it ended. CloudTrail has no errorCode when Airflow refused a call, and a general one when MWAA passes Airflow's error on,
 * so Airflow's own 401 or 403 says that it was denied, whatever the errorCode is.
 */
export function outcomeOf(record: JsonRecord): Outcome {
  const errorCode = stringAt(record, 'errorCode');
  const status = statusCodeOf(record) ?? 0;
  if (status === 401 || status === 403 || DENIED.test(errorCode ?? '')) return 'denied';
  return errorCode !== undefined || status >= 400 ? 'failed' : 'ok';
}

/** Codes may have a name space before them: `Client.UnauthorizedOperation`, `com.amazonaws.mwaa#AccessDeniedException`. */
const DENIED = /(?:^|[.#])(?:AccessDenied|Unauthorized)/;
