import { Command, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { deadLetterQueueOf } from '../lib/deployed-stack.ts';
import { formatOption } from '../lib/format-option.ts';
import { STORE_GROUP, stackInEnvironment, stackOption } from '../lib/store-options.ts';
import { addZoneOption } from '../lib/view-options.ts';
import type { RedriveOptions } from '../redrive/redrive.ts';

type Options = Omit<RedriveOptions, 'queue'> & { stack?: string; queue?: string; dryRun?: true };

export function redriveCommand(env: Environment): Command {
  const command = new Command('redrive')
    .description('move the messages of a dead-letter queue to its source queue, to be delivered again')
    .option('--to <name|url>', 'move them to this queue instead of the source queue')
    .option('--dry-run', 'only count the messages, and say what some of them are about')
    .addOption(formatOption(['table', 'json']));
  addZoneOption(command)
    .addOption(stackOption('the dead-letter queue of this deployed stack, SERVICE-STAGE'))
    .addOption(new Option('--queue <name|url>', 'this dead-letter queue').conflicts('stack').helpGroup(STORE_GROUP));
  return command.action(async ({ stack = stackInEnvironment(env), dryRun, ...options }: Options) => {
    const queue = options.queue ?? (stack && deadLetterQueueOf(stack));
    if (queue === undefined)
      return command.error('error: name the stack with --stack, or its dead-letter queue with --queue');
    // No other command talks to SQS.
    const { lookInto, redrive } = await import('../redrive/redrive.ts');
    await (dryRun ? lookInto : redrive)({ ...options, queue });
  });
}
