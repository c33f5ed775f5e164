import { DescribeRuleCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { PARTS, type Part } from '../../lib/deployed-stack.ts';
import { shell } from '../../lib/output.ts';
import { type CheckResult, type CheckResults, type Checks, ok, problem } from '../check.ts';
import type { Stack } from '../stack.ts';
import { queueAccepts } from './policies.ts';

/** Whether the rules of EventBridge are switched on, and call what they should. */
export const ruleChecks: Checks = {
  /** Only the heartbeat is always there. */
  schedules: async (stack) => [
    await schedule(stack, 'heartbeat', 'function', 'the alarm NoLogFiles cannot go off'),
    await schedule(stack, 'verifySchedule', 'verifyFunction', 'nothing is verified'),
    await schedule(stack, 'exportSchedule', 'exportFunction', 'nothing is exported'),
  ],

  'live events': async (stack) => {
    const parts = (['liveRule', 'forwardedLiveRule'] as const).map(async (part) => {
      const id = await stack.idOf(part);
      if (id === undefined) return undefined;
      const { partition, region, account } = stack.caller;
      const arn = `arn:${partition}:events:${region}:${account}:rule/${id.replace('|', '/')}`;
      const lost = 'events come with their log files only';
      return [
        await ruleState(stack, part, (await stack.queue()).arn, lost),
        await queueAccepts(stack, 'events.amazonaws.com', [arn]),
      ];
    });
    return Promise.all(parts);
  },
};

async function schedule(
  stack: Stack,
  part: 'heartbeat' | 'verifySchedule' | 'exportSchedule',
  target: 'function' | 'verifyFunction' | 'exportFunction',
  lost: string,
): Promise<CheckResults> {
  const { partition, region, account } = stack.caller;
  const functionName = await stack.idOf(target);
  if ((await stack.idOf(part)) === undefined || functionName === undefined) return undefined;
  return ruleState(stack, part, `arn:${partition}:lambda:${region}:${account}:function:${functionName}`, lost);
}

/** @param lost what does not work without it */
async function ruleState(stack: Stack, part: Part, target: string, lost: string): Promise<CheckResults> {
  const { ask, clients, caller } = stack;
  const { what } = PARTS[part];
  const state = await ask(part, async (id) => {
    const rule = ruleOf(id);
    const { State } = await clients.events.send(new DescribeRuleCommand(rule));
    if (State !== 'DISABLED') return ok(`${what} is switched on`);
    return problem(
      `${what} is switched off: ${lost}`,
      shell`aws events enable-rule --region ${caller.region} --name ${wordsOf(rule)}`,
    );
  });
  return [state, await lacksTarget(stack, part, target, lost)];
}

/**
 * Returns undefined if a rule has the target.
 * @param lost what does not work without it
 */
export async function lacksTarget(
  { ask, clients, caller }: Stack,
  part: Part,
  arn: string,
  lost: string,
): Promise<CheckResult | undefined> {
  return ask(part, async (id) => {
    const rule = ruleOf(id);
    const { Name: Rule, ...bus } = rule;
    const { Targets = [] } = await clients.events.send(new ListTargetsByRuleCommand({ Rule, ...bus }));
    if (Targets.some(({ Arn }) => Arn === arn)) return undefined;
    const put = shell`aws events put-targets --region ${caller.region} --rule ${wordsOf(rule)} --targets ${[{ Id: 'mwaa-trail', Arn: arn }]}`;
    return problem(`${PARTS[part].what} has other targets, not ${arn}: ${lost}`, put);
  });
}

interface RuleName {
  Name: string;
  EventBusName?: string;
}

/** For CloudFormation, a rule on a bus of its own is `BUS|RULE`. */
function ruleOf(id: string): RuleName {
  const [Name = '', EventBusName] = id.split('|').reverse();
  return EventBusName === undefined ? { Name } : { Name, EventBusName };
}

const wordsOf = ({ Name, EventBusName }: RuleName): string[] =>
  EventBusName === undefined ? [Name] : [Name, '--event-bus-name', EventBusName];
