import { DescribeRuleCommand } from '@aws-sdk/client-eventbridge';
import { commandLine } from '../../lib/output.ts';
import { type Found, ok, problem } from '../finding.ts';
import { orGone, type Stack } from '../stack.ts';
import { LOGICAL_IDS } from '../stack-resources.ts';

/** What each schedule is for. With `verify=off` there is only the first. */
const SCHEDULES = {
  heartbeat: ['the heartbeat of ingest', 'the alarm NoLogFiles cannot go off'],
  verifySchedule: ['the schedule of verify', 'nothing is verified'],
} as const;

/** Whether the stack's schedules are switched on. */
export async function checkSchedules(stack: Stack): Promise<Found[]> {
  const resources = await stack.resources();
  const found = Object.entries(SCHEDULES).map(async ([part, [what, lost]]): Promise<Found[]> => {
    const Name = resources.get(LOGICAL_IDS[part as keyof typeof SCHEDULES]);
    if (!Name) return [];
    const { State } = await orGone(what, stack.clients.events.send(new DescribeRuleCommand({ Name })));
    if (State !== 'DISABLED') return [ok(`${what} is switched on`)];
    const enable = commandLine('aws events enable-rule --region', stack.caller.region, '--name', Name);
    return [problem(`${what} is switched off: ${lost}`, enable)];
  });
  return (await Promise.all(found)).flat();
}
