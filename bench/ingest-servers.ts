/** The embedded servers of `bench/ingest.ts`, in a process of their own: their CPU is not the function's. */
import { startEmbeddedDynamo } from '../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../local/embedded-s3.ts';
import { LOCAL_TABLES } from '../local/local-names.ts';

const [s3, dynamo] = await Promise.all([startEmbeddedS3(), startEmbeddedDynamo(LOCAL_TABLES)]);
process.send?.({ s3: s3.endpoint, dynamo: dynamo.endpoint });
process.once('disconnect', () => process.exit());
