import { describeError, TrailError } from '../../shared/errors.ts';
import { checkAccess, checkKey, checkOwnership, checkRefusals } from './checks/access.ts';
import { checkAnnouncement } from './checks/announcement.ts';
import { checkConcurrency, checkConfiguration, checkEventSource, checkFunction } from './checks/function.ts';
import { checkFailed, checkFreshness, checkQuarantine } from './checks/ledger.ts';
import { checkDeadLetters, checkQueue } from './checks/queues.ts';
import { checkSchedules } from './checks/schedules.ts';
import { checkSending } from './checks/sending.ts';
import { checkStack, findStack } from './checks/stack.ts';
import {
  checkDataEvents,
  checkDigests,
  checkLogging,
  checkManagementEvents,
  checkPublishing,
  checkRegions,
  checkTrail,
  checkValidation,
} from './checks/trail.ts';
import type { AwsError } from './clients.ts';
import { redeploy } from './commands.ts';
import { type Finding, type Found, problem, unknown } from './finding.ts';
import { GoneError, type Stack, UnknownError } from './stack.ts';

/** One thing that doctor checks. It asks AWS what it needs; that something cannot be found out is a finding, too. */
type Check = (stack: Stack) => Promise<Found[]>;

/** Everything that doctor checks, along the way of a log file. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['stack', checkStack],
  ['trail', checkTrail],
  ['Regions', checkRegions],
  ['validation', checkValidation],
  ['logging', checkLogging],
  ['digests', checkDigests],
  ['management events', checkManagementEvents],
  ['data events', checkDataEvents],
  ['announcement', checkAnnouncement],
  ['publishing', checkPublishing],
  ['sending', checkSending],
  ['queue', checkQueue],
  ['dead letters', checkDeadLetters],
  ['event source', checkEventSource],
  ['function', checkFunction],
  ['configuration', checkConfiguration],
  ['concurrency', checkConcurrency],
  ['schedules', checkSchedules],
  ['access', checkAccess],
  ['ownership', checkOwnership],
  ['key', checkKey],
  ['refused log files', checkRefusals],
  ['failed log files', checkFailed],
  ['quarantine', checkQuarantine],
  ['freshness', checkFreshness],
];

/** Runs all checks at once. Without a stack there is nothing else to look at. */
export async function runChecks(stack: Stack): Promise<Finding[]> {
  const missing = await findStack(stack);
  if (missing) return [{ check: 'stack', ...missing }];
  const found = CHECKS.map(async ([check, run]) => {
    const findings = await run(stack).catch((error: unknown) => [findingOf(error, stack)]);
    return findings.map((finding) => ({ check, ...finding }));
  });
  return withoutRepeats((await Promise.all(found)).flat());
}

/** Something that is gone stands in the way of several checks: the first says so. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  return findings.filter(
    ({ state, text }, i) => state !== 'problem' || findings.findIndex((one) => one.text === text) === i,
  );
}

const DENIED = /AccessDenied|AuthorizationError|Unauthorized|NotAuthorized|Forbidden/;

/** @throws what is no answer of AWS, but a mistake of ours */
function findingOf(error: unknown, stack: Stack): Found {
  if (error instanceof GoneError) return problem(`${error.message} is gone`, redeploy(stack));
  if (error instanceof UnknownError) return unknown(error.message);
  if (error instanceof TrailError) return unknown(`the ingest function does not start: ${error.message}`);
  const { name, action, $metadata } = error as Partial<AwsError>;
  if (action === undefined) throw error;
  if (!DENIED.test(name ?? '') && $metadata?.httpStatusCode !== 403) {
    return unknown(`${action} failed: ${describeError(error)}`);
  }
  return { ...unknown(`access denied: ${action}`), needs: action, fix: `allow whoever runs doctor ${action}` };
}
