import { type Random, seededRandom } from './random.ts';

/** A CloudTrail record, as far as the generator looks at it again. */
export type TrafficRecord = Record<string, unknown> & { eventID: string; eventTime: string };

/** Who calls: what `userIdentity` and the client say. */
export interface Caller {
  name: string;
  identity: object;
  address: string;
  agent: string;
  /** In a session of the console. */
  isInConsole: boolean;
}

/** An environment, and where it is. */
export interface Place {
  name: string;
  account: string;
  region: string;
}

/** What is called, and how it ended. */
export interface Action {
  eventName: string;
  parameters?: object | null;
  response?: object | null;
  error?: { code: string; message: string };
  /** Other members of the record. */
  members?: object;
}

export const PLACES = [
  { name: 'prod-etl', account: '111122223333', region: 'eu-west-1' },
  { name: 'prod-reporting', account: '444455556666', region: 'us-east-1' },
  { name: 'staging-etl', account: '111122223333', region: 'eu-west-1' },
  { name: 'dev-sandbox', account: '444455556666', region: 'us-east-1' },
] as const satisfies Place[];

/** The lists that somebody with these networks and machines would declare. */
export const COMPANY_LISTS = {
  company_networks: ['198.51.100.0/24', '203.0.113.0/26', '10.0.0.0/8', '2001:db8:4a1c::/48'],
};

/** The first day of the traffic: a Monday. */
const FIRST_DAY = Date.UTC(2026, 9, 5);
export const DAYS = 21;
/** Incidents are in the last week. */
export const LAST_WEEK = FIRST_DAY + 14 * 24 * 3_600_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const BROWSER =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const CLI = 'aws-cli/2.31.18 md/awscrt#0.27.6 ua/2.1 os/macos#24.6.0 lang/python#3.13.7 md/command#mwaa';
const BOTO =
  'Boto3/1.40.61 md/Botocore#1.40.61 ua/2.1 os/linux#6.1.150 lang/python#3.13.7 exec-env/AWS_Lambda_python3.13';
const TERRAFORM =
  'APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) terraform-provider-aws/6.18.0 aws-sdk-go-v2/1.39.4';

/** Traffic of three weeks: who works here, what happens each day, and a place for what else a test plants. */
export class Traffic {
  readonly random: Random;
  readonly records: TrafficRecord[] = [];
  private readonly keys = new Map<string, string>();

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Adds the record of a call. @returns its eventID */
  call(time: number, caller: Caller, { account, region }: Omit<Place, 'name'>, action: Action): string {
    const { eventName, parameters = null, response = null, error, members = {} } = action;
    const { random } = this;
    const isData = ['InvokeRestApi', 'CreateWebLoginToken', 'CreateCliToken'].includes(eventName);
    const eventID = `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;
    this.records.push({
      eventVersion: '1.11',
      userIdentity: { accountId: account, ...caller.identity },
      eventTime: new Date(time).toISOString().replace(/\.\d+/, ''),
      eventSource: 'airflow.amazonaws.com',
      eventName,
      awsRegion: region,
      sourceIPAddress: caller.address,
      userAgent: caller.agent,
      ...(error === undefined ? {} : { errorCode: error.code }),
      requestParameters: parameters,
      responseElements: error === undefined ? response : { message: error.message },
      requestID: `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-b${random.hex(3)}-${random.hex(12)}`,
      eventID,
      readOnly: /^(Get|List)/.test(eventName),
      eventType: 'AwsApiCall',
      managementEvent: !isData,
      recipientAccountId: account,
      eventCategory: isData ? 'Data' : 'Management',
      ...(caller.isInConsole ? { sessionCredentialFromConsole: 'true' } : {}),
      ...members,
    });
    return eventID;
  }

  /** A call of Airflow's REST API. @param status that Airflow answers */
  rest(time: number, caller: Caller, place: Place, method: string, path: string, status = 200): string {
    const arn = `arn:aws:airflow:${place.region}:${place.account}:environment/${place.name}`;
    return this.call(time, caller, place, {
      eventName: 'InvokeRestApi',
      parameters: { Name: place.name, Path: path, Method: method, ...(method === 'GET' ? {} : { Body: '***' }) },
      response: { RestApiStatusCode: status, RestApiResponse: '***' },
      members: { resources: [{ accountId: place.account, type: 'AWS::MWAA::Environment', ARN: arn }] },
    });
  }

  /** A call about an environment by its name, with other parameters besides. */
  about(time: number, caller: Caller, place: Place, eventName: string, parameters: object = {}): string {
    return this.call(time, caller, place, { eventName, parameters: { Name: place.name, ...parameters } });
  }

  /** A call that IAM denies. */
  denied(time: number, caller: Caller, place: Place, eventName: string, name = place.name): string {
    const message = `User: ${caller.name} is not authorized to perform: airflow:${eventName} on resource: arn:aws:airflow:${place.region}:${place.account}:environment/${name}`;
    const parameters = eventName === 'ListEnvironments' ? null : { Name: name };
    return this.call(time, caller, place, { eventName, parameters, error: { code: 'AccessDenied', message } });
  }

  /** Somebody in the console, through IAM Identity Center: one session a day. */
  colleague(name: string, time: number, { address, ...others }: Partial<Caller> = {}): Caller {
    const role = 'AWSReservedSSO_DataEngineer_3f9c1b7a5d2e8460';
    return {
      name,
      identity: this.sessionOf(role, name, `${name} ${Math.floor(time / DAY)}`),
      address: address ?? officeOf(name),
      ...{ agent: BROWSER, isInConsole: true, ...others },
    };
  }

  /** A session of a role that a program assumed. */
  machine(role: string, session: string, address: string, agent = BOTO): Caller {
    const identity = this.sessionOf(role, session, `${role} ${session}`);
    return { name: role, identity, address, agent, isInConsole: false };
  }

  /** An IAM user with a long-lived access key. */
  keyUser(userName: string, address: string, agent = BOTO): Caller {
    return { name: userName, identity: this.userOf(userName, 'AKIA'), address, agent, isInConsole: false };
  }

  /** An IAM user in the console. */
  consoleUser(userName: string, address: string, mfa: boolean): Caller {
    const attributes = { creationDate: '2026-10-05T07:00:00Z', mfaAuthenticated: `${mfa}` };
    const identity = { ...this.userOf(userName, 'ASIA'), sessionContext: { attributes } };
    return { name: userName, identity, address, agent: BROWSER, isInConsole: true };
  }

  root(account: string, address: string): Caller {
    const attributes = { creationDate: '2026-10-05T07:00:00Z', mfaAuthenticated: 'true' };
    const arn = `arn:aws:iam::${account}:root`;
    const identity = { type: 'Root', principalId: account, arn, accessKeyId: this.keyOf('root', 'ASIA') };
    return {
      ...{ name: 'root', address, agent: BROWSER, isInConsole: true },
      identity: { ...identity, sessionContext: { attributes } },
    };
  }

  private userOf(userName: string, prefix: string): object {
    const arn = `arn:aws:iam::111122223333:user/${userName}`;
    const accessKeyId = this.keyOf(`${prefix} ${userName}`, prefix);
    return { type: 'IAMUser', principalId: `AIDA${userName}`, arn, accessKeyId, userName };
  }

  private sessionOf(role: string, session: string, key: string): object {
    const issuer = { type: 'Role', principalId: `AROA${role.length}`, userName: role };
    return {
      type: 'AssumedRole',
      principalId: `${issuer.principalId}:${session}`,
      arn: `arn:aws:sts::111122223333:assumed-role/${role}/${session}`,
      accessKeyId: this.keyOf(key, 'ASIA'),
      sessionContext: {
        sessionIssuer: { ...issuer, arn: `arn:aws:iam::111122223333:role/${role}` },
        attributes: { creationDate: '2026-10-05T07:00:00Z', mfaAuthenticated: 'false' },
      },
    };
  }

  /** The access key of a user, or of a session. */
  private keyOf(name: string, prefix: string): string {
    const known = this.keys.get(name) ?? `${prefix}${this.random.hex(16).toUpperCase()}`;
    this.keys.set(name, known);
    return known;
  }
}

/** Each person has a desk. */
const officeOf = (name: string) => `198.51.100.${10 + (name.charCodeAt(0) % 100)}`;

/** The people, and the environments that they work with. */
const PEOPLE: Readonly<Record<string, readonly Place[]>> = {
  ana: [PLACES[0], PLACES[2]],
  bo: [PLACES[0], PLACES[1]],
  carla: [PLACES[1], PLACES[3]],
  deepak: [PLACES[2], PLACES[3]],
  emil: [PLACES[0], PLACES[2], PLACES[3]],
  fatou: [PLACES[1]],
  jonas: [PLACES[0], PLACES[1], PLACES[2]],
};

/** A day's times: `at(9, 17)` has the minutes at random within 9:00 and 16:59. */
type Within = (from: number, to: number) => number;

/** How much happens. */
export interface Volume {
  /** Between the calls of programs that ask regularly. */
  pollHours: number;
  /** The chance that somebody works, or something is deployed, on a working day. */
  attendance: number;
}

/** Three weeks in which nothing bad happens. */
export function ordinaryTraffic(traffic: Traffic, { pollHours, attendance }: Volume): void {
  const { random } = traffic;
  for (let day = 0; day < DAYS; day += 1) {
    const start = FIRST_DAY + day * DAY;
    const within: Within = (from, to) => start + from * HOUR + random.below((to - from) * 3_600) * 1_000;
    polls(traffic, start, pollHours);
    night(traffic, within);
    if (day % 7 >= 5) continue;
    if (random.chance(attendance)) deployments(traffic, within);
    for (const [name, places] of Object.entries(PEOPLE)) {
      // On the first day, everybody logs in everywhere: so it is nothing new later.
      if (day === 0) workday(traffic, within, name, places);
      else if (random.chance(attendance)) workday(traffic, within, name, [random.pick(places)]);
    }
    nearMisses(traffic, within, day);
  }
}

/** Programs that are not on the list of automation: they may do what they do every hour. */
function polls(traffic: Traffic, start: number, pollHours: number): void {
  for (let hour = 0; hour < 24; hour += pollHours) {
    const time = start + hour * HOUR;
    const monitor = traffic.machine('dag-monitor', 'dag-monitor', '10.20.1.7');
    traffic.rest(time, monitor, PLACES[0], 'GET', '/dags/~/dagRuns');
    traffic.rest(time + 5_000, monitor, PLACES[1], 'GET', '/health');
    const reports = traffic.keyUser('svc-reports', '203.0.113.20');
    traffic.rest(time + 9_000, reports, PLACES[1], 'GET', '/variables/report_date');
    traffic.rest(time + 11_000, reports, PLACES[1], 'GET', '/dags/reports/dagRuns');
  }
}

/** What runs by itself, at night, too. */
function night(traffic: Traffic, within: Within): void {
  const trigger = traffic.machine('OrdersTriggerLambda', 'orders-trigger', '10.20.4.9');
  traffic.rest(within(2, 3), trigger, PLACES[0], 'POST', '/dags/orders_daily/dagRuns');
  traffic.rest(within(3, 4), trigger, PLACES[1], 'POST', '/api/v2/dags/reports/dagRuns');
  const service = { accountId: PLACES[0].account, invokedBy: 'airflow.amazonaws.com' };
  const [address, agent] = ['airflow.amazonaws.com', 'airflow.amazonaws.com'];
  traffic.call(within(1, 5), { name: 'airflow', identity: service, address, agent, isInConsole: false }, PLACES[0], {
    eventName: 'UpdateEnvironment',
    parameters: null,
    members: { eventType: 'AwsServiceEvent', serviceEventDetails: { environmentName: PLACES[0].name } },
  });
}

/** What deployments change is not reported. */
function deployments(traffic: Traffic, within: Within): void {
  const { random } = traffic;
  const changes = [
    { RequirementsS3ObjectVersion: random.hex(32), PluginsS3ObjectVersion: random.hex(32) },
    { StartupScriptS3ObjectVersion: random.hex(32) },
    { MaxWorkers: 5 + random.below(10), MinWorkers: 2 },
    { AirflowConfigurationOptions: '***' },
    { NetworkConfiguration: { SecurityGroupIds: [`sg-${random.hex(17)}`] } },
    { LoggingConfiguration: { TaskLogs: { Enabled: true, LogLevel: 'INFO' } } },
  ];
  for (const place of random.shuffled(PLACES).slice(0, 2)) {
    const time = within(8, 16);
    const session = `${time}`;
    const terraform = traffic.machine('TerraformDeploy', session, '10.20.9.4', TERRAFORM);
    traffic.about(time, terraform, place, 'GetEnvironment');
    traffic.about(time + 9_000, terraform, place, 'UpdateEnvironment', random.pick(changes));
    const ResourceArn = `arn:aws:airflow:${place.region}:${place.account}:environment/${place.name}`;
    const Tags = { Owner: 'data-platform', Release: random.hex(7) };
    traffic.call(time + 15_000, terraform, place, { eventName: 'TagResource', parameters: { ResourceArn, Tags } });
    const pipeline = traffic.machine('GitHubActionsDeploy', `run-${random.hex(10)}`, '10.20.9.5', BOTO);
    traffic.rest(time + 60_000, pipeline, place, 'PATCH', '/variables/release');
    if (random.chance(0.3)) traffic.rest(time + 70_000, pipeline, place, 'PATCH', '/dags/orders_daily');
    if (random.chance(0.2))
      for (let i = 0; i < 12; i += 1)
        traffic.rest(time + 80_000 + i * 500, pipeline, place, 'GET', `/connections/warehouse_${i}`);
  }
}

function workday(traffic: Traffic, within: Within, name: string, places: readonly Place[]): void {
  const { random } = traffic;
  for (const place of places) {
    const time = within(7, 15);
    const person = traffic.colleague(name, time);
    traffic.call(time, person, place, { eventName: 'ListEnvironments', parameters: null });
    traffic.about(time + 4_000, person, place, 'GetEnvironment');
    traffic.about(time + 9_000, person, place, 'CreateWebLoginToken');
    if (['emil', 'jonas'].includes(name))
      traffic.about(time + MINUTE, { ...person, agent: CLI }, place, 'CreateCliToken');
    if (random.chance(0.3)) traffic.rest(time + 2 * MINUTE, person, place, 'GET', '/variables/limit');
    if (random.chance(0.2)) traffic.rest(time + 3 * MINUTE, person, place, 'GET', '/connections/warehouse');
    if (random.chance(0.3)) traffic.rest(time + 4 * MINUTE, person, place, 'POST', '/dags/daily/dagRuns');
    if (random.chance(0.2)) traffic.about(time + 5 * MINUTE, person, place, 'UpdateEnvironment', { MaxWorkers: 8 });
  }
}

type NearMiss = (traffic: Traffic, within: Within) => void;

/** What looks like an incident, and is none. */
const NEAR_MISSES: readonly NearMiss[] = [
  // A wrong name, thrice, and another operation.
  (traffic, within) => {
    const time = within(9, 15);
    for (let i = 0; i < 3; i += 1)
      traffic.denied(time + i * MINUTE, traffic.colleague('ana', time), PLACES[0], 'GetEnvironment', 'prod-elt');
    traffic.denied(time + 4 * MINUTE, traffic.colleague('ana', time), PLACES[0], 'ListEnvironments');
  },
  // A program that tries the same again and again.
  (traffic, within) => {
    const time = within(0, 20);
    const program = traffic.machine('nightly-export', 'nightly-export', '10.20.1.30');
    for (let i = 0; i < 9; i += 1) traffic.denied(time + i * 30_000, program, PLACES[1], 'CreateCliToken');
  },
  // Somebody looks at some connections.
  (traffic, within) => {
    const time = within(9, 15);
    for (let i = 0; i < 7; i += 1)
      traffic.rest(time + i * 20_000, traffic.colleague('carla', time), PLACES[1], 'GET', `/connections/source_${i}`);
  },
  // With a second factor.
  (traffic, within) => {
    const time = within(9, 15);
    const user = traffic.consoleUser('break-glass', '198.51.100.77', true);
    traffic.about(time, user, PLACES[2], 'GetEnvironment');
  },
  // A test of a connection, and calls that Airflow refuses.
  (traffic, within) => {
    const time = within(9, 15);
    const person = traffic.colleague('bo', time);
    traffic.rest(time, person, PLACES[0], 'POST', '/connections/test');
    traffic.rest(time + 5_000, person, PLACES[0], 'PATCH', '/dags/orders_dialy', 404);
    traffic.rest(time + 9_000, person, PLACES[0], 'DELETE', '/connections/warehouse', 403);
    traffic.rest(time + 12_000, person, PLACES[0], 'GET', '/users');
  },
  // At night, but not in production; and by day from the laptop, after the session was used in the office.
  (traffic, within) => {
    const time = within(21, 23);
    const person = traffic.colleague('deepak', time, { address: '203.0.113.33' });
    traffic.rest(time, person, PLACES[3], 'POST', '/dags/experiment/dagRuns');
  },
  // Tags that nobody decides by.
  (traffic, within) => {
    const ResourceArn = `arn%3Aaws%3Aairflow%3Aeu-west-1%3A111122223333%3Aenvironment%2F${PLACES[2].name}`;
    const parameters = { ResourceArn, tagKeys: ['CostCenter', 'Note'] };
    traffic.call(within(9, 15), traffic.colleague('emil', within(9, 15)), PLACES[2], {
      ...{ eventName: 'UntagResource', parameters },
    });
  },
  // Logs that are turned up, and an update that is not valid.
  (traffic, within) => {
    const time = within(9, 15);
    const person = traffic.colleague('jonas', time);
    const LoggingConfiguration = { TaskLogs: { Enabled: true, LogLevel: 'DEBUG' } };
    traffic.about(time, person, PLACES[0], 'UpdateEnvironment', { LoggingConfiguration });
    traffic.call(time + MINUTE, person, PLACES[0], {
      eventName: 'UpdateEnvironment',
      parameters: { Name: PLACES[0].name, ExecutionRoleArn: 'arn:aws:iam::111122223333:role/airflwo' },
      error: { code: 'ValidationException', message: 'Provided role does not exist' },
    });
  },
];

function nearMisses(traffic: Traffic, within: Within, day: number): void {
  for (const nearMiss of traffic.random.shuffled(NEAR_MISSES).slice(0, 2)) nearMiss(traffic, within);
  // A new environment of somebody, private and with few logs; then everybody looks at it.
  if (day === 15) {
    const place = { ...PLACES[3], name: 'dev-new' };
    const time = within(8, 9);
    traffic.about(time, traffic.colleague('carla', time), place, 'CreateEnvironment', {
      ...{ WebserverAccessMode: 'PRIVATE_ONLY', DagS3Path: 'dags', SourceBucketArn: 'arn:aws:s3:::dev-new' },
      ExecutionRoleArn: 'arn:aws:iam::444455556666:role/dev-new',
      LoggingConfiguration: { SchedulerLogs: { Enabled: false, LogLevel: 'WARNING' } },
    });
    for (const name of ['carla', 'deepak', 'emil'])
      traffic.about(within(10, 15), traffic.colleague(name, time), place, 'CreateWebLoginToken');
  }
  // A new colleague: the rules cannot know that she is welcome.
  if (day === 16) workday(traffic, within, 'zoe', [PLACES[2]]);
}
