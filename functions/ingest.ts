import { Logger } from '@aws-lambda-powertools/logger';
import { readConfig } from '../shared/config.ts';
import { describeError } from '../shared/errors.ts';
import { createS3Client } from '../shared/log-file/s3-client.ts';
import { createDynamoClient } from '../shared/store/dynamo-client.ts';
import { createIngestHandler, type IngestObserver } from './ingest-handler.ts';

const logger = new Logger({ serviceName: 'mwaa-trail-ingest' });

/** One line of JSON for each log file; alarms and people read them. */
const logging: IngestObserver = {
  logFile: (report) => {
    if (report.outcome === 'quarantined') logger.error('log file quarantined', { report });
    else if (report.outcome === 'ingested' && report.problems.length > 0)
      logger.error('records quarantined', { report });
    else logger.info('log file done', { report });
  },
  nothingAnnounced: (reason) => logger.info('nothing announced', { reason }),
  failed: (place, error) => logger.error('failed, to be delivered again', { place, reason: describeError(error) }),
};

/** The Lambda function: log files that S3, SNS, SQS, EventBridge or CloudTrail announce, into DynamoDB. */
export const handler = createIngestHandler(
  {
    config: readConfig(process.env),
    s3: createS3Client(process.env),
    dynamo: createDynamoClient(),
    now: Date.now,
  },
  logging,
);
