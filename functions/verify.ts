import { setTimeout } from 'node:timers/promises';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { readVerifyConfig } from '../shared/config.ts';
import { listedKeys } from '../shared/integrity/list-public-keys.ts';
import { createVerifyHandler } from './verify-handler.ts';
import { createVerifyTelemetry } from './verify-telemetry.ts';

const { graceHours, ...config } = readVerifyConfig(process.env);

/** The Lambda function: each hour, what was ingested against what CloudTrail signed. */
export const handler = createVerifyHandler(
  {
    ...config,
    graceMs: graceHours * 3600 * 1000,
    s3: createS3Client(process.env),
    dynamo: createDynamoClient(),
    createKeys: () => listedKeys(),
    now: Date.now,
    sleep: setTimeout,
  },
  createVerifyTelemetry(process.env.POWERTOOLS_METRICS_NAMESPACE),
);
