/**
 * The embedded servers of the benchmarks, in a process of their own: their CPU is not counted. The argument, if there is one, is
 * the folder that keeps the objects.
 */
import { startEmbeddedDynamo } from '../local/embedded-dynamodb.ts';
import { startEmbeddedS3 } from '../local/embedded-s3.ts';
import { LOCAL_TABLES } from '../local/local-names.ts';

const [s3, dynamo] = await Promise.all([startEmbeddedS3(process.argv[2]), startEmbeddedDynamo(LOCAL_TABLES)]);
process.send?.({ s3: s3.endpoint, dynamo: dynamo.endpoint });
process.once('disconnect', () => process.exit());
