import { describeError, TrailError } from '../../shared/errors.ts';
import type { AwsError } from './clients.ts';
import { GoneError, type Stack, UnknownError } from './stack.ts';
import { redeploy, type Trail } from './trail.ts';

/**
 * `problem`: something does not work, or is not recorded. `warning`: it works, but not fully. `unknown`: it could not be checked,
 * which never counts as ok.
 */
export type State = 'ok' | 'problem' | 'warning' | 'unknown';

/** One result of a check. */
export interface CheckResult {
  state: State;
  /** One line. */
  text: string;
  /** A command, or what else to do. */
  fix?: string;
  /** The IAM action that the check lacks. */
  needs?: string;
}

export const ok = (text: string): CheckResult => ({ state: 'ok', text });
export const problem = (text: string, fix: string): CheckResult => ({ state: 'problem', text, fix });
export const warning = (text: string, fix: string): CheckResult => ({ state: 'warning', text, fix });
export const unknown = (text: string): CheckResult => ({ state: 'unknown', text });

/** What a check found: nothing, one result, or several. */
export type CheckResults = CheckResult | undefined | readonly CheckResults[];

/** A check: it asks AWS, and returns what it found. */
export type Check = (stack: Stack) => Promise<CheckResults>;

/** Checks by the names that reports show. */
export type Checks = Readonly<Record<string, Check>>;

/** Checks each trail that is in use. */
export function eachTrail(check: (trail: Trail, stack: Stack) => Promise<CheckResults> | CheckResults): Check {
  return async (stack) => Promise.all((await stack.trails()).map((trail) => check(trail, stack)));
}

/** Runs a check. What it could not check is a result, too. */
export async function resultsOf(check: Check, stack: Stack): Promise<CheckResult[]> {
  const findings = await check(stack).catch((error: unknown) => resultOf(error, stack));
  return flattened(findings);
}

function flattened(findings: CheckResults): CheckResult[] {
  if (findings === undefined) return [];
  return 'state' in findings ? [findings] : findings.flatMap(flattened);
}

const DENIED = /AccessDenied|AuthorizationError|Unauthorized|NotAuthorized|Forbidden/;

/** @throws errors that do not come from AWS: they are bugs */
function resultOf(error: unknown, stack: Stack): CheckResult {
  if (error instanceof GoneError) return problem(`${error.message} is gone`, redeploy(stack));
  if (error instanceof UnknownError) return unknown(error.message);
  if (error instanceof TrailError) return unknown(`the ingest function does not start: ${error.message}`);
  const { name = '', action, $metadata } = error as Partial<AwsError>;
  if (action === undefined) throw error;
  if (!DENIED.test(name) && $metadata?.httpStatusCode !== 403)
    return unknown(`${action} failed: ${describeError(error)}`);
  return {
    ...unknown(`access denied: ${action}`),
    needs: action,
    fix: `allow the identity that runs doctor ${action}`,
  };
}
