import { Option } from 'commander';
import { type Checks, type Finding, findingsOf } from '../doctor/check.ts';
import { accessChecks, ownershipChecks } from '../doctor/checks/access.ts';
import { alertChecks } from '../doctor/checks/alerts.ts';
import { announcementChecks } from '../doctor/checks/announcement.ts';
import { functionChecks } from '../doctor/checks/function.ts';
import { ledgerChecks } from '../doctor/checks/ledger.ts';
import { ruleChecks } from '../doctor/checks/rules.ts';
import { findStack, stackChecks } from '../doctor/checks/stack.ts';
import { deliveryChecks, trailChecks } from '../doctor/checks/trails.ts';
import { verifyChecks } from '../doctor/checks/verify.ts';
import { type Caller, type Clients, createClients, identify } from '../doctor/clients.ts';
import { reportText, summaryLine } from '../doctor/report.ts';
import { openStack, type Stack } from '../doctor/stack.ts';
import { AWS } from '../lib/aws-settings.ts';
import { command, EXIT, type Flag, UsageError } from '../lib/command.ts';
import { format, inGroup, repeated, text, toggle } from '../lib/options.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { stackFlag, stackInEnvironment } from '../lib/stores.ts';
import { PREFLIGHT_CHECKS } from '../preflight/checks/all.ts';
import { readParameters, stackOf } from '../preflight/parameters.ts';
import { openPlan } from '../preflight/plan.ts';

/** Everything that doctor checks, in the order in which a log file passes it. */
export const CHECKS: Checks = {
  ...stackChecks,
  ...deliveryChecks,
  ...trailChecks,
  ...announcementChecks,
  ...functionChecks,
  ...ruleChecks,
  ...verifyChecks,
  ...accessChecks,
  ...ownershipChecks,
  ...ledgerChecks,
  ...alertChecks,
};

/** The stage that is deployed without --stage. */
const DEFAULT_STAGE = 'dev';
/** The stack that is deployed without --stage: serverless.yml's service and its default stage. */
export const DEFAULT_STACK = stackOf({ stage: DEFAULT_STAGE });

export default command({
  about:
    'Check a deployed stack and its trail, or with --preflight a deployment before it is made. Doctor only reads. It reports what is wrong, with a fix for each problem.',
  flags: {
    format: format(['table', 'json']),
    region: {
      options: (flag) => [new Option(`${flag} <region>`).argParser(movedRegion).hideHelp()],
    } as Flag<undefined>,
    stack: stackFlag(`the CloudFormation stack, SERVICE-STAGE (default: ${DEFAULT_STACK})`),
    ...inGroup('Before a deployment:', {
      preflight: toggle('check whether a deployment with these parameters would succeed'),
      stage: text('<name>', `the stage to deploy (default: ${DEFAULT_STAGE})`),
      param: repeated('<name=value>', 'a stack parameter, as for serverless deploy; those of stages.yml are read'),
    }),
    ...AWS,
  },
  notes: 'The exit code is 1 if there is a problem, or if something could not be checked.',
  async run({ preflight, stage, param, stack: named, format }, { env, out, err }) {
    if (!preflight && (stage !== undefined || param !== undefined))
      throw new UsageError('--stage and --param go with --preflight; --stack names a stack that is deployed.');
    if (preflight && named !== undefined)
      throw new UsageError('--stage names the deployment that --preflight checks, not --stack.');
    const clients = createClients(env);
    try {
      const caller = await identify(clients.sts);
      const stack = preflight
        ? stackOf({ stage: stage ?? DEFAULT_STAGE })
        : (named ?? stackInEnvironment(env) ?? DEFAULT_STACK);
      const findings = preflight
        ? await preflightFindings(clients, caller, stage ?? DEFAULT_STAGE, param ?? [])
        : await deployedFindings(openStack(clients, caller, stack, Date.now()));
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

/** Without a stack there is nothing else to look at. */
async function deployedFindings(stack: Stack): Promise<Finding[]> {
  const missing = await findStack(stack);
  return missing ? [{ check: 'stack', ...missing }] : findingsOf(CHECKS, stack);
}

async function preflightFindings(
  clients: Clients,
  caller: Caller,
  stage: string,
  given: readonly string[],
): Promise<Finding[]> {
  const { account, region } = caller;
  const values = await readParameters({ stage, account, region }, given);
  return findingsOf(PREFLIGHT_CHECKS, openPlan(clients, caller, stage, values, Date.now()));
}

/** `--region` is the filter of other commands. */
function movedRegion(): never {
  throw new UsageError('The Region of the stack is given by --aws-region.');
}
