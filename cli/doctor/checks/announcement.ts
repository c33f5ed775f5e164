import { known } from '../answer.ts';
import type { Facts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown } from '../finding.ts';
import { exampleKey } from '../log-file-key.ts';
import { redeployFor } from '../redeploy.ts';
import { LOGICAL_IDS, type Source, type StackResources, sourceOf } from '../stack.ts';
import { fitsWildcard } from '../wildcard.ts';
import { bucketTellsEventBridge, bucketTellsFunction, bucketTellsQueue, onBuckets } from './bucket-notifications.ts';
import { functionTakesFromBucket, queueTakes, queueTakesFromBucket } from './sending.ts';
import { checkSubscription } from './subscription.ts';

const CHECK = 'announcement';

/** Whether ingest is told of new log files, on the way for which the stack was deployed. */
export function checkAnnouncement(facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.resources,
    (resources) => {
      const source = sourceOf(resources);
      if (!source)
        return [unknown(CHECK, { unknown: 'the stack has none of the ways in which it can be told of log files' })];
      return WAYS[source](facts, resources);
    },
    () => [unknown(CHECK, { unknown: 'there is no stack' })],
  );
}

const WAYS: Readonly<Record<Source, (facts: Facts, resources: StackResources) => Finding[]>> = {
  queue: (facts) => [...onBuckets(facts, bucketTellsQueue), ...onBuckets(facts, queueTakesFromBucket)],
  function: (facts) => [...onBuckets(facts, bucketTellsFunction), ...onBuckets(facts, functionTakesFromBucket)],
  bucket: (facts, resources) => [
    ...onBuckets(facts, bucketTellsEventBridge),
    ...ruleFits(facts),
    ...queueTakes(facts, {
      service: 'events.amazonaws.com',
      action: 'sqs:SendMessage',
      sourceArn: ruleArn(facts, resources),
      sourceAccount: facts.asker.account,
    }),
  ],
  topic: checkSubscription,
};

/** Whether the rule, as it was deployed, is about the log files of the trails. Whether somebody has disabled it is not asked. */
function ruleFits(facts: Facts): Finding[] {
  return findingsOn(
    CHECK,
    facts.template,
    ({ rule }) => {
      if (!rule) return [unknown(CHECK, { unknown: "the rule in the stack's template is not understood" })];
      return (known(facts.trails) ?? []).map(({ trail }) => {
        const fits =
          rule.buckets.includes(trail.S3BucketName ?? '') &&
          rule.keys.some((pattern) => fitsWildcard(pattern, exampleKey(trail, facts.asker, pattern)));
        if (fits) return ok(CHECK, `the stack's rule takes the log files of ${trail.Name}`);
        return problem(
          CHECK,
          `the stack's rule does not take the log files of ${trail.Name}: it is for ${rule.keys.join(', ')} in ${rule.buckets.join(', ')}`,
          redeployFor(trail, facts),
        );
      });
    },
    () => [],
  );
}

function ruleArn({ asker }: Facts, resources: StackResources): string {
  const name = resources.get(LOGICAL_IDS.rule)?.physicalId ?? '';
  return `arn:${asker.partition}:events:${asker.region}:${asker.account}:rule/${name}`;
}
