import { type Checks, ok } from '../../doctor/check.ts';
import { ownershipChecks } from '../../doctor/checks/access.ts';
import { lambdaQuota } from '../../doctor/checks/quota.ts';
import { stackStatus } from '../../doctor/checks/stack.ts';
import { trailChecks } from '../../doctor/checks/trails.ts';
import type { Plan } from '../plan.ts';
import { names } from './names.ts';
import { policyChecks } from './policies.ts';
import { sourceChecks } from './trails.ts';

/** Everything that is checked before a deployment. */
export const PREFLIGHT_CHECKS: Checks<Plan> = {
  /** A stack that failed at its first deployment must be deleted first. */
  stack: async (plan) =>
    (await stackStatus(plan)) ?? ok(`${plan.name} does not exist yet in ${plan.caller.region}: it will be created`),
  names,
  quota: (plan) => lambdaQuota(toReserve(plan), plan),
  ...sourceChecks,
  ...trailChecks,
  ...ownershipChecks,
  ...policyChecks,
};

/** The concurrency that the parameters reserve. */
function toReserve({ value, functions }: Plan): number {
  const isDirect = value('source') === 'new-trail' && value('notify') === 'function';
  const reserving = functions.filter((one) => one !== 'ingest' || isDirect);
  const numbers = reserving.map((one) => Number(value(`${one}Concurrency`) || 'none'));
  return numbers.filter((number) => !Number.isNaN(number)).reduce((sum, number) => sum + number, 0);
}
