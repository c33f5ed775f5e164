import type { Environment } from '../../shared/config.ts';
import { viewOf } from '../view-options.ts';
import { writeOut } from '../write-out.ts';
import { createClients } from './clients.ts';
import { diagnose } from './diagnose.ts';
import { gatherFacts } from './gather.ts';
import { identify } from './identity.ts';
import { type DoctorReport, reportText, summaryLine } from './render.ts';

export interface DoctorOptions {
  stack: string;
  format: 'table' | 'json';
}

/**
 * Looks at a deployed stack, and says what it found.
 * @returns whether all is well: no problem, and nothing that could not be found out
 * @throws {TrailError} when nobody can be asked: no credentials, no Region
 */
export async function examine({ stack, format }: DoctorOptions, env: Environment): Promise<boolean> {
  const clients = createClients(env);
  try {
    const asker = await identify(clients.sts);
    const findings = diagnose(await gatherFacts(clients, asker, stack, Date.now()));
    const { arn, account } = asker;
    await print({ identity: { arn, account }, region: asker.region, stack, findings }, format, env);
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
