/** `npm run local`: embedded S3 and DynamoDB on fixed ports, for `serverless invoke local` and curiosity. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describeError, TrailError } from '../shared/errors.ts';
import { startEmbeddedDynamo } from './embedded-dynamodb.ts';
import { startEmbeddedS3 } from './embedded-s3.ts';
import {
  embeddedSettings,
  LOCAL_LOG_BUCKET,
  LOCAL_QUARANTINE_BUCKET,
  LOCAL_TABLES,
  SAMPLE_KEY,
} from './local-names.ts';
import { packageRoot } from './table-definitions.ts';

const STORE = '.mwaa-trail';
const DYNAMO_PORT = 8000;
const S3_PORT = 4566;
try {
  const dynamo = await startEmbeddedDynamo(LOCAL_TABLES, join(STORE, 'dynamodb'), DYNAMO_PORT);
  const s3 = await startEmbeddedS3(join(STORE, 's3'), S3_PORT);
  const sample = await readFile(join(packageRoot(), 'events', 'log-files', 'guide-create-environment.json'));
  await s3.client.send(new PutObjectCommand({ Bucket: LOCAL_LOG_BUCKET, Key: SAMPLE_KEY, Body: gzipSync(sample) }));

  const environment = {
    ...embeddedSettings({ s3: s3.endpoint, dynamo: dynamo.endpoint }),
    EVENTS_TABLE: LOCAL_TABLES.eventsTable,
    LOG_FILES_TABLE: LOCAL_TABLES.logFilesTable,
    ENVIRONMENTS_TABLE: LOCAL_TABLES.environmentsTable,
    QUARANTINE_BUCKET: LOCAL_QUARANTINE_BUCKET,
    LOG_BUCKETS: LOCAL_LOG_BUCKET,
  };
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}=${value}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.stderr.write(
    [
      '',
      'DynamoDB and S3 are up. Paste the lines above into another terminal; then, for example:',
      '  npx serverless invoke local --stage local --function ingest --path events/deliveries/s3-through-sqs.json',
      `  npx mwaa-trail query --table ${LOCAL_TABLES.eventsTable}`,
      'Ctrl-C stops them; the store stays.',
      '',
    ].join('\n'),
  );
  const stop = async () => {
    await Promise.all([dynamo.stop(), s3.stop()]);
    process.exit();
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
} catch (error) {
  process.stderr.write(`local: ${error instanceof TrailError ? error.message : describeError(error)}\n`);
  process.exitCode = 1;
}
