import type { TableNames } from '../shared/config.ts';

/** The Region of the local stack. */
export const LOCAL_REGION = 'us-east-1';
/** Embedded servers accept any. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
/**
 * The settings of a client of an embedded server, which override the environment and the profile: the SDK refuses FIPS and
 * dual-stack together with an explicit endpoint.
 */
export const LOCAL_CLIENT = {
  region: LOCAL_REGION,
  credentials: LOCAL_CREDENTIALS,
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  defaultsMode: 'standard',
  retryMode: 'standard',
} as const;

/** The names that serverless.yml gives in stage `local`. */
export const LOCAL_TABLES: TableNames = {
  eventsTable: 'mwaa-trail-local-events',
  logFilesTable: 'mwaa-trail-local-log-files',
  environmentsTable: 'mwaa-trail-local-environments',
};
export const LOCAL_LOG_BUCKET = 'mwaa-trail-local-logs';
export const LOCAL_QUARANTINE_BUCKET = 'mwaa-trail-local-quarantine';

/** The key that all samples in events/deliveries announce. */
export const SAMPLE_KEY =
  'AWSLogs/012345678901/CloudTrail/us-west-2/2020/10/07/012345678901_CloudTrail_us-west-2_20201007T1555Z_mDrzaUVYuBkhVN8J.json.gz';

/** The environment variables that point a process to embedded servers. */
export function embeddedSettings(endpoints: { s3: string; dynamo: string }): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamo,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_USE_FIPS_ENDPOINT: 'false',
    AWS_USE_DUALSTACK_ENDPOINT: 'false',
    S3_FORCE_PATH_STYLE: 'true',
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  };
}
