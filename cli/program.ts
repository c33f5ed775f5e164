import { Command, CommanderError } from 'commander';
import type { Environment } from '../shared/config.ts';
import { describeError, TrailError } from '../shared/errors.ts';
import { CriteriaError } from '../shared/query/criteria.ts';
import { VERSION } from '../shared/version.ts';
import { settingsProblem } from './aws-settings.ts';
import { backfillCommand } from './backfill.ts';
import { compareCommand } from './compare.ts';
import { coverageCommand } from './coverage.ts';
import { criteriaProblem } from './criteria-options.ts';
import { doctorCommand } from './doctor.ts';
import { environmentsCommand } from './environments.ts';
import { evidenceCommand } from './evidence.ts';
import { EXIT } from './exit.ts';
import { quarantineCommand } from './quarantine.ts';
import { queryCommand } from './query.ts';
import { redriveCommand } from './redrive.ts';
import { replayCommand } from './replay.ts';
import { serveCommand } from './serve.ts';
import { showCommand } from './show.ts';
import { summaryCommand } from './summary.ts';
import { tailCommand } from './tail.ts';
import { verifyCommand } from './verify.ts';

/**
 * Runs `mwaa-trail` with a command line, `argv` as the process has it.
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], env: Environment): Promise<number> {
  let exitCode: number = EXIT.done;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  // Whoever reads the output may stop early (`| head`); what was wanted is done.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const program = createProgram(env, setExitCode);
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong; 0 is --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    process.stderr.write(`mwaa-trail: ${messageOf(error)}\n`);
    return error instanceof CriteriaError ? EXIT.usage : EXIT.failed;
  }
}

/** The program with all its commands. */
export function createProgram(env: Environment, setExitCode: (code: number) => void): Command {
  const program = new Command('mwaa-trail')
    .description('The audit trail of Amazon MWAA: who did what to your Airflow environments.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for what can be given)');
  program.addCommand(replayCommand(env, setExitCode));
  program.addCommand(backfillCommand(env, setExitCode));
  program.addCommand(queryCommand(env));
  program.addCommand(showCommand(env, setExitCode));
  program.addCommand(compareCommand(env, setExitCode));
  program.addCommand(summaryCommand(env));
  program.addCommand(tailCommand(env));
  program.addCommand(environmentsCommand(env));
  program.addCommand(coverageCommand(env, setExitCode));
  program.addCommand(serveCommand(env));
  program.addCommand(verifyCommand(env, setExitCode));
  program.addCommand(evidenceCommand(env, setExitCode));
  program.addCommand(quarantineCommand(env, setExitCode));
  program.addCommand(redriveCommand());
  program.addCommand(doctorCommand(env, setExitCode));
  program
    .command('scan')
    .description('print the MWAA records of a log file as NDJSON, without storing anything')
    .argument('<file>', 'a log file, gzipped or not; - for standard input');
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError('(add --help for what can be given)');
  return program;
}

function messageOf(error: unknown): string {
  if (error instanceof CriteriaError) return criteriaProblem(error);
  if (error instanceof TrailError) return error.message;
  return settingsProblem(error) ?? describeError(error);
}
