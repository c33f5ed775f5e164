import { checkAccess } from './checks/access.ts';
import { checkAnnouncement } from './checks/announcement.ts';
import { checkEventSource, checkFunction } from './checks/function.ts';
import { checkLedger } from './checks/ledger.ts';
import { checkQueues } from './checks/queues.ts';
import { checkStack } from './checks/stack.ts';
import { checkTrails, withoutRetired } from './checks/trail.ts';
import type { Facts } from './facts.ts';
import type { Finding } from './finding.ts';

/** What the facts mean, along the way of a log file. Without a stack there is nothing else to look at. */
export function diagnose(facts: Facts): Finding[] {
  const stack = checkStack(facts);
  if ('missing' in facts.stackStatus) return stack;
  const { current, retired } = withoutRetired(facts);
  return [
    ...stack,
    ...checkTrails(current),
    ...retired,
    ...checkAnnouncement(current),
    ...checkQueues(current),
    ...checkEventSource(current),
    ...checkFunction(current),
    ...checkAccess(current),
    ...checkLedger(current),
  ];
}
