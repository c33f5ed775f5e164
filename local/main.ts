/**
 * `npm run local`: embedded S3 and DynamoDB on fixed ports, for `serverless invoke local` and for trying things out. Other ports:
 * `npm run local -- --dynamodb-port N --s3-port N`.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describeError, TrailError } from '../shared/errors.ts';
import { startDynamoServer } from './embedded-dynamodb.ts';
import { startEmbeddedS3 } from './embedded-s3.ts';
import { isInUse } from './folder-lock.ts';
import { storeFolders } from './local-dynamo.ts';
import {
  embeddedSettings,
  LOCAL_LOG_BUCKET,
  LOCAL_QUARANTINE_BUCKET,
  LOCAL_TABLES,
  SAMPLE_KEY,
} from './local-names.ts';
import { type OwnServer, startShared } from './shared-server.ts';
import { packageRoot } from './table-definitions.ts';

const STORE = '.mwaa-trail';
const running: OwnServer[] = [];
const stop = async () => {
  for (const server of running.splice(0)) await server.stop();
};
try {
  const ports = readPorts();
  const { dynamo: dynamoFolder, s3: s3Folder } = storeFolders(STORE);
  const startDynamo = () =>
    startDynamoServer(LOCAL_TABLES, dynamoFolder, ports.dynamodb).catch(explainPort('dynamodb', ports.dynamodb));
  const dynamo = await startShared(dynamoFolder, startDynamo);
  running.push(dynamo);
  const s3 = await startShared(s3Folder, () => startEmbeddedS3(s3Folder, ports.s3).catch(explainPort('s3', ports.s3)));
  running.push(s3);
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
      'DynamoDB and S3 are up. Paste the lines above into another terminal, in this folder; then, for example:',
      '  npx serverless invoke local --stage local --function ingest --path events/deliveries/s3-through-sqs.json',
      `  npx mwaa-trail query --table ${LOCAL_TABLES.eventsTable}`,
      'Every user of this machine can use them. Ctrl-C stops them; the store stays.',
      '',
    ].join('\n'),
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit()));
} catch (error) {
  await stop();
  process.stderr.write(`local: ${messageOf(error)}\n`);
  process.exitCode = 1;
}

/** @throws {TrailError} `usage` */
function readPorts(): { dynamodb: number; s3: number } {
  const { values } = parseArgs({
    strict: false,
    options: { 'dynamodb-port': { type: 'string', default: '8000' }, 's3-port': { type: 'string', default: '4566' } },
  });
  const { 'dynamodb-port': dynamodb, 's3-port': s3, ...unknown } = values;
  const isPort = (value: unknown) => /^\d{1,5}$/.test(String(value)) && Number(value) <= 65_535;
  if (Object.keys(unknown).length > 0 || !isPort(dynamodb) || !isPort(s3)) {
    throw new TrailError('usage', 'expected --dynamodb-port N and --s3-port N, each a whole number from 0 to 65535');
  }
  return { dynamodb: Number(dynamodb), s3: Number(s3) };
}

function explainPort(server: 'dynamodb' | 's3', port: number): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new TrailError('port-in-use', `port ${port} is in use: name another, npm run local -- --${server}-port N`);
  };
}

function messageOf(error: unknown): string {
  if (isInUse(error)) return `the store ${STORE} is open in another process, such as serve or replay: end it first`;
  return error instanceof TrailError ? error.message : describeError(error);
}
