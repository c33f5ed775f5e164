import { setTimeout } from 'node:timers/promises';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { readConfig } from '../shared/config.ts';
import { createIngestHandler } from './ingest-handler.ts';
import { createTelemetry } from './ingest-telemetry.ts';

const telemetry = createTelemetry(process.env.POWERTOOLS_METRICS_NAMESPACE);

/** The Lambda function that ingests the log files that S3, SNS, SQS, EventBridge or CloudTrail announce. */
export const handler = createIngestHandler(
  {
    config: readConfig(process.env),
    s3: createS3Client(process.env),
    dynamo: createDynamoClient({}, { onThrottle: telemetry.throttled }),
    now: Date.now,
    sleep: setTimeout,
  },
  telemetry,
);
