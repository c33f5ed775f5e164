import { setTimeout } from 'node:timers/promises';
import { readConfig } from '../shared/config.ts';
import { createS3Client } from '../shared/log-file/s3-client.ts';
import { createDynamoClient } from '../shared/store/dynamo-client.ts';
import { createIngestHandler } from './ingest-handler.ts';
import { createTelemetry } from './ingest-telemetry.ts';

const telemetry = createTelemetry(process.env.POWERTOOLS_METRICS_NAMESPACE);

/** The Lambda function: log files that S3, SNS, SQS, EventBridge or CloudTrail announce, into DynamoDB. */
export const handler = createIngestHandler(
  {
    config: readConfig(process.env),
    s3: createS3Client(process.env),
    dynamo: createDynamoClient({}, telemetry.throttled),
    now: Date.now,
    sleep: setTimeout,
  },
  telemetry,
);
