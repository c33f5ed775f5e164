import { setTimeout } from 'node:timers/promises';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { HOUR_MS } from '../shared/cloudtrail/times.ts';
import { readVerifyConfig } from '../shared/config.ts';
import { listedKeys } from '../shared/integrity/list-public-keys.ts';
import { createVerifyHandler } from './verify-handler.ts';
import { createVerifyTelemetry } from './verify-telemetry.ts';

const { graceHours, ...config } = readVerifyConfig(process.env);

/** The Lambda function: each hour, what was ingested against what CloudTrail signed. */
export const handler = createVerifyHandler(
  {
    ...config,
    graceMs: graceHours * HOUR_MS,
    s3: createS3Client(process.env),
    dynamo: createDynamoClient(),
    createKeys: () => listedKeys(Date.now),
    now: Date.now,
    sleep: setTimeout,
  },
  createVerifyTelemetry(process.env.POWERTOOLS_METRICS_NAMESPACE),
);
