import { type Context, EXIT } from '../lib/command.ts';
import { jsonText, viewOf, write } from '../lib/output.ts';
import { runChecks } from './checks.ts';
import { createClients } from './clients.ts';
import { reportText, summaryLine } from './report.ts';
import { identify, openStack } from './stack.ts';

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
