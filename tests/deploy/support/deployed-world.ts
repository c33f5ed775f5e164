import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../../../local/embedded-dynamodb.ts';
import { type EmbeddedS3, startEmbeddedS3 } from '../../../local/embedded-s3.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../../local/local-names.ts';
import { stateTableDefinition } from '../../../local/table-definitions.ts';
import { createDynamoClient } from '../../../shared/aws/dynamodb.ts';
import { createS3Client } from '../../../shared/aws/s3.ts';
import { readConfig, readTableNames } from '../../../shared/config.ts';
import { type Call, recordCalls } from './calls.ts';
import type { Stack } from './stack.ts';

/** Embedded servers with the tables and buckets of a stack. */
export interface DeployedWorld {
  stack: Stack;
  /** Clients for preparation, whose commands are not recorded. */
  s3: S3Client;
  logBucket: string;
  /** The environment variables of a function of the stack. */
  environmentOf(functionId: string): Record<string, string>;
  /** Clients whose commands are recorded. */
  recorded(calls: Call[]): { s3: S3Client; dynamo: ReturnType<typeof createDynamoClient> };
  stop(): Promise<void>;
}

export async function startDeployedWorld(stack: Stack): Promise<DeployedWorld> {
  const environmentOf = (id: string) => stack.get(id).properties.Environment.Variables;
  const environment = environmentOf('IngestLambdaFunction');
  const dynamo: EmbeddedDynamo = await startEmbeddedDynamo(readTableNames(environment));
  await createStateTable(dynamo, stack);
  const server: EmbeddedS3 = await startEmbeddedS3();
  const { logBuckets, quarantineBucket } = readConfig(environment);
  const logBucket = logBuckets[0]!.name;
  const exports = stack.resources.some(({ id }) => id === 'ExportRole')
    ? [environmentOf('ExportLambdaFunction').EXPORT_BUCKET!]
    : [];
  for (const Bucket of [logBucket, quarantineBucket, ...exports])
    await server.client.send(new CreateBucketCommand({ Bucket }));
  const clients: { destroy(): void }[] = [];
  const common = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  return {
    stack,
    s3: server.client,
    logBucket,
    environmentOf,
    recorded: (calls) => {
      const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, { ...common, endpoint: server.endpoint });
      const recording = {
        s3: recordCalls(s3, calls),
        dynamo: recordCalls(createDynamoClient({ ...common, endpoint: dynamo.endpoint }), calls),
      };
      clients.push(recording.s3, recording.dynamo);
      return recording;
    },
    stop: async () => {
      for (const client of clients) client.destroy();
      await Promise.all([dynamo.stop(), server.stop()]);
    },
  };
}

/** The table in which the alert function remembers. */
async function createStateTable({ client }: EmbeddedDynamo, stack: Stack): Promise<void> {
  const { TimeToLiveSpecification: _, ...definition } = stateTableDefinition(
    stack.get('AlertStateTable').properties.TableName,
  );
  await client.send(new CreateTableCommand(definition));
  const waiting = { client, maxWaitTime: 60, minDelay: 0.01, maxDelay: 1 };
  await waitUntilTableExists(waiting, { TableName: definition.TableName });
}

/** Puts an object into the log bucket. */
export async function putLog({ s3, logBucket }: DeployedWorld, Key: string, Body: Buffer): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: logBucket, Key, Body }));
}
