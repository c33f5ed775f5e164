import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { createS3Client } from '../shared/aws/s3.ts';
import { readExportConfig } from '../shared/config.ts';
import { bucketPlace } from '../shared/export/bucket.ts';
import { FORMATS, SCHEMA_NAMES } from '../shared/export/manifest.ts';
import { createExportHandler } from './export-handler.ts';
import { createExportTelemetry } from './export-telemetry.ts';

const { bucket, prefix, format, schema, ...tables } = readExportConfig(process.env, FORMATS, SCHEMA_NAMES);

/** The Lambda function that exports each day the days that are closed, and those that have changed since. */
export const handler = createExportHandler(
  {
    place: bucketPlace(createS3Client(process.env), bucket, prefix),
    ...{ format, schema, tables },
    dynamo: createDynamoClient(),
    now: Date.now,
  },
  createExportTelemetry(process.env.POWERTOOLS_METRICS_NAMESPACE),
);
