import { Command, Option } from 'commander';
import type { Environment } from '../shared/config.ts';
import type { DoctorOptions } from './doctor/doctor.ts';
import { EXIT } from './exit.ts';

/** What a stack is called that was deployed without --stage: serverless.yml's service and its default stage. */
export const DEFAULT_STACK = 'mwaa-trail-dev';

export function doctorCommand(env: Environment, setExitCode: (code: number) => void): Command {
  return new Command('doctor')
    .description(
      'look at a deployed stack and its trail, read-only, and say what is missing on the way of a log file, with the fix for each',
    )
    .option('--stack <name>', 'the CloudFormation stack: SERVICE-STAGE', DEFAULT_STACK)
    .option('--region <region>', 'the Region of the stack, instead of that of the AWS settings')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText('after', '\nExit code 1 says that there is a problem, or that something could not be found out.')
    .action(async (options: DoctorOptions) => {
      // No other command talks to so many services.
      const { examine } = await import('./doctor/doctor.ts');
      if (!(await examine(options, env))) setExitCode(EXIT.failed);
    });
}
