import type { TableNames } from '../shared/config.ts';

/** Where the local stack pretends to be. */
export const LOCAL_REGION = 'us-east-1';
/** Embedded servers take any. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The names that serverless.yml gives in stage `local`. */
export const LOCAL_TABLES: TableNames = {
  eventsTable: 'mwaa-trail-local-events',
  logFilesTable: 'mwaa-trail-local-log-files',
  environmentsTable: 'mwaa-trail-local-environments',
};
export const LOCAL_LOG_BUCKET = 'mwaa-trail-local-logs';
export const LOCAL_QUARANTINE_BUCKET = 'mwaa-trail-local-quarantine';
