import type { Trail } from '@aws-sdk/client-cloudtrail';
import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetBucketOwnershipControlsCommand } from '@aws-sdk/client-s3';
import { type LogFileProblem, listProblems } from '../../../shared/store/ledger.ts';
import { commandLine } from '../../lib/output.ts';
import { exampleKey, keyPrefixOf, redeploy, trailCommand } from '../commands.ts';
import { counted, type Found, ok, problem, unknown } from '../finding.ts';
import { orGone, type Stack } from '../stack.ts';
import { LOGICAL_IDS } from '../stack-resources.ts';

/** Whether the policies of the function's role let it read the log files of each trail. */
export async function checkAccess(stack: Stack): Promise<Found[]> {
  const { partition } = stack.caller;
  const found = (await stack.trails()).map(async (trail) => {
    const resource = `arn:${partition}:s3:::${trail.S3BucketName}/${exampleKey(trail, stack.caller)}`;
    if (await roleMay('s3:GetObject', resource, stack))
      return ok(`the function's role may read the log files of ${trail.Name}`);
    const where = `s3://${trail.S3BucketName}/${keyPrefixOf(trail)}`;
    return problem(
      `the function's role may not read the log files of ${trail.Name} in ${where}`,
      redeploy(stack, trail),
    );
  });
  return Promise.all(found);
}

/** Whether the policies of the function's role let it decrypt the log files of each trail. */
export async function checkKey(stack: Stack): Promise<Found[]> {
  const ownKey = (await stack.resources()).get(LOGICAL_IDS.trailKey);
  const found = (await stack.trails()).map(async (trail): Promise<Found> => {
    const { KmsKeyId, Name } = trail;
    if (!KmsKeyId) return ok(`${Name} uses no KMS key of its own`);
    if (KmsKeyId.includes(':alias/')) return unknown(`${Name} names its key by an alias, ${KmsKeyId}`);
    if (await roleMay('kms:Decrypt', KmsKeyId, stack))
      return ok(`the function's role may decrypt with the key of ${Name}`);
    return problem(
      `the function's role may not decrypt with the key of ${Name}, ${KmsKeyId}`,
      ownKey === undefined
        ? redeploy(stack, trail)
        : trailCommand('update-trail', '--name', trail, stack.caller, '--kms-key-id', ownKey),
    );
  });
  return Promise.all(found);
}

/** Whether the policy of another account's bucket can grant its log files: only those that belong to the bucket's owner. */
export async function checkOwnership(stack: Stack): Promise<Found[]> {
  const own = stack.caller.account;
  const foreign = (await stack.logBuckets()).filter(({ account = own }) => account !== own);
  const found = foreign.map(async ({ name, account = '' }) => {
    const ownership = await ownershipOf(name, account, stack);
    if (ownership !== 'ObjectWriter') return ok(`the log files of ${name} belong to account ${account} (${ownership})`);
    const rule = ['--ownership-controls', 'Rules=[{ObjectOwnership=BucketOwnerPreferred}]'];
    const enforce = commandLine('aws s3api put-bucket-ownership-controls --bucket', name, ...rule);
    return problem(
      `objects of ${name} belong to who wrote them (Object Ownership ObjectWriter): its policy cannot let another account read them`,
      `with credentials of account ${account}: ${enforce}; log files from before stay as they are`,
    );
  });
  return Promise.all(found);
}

/** A bucket without such settings leaves objects to who wrote them. */
async function ownershipOf(Bucket: string, ExpectedBucketOwner: string, { clients }: Stack): Promise<string> {
  try {
    const command = new GetBucketOwnershipControlsCommand({ Bucket, ExpectedBucketOwner });
    const { OwnershipControls } = await clients.s3.send(command);
    return OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter';
  } catch (error) {
    if ((error as Error).name === 'OwnershipControlsNotFoundError') return 'ObjectWriter';
    throw error;
  }
}

/** What IAM says of the policies of the function's role. Policies of the bucket and of the key are not part of it. */
async function roleMay(action: string, resource: string, { clients, caller, ingest }: Stack): Promise<boolean> {
  const { Role } = await ingest();
  const suffix = caller.partition === 'aws-cn' ? '.cn' : '';
  const command = new SimulatePrincipalPolicyCommand({
    PolicySourceArn: Role,
    ActionNames: [action],
    ResourceArns: [resource],
    ContextEntries: [
      {
        ContextKeyName: 'kms:ViaService',
        ContextKeyType: 'string',
        ContextKeyValues: [`s3.${caller.region}.amazonaws.com${suffix}`],
      },
    ],
  });
  const { EvaluationResults = [] } = await clients.iam.send(command);
  return EvaluationResults.every(({ EvalDecision }) => EvalDecision === 'allowed');
}

/** More need not be named: usually all have the same cause. */
const MAX_PROBLEMS = 100;

/** Log files of which something is missing in the table. */
export async function logFileProblems(stack: Stack): Promise<LogFileProblem[]> {
  const table = await stack.physicalId('ledger', 'the table of log files');
  return orGone('the table of log files', listProblems(stack.clients.dynamo, table, {}, MAX_PROBLEMS));
}

/** Whether the reason of a failure, as ingest notes it in the ledger, is that S3 or KMS refuses it. */
export function isRefusal({ state, reason = '' }: LogFileProblem): boolean {
  return state === 'failed' && /AccessDenied|KMS|HTTP 403|Forbidden/.test(reason);
}

/** Log files that S3 or KMS did not let ingest read: policies of the bucket and of the key refuse, too. */
export async function checkRefusals(stack: Stack): Promise<Found[]> {
  const refused = Map.groupBy((await logFileProblems(stack)).filter(isRefusal), ({ reason = '' }) => reason);
  const found = [...refused].map(async ([reason, files]) => {
    const example = files[0]!.logFile;
    return problem(
      `ingest was refused ${counted(files.length, 'log file')} (${reason}), such as s3://${example}`,
      `${await refusalFix(example.slice(0, example.indexOf('/')), reason, stack)}; then mwaa-trail redrive delivers them again`,
    );
  });
  return Promise.all(found);
}

/** S3 answers `AccessDenied` for its own policies and for the key's. */
async function refusalFix(bucket: string, reason: string, stack: Stack): Promise<string> {
  const trails = await stack.trails().catch((): Trail[] => []);
  const key = trails.find(({ S3BucketName }) => S3BucketName === bucket)?.KmsKeyId ?? 'KEY-ARN';
  if (/Disabled/.test(reason)) return commandLine('aws kms enable-key --key-id', key);
  const { Role } = await stack.ingest();
  const bucketPolicy = commandLine('aws s3api get-bucket-policy --bucket', bucket);
  const keyPolicy = commandLine('aws kms get-key-policy --policy-name default --key-id', key);
  return `let ${Role} s3:GetObject in the bucket's policy (${bucketPolicy}) and kms:Decrypt in the key's policy (${keyPolicy})`;
}
