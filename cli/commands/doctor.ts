import { Option } from 'commander';
import { DEFAULT_STACK, examine } from '../doctor/doctor.ts';
import { AWS } from '../lib/aws-settings.ts';
import { command, type Flag, UsageError } from '../lib/command.ts';
import { format } from '../lib/options.ts';
import { stackFlag, stackInEnvironment } from '../lib/stores.ts';

export default command({
  flags: {
    format: format(['table', 'json']),
    region: {
      options: (flag) => [new Option(`${flag} <region>`).argParser(movedRegion).hideHelp()],
    } as Flag<undefined>,
    stack: stackFlag(`the CloudFormation stack, SERVICE-STAGE (default: ${DEFAULT_STACK})`),
    ...AWS,
  },
  notes: 'The exit code is 1 if there is a problem, or if something could not be found out.',
  run: ({ stack, format }, context) =>
    examine({ stack: stack ?? stackInEnvironment(context.env) ?? DEFAULT_STACK, format }, context),
});

/** `--region` is the filter of other commands. */
function movedRegion(): never {
  throw new UsageError('The Region of the stack is given by --aws-region.');
}
