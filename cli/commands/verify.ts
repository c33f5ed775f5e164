import { Command, Option } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { formatOption } from '../lib/format-option.ts';
import { readCount } from '../lib/number-options.ts';
import { addStoreOptions } from '../lib/store-options.ts';
import { addZoneOption } from '../lib/view-options.ts';
import type { VerifyOptions } from '../verify/arguments.ts';

export function verifyCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('verify')
    .description(
      'prove by the signed digests of CloudTrail that the log files of a bucket are complete and unaltered, that each was ingested, and that the events in the table are theirs; or check an evidence bundle',
    )
    .argument(
      '<what>',
      's3://BUCKET[/PREFIX], the prefix being what stands before AWSLogs/; or a bundle of evidence, a file',
    )
    .option(
      '--since <time>',
      'log files delivered from this time on: ISO 8601, in UTC unless it has an offset, or an age such as 7d',
    )
    .option('--until <time>', 'log files delivered before this time; now, if not given')
    .option('--account <id...>', 'only these accounts')
    .option('--region <name...>', 'only these Regions')
    .option('--organization <id>', 'only the log files of this organization')
    .option(
      '--trail <name...>',
      'only the digests of these trails; log files that no digest names, and events, are not looked at then',
    )
    .option(
      '--original-bucket <name...>',
      'the bucket is a replica of this one, to which CloudTrail delivers: its digests name that bucket',
    )
    .option(
      '--public-keys <file>',
      'public keys from a file instead of CloudTrail: what aws cloudtrail list-public-keys prints, or an object that has such a list for each Region',
    )
    .option('--save-public-keys <file>', 'save the public keys that were needed, for --public-keys')
    .option('--no-ledger', 'verify only the bucket, not what was ingested from it')
    .addOption(new Option('--concurrency <n>', 'requests to S3 at a time').default(32).argParser(readCount))
    .addOption(formatOption(['table', 'json'], 'how to print the report'))
    .addHelpText(
      'after',
      '\nExit status: 0, everything is verified (what is too new is pending); 1, something is wrong or could not be checked; 2, usage.',
    );
  return addStoreOptions(addZoneOption(command)).action(async (what: string, options: VerifyOptions) => {
    // No other command needs the client for CloudTrail.
    const { verify } = await import('../verify/verify.ts');
    const code = await verify(what, options, env, (problem) => command.error(`error: ${problem}`));
    setExitCode(code);
  });
}
