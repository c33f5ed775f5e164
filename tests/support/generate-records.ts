import { type Random, seededRandom } from './random.ts';

/** What must be known of a generated event: decided first, and written into its record after. */
export interface ExpectedEvent {
  eventId: string;
  eventTime: string;
  eventName: string;
  eventCategory: string;
  accountId: string;
  region: string;
  environment?: string;
  principal: string;
  principalType: string;
  accessKeyId?: string;
  sourceIp: string;
  errorCode?: string;
  errorMessage?: string;
  readOnly: boolean;
}

export interface GeneratedEvent {
  expected: ExpectedEvent;
  record: Record<string, unknown>;
}

const ENVIRONMENTS = ['prod-etl', 'prod-reporting', 'staging', 'dev-sandbox', 'a', 'Prod-ETL', 'prod-etl-2'];
const EVENT_NAMES = ['CreateEnvironment', 'UpdateEnvironment', 'DeleteEnvironment', 'InvokeRestApi', 'GetEnvironment'];
const ACCOUNTS = ['111122223333', '444455556666'];
const REGIONS = ['eu-west-1', 'us-east-1', 'us-west-2'];
const ADDRESSES = ['203.0.113.9', '198.51.100.7', '2001:db8::7', 'AWS Internal', 'cloudformation.amazonaws.com'];
const ERRORS = ['AccessDenied', 'ValidationException', 'ResourceNotFoundException'];
const FIRST_TIME = Date.UTC(2026, 9, 1);

/** Events of Amazon MWAA; about one in ten has the same time as the one before. */
export function generateEvents(seed: number, count: number, days = 30): GeneratedEvent[] {
  const random = seededRandom(seed);
  const events: GeneratedEvent[] = [];
  let time = '';
  for (let i = 0; i < count; i += 1) {
    if (time === '' || !random.chance(0.1)) {
      time = new Date(FIRST_TIME + random.below(days * 86_400) * 1_000).toISOString().replace('.000', '');
    }
    events.push(generateEvent(random, time));
  }
  return events;
}

function generateEvent(random: Random, eventTime: string): GeneratedEvent {
  const eventName = random.pick(EVENT_NAMES);
  const environment = random.chance(0.9) ? random.pick(ENVIRONMENTS) : undefined;
  const errorCode = random.chance(0.25) ? random.pick(ERRORS) : undefined;
  const accountId = random.pick(ACCOUNTS);
  const { identity, ...who } = random.pick([iamUser, assumedRole, service, root])(random, accountId);
  const expected: ExpectedEvent = {
    eventId: `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-8${random.hex(3)}-${random.hex(12)}`,
    eventTime,
    eventName,
    eventCategory: eventName === 'InvokeRestApi' ? 'Data' : 'Management',
    accountId,
    region: random.pick(REGIONS),
    ...(environment === undefined ? {} : { environment }),
    ...who,
    sourceIp: random.pick(ADDRESSES),
    ...(errorCode === undefined ? {} : { errorCode, errorMessage: `No: ${errorCode} #${random.below(1000)}` }),
    readOnly: eventName === 'GetEnvironment',
  };
  return { expected, record: recordOf(expected, identity, random) };
}

interface Who {
  principal: string;
  principalType: string;
  accessKeyId?: string;
  identity: object;
}

function iamUser(random: Random, accountId: string): Who {
  const userName = random.pick(['alice', 'bob', 'Admin', 'admin']);
  const accessKeyId = random.pick(['AKIAEXAMPLE0000000A1', 'AKIAEXAMPLE0000000B2']);
  const arn = `arn:aws:iam::${accountId}:user/${userName}`;
  return {
    principal: userName,
    principalType: 'IAMUser',
    accessKeyId,
    identity: { type: 'IAMUser', arn, accountId, accessKeyId, userName },
  };
}

function assumedRole(random: Random, accountId: string): Who {
  const role = random.pick(['Admin', 'Deploy', 'Admin-Break']);
  const session = random.pick(['alice', 'bob', 'ci']);
  const arn = `arn:aws:sts::${accountId}:assumed-role/${role}/${session}`;
  const sessionContext = { sessionIssuer: { type: 'Role', userName: role } };
  const identity = { type: 'AssumedRole', arn, accountId, accessKeyId: 'ASIAEXAMPLE0000000C3', sessionContext };
  return {
    principal: `${role}/${session}`,
    principalType: 'AssumedRole',
    accessKeyId: 'ASIAEXAMPLE0000000C3',
    identity,
  };
}

function service(): Who {
  const invokedBy = 'cloudformation.amazonaws.com';
  return { principal: invokedBy, principalType: 'AWSService', identity: { type: 'AWSService', invokedBy } };
}

function root(_random: Random, accountId: string): Who {
  return {
    principal: 'root',
    principalType: 'Root',
    // An empty key must not become the key of an index.
    identity: { type: 'Root', arn: `arn:aws:iam::${accountId}:root`, accountId, accessKeyId: '' },
  };
}

function recordOf(expected: ExpectedEvent, userIdentity: object, random: Random): Record<string, unknown> {
  const { environment, errorCode, errorMessage } = expected;
  const arn = `arn:aws:airflow:${expected.region}:${expected.accountId}:environment/${environment}`;
  const routes = [
    { requestParameters: { Name: environment } },
    { requestParameters: { ResourceArn: encodeURIComponent(arn) } },
    { requestParameters: null, resources: [{ ARN: arn }] },
  ];
  return {
    eventVersion: '1.11',
    userIdentity,
    eventTime: expected.eventTime,
    eventSource: 'airflow.amazonaws.com',
    eventName: expected.eventName,
    awsRegion: expected.region,
    sourceIPAddress: expected.sourceIp,
    userAgent: 'aws-cli/2.31',
    ...(errorCode === undefined ? {} : { errorCode }),
    requestParameters: null,
    ...(environment === undefined ? {} : random.pick(routes)),
    responseElements: errorMessage === undefined ? null : { message: errorMessage },
    requestID: `request-${random.hex(8)}`,
    eventID: expected.eventId,
    readOnly: expected.readOnly,
    eventType: 'AwsApiCall',
    recipientAccountId: expected.accountId,
    eventCategory: expected.eventCategory,
  };
}

/** Records of other services; some mention MWAA everywhere but in their own eventSource. */
export function generateOthers(seed: number, count: number): Record<string, unknown>[] {
  const random = seededRandom(seed ^ 0x5eed);
  return Array.from({ length: count }, () => ({
    eventVersion: '1.11',
    eventID: `other-${random.hex(16)}`,
    eventTime: '2026-11-02T09:15:00Z',
    eventSource: random.pick(['kms.amazonaws.com', 's3.amazonaws.com', 'airflow-serverless.amazonaws.com']),
    eventName: 'Decrypt',
    sourceIPAddress: 'airflow.amazonaws.com',
    requestParameters: { eventSource: 'airflow.amazonaws.com', text: '"eventSource":"airflow.amazonaws.com"' },
  }));
}

/** The attributes that a stored event must have, and no other of these names. */
export const EXPECTED_ATTRIBUTES = [
  'eventId',
  'eventTime',
  'eventName',
  'eventCategory',
  'accountId',
  'region',
  'environment',
  'principal',
  'principalType',
  'accessKeyId',
  'sourceIp',
  'errorCode',
  'errorMessage',
  'readOnly',
] as const satisfies readonly (keyof ExpectedEvent)[];
