import { Logger } from '@aws-lambda-powertools/logger';
import { createDynamoClient, HTTP_API_LIMITS } from '../shared/aws/dynamodb.ts';
import { readTableNames } from '../shared/config.ts';
import { describeError } from '../shared/errors.ts';
import { createQueryHandler } from './query-handler.ts';

const logger = new Logger({ serviceName: 'mwaa-trail-query' });

/** The Lambda function: the HTTP API over the tables. */
export const handler = createQueryHandler(
  { dynamo: createDynamoClient({}, { limits: HTTP_API_LIMITS }), tables: readTableNames(process.env), now: Date.now },
  { failed: (error) => logger.error('request not answered', { reason: describeError(error) }) },
);
