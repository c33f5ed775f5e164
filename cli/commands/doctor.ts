import { Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import type { DoctorOptions } from '../doctor/doctor.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { stackInEnvironment, stackOption } from '../lib/store-options.ts';

/** What a stack is called that was deployed without --stage: serverless.yml's service and its default stage. */
export const DEFAULT_STACK = 'mwaa-trail-dev';

export function doctorCommand(env: Environment, setExitCode: (code: number) => void): Command {
  return new Command('doctor')
    .description(
      'look at a deployed stack and its trail, read-only, and say what is missing on the way of a log file, with the fix for each',
    )
    .addOption(formatOption(['table', 'json']))
    .addOption(new Option('--region <region>').argParser(movedRegion).hideHelp())
    .addOption(stackOption(`the CloudFormation stack, SERVICE-STAGE (default: ${DEFAULT_STACK})`))
    .addHelpText('after', '\nExit code 1 says that there is a problem, or that something could not be found out.')
    .action(async ({ stack, format }: Pick<DoctorOptions, 'format'> & { stack?: string }) => {
      // No other command talks to so many services.
      const { examine } = await import('../doctor/doctor.ts');
      const name = stack ?? stackInEnvironment(env) ?? DEFAULT_STACK;
      if (!(await examine({ stack: name, format }, env))) setExitCode(EXIT.failed);
    });
}

/** `--region` is the filter of other commands. */
function movedRegion(): never {
  throw new InvalidArgumentError('The Region of the stack is given by --aws-region.');
}
