import { Logger } from '@aws-lambda-powertools/logger';
import { storedFindings } from '../shared/alert/stored-findings.ts';
import { createDynamoClient, HTTP_API_LIMITS } from '../shared/aws/dynamodb.ts';
import { readQueryConfig } from '../shared/config.ts';
import { defined } from '../shared/defined.ts';
import { describeError } from '../shared/errors.ts';
import { createQueryHandler } from './query-handler.ts';

const logger = new Logger({ serviceName: 'mwaa-trail-query' });

const { stateTable, alerts, ...tables } = readQueryConfig(process.env);

/** The Lambda function: the HTTP API over the tables. */
export const handler = createQueryHandler(
  { dynamo: createDynamoClient({}, { limits: HTTP_API_LIMITS }), tables, now: Date.now },
  {
    ...defined({ findings: stateTable === undefined ? undefined : storedFindings(stateTable, alerts) }),
    failed: (error) => logger.error('request not answered', { reason: describeError(error) }),
  },
);
