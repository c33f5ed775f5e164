import { LAST_WEEK, ordinaryTraffic, PLACES, Traffic, type TrafficRecord, type Volume } from './traffic.ts';

/** What happened, and which rules must find it. */
export interface Incident {
  name: string;
  /** The names of the rules' files, without the common beginning. */
  rules: readonly string[];
  /** Its events, the harmless ones of the story among them. */
  eventIds: readonly string[];
}

type Story = readonly [
  name: string,
  rules: readonly string[],
  plant: (traffic: Traffic, time: number) => (string | string[])[],
];

const OUTSIDE = '192.0.2.66';
const MINUTE = 60_000;
const [ETL, REPORTING, STAGING, SANDBOX] = PLACES;

/** Twenty stories, at least one for each rule. Each `time` is in the working hours of a day. */
const STORIES: readonly Story[] = [
  [
    'root looks around',
    ['root_activity'],
    (traffic, time) => [
      traffic.call(time, traffic.root(ETL.account, '198.51.100.9'), ETL, { eventName: 'ListEnvironments' }),
      traffic.about(time + 5_000, traffic.root(ETL.account, '198.51.100.9'), ETL, 'GetEnvironment'),
    ],
  ],
  [
    'the web server becomes public',
    ['webserver_public'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('deepak', time), STAGING, 'UpdateEnvironment', {
        WebserverAccessMode: 'PUBLIC_AND_PRIVATE',
      }),
    ],
  ],
  [
    'DAGs get the rights of an administrator',
    ['execution_role_changed'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('ana', time), ETL, 'GetEnvironment'),
      traffic.about(time + MINUTE, traffic.colleague('ana', time), ETL, 'UpdateEnvironment', {
        ExecutionRoleArn: 'arn:aws:iam::111122223333:role/Administrator',
      }),
    ],
  ],
  [
    'a script of somebody else runs on each node',
    ['startup_script_changed'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('bo', time), ETL, 'UpdateEnvironment', {
        ...{ StartupScriptS3Path: 'startup.sh', StartupScriptS3ObjectVersion: 'x1' },
      }),
    ],
  ],
  [
    'packages from elsewhere',
    ['packages_changed'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('carla', time), REPORTING, 'UpdateEnvironment', {
        RequirementsS3Path: 'requirements-2.txt',
      }),
    ],
  ],
  [
    'all code from another bucket',
    ['code_location_changed'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('emil', time), SANDBOX, 'UpdateEnvironment', {
        ...{ SourceBucketArn: 'arn:aws:s3:::not-ours', DagS3Path: 'dags' },
      }),
    ],
  ],
  [
    'the logs go silent',
    ['logging_disabled'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('jonas', time), REPORTING, 'UpdateEnvironment', {
        LoggingConfiguration: { SchedulerLogs: { Enabled: true, LogLevel: 'CRITICAL' }, TaskLogs: { Enabled: false } },
      }),
    ],
  ],
  [
    'a deletion is tried',
    ['environment_deleted'],
    (traffic, time) => [traffic.denied(time, traffic.colleague('fatou', time), REPORTING, 'DeleteEnvironment')],
  ],
  [
    'the workers get another way out',
    ['security_groups_changed'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('jonas', time), STAGING, 'UpdateEnvironment', {
        NetworkConfiguration: { SecurityGroupIds: ['sg-0aaaaaaaaaaaaaaaa'] },
      }),
    ],
  ],
  [
    'somebody of another team logs in',
    ['login_by_new_user'],
    (traffic, time) => [traffic.about(time, traffic.colleague('fatou', time), ETL, 'CreateWebLoginToken')],
  ],
  [
    'a script uses the login of a person',
    ['login_token_by_program'],
    (traffic, time) => {
      const script = {
        ...traffic.colleague('emil', time),
        agent: 'Boto3/1.40.61 md/Botocore#1.40.61',
        isInConsole: false,
      };
      return [0, 1, 2].map((i) => traffic.about(time + i * MINUTE, script, ETL, 'CreateWebLoginToken'));
    },
  ],
  [
    'a role that nobody knows runs commands',
    ['cli_token_by_new_user'],
    (traffic, time) => [
      traffic.about(
        time,
        traffic.machine('maintenance', 'botocore-session-1760000000', '10.20.7.7'),
        ETL,
        'CreateCliToken',
      ),
    ],
  ],
  [
    'a connection leads elsewhere',
    ['connection_or_variable_changed'],
    (traffic, time) => [
      traffic.rest(time, traffic.colleague('jonas', time), ETL, 'GET', '/connections/test_warehouse'),
      traffic.rest(time + MINUTE, traffic.colleague('jonas', time), ETL, 'PATCH', '/api/v2/connections/test_warehouse'),
    ],
  ],
  [
    'somebody becomes an administrator of Airflow',
    ['airflow_user_or_role_changed'],
    (traffic, time) => [traffic.rest(time, traffic.colleague('carla', time), SANDBOX, 'PATCH', '/users/carla')],
  ],
  [
    'all connections are read',
    ['secrets_harvested'],
    (traffic, time) =>
      Array.from({ length: 14 }, (_, i) =>
        traffic.rest(time + i * 15_000, traffic.colleague('deepak', time), STAGING, 'GET', `/connections/source_${i}`),
      ),
  ],
  [
    'a role tries what it may',
    ['probing'],
    (traffic, time) =>
      [
        'ListEnvironments',
        'GetEnvironment',
        'CreateCliToken',
        'CreateWebLoginToken',
        'UpdateEnvironment',
        'InvokeRestApi',
      ].map((eventName, i) =>
        traffic.denied(
          time + i * 20_000,
          traffic.machine('web-app', 'i-0a1b2c3d4e5f60718', '10.20.8.8'),
          ETL,
          eventName,
        ),
      ),
  ],
  [
    'a key is stolen',
    ['access_key_from_new_address', 'call_from_outside'],
    (traffic, time) => {
      const thief = traffic.keyUser('svc-reports', OUTSIDE, 'python-requests/2.32.5');
      return [
        traffic.about(time, thief, REPORTING, 'GetEnvironment'),
        traffic.rest(time + MINUTE, thief, REPORTING, 'GET', '/dags'),
      ];
    },
  ],
  [
    'a session is copied',
    ['session_from_two_networks', 'call_from_outside'],
    (traffic, time) => [
      traffic.about(time, traffic.colleague('bo', time), REPORTING, 'GetEnvironment'),
      traffic.about(
        time + 10 * MINUTE,
        traffic.colleague('bo', time, { address: '2001:db8:bad::1' }),
        REPORTING,
        'GetEnvironment',
      ),
    ],
  ],
  [
    'a password alone is enough, and the owner is gone',
    ['console_without_mfa', 'protected_tag_changed'],
    (traffic, time) => {
      const user = traffic.consoleUser('old-admin', '198.51.100.88', false);
      const ResourceArn = `arn:aws:airflow:eu-west-1:111122223333:environment/${STAGING.name}`;
      return [
        traffic.about(time, user, STAGING, 'GetEnvironment'),
        traffic.call(time + MINUTE, user, STAGING, {
          ...{ eventName: 'UntagResource', parameters: { ResourceArn, tagKeys: ['OWNER', 'Stage'] } },
        }),
      ];
    },
  ],
  [
    'an export at night, and its guard is paused',
    ['dag_run_by_hand_at_night', 'dag_stopped'],
    (traffic, time) => {
      const night = Math.floor(time / 86_400_000) * 86_400_000 + 22 * 60 * MINUTE + traffic.random.below(3_600) * 1_000;
      const person = traffic.colleague('jonas', night, { address: '203.0.113.40' });
      return [
        traffic.rest(night, person, REPORTING, 'PATCH', '/dags/quality_checks'),
        traffic.rest(night + MINUTE, person, REPORTING, 'POST', '/dags/export_customers/dagRuns'),
      ];
    },
  ],
];

/** Three weeks of traffic with twenty incidents in the last one. */
export function weekWithIncidents(seed: number, volume: Volume): { records: TrafficRecord[]; incidents: Incident[] } {
  const traffic = new Traffic(seed);
  ordinaryTraffic(traffic, volume);
  const { random } = traffic;
  const incidents = STORIES.map(([name, rules, plant]): Incident => {
    const time = LAST_WEEK + random.below(5) * 86_400_000 + (9 * 60 + random.below(6 * 60)) * MINUTE;
    return { name, rules, eventIds: plant(traffic, time).flat() };
  });
  return { records: traffic.records.toSorted((a, b) => (a.eventTime < b.eventTime ? -1 : 1)), incidents };
}
