import { Command, Option } from 'commander';
import type { RedriveOptions } from './redrive/redrive.ts';

export function redriveCommand(): Command {
  return new Command('redrive')
    .description(
      'move the messages of a dead-letter queue to its source queue, to be delivered again; with the usual AWS settings',
    )
    .requiredOption('--queue <name|url>', 'the dead-letter queue')
    .option('--to <name|url>', 'move them to this queue instead of the source queue')
    .option('--dry-run', 'only count the messages, and say what some of them are about')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .action(async (options: RedriveOptions & { dryRun?: true }) => {
      // No other command talks to SQS.
      const { lookInto, redrive } = await import('./redrive/redrive.ts');
      await (options.dryRun ? lookInto(options) : redrive(options));
    });
}
