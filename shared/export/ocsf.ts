import { isIP } from 'node:net';
import { ACTIONS, phraseOf } from '../audit-event/actions.ts';
import { attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import { parseEventTime } from '../audit-event/event-time.ts';
import { booleanAt, type JsonRecord, listAt, memberAt, objectAt, stringAt } from '../audit-event/record-fields.ts';
import { parameterText } from '../audit-event/request-parameters.ts';
import type { Row, RowValue } from './fields.ts';
import { type ExportedEvent, eventTimeOf } from './native.ts';
import { OCSF_VERSION } from './ocsf-fields.ts';

const CLASS = { class_uid: 6003, class_name: 'API Activity', category_uid: 6, category_name: 'Application Activity' };

/**
 * An event as OCSF's class API Activity, mapped as AWS maps CloudTrail, and better where more is known: the activity follows
 * from what was done in Airflow, the status from Airflow's answer.
 * https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS/v1.1.0/CloudTrail/API%20Activity
 */
export function ocsfRow(event: ExportedEvent): Row {
  const record = recordOf(event);
  const activity = activityOf(event, record);
  const request = requestOf(event, record);
  return {
    ...{ ...CLASS, activity_id: activity.id, activity_name: activity.name },
    ...{ type_uid: CLASS.class_uid * 100 + activity.id, type_name: `${CLASS.class_name}: ${activity.caption}` },
    ...{ severity_id: 1, severity: 'Informational', ...statusOf(event) },
    // An event has a time in OCSF. If CloudTrail's is invalid, its flag in `unmapped` says so.
    time: eventTimeOf(event) ?? parseEventTime(event.ingestedAt) ?? 0,
    message: [phraseOf(event.action), event.target].filter((part) => part !== undefined).join(': '),
    metadata: metadataOf(event, record),
    actor: actorOf(event, record),
    api: present({
      operation: event.eventName ?? 'Unknown',
      service: present({ name: event.eventSource }),
      version: stringAt(record, 'apiVersion'),
      request,
      response: present({
        code: event.statusCode,
        error: event.errorCode,
        error_message: event.errorMessage,
        message: event.errorMessage,
        data: jsonAt(record, 'responseElements'),
      }),
    }),
    cloud: present({ provider: 'AWS', region: event.region, account: present({ uid: event.accountId }) }),
    src_endpoint: sourceOf(event, record),
    ...httpOf(event, record),
    resources: resourcesOf(event, record),
    observables: observablesOf(event),
    unmapped: unmappedOf(event, record, request !== undefined),
  };
}

/** The record is JSON; one that was too big to be stored has no members. */
const recordOf = ({ record }: ExportedEvent): JsonRecord => JSON.parse(record ?? '{}') as JsonRecord;

/** Leaves out what is absent, and what has nothing in it. */
function present(members: Readonly<Record<string, RowValue>>): Row | undefined {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined && value !== '');
  return entries.length === 0
    ? undefined
    : Object.fromEntries(entries.map(([name, value]) => [name, wellFormed(value)]));
}

const wellFormed = (value: RowValue): RowValue => (typeof value === 'string' ? value.toWellFormed() : value);

const ACTIVITIES = { Create: 1, Read: 2, Update: 3, Delete: 4, Other: 99 } as const;
type Activity = keyof typeof ACTIVITIES;
const BY_METHOD: Readonly<Record<string, Activity>> = {
  GET: 'Read',
  HEAD: 'Read',
  OPTIONS: 'Read',
  POST: 'Create',
  PUT: 'Update',
  PATCH: 'Update',
  DELETE: 'Delete',
};
/** Verbs of actions that are no update. Those of `Other` say little: the method decides, if there is one. */
const BY_VERB: Readonly<Record<string, Activity>> = {
  ...{ create: 'Create', materialize: 'Create', start: 'Create', trigger: 'Create', delete: 'Delete' },
  ...{ invoke: 'Other', publish: 'Other', test: 'Other' },
};

/** What was done: as Airflow's routes and MWAA's operations say, else as the method of the REST call. */
function activityOf(event: ExportedEvent, record: JsonRecord) {
  const caption = captionOf(event, restCallIn(record).method);
  const name = caption === 'Other' ? (event.eventName ?? 'Other') : caption;
  return { id: ACTIVITIES[caption], caption, name };
}

function captionOf({ access, action }: ExportedEvent, method: string | undefined): Activity {
  if (access === 'read') return 'Read';
  const byMethod = method === undefined ? undefined : BY_METHOD[method];
  if (byMethod === 'Delete') return byMethod;
  const verb = action.slice(action.lastIndexOf('.') + 1);
  const byVerb = Object.hasOwn(ACTIONS, action) ? (BY_VERB[verb] ?? 'Update') : 'Other';
  return byVerb === 'Other' ? (byMethod ?? byVerb) : byVerb;
}

/** The call of Airflow's REST API that a record is about. */
function restCallIn(record: JsonRecord) {
  const isRestCall = stringAt(record, 'eventName') === 'InvokeRestApi';
  const read = (name: string) => (isRestCall ? parameterText(record, name) : undefined);
  return { method: read('Method')?.toUpperCase(), path: read('Path') };
}

function statusOf({ outcome, errorCode, statusCode, errorMessage }: ExportedEvent) {
  return {
    ...(outcome === 'ok' ? { status_id: 1, status: 'Success' } : { status_id: 2, status: 'Failure' }),
    status_code: errorCode ?? (statusCode === undefined ? undefined : `${statusCode}`),
    status_detail: errorMessage,
  };
}

function metadataOf(event: ExportedEvent, record: JsonRecord): Row | undefined {
  return present({
    version: OCSF_VERSION,
    profiles: ['cloud'],
    uid: event.eventId,
    event_code: event.eventType,
    correlation_uid: event.sharedEventId,
    log_name: event.logFile,
    original_time: event.eventTime,
    processed_time: parseEventTime(event.ingestedAt),
    product: present({
      name: 'CloudTrail',
      vendor_name: 'AWS',
      version: stringAt(record, 'eventVersion'),
      feature: present({ name: event.eventCategory }),
    }),
  });
}

/** OCSF's types of users; `Other` are those that CloudTrail names in another way, such as sessions of roles. */
const USER_TYPES: Readonly<Record<string, number>> = { IAMUser: 1, Root: 2, AWSService: 3 };

function actorOf(event: ExportedEvent, record: JsonRecord): Row | undefined {
  const identity = objectAt(record, 'userIdentity');
  const session = objectAt(identity, 'sessionContext');
  const attributes = objectAt(session, 'attributes');
  const onBehalfOf = objectAt(identity, 'onBehalfOf');
  const federation = objectAt(session, 'webIdFederationData');
  const { principalType: type } = event;
  return present({
    user: present({
      name: event.user ?? event.principal ?? 'Unknown',
      uid: event.principalArn,
      uid_alt: stringAt(onBehalfOf, 'userId') ?? stringAt(identity, 'principalId'),
      type,
      type_id: type === undefined ? 0 : (USER_TYPES[type] ?? 99),
      credential_uid: event.accessKeyId ?? stringAt(identity, 'credentialId'),
      account: present({ uid: stringAt(identity, 'accountId') }),
    }),
    session: present({
      created_time: parseEventTime(stringAt(attributes, 'creationDate')),
      is_mfa: event.mfa ?? booleanAt(attributes, 'mfaAuthenticated'),
      issuer: stringAt(objectAt(session, 'sessionIssuer'), 'arn'),
    }),
    invoked_by: stringAt(identity, 'invokedBy'),
    idp: present({
      name: stringAt(federation, 'federatedProvider') ?? stringAt(identity, 'identityProvider'),
      uid: stringAt(onBehalfOf, 'identityStoreArn'),
    }),
  });
}

/** A request must have an ID in OCSF. Without one, its parameters stay in `unmapped`. */
function requestOf({ requestId }: ExportedEvent, record: JsonRecord): Row | undefined {
  return requestId === undefined ? undefined : present({ uid: requestId, data: jsonAt(record, 'requestParameters') });
}

function sourceOf({ sourceIp }: ExportedEvent, record: JsonRecord): Row | undefined {
  const isAddress = sourceIp !== undefined && isIP(sourceIp) !== 0;
  const where = isAddress ? { ip: sourceIp } : { domain: sourceIp };
  return present({ ...(sourceIp === undefined ? { name: 'Unknown' } : where), uid: stringAt(record, 'vpcEndpointId') });
}

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE']);

/** The caller's program, and the call of Airflow's REST API with its answer, if it was one. */
function httpOf({ userAgent, statusCode }: ExportedEvent, record: JsonRecord) {
  const { method, path } = restCallIn(record);
  const http_method = method !== undefined && METHODS.has(method) ? method : undefined;
  return {
    http_request: present({ user_agent: userAgent, http_method, url: present({ path }) }),
    http_response: present({ code: statusCode }),
  };
}

const ENVIRONMENT_TYPE = 'AWS::MWAA::Environment';

function resourcesOf({ environment }: ExportedEvent, record: JsonRecord): readonly Row[] | undefined {
  const isEnvironment = (uid = '') => environment !== undefined && uid.endsWith(`:environment/${environment}`);
  const named = listAt(record, 'resources').map((resource) => {
    const uid = stringAt(resource, 'ARN', 'arn');
    const account = present({ uid: stringAt(resource, 'accountId') });
    const name = isEnvironment(uid) ? environment : undefined;
    return present({ name, uid, type: stringAt(resource, 'type'), owner: present({ account }) });
  });
  const isThere = named.some((resource) => resource?.name !== undefined);
  const own: Row[] = isThere || environment === undefined ? [] : [{ name: environment, type: ENVIRONMENT_TYPE }];
  // OCSF identifies a resource by one of these.
  const all = [...named, ...own].flatMap((one) => ((one?.uid ?? one?.name) === undefined ? [] : [one as Row]));
  return all.length === 0 ? undefined : all;
}

/** What a SIEM looks up. The numbers are OCSF's types of observables. */
function observablesOf({ sourceIp = '', user, principalArn }: ExportedEvent): readonly Row[] | undefined {
  const found = [
    { name: 'src_endpoint.ip', type: 'IP Address', type_id: 2, value: isIP(sourceIp) === 0 ? undefined : sourceIp },
    { name: 'actor.user.name', type: 'User Name', type_id: 4, value: user },
    { name: 'actor.user.uid', type: 'Resource UID', type_id: 10, value: principalArn },
  ].filter(({ value }) => value !== undefined);
  return found.length === 0 ? undefined : found;
}

/** What the mapping has elsewhere. */
const MAPPED_MEMBERS = new Set([
  ...['apiVersion', 'awsRegion', 'errorCode', 'errorMessage', 'eventCategory', 'eventID', 'eventName', 'eventSource'],
  ...['eventTime', 'eventType', 'eventVersion', 'requestID', 'responseElements', 'sharedEventID', 'sourceIPAddress'],
  ...['userAgent', 'vpcEndpointId', 'resources'],
]);
const MAPPED_ATTRIBUTES = new Set([
  ...['eventId', 'eventTime', 'eventName', 'eventSource', 'eventType', 'eventCategory', 'requestId', 'sharedEventId'],
  ...['errorCode', 'errorMessage', 'userAgent', 'sourceIp', 'region', 'accessKeyId', 'principalArn', 'principalType'],
  ...['logFile', 'ingestedAt', 'record', 'previousVersions', 'timeKey'],
]);
const UNMAPPED = attributesWhere(() => true).filter((name) => !MAPPED_ATTRIBUTES.has(name));

/** The rest of the record, and what is known of the event besides, as `mwaa_trail`. */
function unmappedOf(event: ExportedEvent, record: JsonRecord, hasRequest: boolean): string {
  const rest = Object.entries(record).filter(
    ([name]) => !MAPPED_MEMBERS.has(name) && !(hasRequest && name === 'requestParameters'),
  );
  const own = Object.fromEntries(UNMAPPED.map((name) => [name, attributeOf(event, name)]));
  return jsonText(Object.fromEntries([...rest, ['mwaa_trail', own]]));
}

function jsonAt(record: JsonRecord, name: string): string | undefined {
  const value = memberAt(record, name);
  return value === undefined || value === null ? undefined : jsonText(value);
}

/** JSON on one line whose texts are well-formed Unicode: readers of JSON refuse halves of surrogate pairs. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // Only halves are escaped; `\\ud800` is a backslash and five letters.
  return text.includes('\\ud') ? text.replace(LONE_SURROGATE, '$1\ufffd') : text;
}
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;
