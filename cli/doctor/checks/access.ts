import { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetBucketOwnershipControlsCommand } from '@aws-sdk/client-s3';
import { shell } from '../../lib/output.ts';
import { type Checks, eachTrail, ok, problem, unknown } from '../check.ts';
import type { Stack } from '../stack.ts';
import { exampleKey, redeploy, type Trail, trailCommand } from '../trail.ts';
import type { WatchedTrails } from '../watched-trails.ts';

/** Whether the function may read the log files of each trail. */
export const accessChecks: Checks = {
  access: eachTrail(async (trail, stack: Stack) => {
    const { name, bucket, keyPrefix } = trail;
    const object = `arn:${stack.caller.partition}:s3:::${bucket}/${exampleKey(trail, stack.caller)}`;
    if (await roleMay('s3:GetObject', object, stack))
      return ok(`the function's role may read the log files of ${name}`);
    const text = `the function's role may not read the log files of ${name} in s3://${bucket}/${keyPrefix}`;
    return problem(text, await readingFix(stack, trail));
  }),

  key: eachTrail(async (trail, stack: Stack) => {
    const { name, kmsKey } = trail;
    if (!kmsKey) return ok(`${name} uses no KMS key of its own`);
    if (kmsKey.includes(':alias/')) return unknown(`${name} names its key by an alias, ${kmsKey}`);
    if (await roleMay('kms:Decrypt', kmsKey, stack))
      return ok(`the function's role may decrypt with the key of ${name}`);
    const isFirst = (await stack.trailsBySource()).first.includes(trail);
    const own = isFirst ? await stack.idOf('trailKey') : undefined;
    return problem(
      `the function's role may not decrypt with the key of ${name}, ${kmsKey}`,
      own === undefined
        ? await readingFix(stack, trail)
        : trailCommand('update-trail', trail, stack.caller, '--kms-key-id', own),
    );
  }),
};

/** The deployment that lets the roles read the log files of a trail. */
async function readingFix(stack: Stack, trail: Trail): Promise<string> {
  if ((await stack.trailsBySource()).first.includes(trail)) return redeploy(stack, trail);
  const prefix = trail.keyPrefix.replace(/\/?AWSLogs\/$/, '');
  const entry = `${trail.bucket}${prefix && `/${prefix}`}`;
  const key = trail.kmsKey ? `, and ${trail.kmsKey} in moreKmsKeyArns` : '';
  return `${redeploy(stack)} with ${entry} in moreLogBuckets${key}`;
}

export const ownershipChecks: Checks<WatchedTrails> = {
  /** Whether the policy of another account's bucket can grant access: only to objects that the bucket's owner owns. */
  async ownership(stack) {
    const own = stack.caller.account;
    const foreign = (await stack.allLogBuckets()).filter(({ account = own }) => account !== own);
    const found = foreign.map(async ({ name, account = '' }) => {
      const ownership = await ownershipOf(name, account, stack);
      if (ownership !== 'ObjectWriter')
        return ok(`the log files of ${name} belong to account ${account} (${ownership})`);
      const enforce = shell`aws s3api put-bucket-ownership-controls --bucket ${name} --ownership-controls ${'Rules=[{ObjectOwnership=BucketOwnerPreferred}]'}`;
      return problem(
        `objects of ${name} belong to who wrote them (Object Ownership ObjectWriter): its policy cannot let another account read them`,
        `with credentials of account ${account}: ${enforce}; log files from before stay as they are`,
      );
    });
    return Promise.all(found);
  },
};

/** Simulates the policies of the function's role. Policies of bucket and key are not included. */
async function roleMay(action: string, resource: string, { clients, caller, ingest }: Stack): Promise<boolean> {
  const suffix = caller.partition === 'aws-cn' ? '.cn' : '';
  const viaService = {
    ContextKeyName: 'kms:ViaService',
    ContextKeyType: 'string' as const,
    ContextKeyValues: [`s3.${caller.region}.amazonaws.com${suffix}`],
  };
  const { EvaluationResults = [] } = await clients.iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: (await ingest()).Role,
      ActionNames: [action],
      ResourceArns: [resource],
      ContextEntries: [viaService],
    }),
  );
  return EvaluationResults.every(({ EvalDecision }) => EvalDecision === 'allowed');
}

/** In a bucket without such settings, objects belong to their writers. */
async function ownershipOf(Bucket: string, ExpectedBucketOwner: string, { clients }: WatchedTrails): Promise<string> {
  try {
    const command = new GetBucketOwnershipControlsCommand({ Bucket, ExpectedBucketOwner });
    const { OwnershipControls } = await clients.s3.send(command);
    return OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter';
  } catch (error) {
    if ((error as Error).name === 'OwnershipControlsNotFoundError') return 'ObjectWriter';
    throw error;
  }
}
