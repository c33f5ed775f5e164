import { commandLine } from '../../shell.ts';
import type { Facts } from '../facts.ts';
import { type Finding, findingsOn, ok, problem, unknown, warning } from '../finding.ts';
import { redeploy } from '../redeploy.ts';
import { LOGICAL_IDS, sourceOf } from '../stack.ts';

/** Whether there is a stack, whole, in this Region. */
export function checkStack(facts: Facts): Finding[] {
  return findingsOn(
    'stack',
    facts.stackStatus,
    (status) => [checkStatus(status, facts), ...checkResources(facts)],
    () => [missingStack(facts)],
  );
}

function missingStack(facts: Facts): Finding {
  const { stackName, asker, hints = { similar: [], regions: [] } } = facts;
  const text = `there is no stack ${stackName} in ${asker.region}, account ${asker.account}`;
  const [region] = hints.regions;
  if (region !== undefined) {
    return problem(
      'stack',
      `${text}; a trail of that name is at home in ${region}`,
      commandLine('mwaa-trail doctor --stack', stackName, '--aws-region', region),
    );
  }
  const [similar] = hints.similar;
  if (similar !== undefined) {
    return problem(
      'stack',
      `${text}; there is ${hints.similar.join(', ')}`,
      commandLine('mwaa-trail doctor --stack', similar, '--aws-region', asker.region),
    );
  }
  return problem(
    'stack',
    text,
    `another Region or account? Name it with --aws-region, --stack or --profile; or deploy, ${redeploy(facts)}`,
  );
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
function checkStatus(status: string, { stackName, asker }: Facts): Finding {
  const events = commandLine(
    'aws cloudformation describe-stack-events --region',
    asker.region,
    '--stack-name',
    stackName,
  );
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return ok('stack', `${stackName} is there: ${status}`);
  if (/IN_PROGRESS$/.test(status))
    return warning('stack', `${stackName} is being changed: ${status}`, `wait for it: ${events}`);
  if (status === 'UPDATE_ROLLBACK_COMPLETE') {
    return warning(
      'stack',
      `the last deployment of ${stackName} failed and was undone: ${status}`,
      `see why: ${events}`,
    );
  }
  return problem('stack', `${stackName} is not whole: ${status}`, `see why: ${events}`);
}

const NEEDED = [
  LOGICAL_IDS.function,
  LOGICAL_IDS.queue,
  LOGICAL_IDS.deadLetters,
  LOGICAL_IDS.ledger,
  LOGICAL_IDS.quarantine,
];

function checkResources(facts: Facts): Finding[] {
  return findingsOn(
    'stack',
    facts.resources,
    (resources) => {
      const missing = NEEDED.filter((logicalId) => !resources.has(logicalId));
      if (missing.length > 0) {
        return [problem('stack', `the stack has no ${missing.join(', ')}: is it one of mwaa-trail?`, redeploy(facts))];
      }
      const source = sourceOf(resources);
      return source ? [ok('stack', `it is told of log files by ${SOURCES[source]}`)] : [];
    },
    () => [unknown('stack', { unknown: 'its resources are not to be found' })],
  );
}

const SOURCES = {
  queue: 'its own bucket, through the queue',
  function: 'its own bucket, which calls the function',
  bucket: 'EventBridge, of an existing bucket',
  topic: 'an SNS topic',
};
