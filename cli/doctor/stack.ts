/** Who asks, and where. */
export interface Asker {
  /** 12 digits. */
  account: string;
  arn: string;
  region: string;
  /** Of AWS: `aws`, `aws-cn`. */
  partition: string;
}

export interface StackResource {
  type: string;
  physicalId: string;
}

/** The stack's resources by logical ID. */
export type StackResources = ReadonlyMap<string, StackResource>;

/** The logical IDs that serverless.yml and deploy/ give. */
export const LOGICAL_IDS = {
  function: 'IngestLambdaFunction',
  queue: 'IngestQueue',
  deadLetters: 'IngestDeadLetterQueue',
  ledger: 'LogFilesTable',
  quarantine: 'QuarantineBucket',
  trail: 'Trail',
  trailKey: 'TrailKey',
  rule: 'LogFileRule',
  subscription: 'LogFileSubscription',
  bucketPermission: 'LogBucketPermission',
  sourcePolicy: 'IngestSourcePolicy',
} as const;

/** How the stack learns of log files: the parameters `source` and `notify` of serverless.yml. */
export type Source = 'queue' | 'function' | 'bucket' | 'topic';

/** @returns nothing for a stack that was not made by serverless.yml */
export function sourceOf(resources: StackResources): Source | undefined {
  if (resources.has(LOGICAL_IDS.subscription)) return 'topic';
  if (resources.has(LOGICAL_IDS.rule)) return 'bucket';
  if (resources.has(LOGICAL_IDS.bucketPermission)) return 'function';
  return resources.has(LOGICAL_IDS.trail) ? 'queue' : undefined;
}
