import { Command } from 'commander';
import type { Environment } from '../../shared/config.ts';
import { addStoreOptions } from '../lib/store-options.ts';
import { addZoneOption } from '../lib/view-options.ts';
import type { EvidenceOptions } from '../verify/arguments.ts';

export function evidenceCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('evidence')
    .description(
      'collect all that proves an event into one file: the event, its log file as CloudTrail delivered it, unredacted, the signed digests, the public keys; verify checks it without a network',
    )
    .argument('<eventId>', "CloudTrail's eventID")
    .requiredOption('--out <file>', 'the file to write; it must not be there yet')
    .option(
      '--from <s3://bucket[/prefix]>',
      'where CloudTrail delivered the log file, if the event came in through a copy of it',
    )
    .option(
      '--original-bucket <name...>',
      'the bucket that is read is a replica of this one, to which CloudTrail delivers; the file names that bucket',
    )
    .option('--since <time>', 'digests back to this time; without it, back to the start of their chain')
    .option('--public-keys <file>', 'public keys from a file, as verify takes them, instead of CloudTrail');
  return addStoreOptions(addZoneOption(command)).action(async (eventId: string, options: EvidenceOptions) => {
    // No other command needs the client for CloudTrail.
    const { collect } = await import('../verify/bundle.ts');
    setExitCode(await collect(eventId, options, env, (problem) => command.error(`error: ${problem}`)));
  });
}
