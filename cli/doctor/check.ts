import { describeError, TrailError } from '../../shared/errors.ts';
import type { AwsError, Caller } from './clients.ts';
import { GoneError, UnknownError } from './errors.ts';
import type { Stack } from './stack.ts';
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

/** A check of a deployed stack, or of one to be deployed: it asks AWS, and returns what it found. */
export type Check<Subject = Stack> = (subject: Subject) => Promise<CheckResults>;

/** Checks by the names that reports show. */
export type Checks<Subject = Stack> = Readonly<Record<string, Check<Subject>>>;

/** Checks each trail that is in use. */
export function eachTrail<Subject extends { trails(): Promise<Trail[]> }>(
  check: (trail: Trail, subject: Subject) => Promise<CheckResults> | CheckResults,
): Check<Subject> {
  return async (subject) => Promise.all((await subject.trails()).map((trail) => check(trail, subject)));
}

/** What checks are about: a stack, by its name and place. */
export interface Named {
  name: string;
  caller: Caller;
}

/** A result, with the name of its check. */
export type Finding = { check: string } & CheckResult;

/** Runs all checks at once. What a check could not check is a result, too. */
export async function findingsOf<Subject extends Named>(checks: Checks<Subject>, subject: Subject): Promise<Finding[]> {
  const found = Object.entries(checks).map(async ([name, check]) => {
    const results = await check(subject).catch((error: unknown) => resultOf(error, subject));
    return flattened(results).map((result) => ({ check: name, ...result }));
  });
  const findings = (await Promise.all(found)).flat();
  // Something that is gone stands in the way of several checks: the first says so.
  return findings.filter(
    ({ state, text }, i) => state !== 'problem' || findings.findIndex((one) => one.text === text) === i,
  );
}

function flattened(findings: CheckResults): CheckResult[] {
  if (findings === undefined) return [];
  return 'state' in findings ? [findings] : findings.flatMap(flattened);
}

const DENIED = /AccessDenied|AuthorizationError|Unauthorized|NotAuthorized|Forbidden/;

/**
 * Returns what an error of a check means.
 * @throws errors that do not come from AWS: they are bugs
 */
export function resultOf(error: unknown, stack: Named): CheckResult {
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
