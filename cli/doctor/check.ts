import { describeError, TrailError } from '../../shared/errors.ts';
import type { AwsError } from './clients.ts';
import { type Found, problem, unknown } from './finding.ts';
import { GoneError, type Stack, UnknownError } from './stack.ts';
import { redeploy, type Trail } from './trail.ts';

/** What a check found: nothing, one thing, or several. */
export type Findings = Found | undefined | readonly Findings[];

/** One thing that doctor checks: it asks AWS what it needs, and says what it found. */
export type Check = (stack: Stack) => Promise<Findings>;

/** Checks by the name under which their findings are shown. */
export type Checks = Readonly<Record<string, Check>>;

/** A check of each trail that is in use. */
export function eachTrail(check: (trail: Trail, stack: Stack) => Promise<Findings> | Findings): Check {
  return async (stack) => Promise.all((await stack.trails()).map((trail) => check(trail, stack)));
}

/** What a check finds; that something cannot be found out is a finding, too. */
export async function findingsOf(check: Check, stack: Stack): Promise<Found[]> {
  const findings = await check(stack).catch((error: unknown) => findingOf(error, stack));
  return flattened(findings);
}

function flattened(findings: Findings): Found[] {
  if (findings === undefined) return [];
  return 'state' in findings ? [findings] : findings.flatMap(flattened);
}

const DENIED = /AccessDenied|AuthorizationError|Unauthorized|NotAuthorized|Forbidden/;

/** @throws what is no answer of AWS, but a mistake of ours */
function findingOf(error: unknown, stack: Stack): Found {
  if (error instanceof GoneError) return problem(`${error.message} is gone`, redeploy(stack));
  if (error instanceof UnknownError) return unknown(error.message);
  if (error instanceof TrailError) return unknown(`the ingest function does not start: ${error.message}`);
  const { name = '', action, $metadata } = error as Partial<AwsError>;
  if (action === undefined) throw error;
  if (!DENIED.test(name) && $metadata?.httpStatusCode !== 403)
    return unknown(`${action} failed: ${describeError(error)}`);
  return { ...unknown(`access denied: ${action}`), needs: action, fix: `allow whoever runs doctor ${action}` };
}
