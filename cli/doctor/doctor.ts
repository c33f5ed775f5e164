import type { Environment } from '../../shared/config.ts';
import { viewOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { runChecks } from './checks.ts';
import { createClients } from './clients.ts';
import { type DoctorReport, reportText, summaryLine } from './report.ts';
import { identify, openStack } from './stack.ts';

export interface DoctorOptions {
  stack: string;
  format: 'table' | 'json';
}

/**
 * Looks at a deployed stack, and says what it found.
 * @returns whether all is well: no problem, and nothing that could not be found out
 * @throws the SDK's errors if nobody can be asked: no credentials, no Region
 */
export async function examine({ stack, format }: DoctorOptions, env: Environment): Promise<boolean> {
  const clients = createClients(env);
  try {
    const caller = await identify(clients.sts);
    const findings = await runChecks(openStack(clients, caller, stack, Date.now()));
    const { arn, account } = caller;
    await print({ identity: { arn, account }, region: caller.region, stack, findings }, format, env);
    return findings.every(({ state }) => state === 'ok' || state === 'warning');
  } finally {
    clients.destroy();
  }
}

async function print(report: DoctorReport, format: DoctorOptions['format'], env: Environment): Promise<void> {
  if (format === 'json') return writeOut(`${JSON.stringify(report, null, 2)}\n`);
  await writeOut(reportText(report, viewOf(process.stdout, env, {}, Date.now())));
  process.stderr.write(`${summaryLine(report.findings)}\n`);
}
