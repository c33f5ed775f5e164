import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';

const part = (id: string, what: string) => ({ id, what });

/** Parts of a deployed stack: the logical ID that serverless.yml, deploy/ or the Framework gives, and what we call it. */
export const PARTS = {
  function: part('IngestLambdaFunction', 'the ingest function'),
  queue: part('IngestQueue', 'the ingest queue'),
  deadLetters: part('IngestDeadLetterQueue', 'the dead-letter queue'),
  ledger: part('LogFilesTable', 'the table of log files'),
  quarantine: part('QuarantineBucket', 'the quarantine bucket'),
  trail: part('Trail', 'the trail'),
  trailKey: part('TrailKey', 'the key of the trail'),
  rule: part('LogFileRule', "the stack's rule"),
  subscription: part('LogFileSubscription', "the queue's subscription"),
  bucketPermission: part('LogBucketPermission', 'the permission of the bucket'),
  heartbeat: part('IngestEventsRuleSchedule1', 'the heartbeat of ingest'),
  verifySchedule: part('VerifyEventsRuleSchedule1', 'the schedule of verify'),
};
export type Part = keyof typeof PARTS;

/** The physical IDs of a stack's resources, by logical ID. Errors are the SDK's. */
export async function listResources(
  cloudFormation: CloudFormationClient,
  StackName: string,
): Promise<ReadonlyMap<string, string>> {
  const resources = new Map<string, string>();
  for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName })) {
    for (const { LogicalResourceId = '', PhysicalResourceId = '' } of page.StackResourceSummaries ?? [])
      resources.set(LogicalResourceId, PhysicalResourceId);
  }
  return resources;
}
