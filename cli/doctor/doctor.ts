import { type Context, EXIT } from '../lib/command.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { type Checks, findingsOf } from './check.ts';
import { accessChecks } from './checks/access.ts';
import { announcementChecks } from './checks/announcement.ts';
import { functionChecks } from './checks/function.ts';
import { ledgerChecks } from './checks/ledger.ts';
import { findStack, stackChecks } from './checks/stack.ts';
import { trailChecks } from './checks/trails.ts';
import { createClients, identify } from './clients.ts';
import { type Finding, reportText, summaryLine } from './finding.ts';
import { openStack, type Stack } from './stack.ts';

/** Everything that doctor checks, in the order in which a log file passes it. */
export const CHECKS: Checks = {
  ...stackChecks,
  ...trailChecks,
  ...announcementChecks,
  ...functionChecks,
  ...accessChecks,
  ...ledgerChecks,
};

/** The stack that is deployed without --stage: serverless.yml's service and its default stage. */
export const DEFAULT_STACK = 'mwaa-trail-dev';

/**
 * Looks at a deployed stack, and says what it found.
 * @returns the exit code: failed for a problem, and for something that could not be found out
 * @throws the SDK's errors if nobody can be asked: no credentials, no Region
 */
export async function examine(
  { stack, format }: { stack: string; format: 'table' | 'json' },
  { env, out, err }: Context,
): Promise<number> {
  const clients = createClients(env);
  try {
    const caller = await identify(clients.sts);
    const findings = await runChecks(openStack(clients, caller, stack, Date.now()));
    const { arn, account, region } = caller;
    const report = { identity: { arn, account }, region, stack, findings };
    await write(out, format === 'json' ? jsonText(report) : reportText(report, viewOf(out, env, {}, Date.now())));
    if (format !== 'json') err.write(`${summaryLine(findings)}\n`);
    return findings.every(({ state }) => state === 'ok' || state === 'warning') ? EXIT.done : EXIT.failed;
  } finally {
    clients.destroy();
  }
}

/** Runs all checks at once. Without a stack there is nothing else to look at. */
async function runChecks(stack: Stack): Promise<Finding[]> {
  const missing = await findStack(stack);
  if (missing) return [{ check: 'stack', ...missing }];
  const found = Object.entries(CHECKS).map(async ([name, check]) =>
    (await findingsOf(check, stack)).map((finding) => ({ check: name, ...finding })),
  );
  const findings = (await Promise.all(found)).flat();
  // Something that is gone stands in the way of several checks: the first says so.
  return findings.filter(
    ({ state, text }, i) => state !== 'problem' || findings.findIndex((one) => one.text === text) === i,
  );
}
