import { Command, CommanderError } from 'commander';
import type { Environment } from '../shared/config.ts';
import { describeError, TrailError } from '../shared/errors.ts';
import { CriteriaError } from '../shared/query/criteria.ts';
import { VERSION } from '../shared/version.ts';
import { backfillCommand } from './commands/backfill.ts';
import { compareCommand } from './commands/compare.ts';
import { coverageCommand } from './commands/coverage.ts';
import { doctorCommand } from './commands/doctor.ts';
import { environmentsCommand } from './commands/environments.ts';
import { evidenceCommand } from './commands/evidence.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { queryCommand } from './commands/query.ts';
import { redriveCommand } from './commands/redrive.ts';
import { replayCommand } from './commands/replay.ts';
import { serveCommand } from './commands/serve.ts';
import { showCommand } from './commands/show.ts';
import { summaryCommand } from './commands/summary.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';
import { type AwsOptions, addAwsOptions, applyAwsOptions, settingsProblem } from './lib/aws-settings.ts';
import { criteriaProblem } from './lib/criteria-options.ts';
import { EXIT } from './lib/exit.ts';
import { type StoreOptions, storeOf } from './lib/store-options.ts';

/**
 * Runs `mwaa-trail` with a command line, `argv` as the process has it.
 * @param env that of the process: flags for the AWS settings are put into it, where the SDK looks for them
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
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
  program.hook('preAction', (_, command) => applyAwsOptions(command.opts(), env));
  try {
    await program.parseAsync([...argv]);
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong; 0 is --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    process.stderr.write(`mwaa-trail: ${messageOf(error, env)}\n`);
    return error instanceof CriteriaError ? EXIT.usage : EXIT.failed;
  }
}

/** The program with all its commands. */
export function createProgram(env: Environment, setExitCode: (code: number) => void): Command {
  const program = new Command('mwaa-trail')
    .description('The audit trail of Amazon MWAA: who did what to your Airflow environments.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError(helpHint('mwaa-trail'));
  program.addCommand(replayCommand(env, setExitCode));
  const askingStores = [
    queryCommand(env),
    showCommand(env, setExitCode),
    compareCommand(env, setExitCode),
    summaryCommand(env),
    tailCommand(env),
    environmentsCommand(env),
    coverageCommand(env, setExitCode),
    serveCommand(env),
  ];
  const quarantine = quarantineCommand(env, setExitCode);
  for (const command of [...askingStores, quarantine]) {
    command.hook('preAction', (_, action) => expectNoAwsOptions(action.opts(), env));
  }
  const askingAws = [
    backfillCommand(env, setExitCode),
    ...askingStores,
    verifyCommand(env, setExitCode),
    evidenceCommand(env, setExitCode),
    quarantine,
    redriveCommand(env),
    doctorCommand(env, setExitCode),
  ];
  for (const command of askingAws) {
    for (const one of command.commands.length > 0 ? command.commands : [command]) addAwsOptions(one);
    program.addCommand(command);
  }
  program
    .command('scan')
    .description('print the MWAA records of a log file as NDJSON, without storing anything')
    .argument('<file>', 'a log file, gzipped or not; - for standard input');
  for (const command of program.commands) {
    endAsProgram(command, `mwaa-trail ${command.name()}`);
    for (const one of command.commands) endAsProgram(one, `mwaa-trail ${command.name()} ${one.name()}`);
  }
  return program;
}

/** A local store has no AWS settings: whoever gives some expects the answer of a deployed one. */
function expectNoAwsOptions(options: StoreOptions & AwsOptions & { bucket?: unknown }, env: Environment): void {
  const given = (['profile', 'awsRegion'] as const).find((name) => options[name] !== undefined);
  if (given === undefined || options.bucket !== undefined || storeOf(options, env).kind === 'deployed') return;
  throw new CriteriaError(given, 'expected only for a deployed store: name that with --stack, or set MWAA_TRAIL_STACK');
}

function endAsProgram(command: Command, called: string): void {
  command.exitOverride().showHelpAfterError(helpHint(called));
}

const helpHint = (called: string) => `Run '${called} --help'.`;

function messageOf(error: unknown, env: Environment): string {
  if (error instanceof CriteriaError) return criteriaProblem(error);
  if (error instanceof TrailError) return error.message;
  return settingsProblem(error, env.AWS_PROFILE) ?? describeError(error);
}
