import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';

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
  // The Framework names these.
  heartbeat: 'IngestEventsRuleSchedule1',
  verifySchedule: 'VerifyEventsRuleSchedule1',
} as const;

/** The physical IDs of a stack's resources, by logical ID. */
export type StackResources = ReadonlyMap<string, string>;

/** Lists what a stack consists of. Errors are the SDK's. */
export async function listResources(cloudFormation: CloudFormationClient, StackName: string): Promise<StackResources> {
  const resources = new Map<string, string>();
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName })) {
    for (const { LogicalResourceId = '', PhysicalResourceId = '' } of page.StackResourceSummaries ?? []) {
      resources.set(LogicalResourceId, PhysicalResourceId);
    }
  }
  return resources;
}
