import { Option } from 'commander';
import { type Checks, resultsOf } from '../doctor/check.ts';
import { accessChecks } from '../doctor/checks/access.ts';
import { alertChecks } from '../doctor/checks/alerts.ts';
import { announcementChecks } from '../doctor/checks/announcement.ts';
import { functionChecks } from '../doctor/checks/function.ts';
import { ledgerChecks } from '../doctor/checks/ledger.ts';
import { findStack, stackChecks } from '../doctor/checks/stack.ts';
import { trailChecks } from '../doctor/checks/trails.ts';
import { createClients, identify } from '../doctor/clients.ts';
import { type DoctorFinding, reportText, summaryLine } from '../doctor/report.ts';
import { openStack, type Stack } from '../doctor/stack.ts';
import { AWS } from '../lib/aws-settings.ts';
import { command, EXIT, type Flag, UsageError } from '../lib/command.ts';
import { format } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { stackFlag, stackInEnvironment } from '../lib/stores.ts';

/** Everything that doctor checks, in the order in which a log file passes it. */
export const CHECKS: Checks = {
  ...stackChecks,
  ...trailChecks,
  ...announcementChecks,
  ...functionChecks,
  ...accessChecks,
  ...ledgerChecks,
  ...alertChecks,
};

/** The stack that is deployed without --stage: serverless.yml's service and its default stage. */
export const DEFAULT_STACK = 'mwaa-trail-dev';

export default command({
  about:
    'Check a deployed stack and its trail, read-only. Report what is wrong in log delivery, with a fix for each problem.',
  flags: {
    format: format(['table', 'json']),
    region: {
      options: (flag) => [new Option(`${flag} <region>`).argParser(movedRegion).hideHelp()],
    } as Flag<undefined>,
    stack: stackFlag(`the CloudFormation stack, SERVICE-STAGE (default: ${DEFAULT_STACK})`),
    ...AWS,
  },
  notes: 'The exit code is 1 if there is a problem, or if something could not be checked.',
  async run({ stack: named, format }, { env, out, err }) {
    const stack = named ?? stackInEnvironment(env) ?? DEFAULT_STACK;
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
  },
});

/** Runs all checks at once. Without a stack there is nothing else to look at. */
async function runChecks(stack: Stack): Promise<DoctorFinding[]> {
  const missing = await findStack(stack);
  if (missing) return [{ check: 'stack', ...missing }];
  const found = Object.entries(CHECKS).map(async ([name, check]) =>
    (await resultsOf(check, stack)).map((finding) => ({ check: name, ...finding })),
  );
  const findings = (await Promise.all(found)).flat();
  // Something that is gone stands in the way of several checks: the first says so.
  return findings.filter(
    ({ state, text }, i) => state !== 'problem' || findings.findIndex((one) => one.text === text) === i,
  );
}

/** `--region` is the filter of other commands. */
function movedRegion(): never {
  throw new UsageError('The Region of the stack is given by --aws-region.');
}
